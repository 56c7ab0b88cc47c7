"""The page about fields: it is what the schemas say, leaves out nothing, and no field is ignored in silence."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from esoctl.cli import main
from esoctl.crds import pages
from esoctl.crds.generate import all_crds
from esoctl.model.external_secret import ExternalSecretSpec
from esoctl.model.store import StoreSpec

ROOT = Path(__file__).resolve().parents[3]
SCHEMAS: dict[str, Any] = {
    one["spec"]["names"]["kind"]: one["spec"]["versions"][0]["schema"]["openAPIV3Schema"]  # type: ignore[index]
    for one in all_crds()
}
PATHS = {
    "ExternalSecret": {field.path for field in pages.fields(SCHEMAS["ExternalSecret"])},
    "Store": {field.path for field in pages.fields(SCHEMAS["SecretStore"])},
}
REMOTE = "key property version metadataPolicy conversionStrategy decodingStrategy nullBytePolicy"
REFERENCE = {
    "spec": "secretStoreRef refreshPolicy refreshInterval syncWindows target data dataFrom",
    "spec.secretStoreRef": "name kind",
    "spec.syncWindows": "kind windows",
    "spec.syncWindows.windows[]": "schedule duration",
    "spec.target": "name creationPolicy deletionPolicy immutable manifest template",
    "spec.target.manifest": "apiVersion kind",
    "spec.target.template": "type engineVersion mergePolicy metadata data templateFrom",
    "spec.target.template.metadata": "annotations labels finalizers",
    "spec.target.template.templateFrom[]": "configMap secret literal target valuesDecodingStrategy",
    "spec.target.template.templateFrom[].configMap": "name items",
    "spec.target.template.templateFrom[].secret.items[]": "key templateAs",
    "spec.data[]": "secretKey remoteRef sourceRef",
    "spec.data[].remoteRef": REMOTE,
    "spec.data[].sourceRef": "storeRef generatorRef",
    "spec.dataFrom[]": "extract find rewrite sourceRef",
    "spec.dataFrom[].extract": REMOTE,
    "spec.dataFrom[].find": "path name tags conversionStrategy decodingStrategy nullBytePolicy",
    "spec.dataFrom[].find.name": "regexp",
    "spec.dataFrom[].rewrite[]": "merge regexp transform",
    "spec.dataFrom[].rewrite[].regexp": "source target",
    "spec.dataFrom[].rewrite[].transform": "template",
    "spec.dataFrom[].rewrite[].merge": "into priority priorityPolicy conflictPolicy strategy",
    "spec.dataFrom[].sourceRef.generatorRef": "apiVersion kind name",
    "status": "refreshTime syncedResourceVersion conditions binding",
}
"""The fields of the reference's ExternalSecret, by the path above them."""


def test_the_page_is_what_the_program_prints_to_the_byte() -> None:
    printed = CliRunner().invoke(main, ["crds", "--fields"])

    assert printed.exit_code == 0
    assert printed.stdout == (ROOT / "docs" / "reference" / "fields.md").read_text(), "run `make fields`"


def test_every_field_of_the_reference_is_on_the_page() -> None:
    wanted = {f"{path}.{name}" for path, names in REFERENCE.items() for name in names.split()}

    assert wanted - PATHS["ExternalSecret"] == set()


def test_every_verdict_is_about_a_field() -> None:
    assert [key for key in pages.VERDICTS if key[1] not in PATHS[key[0]]] == []


@pytest.mark.parametrize("spec", [ExternalSecretSpec, StoreSpec])
def test_every_field_of_a_spec_is_read_by_a_rule(spec: type) -> None:
    """A field of the model that nobody asks for would be ignored in silence."""
    floors = ("model", "plan", "reconcile", "providers", "generators")
    code = "\n".join(path.read_text() for floor in floors for path in (ROOT / "src/esoctl" / floor).rglob("*.py"))
    asked = set(re.findall(r"\.([a-z_]+)\b", code))

    assert {name for struct in structs(spec) for name in struct.__struct_fields__} - asked == set()


def structs(root: type) -> set[Any]:
    """A struct and every struct within it."""
    found: set[Any] = set()
    waiting: list[Any] = [msgspec.inspect.type_info(root)]
    while waiting:
        info = waiting.pop()
        if isinstance(info, msgspec.inspect.StructType):
            if info.cls in found:
                continue
            found.add(info.cls)
            waiting += [field.type for field in info.fields]
        waiting += [getattr(info, name) for name in ("item_type", "value_type") if hasattr(info, name)]
        waiting += getattr(info, "types", ())
    return found
