"""The rights of each profile on the real API server: enough, none too many, and as written down.

The API server's audit log says what the operator asked for while it did everything once; that is compared with the
table of `esoctl.rbac.rights`, both ways.
"""

import contextlib
import pathlib
import subprocess
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import yaml

from esoctl.rbac.rights import TABLE, Choice, Feature, Reach, Right
from support import audit, aws_front, everything, identities, kubeconfig, operator
from support.conformance.kubectl import kubectl
from support.conformance.place import Place, Server
from support.installed import Installed
from support.scene import SYNCED, Scene, a_scene

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "data" / "can_i"
REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
GROUPS = {
    "customresourcedefinitions": "apiextensions.k8s.io",
    "validatingwebhookconfigurations": "admissionregistration.k8s.io",
    "clusterroles": "rbac.authorization.k8s.io",
    "clustersecretstores": "external-secrets.io",
}
OPTIONS = ("--generic-targets=configmaps",)
CHOICE = Choice(generic=(("", "configmaps"),))
ELECTION = ("--enable-leader-election", "--unsafe-allow-generic-targets")


@pytest.fixture(scope="module")
def server(control_plane: pathlib.Path) -> Server:
    found = Server(kubeconfig.read(control_plane), control_plane)
    operator.install_definitions(found.api)
    return found


@dataclass(frozen=True)
class Tenant:
    """An installation of its own: a ServiceAccount in a namespace of its own, and nothing else."""

    server: Server
    home: str

    @property
    def account(self) -> str:
        return f"system:serviceaccount:{self.home}:esoctl"

    def grant(self, *options: str) -> None:
        """What `esoctl rbac` prints for these options."""
        command = [operator.ESOCTL, "rbac", f"--service-account={self.home}/esoctl", *options]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        roles = [self._renamed(found) for found in yaml.safe_load_all(printed)]
        for role in roles:
            place = Place(self.server, self.server.api, role["metadata"].get("namespace", self.home))
            kubectl(place, "apply", "-f", "-", given=role)

    def _renamed(self, role: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        """Other tests have a ClusterRole of the usual name in the same cluster."""
        if "namespace" not in role["metadata"]:
            role["metadata"]["name"] = self.home
            if "roleRef" in role:
                role["roleRef"]["name"] = self.home
        return role

    def take_away(self, namespace: str) -> None:
        place = Place(self.server, self.server.api, namespace)
        kubectl(place, "delete", "rolebinding", "esoctl")

    def can(self, namespace: str) -> str:
        """`kubectl auth can-i --list` there, line by line in one order."""
        place = Place(self.server, self.server.api, namespace)
        lines = kubectl(place, "auth", "can-i", "--list", f"--as={self.account}").splitlines()
        return (
            "\n".join([" ".join(line.split()) for line in lines[:1]] + sorted(" ".join(x.split()) for x in lines[1:]))
            + "\n"
        )


@contextlib.contextmanager
def a_tenant(server: Server) -> Iterator[Tenant]:
    home = f"tenant-{uuid.uuid4().hex[:8]}"
    server.api.post("/api/v1/namespaces", {"metadata": {"name": home}}).good()
    server.api.post(f"/api/v1/namespaces/{home}/serviceaccounts", {"metadata": {"name": "esoctl"}}).good()
    yield Tenant(server, home)
    for kind in ("clusterrolebindings", "clusterroles"):
        server.api.delete(f"/apis/rbac.authorization.k8s.io/v1/{kind}/{home}")
    server.api.delete(f"/api/v1/namespaces/{home}")


@contextlib.contextmanager
def at_work(tenant: Tenant, front: aws_front.Front, folder: pathlib.Path, *options: str) -> Iterator[Installed]:
    """The operator as the tenant's ServiceAccount."""
    access = identities.access_as(tenant.server.api, tenant.home, "esoctl")
    config = kubeconfig.write(access, folder / "kubeconfig")
    election = f"--leader-election-namespace={tenant.home}"
    with Installed(config, front.url, folder, *ELECTION, election, *options) as found:
        yield found


@pytest.fixture
def scene(server: Server, front: aws_front.Front) -> Iterator[Scene]:
    """A namespace and an account, without the operator that scenes come with."""
    with a_scene(server.api, front) as found:
        yield found


def asked_for(rights: list[Right]) -> set[audit.Asked]:
    return {one for right in rights if right.asked for one in right.each()}


def told(record: audit.Record, rights: list[Right]) -> dict[str, object]:
    """What is wrong with the rights, by the audit log."""
    granted = asked_for(rights)
    beyond = {one for one in record.allowed if one not in granted and one[0] != "authorization.k8s.io"}
    return {"refused": dict(record.refused), "unused": granted - record.allowed.keys(), "beyond": beyond}


FINE: dict[str, object] = {"refused": {}, "unused": set(), "beyond": set()}


def test_SEC_12_the_profile_of_the_whole_cluster_has_what_is_used_and_no_more(
    server: Server, front: aws_front.Front, scene: Scene, tmp_path: pathlib.Path, control_plane: pathlib.Path
) -> None:
    with a_tenant(server) as tenant:
        tenant.grant("--profile=cluster", *OPTIONS)
        with at_work(tenant, front, tmp_path) as installed:
            installed.up()
            everything.once(scene)
            everything.other_target(scene)
            assert installed.down() == 0

        found = audit.record(control_plane, server.api, f"{tenant.home}:esoctl")

    assert told(found, CHOICE.rights(Reach.SERVED, Reach.CLUSTER, Reach.HOME)) == FINE


def test_SEC_12_the_profile_of_namespaces_has_what_is_used_and_no_more_and_reaches_no_other(
    server: Server, front: aws_front.Front, scene: Scene, tmp_path: pathlib.Path, control_plane: pathlib.Path
) -> None:
    with a_tenant(server) as tenant, a_scene(server.api, front) as second:
        served = f"--namespaces={scene.namespace},{second.namespace}"
        tenant.grant("--profile=namespaces", served, *OPTIONS)
        with at_work(tenant, front, tmp_path, served) as installed:
            installed.up()
            everything.in_a_namespace(scene)
            everything.other_target(scene)
            second.put(db="first")
            second.store()
            second.synced()
            scene.external_secret("wide", secretStoreRef={"name": "wide", "kind": "ClusterSecretStore"})
            scene.fails(f"{scene.namespace}, {second.namespace} alone and reads no ClusterSecretStore", name="wide")
            assert installed.down() == 0

        found = audit.record(control_plane, server.api, f"{tenant.home}:esoctl")
        assert told(found, CHOICE.rights(Reach.SERVED, Reach.HOME)) == FINE
        assert "secrets" not in tenant.can("default")


def test_a_right_lost_in_one_namespace_leaves_the_others_at_work_and_readiness_says_which(
    server: Server, front: aws_front.Front, scene: Scene, tmp_path: pathlib.Path
) -> None:
    with a_tenant(server) as tenant, a_scene(server.api, front) as second:
        served = f"--namespaces={scene.namespace},{second.namespace}"
        tenant.grant("--profile=namespaces", served)
        tenant.take_away(second.namespace)
        for one in (scene, second):
            one.put(db="first")
            one.store()
        access = identities.access_as(server.api, tenant.home, "esoctl")
        config = kubeconfig.write(access, tmp_path / "kubeconfig")
        with operator.started(config, front.url, tmp_path, served) as running:
            scene.synced()
            second.external_secret()

            checks = readiness(running)
            assert f"secrets in {second.namespace}" in checks
            assert "forbidden" in checks
            assert f"in {scene.namespace}" not in checks
            assert second.data() is None

            tenant.grant("--profile=namespaces", served)
            second.until(lambda: second.data() == {"password": b"first"}, lambda: str(second.ready()), seconds=90)
            running.child.wait_until(running.ready, seconds=60)


def readiness(running: operator.Operator) -> str:
    """The checks that fail, as /readyz tells them."""
    done = subprocess.run(
        ["curl", "-s", f"{running.health}/readyz?verbose"], capture_output=True, text=True, check=True
    )
    return "\n".join(line for line in done.stdout.splitlines() if not line.startswith("[+]"))


def test_SEC_12_who_asks_whose_a_token_is_has_what_that_takes_and_no_more(
    server: Server, front: aws_front.Front, tmp_path: pathlib.Path, control_plane: pathlib.Path
) -> None:
    with a_tenant(server) as tenant:
        tenant.grant("--profile=namespace", "--metrics-auth")
        access = identities.access_as(server.api, tenant.home, "esoctl")
        config = kubeconfig.write(access, tmp_path / "kubeconfig")
        with operator.running(config, front.url, tmp_path, "--metrics-auth", f"--namespace={tenant.home}") as running:
            scrape = ["curl", "-s", "-o", tmp_path / "scraped", f"{running.metrics}/metrics", "-H"]
            subprocess.run([*scrape, f"Authorization: Bearer {access.token}"], check=True)

        found = audit.record(control_plane, server.api, f"{tenant.home}:esoctl")

    wanted = asked_for(Choice(frozenset({Feature.METRICS_AUTH})).rights(Reach.ANYWAY))
    assert found.refused == Counter()
    assert len(wanted) == 2
    assert wanted <= found.allowed.keys()


def test_the_right_that_no_request_asks_for_is_needed_all_the_same(
    server: Server, front: aws_front.Front, scene: Scene, tmp_path: pathlib.Path
) -> None:
    """This API server runs the admission plugin OwnerReferencesPermissionEnforcement."""
    served = f"--namespaces={scene.namespace}"
    with a_tenant(server) as tenant:
        tenant.grant("--profile=namespaces", served, *OPTIONS)
        path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{scene.namespace}/roles/esoctl"
        rules = server.api.get(path).good()["rules"]
        server.api.patch(path, {"rules": [r for r in rules if r["resources"] != ["externalsecrets/finalizers"]]}).good()
        scene.put(db="first")
        scene.store()
        with at_work(tenant, front, tmp_path, served) as installed:
            installed.up()
            scene.external_secret()
            scene.fails("blockOwnerDeletion")

            server.api.patch(path, {"rules": rules}).good()
            scene.force()
            scene.until(lambda: scene.ready() == SYNCED, lambda: str(scene.ready()))


@pytest.mark.parametrize("profile", ["cluster", "namespaces", "namespace"])
def test_SEC_12_kubectl_lists_for_each_profile_what_is_written_down(server: Server, profile: str) -> None:
    with a_tenant(server) as tenant, a_tenant(server) as other:
        listed = [f"--namespaces={other.home}"] if profile == "namespaces" else []
        tenant.grant(f"--profile={profile}", *listed)
        places = {"home": tenant.home, "served": other.home, "elsewhere": "default"}

        found = "\n".join(f"# {where}\n{tenant.can(namespace)}" for where, namespace in places.items())

        assert found == (GOLDEN / f"{profile}.txt").read_text()


def test_SEC_01_no_profile_may_touch_definitions_or_webhooks(server: Server) -> None:
    with a_tenant(server) as tenant:
        tenant.grant("--profile=cluster", "--metrics-auth", *OPTIONS)
        for resource in ("customresourcedefinitions", "validatingwebhookconfigurations", "clusterroles"):
            for verb in ("get", "list", "watch", "create", "update", "patch", "delete"):
                assert not may(server, tenant, verb, resource)
        assert may(server, tenant, "list", "clustersecretstores"), "the question is asked as it should be"


def may(server: Server, tenant: Tenant, verb: str, resource: str) -> bool:
    wanted = {"verb": verb, "group": GROUPS[resource], "resource": resource}
    spec = {"user": tenant.account, "groups": ["system:authenticated"], "resourceAttributes": wanted}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    allowed: bool = server.api.post(REVIEWS, review).good()["status"]["allowed"]
    return allowed


def test_the_comparison_finds_what_is_missing_unused_or_beyond() -> None:
    used, more = Right("", ("secrets",), ("get",), "x."), Right("", ("pods",), ("get",), "x.")
    record = audit.Record(Counter([("", "secrets", "get")]), Counter())

    assert told(record, [used]) == FINE
    assert told(record, [used, more])["unused"] == {("", "pods", "get")}
    assert told(record, [])["beyond"] == {("", "secrets", "get")}
    assert told(audit.Record(record.allowed, Counter(["get /x: 403"])), [used])["refused"] == {"get /x: 403": 1}


def test_every_right_is_tried_by_one_of_these_tests() -> None:
    tried = CHOICE.features | {Feature.ALWAYS, Feature.GENERIC_TARGETS, Feature.METRICS_AUTH}

    assert set(Feature) == tried
    assert [right.resources for right in TABLE if not right.asked] == [("externalsecrets/finalizers",)]
