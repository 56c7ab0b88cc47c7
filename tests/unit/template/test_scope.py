"""Scopes, targets and decoding: from templates to the entries of a manifest."""

import pytest

from esoctl.errors import TemplateError
from esoctl.template import engine, scope, targets
from esoctl.template.limits import Limits

ENV = engine.Env()
DATA = {"user": b"ivy", "b64": b"aGk=", "bin": b"\xff"}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
THING = {
    "apiVersion": "example.com/v1",
    "kind": "Thing",
    "metadata": {"name": "t"},
    "spec": {"list": [{"a": 1}], "s": "x"},
}


def test_values_are_rendered_by_key() -> None:
    made = scope.values({"a": "{{ .user }}", "b": "{{ .bin }}"}, DATA, ENV)

    assert made == {"a": b"ivy", "b": b"\xff"}


@pytest.mark.parametrize(
    ("text", "want"),
    [
        pytest.param("0123", b"0123", id="octal"),
        pytest.param("1.50", b"1.50", id="float"),
        pytest.param("y", b"y", id="truth"),
        pytest.param("123456789.125", b"123456789.125", id="long float"),
        pytest.param("2024-01-01", b"2024-01-01", id="date"),
        pytest.param("'q'", b"q", id="quoted"),
        pytest.param("null", b"", id="null"),
        pytest.param("~", b"", id="tilde"),
        pytest.param("", b"", id="nothing"),
        pytest.param("!!binary aGk=", b"hi", id="binary"),
    ],
)
def test_a_word_in_a_mapping_keeps_its_text(text: str, want: bytes) -> None:
    assert scope.pairs(f"a: {text}", DATA, ENV) == {"a": want}


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        pytest.param("a: [1]", "cannot unmarshal array into Go value of type string", id="list"),
        pytest.param("a: {b: c}", "cannot unmarshal object into Go value of type string", id="map"),
        pytest.param("- a", "cannot unmarshal array into Go value of type map[string]string", id="no mapping"),
        pytest.param("5", "cannot unmarshal number into Go value of type map[string]string", id="number"),
        pytest.param("a: *x", "error converting YAML to JSON: yaml: unknown anchor 'x' referenced", id="anchor"),
        pytest.param("~: v", "unsupported map key of type", id="null key"),
    ],
)
def test_what_is_no_mapping_of_texts_is_an_error(source: str, problem: str) -> None:
    with pytest.raises(TemplateError) as caught:
        scope.pairs(source, DATA, ENV)

    assert str(caught.value).startswith("could not unmarshal template to 'map[string][]byte': ")
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("strategy", "value", "want"),
    [
        ("None", b"aGk=", b"aGk="),
        ("Base64", b"aGk=", b"hi"),
        ("Base64URL", b"_-8=", b"\xff\xef"),
        ("Auto", b"aGk=", b"hi"),
        ("Auto", b"not base64!", b"not base64!"),
    ],
)
def test_values_are_decoded_by_strategy(strategy: str, value: bytes, want: bytes) -> None:
    assert scope.decoded("k", value, strategy) == want


def test_a_value_that_cannot_be_decoded_names_its_key() -> None:
    with pytest.raises(TemplateError, match="failed to decode rendered template value for key k: illegal base64 data"):
        scope.decoded("k", b"!", "Base64")


def test_an_error_names_the_key_twice_when_running_and_once_when_parsing() -> None:
    with pytest.raises(TemplateError) as running:
        scope.rendered("k", "{{ .nope }}", DATA, ENV)
    with pytest.raises(TemplateError) as parsing:
        scope.rendered("k", "{{", DATA, ENV)

    twice = "unable to execute template at key k: "
    assert str(running.value).startswith(twice * 2 + "template: k:1:3:")
    assert str(parsing.value) == f"{twice}unable to parse template at key k: template: k:1: unclosed action"


@pytest.mark.parametrize(
    ("target", "place", "want"),
    [
        pytest.param("", ["data", "k"], "aXZ5", id="data by default"),
        pytest.param("Labels", ["metadata", "labels", "k"], "ivy", id="labels"),
        pytest.param("annotations", ["metadata", "annotations", "k"], "ivy", id="annotations"),
        pytest.param("type", ["type"], "ivy", id="a field"),
    ],
)
def test_a_target_of_a_secret_takes_the_value(target: str, place: list[str], want: str) -> None:
    made: object = targets.apply(SECRET, targets.Job({"k": "{{ .user }}"}, target=target), DATA, ENV)

    for step in place:
        assert isinstance(made, dict)
        made = made[step]
    assert made == want


def test_a_path_makes_what_is_missing() -> None:
    made = targets.apply(THING, targets.Job({"k": "5"}, target="spec.list[2].deep"), DATA, ENV)

    assert made["spec"] == {"list": [{"a": 1}, None, {"deep": 5}], "s": "x"}
    assert THING["spec"] == {"list": [{"a": 1}], "s": "x"}


def test_applying_twice_changes_nothing_more() -> None:
    job = targets.Job({"t": "a: {{ .user }}"}, scope.KEYS_AND_VALUES, "spec.new")

    once = targets.apply(THING, job, DATA, ENV)

    assert targets.apply(once, job, DATA, ENV) == once


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("a..b", "empty segment"),
        ("[0]", "path must start with a key"),
        ("a[-1]", "negative index -1"),
        ("a[x]", 'bad index "x"'),
        ("a[0", "unterminated '['"),
        ("a[0]b", "expected '[' near \"b\""),
        ("a[10001]", "index 10001 exceeds maximum (10000)"),
    ],
)
def test_a_bad_path_is_an_error(path: str, problem: str) -> None:
    with pytest.raises(TemplateError) as caught:
        targets.parse_path(path)

    assert str(caught.value) == f'invalid path "{path}": {problem}'


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("spec.s.x", 'expected map at key "x" but found string'),
        ("spec.list.x", 'expected map at key "x" but found []interface {}'),
        ("spec.s[0]", "expected array at index 0 but found string"),
    ],
)
def test_a_path_through_something_else_is_an_error(path: str, problem: str) -> None:
    with pytest.raises(TemplateError) as caught:
        targets.apply(THING, targets.Job({"k": "v"}, target=path), DATA, ENV)

    assert problem in str(caught.value)


def test_an_unknown_scope_is_refused() -> None:
    with pytest.raises(TemplateError, match="unknown scope 'x': expected 'Values' or 'KeysAndValues'"):
        targets.apply(SECRET, targets.Job({"k": "v"}, "x"), DATA, ENV)


@pytest.mark.parametrize(
    ("text", "want"),
    [
        pytest.param(b"a: b: c", "a: b: c", id="no YAML stays text"),
        pytest.param(b"[" * 101 + b"]" * 101, "[" * 101 + "]" * 101, id="too deep stays text"),
        pytest.param(b"{a: [1, 2.5, x]}", {"a": [1, 2.5, "x"]}, id="YAML"),
    ],
)
def test_a_leaf_is_what_its_text_means(text: bytes, want: object) -> None:
    assert scope.leaf(text, ENV) == want


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(b"a: b: c", "error converting YAML to JSON: yaml: mapping values are not allowed", id="no YAML"),
        pytest.param(b"[" * 101 + b"]" * 101, "a document nested more than 100 deep", id="too deep"),
    ],
)
def test_a_document_that_cannot_be_is_an_error(text: bytes, problem: str) -> None:
    with pytest.raises(TemplateError) as caught:
        scope.document(text, ENV)

    assert str(caught.value).startswith("could not unmarshal template YAML: ")
    assert problem in str(caught.value)


def test_a_mapping_costs_steps_too() -> None:
    with pytest.raises(TemplateError, match=r"could not unmarshal template to 'map\[string\]\[\]byte': limit exceeded"):
        scope.mapping(b"a: [" + b"x, " * 1000 + b"]", engine.Env(limits=Limits(steps=100)))
