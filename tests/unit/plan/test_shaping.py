"""The content of targets that are no Secrets."""

from typing import Any

import msgspec
import pytest

from esoctl.errors import KeyInvalid, SpecError, TemplateError
from esoctl.model.external_secret import ManifestRef, Template
from esoctl.model.keys import Kind
from esoctl.model.meta import Meta
from esoctl.model.values import Values
from esoctl.plan.render import TextRef
from esoctl.plan.shaping import Frame, Shape, shape
from esoctl.template.engine import Env
from support.builders import NOON

MAP, WIDGET = ManifestRef("v1", "ConfigMap"), ManifestRef("example.com/v1", "Widget")
META = Meta("shop", "team-a", labels={"team": "a"}, annotations={"note": "x", "force-sync": "1"})
VALUES = Values({"user": b"ada", "ports": b"[1, 2]"})
TEXTS = {TextRef(Kind.CONFIG_MAP, "texts"): {"one": b"{{ .user }}", "list": b"{{ .ports }}", "map": b"k: {{ .user }}"}}


def shaped(
    template: dict[str, Any] | None = None,
    manifest: ManifestRef = MAP,
    content: dict[str, Any] | None = None,
    values: Values = VALUES,
) -> Shape:
    frame = Frame(manifest, "target", "team-a", content or {})
    parsed = None if template is None else msgspec.convert(template, Template)
    return shape(META, parsed, frame, values, (TEXTS, Env(now=NOON, entropy=bytes)))


def literal(target: str, text: str) -> dict[str, Any]:
    return {"templateFrom": [{"target": target, "literal": text}]}


def held(key: str, target: str, scope: str = "Values") -> dict[str, Any]:
    items = [{"key": key, "templateAs": scope}]
    return {"templateFrom": [{"target": target, "configMap": {"name": "texts", "items": items}}]}


@pytest.mark.parametrize(
    ("template", "manifest", "content"),
    [
        pytest.param(None, MAP, {"data": {"user": "ada", "ports": "[1, 2]"}}, id="values of a ConfigMap"),
        pytest.param(None, WIDGET, {"spec": {"data": {"user": "ada", "ports": "[1, 2]"}}}, id="values of another kind"),
        pytest.param({}, MAP, {"data": {"user": "ada", "ports": "[1, 2]"}}, id="an empty template"),
        pytest.param({"data": {"u": "{{ .user }}"}}, MAP, {"data": {"u": "ada"}}, id="data"),
        pytest.param(
            {"data": {"u": "{{ .user }}"}, "mergePolicy": "Merge"},
            MAP,
            {"data": {"user": "ada", "ports": "[1, 2]", "u": "ada"}},
            id="merge policy",
        ),
        pytest.param(literal("spec.a.b", "c: {{ .user }}"), WIDGET, {"spec": {"a": {"b": {"c": "ada"}}}}, id="a path"),
        pytest.param(
            literal("spec.a[1].b", "c: d"), WIDGET, {"spec": {"a": [None, {"b": {"c": "d"}}]}}, id="a path into a list"
        ),
        pytest.param(held("list", "spec.ports"), WIDGET, {"spec": {"ports": [1, 2]}}, id="a text at a path, once"),
        pytest.param(held("one", "spec"), WIDGET, {"spec": {"one": "ada"}}, id="a text in spec"),
        pytest.param(held("map", "spec.x", "KeysAndValues"), WIDGET, {"spec": {"x": {"k": "ada"}}}, id="a mapping"),
        pytest.param(held("map", "", "KeysAndValues"), MAP, {"data": {"k": "ada"}}, id="a mapping in data"),
        pytest.param(
            {"templateFrom": [{"literal": "a: b\nc: d"}], "data": {"a": "wins"}},
            MAP,
            {"data": {"a": "wins", "c": "d"}},
            id="data over templateFrom",
        ),
    ],
)
def test_the_content(template: dict[str, Any] | None, manifest: ManifestRef, content: dict[str, Any]) -> None:
    assert shaped(template, manifest).content == content


def test_without_a_template_labels_and_annotations_are_those_of_the_object() -> None:
    found = shaped()

    assert (found.labels, found.annotations) == ({"team": "a"}, {"note": "x"})


def test_labels_and_annotations_of_a_template_are_rendered() -> None:
    found = shaped({"metadata": {"labels": {"l": "{{ .user }}"}, "annotations": {"a": "{{ .user }}"}}})

    assert (found.labels, found.annotations) == ({"l": "ada"}, {"a": "ada"})


def test_what_is_there_is_what_a_template_starts_from() -> None:
    there = {"spec": {"ports": [{"name": "x"}], "size": 3}}

    found = shaped(literal("spec.ports[0]", "token: t"), WIDGET, there)

    assert found.content == {"spec": {"ports": [{"name": "x", "token": "t"}], "size": 3}}
    assert there == {"spec": {"ports": [{"name": "x"}], "size": 3}}


@pytest.mark.parametrize(
    ("template", "values", "said"),
    [
        pytest.param(None, Values({"k": b"\xff"}), "the value of k is not text", id="bytes"),
        pytest.param(literal("spec.", "a: b"), VALUES, "empty segment", id="a bad path"),
        pytest.param(literal("metadata.labels", "a: 1"), VALUES, "must be texts by name", id="a label that is no text"),
        pytest.param({"engineVersion": "v1"}, VALUES, "unsupported template engine", id="an engine"),
        pytest.param(held("none", ""), VALUES, "error in configmap texts: missing key none", id="a missing text"),
        pytest.param({"data": {"a": "{{ .none }}"}}, VALUES, "none", id="a missing value"),
    ],
)
def test_what_cannot_be_shaped_is_told(template: dict[str, Any] | None, values: Values, said: str) -> None:
    with pytest.raises(SpecError, match=said.replace(".", r"\.")):
        shaped(template, values=values)


def test_an_error_shows_no_value() -> None:
    with pytest.raises(TemplateError) as caught:
        shaped({"data": {"a": "{{ fail .user }}"}}, values=Values({"user": b"hunter2hunter2"}))

    assert "hunter2" not in str(caught.value)


def test_no_value_is_in_a_repr() -> None:
    assert "ada" not in repr(shaped())


def test_an_illegal_key_of_a_config_map_that_is_made_of_a_value_is_not_told() -> None:
    with pytest.raises(KeyInvalid) as caught:
        shaped(literal("Data", "{{ .user }}: x"), values=Values({"user": b"ada lovelace"}))

    assert "lovelace" not in str(caught.value)
