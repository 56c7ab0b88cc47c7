"""What YAML texts mean: tags, merges, keys that are no text, and documents that grow by their aliases."""

import pytest

from esoctl.template.funcs import yamltext
from esoctl.template.funcs.yamltext import Mapping, YamlError
from esoctl.template.functions import Context
from esoctl.template.limits import Budget, Env, LimitExceeded, Limits

VAST = Env(limits=Limits(steps=100_000_000, memory=1 << 40))


def load(text: str, env: Env = VAST) -> object:
    context = Context(env, Budget(env))
    return yamltext.jsonable(yamltext.load(text.encode(), context), context)


@pytest.mark.parametrize(
    ("text", "want"),
    [
        pytest.param("!!float 3", 3.0, id="a whole number as a float"),
        pytest.param("!!str 3", b"3", id="a number as text"),
        pytest.param("!!binary aGk=", b"hi", id="binary"),
        pytest.param("2024-13-01", b"2024-13-01", id="no thirteenth month"),
        pytest.param("2024-01-01T25:00:00Z", b"2024-01-01T25:00:00Z", id="no hour 25"),
        pytest.param("{<<: {a: 1, b: 1}, b: 2}", {b"a": 1.0, b"b": 2.0}, id="a merge"),
        pytest.param("{<<: [{a: 1}, {a: 2, b: 2}]}", {b"a": 1.0, b"b": 2.0}, id="the first of several merged wins"),
        pytest.param("{.inf: a, -.inf: b, .nan: c}", {b".inf": b"a", b"-.inf": b"b", b".nan": b"c"}, id="odd keys"),
        pytest.param("{1e40: a}", {b".inf": b"a"}, id="a key beyond a short float"),
        pytest.param("{-1e40: a}", {b"-.inf": b"a"}, id="a key below a short float"),
        pytest.param("{0.1: a, 1.5e3: b, true: c}", {b"0.1": b"a", b"1500": b"b", b"true": b"c"}, id="other keys"),
        pytest.param("{3.4028234663852886e38: a}", {b"3.4028235e+38": b"a"}, id="the largest short float"),
    ],
)
def test_a_text_means_what_it_means_to_the_reference(text: str, want: object) -> None:
    assert load(text) == want


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("!!int x", "cannot decode !!str `x` as a !!int", id="a word as a number"),
        pytest.param("!!float 18446744073709551615", "cannot decode !!int", id="too large for a float by tag"),
        pytest.param('!!binary "!"', "!!binary value contains invalid base64 data", id="binary"),
        pytest.param("{<<: 1}", "map merge requires map or sequence of maps as the value", id="a merge of a number"),
        pytest.param("{<<: [1]}", "map merge requires map or sequence of maps as the value", id="of a list of numbers"),
        pytest.param("{18446744073709551615: a}", "unsupported map key of type: uint64", id="a large key"),
        pytest.param("&a [*a]", "anchor 'a' value contains itself", id="a circle"),
        pytest.param("{[1]: a}", "invalid map key", id="a list as key"),
        pytest.param("[.inf]", r"json: unsupported value: \+Inf", id="infinity"),
    ],
)
def test_a_text_without_a_meaning_is_refused(text: str, problem: str) -> None:
    with pytest.raises(YamlError, match=problem):
        load(text)


@pytest.mark.parametrize(
    "last",
    [
        pytest.param(30, id="150 thousand nodes"),
        pytest.param(120, id="600 thousand nodes"),
        pytest.param(900, id="over four million nodes"),
    ],
)
def test_a_document_that_is_nearly_all_aliases_is_refused(last: int) -> None:
    lines = [f"a: &a [{', '.join('x' * 100)}]", f"b: &b [{', '.join(['*a'] * 50)}]", f"c: [{', '.join(['*b'] * last)}]"]

    with pytest.raises(YamlError, match="document contains excessive aliasing"):
        load("\n".join(lines))


def test_a_render_pays_for_aliases() -> None:
    text = f"a: &a [{', '.join('x' * 100)}]\nb: [{', '.join(['*a'] * 5000)}]"

    with pytest.raises(LimitExceeded, match="more than 200000 steps"):
        load(text, Env())


def test_what_is_very_deep_is_left_out_of_an_error_text() -> None:
    assert yamltext.plain([[1], Mapping({(int, 1): [2]})], 1) == [[], {}]
