"""The three packs of admission policies say the same, leave nothing out, and the page tells what is shipped."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from support import pages, policies

PAGE = "docs/shared-cluster.md"
EACH = pytest.mark.parametrize("name", policies.NAMES)


@pytest.fixture(scope="module")
def render() -> ModuleType:
    """The script that writes the packs."""
    spec = importlib.util.spec_from_file_location("render", policies.ROOT / "hack" / "policytools" / "render.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_packs_of_kyverno_and_gatekeeper_are_what_is_made_from_the_policies(render: ModuleType) -> None:
    wanted: dict[Path, str] = dict(render.files(policies.PACKS))
    there = {path for pack in ("kyverno", "gatekeeper") for path in (policies.PACKS / pack).rglob("*.yaml")}

    assert there == wanted.keys()
    assert [path.name for path, text in wanted.items() if path.read_text() != text] == [], "run render.py"


@pytest.mark.parametrize("folder", ["vap", "parameters"])
def test_a_kustomization_leaves_nothing_out(folder: str) -> None:
    (listed,) = policies.documents(policies.PACKS / folder / "kustomization.yaml")
    there = {path.name for path in (policies.PACKS / folder).glob("*.yaml")} - {"kustomization.yaml"}

    assert set(listed["resources"]) == there


@EACH
def test_every_policy_has_vectors_that_pass_and_some_that_do_not(name: str) -> None:
    found = policies.of(name)

    assert {bool(vector.says) for vector in found} == {True, False}
    assert [vector for vector in found if vector.stored is not None and vector.says]
    assert [vector for vector in found if vector.deleting and not vector.says]


@EACH
def test_the_page_shows_a_refusal_by_every_policy(name: str) -> None:
    assert f"ValidatingAdmissionPolicy 'esoctl-{name}'" in pages.text(PAGE)


@EACH
def test_the_page_names_the_parameters_as_they_are_shipped(name: str) -> None:
    text = pages.text(PAGE)
    path = policies.PACKS / "parameters" / f"{name}.yaml"
    shipped = policies.documents(path)[0]["data"] if path.exists() else {}

    assert f"`{name}`" in text
    for key, value in shipped.items():
        row = f"| `{key}` | `{value}` |" if value else f"| `{key}` | nothing |"
        example = f'`{key}: "{value}"`' if value == "*" else f"`{key}: {value}`"
        told = row in text or example in text
        assert told, f"the page does not tell {key}: {value}"


def test_the_page_names_the_versions_that_judge_the_packs() -> None:
    text, pins = pages.text(PAGE), (policies.ROOT / "hack" / "policytools" / "go.mod").read_text()

    for name, module in (("Kyverno", "github.com/kyverno/kyverno"), ("Gatekeeper", "open-policy-agent/gatekeeper/v3")):
        told = re.findall(rf"tested with.* {name} ([0-9.]+[0-9])", text)
        assert told == re.findall(rf"{module} v([0-9.]+) ", pins)
