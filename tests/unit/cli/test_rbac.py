"""``esoctl rbac`` from the outside: what is printed, and what is said when it is asked for what cannot be."""

import pytest
import yaml
from click.testing import CliRunner, Result

from esoctl.cli import main


def ran(*options: str) -> Result:
    return CliRunner().invoke(main, ["rbac", *options])


def kinds(result: Result) -> list[tuple[str, str | None]]:
    assert result.exit_code == 0, result.output
    found = yaml.safe_load_all(result.stdout)
    return [(one["kind"], one["metadata"].get("namespace")) for one in found if not one["kind"].endswith("Binding")]


def resources(result: Result) -> set[str]:
    return {
        name for one in yaml.safe_load_all(result.stdout) for rule in one.get("rules", []) for name in rule["resources"]
    }


def test_without_options_it_is_for_the_whole_cluster() -> None:
    assert kinds(ran()) == [("ClusterRole", None), ("Role", "esoctl")]


def test_a_list_of_namespaces_is_a_role_in_each() -> None:
    found = ran("--profile=namespaces", "--namespaces=team-b,team-a", "--service-account=ops/keeper")

    assert kinds(found) == [("Role", "ops"), ("Role", "team-a"), ("Role", "team-b")]
    assert "    name: keeper\n    namespace: ops\n" in found.stdout


def test_one_namespace_is_that_of_the_account_unless_another_is_named() -> None:
    assert kinds(ran("--profile=namespace", "--service-account=team-a/esoctl")) == [("Role", "team-a")]
    assert kinds(ran("--profile=namespace", "--namespace=team-b")) == [("Role", "esoctl"), ("Role", "team-b")]


def test_features_can_be_left_out_and_added() -> None:
    least = resources(ran("--no-token-create", "--no-leader-election"))
    most = resources(ran("--metrics-auth", "--generic-targets=configmaps,widgets.example.org"))

    assert least.isdisjoint({"serviceaccounts", "serviceaccounts/token", "leases", "tokenreviews", "widgets"})
    assert {"serviceaccounts/token", "leases", "tokenreviews", "widgets"} <= most


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(["--namespaces=a"], "serves all namespaces", id="list for the cluster"),
        pytest.param(["--profile=namespaces"], "needs --namespaces", id="no list"),
        pytest.param(["--profile=namespace", "--namespaces=a,b"], "choose namespaces", id="two for one"),
        pytest.param(["--service-account=esoctl"], "give namespace/name", id="no namespace"),
        pytest.param(["--profile=namespaces", "--namespaces=a,{b: c}"], "is no name", id="no name"),
        pytest.param(["--leader-election-id="], "is no name", id="no lease"),
        pytest.param(["--profile=all"], "is not one of", id="no profile"),
    ],
)
def test_what_cannot_be_is_misuse(options: list[str], told: str) -> None:
    found = ran(*options)

    assert found.exit_code == 2
    assert told in found.stderr
