"""``esoctl template``: rendering offline and explaining functions."""

import base64
import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from esoctl.cli.template import command


def es(template: dict[str, object] | None) -> dict[str, object]:
    target = {} if template is None else {"template": template}
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": "db", "namespace": "app"},
        "spec": {"secretStoreRef": {"name": "aws"}, "target": target, "data": []},
    }


def write(folder: Path, name: str, body: object) -> str:
    path = folder / name
    path.write_text(yaml.safe_dump(body))
    return str(path)


def run(folder: Path, template: dict[str, object] | None, values: object, *more: str) -> Result:
    given = ["-f", write(folder, "es.yaml", es(template)), "--data", write(folder, "v.yaml", values)]
    return CliRunner().invoke(command, [*given, *more])


def test_a_template_is_rendered_with_the_given_values(tmp_path: Path) -> None:
    template = {"type": "Opaque", "metadata": {"labels": {"u": "{{ .user }}"}}, "data": {"a": "{{ .user | upper }}"}}

    result = run(tmp_path, template, {"user": "ivy"})

    assert result.exit_code == 0
    assert yaml.safe_load(result.stdout) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "app", "labels": {"u": "ivy"}},
        "type": "Opaque",
        "stringData": {"a": "IVY"},
    }


def test_values_may_be_base64_and_the_secret_json(tmp_path: Path) -> None:
    result = run(tmp_path, None, {"key": base64.b64encode(b"\xff\x00").decode()}, "--base64", "-o", "json")

    assert json.loads(result.stdout)["data"] == {"key": "/wA="}


def test_a_value_that_is_no_text_is_json(tmp_path: Path) -> None:
    result = run(tmp_path, {"data": {"p": "{{ (fromJson .db).port }}"}}, {"db": {"port": 5432}})

    assert yaml.safe_load(result.stdout)["stringData"] == {"p": "5432"}


def test_an_error_has_a_caret_under_its_place(tmp_path: Path) -> None:
    result = run(tmp_path, {"data": {"a": "first\n\t{{ upper .nope }}"}}, {})

    *_, line, below = result.stderr.rstrip("\n").split("\n")
    assert result.exit_code == 1
    assert 'map has no entry for key "nope"' in result.stderr
    assert line == "    2 |     {{ upper .nope }}"
    assert line[below.index("^") :] == ".nope }}"


def test_templates_come_from_the_objects_given_as_files(tmp_path: Path) -> None:
    items = [{"key": "t", "templateAs": "KeysAndValues"}]
    template = {
        "templateFrom": [
            {"configMap": {"name": "texts", "items": items}},
            {"secret": {"name": "more", "items": [{"key": "s"}]}},
            {"literal": "lit: '{{ .user }}'"},
        ]
    }
    config_map = {"kind": "ConfigMap", "metadata": {"name": "texts"}, "data": {"t": "cm: '{{ .user }}'"}}
    secret = {
        "kind": "Secret",
        "metadata": {"name": "more"},
        "data": {"s": base64.b64encode(b"<{{ .user }}>").decode()},
    }
    files = ["--config-map", write(tmp_path, "cm", config_map), "--secret", write(tmp_path, "s", secret)]

    result = run(tmp_path, template, {"user": "ivy"}, *files)
    without = run(tmp_path, template, {"user": "ivy"})

    assert yaml.safe_load(result.stdout)["stringData"] == {"cm": "ivy", "s": "<ivy>", "lit": "ivy"}
    assert without.exit_code == 2
    assert "give texts with --config-map FILE, more with --secret FILE" in without.stderr


@pytest.mark.parametrize(
    ("template", "values", "more", "status", "text"),
    [
        pytest.param({"engineVersion": "v1"}, {}, (), 1, "unsupported template engine version", id="version"),
        pytest.param({"mergePolicy": "Odd"}, {}, (), 2, "mergePolicy", id="unfit"),
        pytest.param(None, {"a": "!"}, ("--base64",), 2, "the value of a is not Base64", id="not Base64"),
        pytest.param(None, {}, ("--config-map", "none.yaml"), 2, "none.yaml", id="no file"),
        pytest.param(None, {}, ("stray",), 2, "--explain", id="stray argument"),
    ],
)
def test_what_cannot_be_used_says_why(
    tmp_path: Path, template: dict[str, object], values: object, more: tuple[str, ...], status: int, text: str
) -> None:
    result = run(tmp_path, template, values, *more)

    assert result.exit_code == status
    assert text in result.stderr


def test_a_file_without_an_external_secret_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["-f", write(tmp_path, "x.yaml", {"kind": "Pod"})])

    assert result.exit_code == 2
    assert "needs one ExternalSecret, has 0" in result.stderr


def test_a_function_is_explained_with_its_types_and_an_example() -> None:
    result = CliRunner().invoke(command, ["--explain", "trunc"])

    assert result.stdout.startswith("trunc(int, string) string\n")
    assert "gives  data base" in result.stdout


def test_an_unknown_function_is_not_explained() -> None:
    result = CliRunner().invoke(command, ["--explain", "env"])

    assert result.exit_code == 2
    assert "there is no function env" in result.stderr


def test_all_functions_are_listed() -> None:
    result = CliRunner().invoke(command, ["--explain"])

    assert len(result.stdout.splitlines()) > 400
