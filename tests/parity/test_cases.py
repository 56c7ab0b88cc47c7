"""Every parity case against the real control plane, with the operator as a process of its own.

The cases of a run go side by side, before the first test that asks for an outcome. `pending.txt` names the cases whose
features are still to come: such a case must differ, so that the list stays true.
"""

import json
import pathlib

import pytest
import yaml

from parity import run_cases
from support import audit, installing, kubeconfig, moto, operator
from support.api import Api, Json
from support.cases import lanes
from support.cases.differences import Difference, differences, unwanted

HERE = pathlib.Path(__file__).parent
JOBS = 8
QUICK = "--absence-period=0s"
"""The recorded operator removes after one read, and so does this one then."""
FILES = [run_cases.load(path) for path in sorted((HERE / "cases").glob("*.yaml"))]
CASES = {case["name"]: case for file in FILES for case in file.cases}
GOLDEN = {name: outcome for file in FILES for name, outcome in file.golden.items()}
PENDING = set((HERE / "pending.txt").read_text().split())
DEVIATIONS = yaml.safe_load((HERE / "deviations.yaml").read_text())

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

Outcomes = dict[str, Json]


@pytest.fixture(scope="module")
def began(control_plane: pathlib.Path) -> int:
    """Where the audit log ended before."""
    return audit.size(control_plane)


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, began: int, control_plane: pathlib.Path, tmp_path_factory: pytest.TempPathFactory
) -> Outcomes:
    """What each chosen case came to, by name. The operator has the rights that `manifests/` gives it."""
    folder = tmp_path_factory.mktemp("parity")
    access = kubeconfig.read(control_plane)
    installing.install(Api(access))
    own = kubeconfig.write(installing.operator_access(Api(access)), folder / "kubeconfig")
    found: Outcomes = {}

    def report(case: Json, got: Json) -> None:
        found[case["name"]] = got

    chosen = [CASES[item.callspec.params["name"]] for item in request.session.items if is_a_case(item)]
    with moto.running(folder) as aws, operator.running(own, aws.url, folder, QUICK):
        lanes.run_side_by_side(lanes.Servers(access, aws.url), chosen, JOBS, report)
    (folder / "outcomes.json").write_text(json.dumps(found, indent=1, sort_keys=True))  # to look at afterwards
    return found


def is_a_case(item: pytest.Item) -> bool:
    named = getattr(getattr(item, "callspec", None), "params", {}).get("name")
    return item.path == pathlib.Path(__file__) and named in CASES


def differing(name: str, outcomes: Outcomes) -> list[Difference]:
    return unwanted(name, list(differences(GOLDEN[name], outcomes[name])), DEVIATIONS)


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_outcome_is_the_recorded_one_unless_it_is_pending(name: str, outcomes: Outcomes) -> None:
    found = differing(name, outcomes)

    if name in PENDING:
        assert found, f"{name} has come true: take it out of pending.txt"
    else:
        assert not found, "\n".join(f"{path}\n  want {want}\n  got  {got}" for path, want, got in found)


def test_every_pending_case_exists() -> None:
    assert set(CASES) >= PENDING


def test_no_case_needs_a_right_that_the_operator_does_not_have(
    outcomes: Outcomes, began: int, control_plane: pathlib.Path
) -> None:
    found = audit.record(control_plane, Api(kubeconfig.read(control_plane)), "esoctl:esoctl", began)

    assert found.allowed["", "secrets", "create"] > 0, "it was the operator's account that did the work"
    assert found.refused == {}
