"""Properties of the engine on input nobody wrote."""

import contextlib
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from esoctl.errors import TemplateError
from esoctl.template import engine
from esoctl.template.funcs.table import FUNCTIONS

ENV = engine.Env(
    now=datetime(2024, 2, 29, tzinfo=UTC),
    entropy=lambda size: bytes(range(256)) * (size // 256) + bytes(range(size % 256)),
    limits=engine.Limits(steps=20_000, memory=4 << 20, heavy=0),
)
PIECES = [
    "{{",
    "}}",
    "-",
    " ",
    "(",
    ")",
    "|",
    ".",
    "$",
    "x",
    ":=",
    "=",
    ",",
    '"a"',
    "`",
    "'",
    "1",
    "1.5",
    "if",
    "else",
    "end",
]
PIECES += [
    "range",
    "with",
    "define",
    "template",
    "block",
    "break",
    "nil",
    "true",
    "/*",
    "*/",
    "\n",
    "é",
    "\ud800",
    "%d",
]
VALUES = [
    "1",
    "-1",
    "2.5",
    '"a"',
    '""',
    "nil",
    "true",
    ".a",
    ".b",
    "(list 1 2)",
    '(dict "k" "v")',
    "'x'",
    "1i",
    "now",
    ".",
]
NAMES = sorted(FUNCTIONS)
BYTES = st.binary(max_size=20)


@given(st.text(alphabet=st.characters(blacklist_characters="{", blacklist_categories=["Cs"]), max_size=200))
@settings(max_examples=50, deadline=None)
def test_text_without_actions_stays_as_it_is(text: str) -> None:
    assert engine.render(text, {}, ENV) == text.encode()


@given(st.lists(st.sampled_from(PIECES), max_size=25))
@settings(max_examples=300, deadline=None)
def test_any_source_renders_or_is_a_template_error(pieces: list[str]) -> None:
    with contextlib.suppress(TemplateError):
        engine.render("{{ " + " ".join(pieces), {"a": b"x"}, ENV)


def test_an_unpaired_surrogate_becomes_the_replacement_character() -> None:
    assert engine.render("a\ud800{{ `\udfff` }}", {}, ENV) == "a\ufffd\ufffd".encode()


def test_an_escaped_byte_of_the_source_stays_a_byte() -> None:
    assert engine.render("a\udcff", {}, ENV) == b"a\xff"


@given(st.sampled_from(NAMES), st.lists(st.sampled_from(VALUES), max_size=4), BYTES, BYTES)
@settings(max_examples=800, deadline=None)
def test_any_call_renders_or_is_a_template_error(name: str, args: list[str], first: bytes, second: bytes) -> None:
    with contextlib.suppress(TemplateError):
        engine.render(f"{{{{ {name} {' '.join(args)} }}}}", {"a": first, "b": second}, ENV)


@given(
    st.sampled_from(
        ["fromJson", "fromYaml", "b64dec", "pkcs12key", "jwkPublicKeyPem", "filterPEM `X`", "urlParse", "semver"]
    ),
    BYTES,
)
@settings(max_examples=200, deadline=None)
def test_any_bytes_can_be_given_to_a_decoder(call: str, value: bytes) -> None:
    with contextlib.suppress(TemplateError):
        engine.render(f"{{{{ {call} .a }}}}", {"a": value}, ENV)


@given(
    st.dictionaries(st.text(st.characters(blacklist_categories=["Cs"]), max_size=8), st.binary(max_size=30), max_size=5)
)
@settings(max_examples=50, deadline=None)
def test_values_of_any_bytes_pass_through(data: dict[str, bytes]) -> None:
    want = b"".join(data[name] for name in sorted(data, key=lambda name: name.encode()))

    assert engine.render("{{ range . }}{{ . }}{{ end }}", data, ENV) == want
