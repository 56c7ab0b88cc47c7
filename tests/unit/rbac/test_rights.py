"""The table of rights: what is in it, what never may be, and the roles made of it."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from esoctl.model.kinds import GENERATORS, GROUP
from esoctl.rbac import text
from esoctl.rbac.rights import TABLE, Choice, Feature, Reach
from esoctl.rbac.roles import Account, Profile, Role, roles

ROOT = Path(__file__).resolve().parents[3]
LEASES = "coordination.k8s.io"
SNAPSHOT = {
    (GROUP, "externalsecrets"): "get list watch patch",
    (GROUP, "externalsecrets/status"): "patch",
    (GROUP, "externalsecrets/finalizers"): "update",
    (GROUP, "secretstores"): "list watch",
    (GROUP, "secretstores/status"): "patch",
    (GROUP, "clustersecretstores"): "list watch",
    (GROUP, "clustersecretstores/status"): "patch",
    (GENERATORS, "fakes"): "get list watch",
    (GENERATORS, "passwords"): "get list watch",
    (GENERATORS, "uuids"): "get list watch",
    (GENERATORS, "clustergenerators"): "get list watch",
    ("", "secrets"): "get list watch create patch delete",
    ("", "configmaps"): "get list watch",
    ("", "namespaces"): "list watch",
    ("", "events"): "create patch",
    ("", "serviceaccounts"): "get",
    ("", "serviceaccounts/token"): "create",
    (LEASES, "leases"): "create get update",
    ("authentication.k8s.io", "tokenreviews"): "create",
    ("authorization.k8s.io", "subjectaccessreviews"): "create",
}
"""Every right there is. A new one is a decision: it must be added here, too."""
NEVER = ("customresourcedefinitions", "validatingwebhookconfigurations", "mutatingwebhookconfigurations")
DELICATE = {"*", "impersonate", "bind", "escalate", "deletecollection", "approve", "sign"}


def granted() -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for right in TABLE:
        for group, resource, verb in right.each():
            found.setdefault((group, resource), []).append(verb)
    return found


def test_SEC_01_a_new_verb_or_resource_fails_this_snapshot() -> None:
    assert {place: " ".join(verbs) for place, verbs in granted().items()} == SNAPSHOT


def test_SEC_01_the_operator_has_no_right_on_definitions_or_webhooks_in_any_shipped_file() -> None:
    texts = [path.read_text() for path in rights_files()]

    assert len(texts) == 5
    assert [name for name in NEVER for content in texts if name in content] == []


def test_no_right_is_a_wildcard_or_lets_the_operator_become_more_than_it_is() -> None:
    words = {word for right in TABLE for word in (right.group, *right.resources, *right.verbs)}

    assert words.isdisjoint(DELICATE)


def test_every_right_has_a_reason() -> None:
    assert [right for right in TABLE if not right.why.endswith(".")] == []


def rights_files() -> list[Path]:
    overlays = sorted((ROOT / "manifests" / "overlays").glob("*/rbac.yaml"))
    return [*overlays, ROOT / "manifests/generic-targets/rbac.yaml", ROOT / "charts/esoctl/templates/_rules.tpl"]


def test_the_shipped_files_are_as_the_table_says() -> None:
    command = [sys.executable, ROOT / "hack" / "rights.py", "--check"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, ""), "make rights writes them anew"


def named(found: list[Role]) -> list[tuple[str, str, str]]:
    return [(role.kind, role.namespace, role.name) for role in found]


def test_the_whole_cluster_is_one_cluster_role_and_the_lease_at_home() -> None:
    found = roles(Profile.CLUSTER, (), Account("ops", "keeper"), Choice())

    assert named(found) == [("ClusterRole", "", "keeper"), ("Role", "ops", "keeper")]
    assert {resource for right in found[1].rights for resource in right.resources} == {"leases"}


def test_a_list_of_namespaces_needs_no_cluster_role() -> None:
    found = roles(Profile.NAMESPACES, ("b", "a"), Account(), Choice())

    assert named(found) == [("Role", "a", "esoctl"), ("Role", "b", "esoctl"), ("Role", "esoctl", "esoctl")]


def test_in_a_served_home_one_role_holds_both() -> None:
    (found,) = roles(Profile.NAMESPACE, ("team-a",), Account("team-a", "esoctl"), Choice())

    assert {"secrets", "leases"} <= {resource for right in found.rights for resource in right.resources}


def test_asking_whose_a_token_is_needs_a_cluster_role_whatever_is_served() -> None:
    choice = Choice(frozenset({Feature.METRICS_AUTH}))

    found = roles(Profile.NAMESPACE, ("team-a",), Account("team-a", "esoctl"), choice)

    assert named(found) == [("ClusterRole", "", "esoctl-team-a"), ("Role", "team-a", "esoctl")]
    assert [right.resources for right in found[0].rights] == [("tokenreviews",), ("subjectaccessreviews",)]


@pytest.mark.parametrize(
    ("feature", "resource"),
    [
        pytest.param(Feature.TOKENS, "serviceaccounts/token", id="tokens"),
        pytest.param(Feature.TOKENS, "serviceaccounts", id="their roles"),
        pytest.param(Feature.ELECTION, "leases", id="election"),
        pytest.param(Feature.METRICS_AUTH, "tokenreviews", id="metrics"),
        pytest.param(Feature.METRICS_AUTH, "subjectaccessreviews", id="who may read them"),
    ],
)
def test_what_a_feature_needs_is_there_with_it_and_not_without(feature: Feature, resource: str) -> None:
    def resources(*features: Feature) -> set[str]:
        return {name for right in Choice(frozenset(features)).rights(*Reach) for name in right.resources}

    assert resource in resources(feature)
    assert resource not in resources()


def test_targets_of_other_kinds_get_what_they_do_not_have_anyway() -> None:
    choice = Choice(frozenset(), (("", "configmaps"), ("argoproj.io", "applications"), ("", "secrets")))

    added = [right for right in choice.rights(Reach.SERVED) if right.feature is Feature.GENERIC_TARGETS]

    assert {right.resources: right.verbs for right in added} == {
        ("configmaps",): ("create", "patch", "delete"),
        ("applications",): ("get", "list", "watch", "create", "patch", "delete"),
    }


def test_the_text_is_yaml_with_each_rule_and_its_reason() -> None:
    account = Account("true", "1e5")

    printed = text.manifest(roles(Profile.NAMESPACE, ("true",), account, Choice(lease="mine")), account)

    role, binding = yaml.safe_load_all(printed)
    assert role["metadata"] == {"name": "1e5", "namespace": "true", "labels": {"app.kubernetes.io/name": "esoctl"}}
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "1e5"}
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "1e5", "namespace": "true"}]
    assert {
        "apiGroups": [LEASES],
        "resources": ["leases"],
        "resourceNames": ["mine"],
        "verbs": ["get", "update"],
    } in role["rules"]
    assert printed.count("  # ") >= len(role["rules"])
    assert max(map(len, printed.splitlines())) <= 120
