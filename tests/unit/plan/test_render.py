"""What a template makes of the values: order of precedence, scopes, targets, and errors without values."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from esoctl.errors import KeyInvalid, SpecError, TemplateError
from esoctl.model.external_secret import Template
from esoctl.model.keys import Kind
from esoctl.model.meta import Meta
from esoctl.model.values import Values
from esoctl.plan import render
from esoctl.plan.render import Rendered, TextRef, Texts
from esoctl.template.engine import Env

ENV = Env(now=datetime(2026, 6, 1, tzinfo=UTC), entropy=bytes)
ES = Meta("shop", "team-a", labels={"team": "a"}, annotations={"note": "x", "force-sync": "now"})
VALUES = Values({"user": b"ada", "password": b"hunter2"})


def a_template(**template: Any) -> Template:
    return msgspec.json.decode(json.dumps(template).encode(), type=Template)


def rendered(texts: Texts | None = None, values: Values = VALUES, **template: Any) -> Rendered:
    return render.render(ES, a_template(**template), values, texts or {}, ENV)


def test_without_a_template_values_labels_and_annotations_are_copied() -> None:
    assert render.render(ES, None, VALUES, {}, ENV) == Rendered(VALUES, {"team": "a"}, {"note": "x"})


def test_a_template_replaces_the_values() -> None:
    made = rendered(data={"url": "db://{{ .user }}"}, type="kubernetes.io/tls", metadata={"finalizers": ["a/b"]})

    assert made == Rendered(Values({"url": b"db://ada"}), {}, {}, "kubernetes.io/tls", ("a/b",))


@pytest.mark.parametrize(
    ("template", "keys"),
    [
        pytest.param({"mergePolicy": "Merge", "data": {"url": "x"}}, {"user", "password", "url"}, id="merge"),
        pytest.param({"data": {"url": "x"}}, {"url"}, id="replace"),
        pytest.param({}, {"user", "password"}, id="no data"),
        pytest.param({"metadata": {"labels": {"a": "b"}}}, {"user", "password"}, id="labels only"),
        pytest.param({"templateFrom": [{"literal": "a: b"}]}, {"a"}, id="texts from elsewhere"),
    ],
)
def test_when_the_fetched_values_take_part(template: dict[str, Any], keys: set[str]) -> None:
    assert set(rendered(**template).data) == keys


def test_data_wins_over_texts_from_elsewhere_and_those_over_values() -> None:
    made = rendered(
        values=Values({"a": b"fetched", "b": b"fetched", "c": b"fetched"}),
        mergePolicy="Merge",
        data={"a": "data"},
        templateFrom=[{"literal": "a: first\nb: first"}, {"literal": "b: second"}],
    )

    assert dict(made.data) == {"a": b"data", "b": b"second", "c": b"fetched"}


def test_labels_and_annotations_are_templates_too() -> None:
    made = rendered(metadata={"labels": {"who": "{{ .user }}"}, "annotations": {"who": "{{ .user | upper }}"}})

    assert (made.labels, made.annotations) == ({"who": "ada"}, {"who": "ADA"})


def test_texts_of_config_maps_and_secrets_in_either_scope() -> None:
    texts: Texts = {
        TextRef(Kind.CONFIG_MAP, "c"): {"file": b"user={{ .user }}", "many": b"a: {{ .user }}\nb: x"},
        TextRef(Kind.SECRET, "s"): {"file": b"from the secret"},
    }
    source = {
        "configMap": {"name": "c", "items": [{"key": "file"}, {"key": "many", "templateAs": "KeysAndValues"}]},
        "secret": {"name": "s", "items": [{"key": "file"}]},
    }

    made = rendered(texts, templateFrom=[source])

    assert dict(made.data) == {"file": b"from the secret", "a": b"ada", "b": b"x"}


@pytest.mark.parametrize(("target", "part"), [("Labels", "labels"), ("annotations", "annotations")])
def test_texts_from_elsewhere_may_make_labels_or_annotations(target: str, part: str) -> None:
    made = rendered(templateFrom=[{"literal": "who: {{ .user }}", "target": target}])

    assert getattr(made, part) == {"who": "ada"}


def test_rendered_values_may_be_decoded() -> None:
    made = rendered(templateFrom=[{"literal": "k: aGk=", "valuesDecodingStrategy": "Base64"}])

    assert dict(made.data) == {"k": b"hi"}


def test_every_object_is_read_once() -> None:
    entry = {"configMap": {"name": "c", "items": []}, "secret": {"name": "s", "items": []}}
    template = a_template(templateFrom=[entry, entry, {"literal": ""}])

    assert render.needed(template) == [TextRef(Kind.CONFIG_MAP, "c"), TextRef(Kind.SECRET, "s")]
    assert render.needed(None) == []


@pytest.mark.parametrize(
    ("kind", "source", "word"), [(Kind.CONFIG_MAP, "configMap", "configmap"), (Kind.SECRET, "secret", "secret")]
)
def test_a_text_that_is_not_there(kind: Kind, source: str, word: str) -> None:
    with pytest.raises(SpecError, match=f"error in {word} c: missing key k"):
        rendered({TextRef(kind, "c"): {}}, templateFrom=[{source: {"name": "c", "items": [{"key": "k"}]}}])


@pytest.mark.parametrize(("part", "word"), [("labels", "label"), ("annotations", "annotation")])
def test_metadata_must_be_text(part: str, word: str) -> None:
    with pytest.raises(SpecError, match=f"a rendered {word} is not UTF-8 text; encode it"):
        rendered(values=Values({"raw": b"\xff"}), metadata={part: {"a": "{{ .raw }}"}})


def test_SEC_a_template_that_fails_says_where_and_no_value() -> None:
    with pytest.raises(TemplateError) as caught:
        rendered(data={"url": "{{ .password }}\n{{ .nobody }}"})

    assert "url" in str(caught.value)
    assert "nobody" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("template", "path", "problem"),
    [
        pytest.param(
            {"engineVersion": "v1"},
            "spec.target.template.engineVersion",
            "unsupported template engine version: v1",
            id="engine",
        ),
        pytest.param(
            {"templateFrom": [{"literal": "a: b", "target": "spec.x"}]},
            "spec.target.template.templateFrom",
            'templateFrom target="spec.x" is not allowed when targeting a Secret',
            id="target",
        ),
    ],
)
def test_what_no_template_of_a_secret_may_say(template: dict[str, Any], path: str, problem: str) -> None:
    with pytest.raises(SpecError, match=problem) as caught:
        rendered(**template)
    assert caught.value.path == path


def test_a_key_is_made_with_the_usual_delimiters_whatever_the_operator_uses() -> None:
    env = Env(now=ENV.now, entropy=bytes, delimiters=("<<", ">>"))

    assert render.key("{{ .value | upper }}", "a", env) == "A"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{{ .secret | fail }}", id="as it is"),
        pytest.param('{{ .secret | mustToDate "2006" }}', id="quoted"),
    ],
)
def test_SEC_an_error_that_quotes_a_value_is_told_without_it(text: str) -> None:
    with pytest.raises(TemplateError, match="<value>") as caught:
        rendered(values=Values({"secret": b'hush\n"hush"'}), data={"x": text})

    assert "hush" not in str(caught.value)


def test_an_illegal_key_that_a_template_made_of_a_value_is_not_told() -> None:
    with pytest.raises(KeyInvalid, match="the key that a template makes of a value: keys are") as caught:
        rendered(values=Values({"password": b"hunter 2"}), templateFrom=[{"literal": "{{ .password }}: x"}])

    assert "hunter" not in str(caught.value)


def test_an_illegal_key_that_stands_in_the_template_is_told() -> None:
    with pytest.raises(KeyInvalid, match="the key 'a b'"):
        rendered(templateFrom=[{"literal": "a b: {{ .password }}"}])


def test_a_finalizer_that_stands_there_twice_is_applied_once() -> None:
    """A server-side apply with the same entry twice is refused."""
    assert rendered(metadata={"finalizers": ["a/b", "c/d", "a/b"]}).finalizers == ("a/b", "c/d")
