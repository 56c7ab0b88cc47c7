"""The definitions in ``manifests/crds`` are what the generator says, and keep the promises made for them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from esoctl.cli import main
from esoctl.crds import generate
from esoctl.crds.generators import spec
from esoctl.model.generators import UUID, ClusterSpec, Fake, Password
from esoctl.model.keys import Kind

FOLDER = Path(__file__).resolve().parents[3] / "manifests" / "crds"
SHORT = {"externalsecrets": "es", "secretstores": "ss", "clustersecretstores": "css"}
MAKERS = {"fakes", "passwords", "uuids", "clustergenerators"}
DEFINITIONS: list[Any] = generate.all_crds()
EACH = pytest.mark.parametrize(
    "definition", [pytest.param(one, id=one["spec"]["names"]["plural"]) for one in DEFINITIONS]
)


def nodes(value: object, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every schema within a schema."""
    if not isinstance(value, Mapping):
        return
    yield path, value
    for name, below in value.get("properties", {}).items():
        yield from nodes(below, f"{path}.{name}")
    for name in ("items", "additionalProperties"):
        yield from nodes(value.get(name), f"{path}.{name}")


def schema(definition: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return found


def test_the_manifests_are_what_the_generator_says_to_the_byte(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["crds", "--into", str(tmp_path)])

    assert result.exit_code == 0
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in FOLDER.iterdir()}, "run `make crds`"


def test_all_of_them_are_printed_when_no_folder_is_named() -> None:
    result = CliRunner().invoke(main, ["crds"])

    assert result.exit_code == 0
    assert result.stdout.split("---\n") == [generate.as_yaml(definition) for definition in DEFINITIONS]


@EACH
def test_a_definition_has_no_defaults(definition: Any) -> None:
    assert [path for path, node in nodes(schema(definition)) if "default" in node] == []


@EACH
def test_every_field_has_a_description(definition: Any) -> None:
    below = [(path, node) for path, node in nodes(schema(definition)) if not path.endswith(("items", "Properties"))]

    assert [path for path, node in below if "description" not in node] == [".metadata"]


@EACH
def test_a_definition_is_small_enough_to_apply(definition: Any) -> None:
    assert len(generate.as_yaml(definition)) < 256 * 1024


@EACH
def test_a_definition_has_the_names_people_know(definition: Any) -> None:
    names, plural = definition["spec"]["names"], definition["spec"]["names"]["plural"]
    maker = plural in MAKERS

    assert names.get("shortNames", []) == ([] if maker else [SHORT[plural]])
    assert definition["metadata"]["name"] == f"{plural}.{'generators.' * maker}external-secrets.io"
    assert names["categories"] == ["external-secrets", *(["external-secrets-generators"] * maker)]


@pytest.mark.parametrize(
    ("kind", "struct"),
    [(Kind.FAKE, Fake), (Kind.PASSWORD, Password), (Kind.UUID, UUID), (Kind.CLUSTER_GENERATOR, ClusterSpec)],
)
def test_the_schema_of_a_generator_has_every_field_that_is_read(kind: Kind, struct: type) -> None:
    fields = {field.encode_name for field in msgspec.structs.fields(struct)}

    assert set(spec(kind).get("properties", {})) == fields
