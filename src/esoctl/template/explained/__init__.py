"""What the template functions do, in a line and an example each, for users.

``FUNCTIONS`` has them by name in groups; ``as_text`` and ``as_markdown`` write them down. Examples are rendered with
``environment()`` over ``samples()``, the same each time, and a test renders them all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from esoctl.template import engine
from esoctl.template.explained import collections, encodings, logic, numbers, texts
from esoctl.template.funcs.table import FUNCTIONS as CALLABLE

_HEAD: Final = """\
# Template functions

Every function a template of `target.template` may call, by group. The examples are executed by the tests.

`.cert` and `.key` are a certificate and its key as PEM, `.jwk` is a key as JSON, `.rsa` an RSA key and `.cipher`
something encrypted for it. It is 12:30:05 on 29 February 2024. A result of several lines is written as a quoted text.

<!-- written by: esoctl template --explain --markdown -->
"""
_NOW: Final = datetime(2024, 2, 29, 12, 30, 5, tzinfo=UTC)
# Ed25519 test key 1 of RFC 8032, section 7.1, as RFC 8037 writes it.
_JWK: Final = (
    b'{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",'
    b'"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One function for users."""

    name: str
    line: str
    example: str
    result: str

    @property
    def signature(self) -> str:
        """The name with the Go types of its parameters and of what it gives."""
        made = CALLABLE[self.name]
        dots = [f"...{made.variadic}"] if made.variadic is not None else []
        return f"{self.name}({', '.join((*made.params, *dots))}) {made.result}"


def _explanations(rows: Mapping[str, tuple[str, str, str]]) -> list[Explanation]:
    return [Explanation(name, *row) for name, row in rows.items()]


GROUPS: Final = {
    "Text": _explanations(texts.ROWS),
    "Lists and maps": _explanations(collections.ROWS),
    "Numbers": _explanations(numbers.ROWS),
    "Choices, types and dates": _explanations(logic.ROWS),
    "Encodings, keys and certificates": _explanations(encodings.ROWS),
}
"""The functions by heading."""
FUNCTIONS: Final = {each.name: each for group in GROUPS.values() for each in group}
"""The functions by name."""


def environment() -> engine.Env:
    """What the examples are rendered in; what it calls random is the same each time."""
    numbers_drawn = count()
    return engine.Env(
        now=_NOW, entropy=lambda size: hashlib.shake_128(str(next(numbers_drawn)).encode()).digest(size), name="example"
    )


@lru_cache(maxsize=1)
def samples() -> dict[str, bytes]:
    """The values the examples speak of."""

    def made(source: str, **data: bytes) -> bytes:
        return engine.render(source, data, environment())

    key, rsa_key = made('{{ genPrivateKey "ecdsa" }}'), made('{{ genPrivateKey "rsa" }}')
    private = load_pem_private_key(rsa_key, None)
    assert isinstance(private, rsa.RSAPrivateKey)
    scheme = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    return {
        "key": key,
        "cert": made('{{ (genSelfSignedCertWithKey "db" nil (list "db.example") 30 .key).Cert }}', key=key),
        "jwk": _JWK,
        "rsa": rsa_key,
        "cipher": private.public_key().encrypt(b"hello", scheme),
    }


def result_of(explanation: Explanation) -> str:
    """What the example gives now."""
    return engine.render(explanation.example, samples(), environment()).decode()


def as_text(names: tuple[str, ...]) -> str:
    """The functions of these names at length, or all of them in two lines each; raises KeyError."""
    chosen = [FUNCTIONS[name] for name in names] or list(FUNCTIONS.values())
    if names:
        return "\n\n".join(f"{each.signature}\n  {each.line}\n  {_shown(each)}" for each in chosen) + "\n"
    return "\n".join(f"{each.name:28} {each.line}\n{'':28} {_shown(each)}" for each in chosen) + "\n"


def _shown(each: Explanation) -> str:
    return f"{each.example}  gives  {_one_line(each.result)}"


def _one_line(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if "\n" in text else text


def as_markdown() -> str:
    """The reference as a document."""
    return _HEAD + "".join(_section(title, group) for title, group in GROUPS.items())


def _section(title: str, group: list[Explanation]) -> str:
    return "\n".join(
        (f"\n## {title}\n", "| function | what it does | example | gives |", "|---|---|---|---|", *_rows(group), "")
    )


def _rows(group: list[Explanation]) -> Iterator[str]:
    for each in group:
        cells = (f"`{each.name}`", _cell(each.line), _code(each.example), _code(_one_line(each.result)))
        yield f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")
