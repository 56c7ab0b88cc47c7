"""The commands of the pages on moving, upgrading and uninstalling, typed as written, on a control plane of their own.

There is no kubelet, so what needs Pods is played: the operator is a local process with the token of its ServiceAccount,
and the Go operator is the requests that it makes.
"""

import pathlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from esoctl.plan.observed import FINALIZER
from support import aws_front, controlplane, installing, kubeconfig, operator, pages, reference_crds
from support.api import Api
from support.conformance.place import eventually
from support.installed import Installed
from support.pages import Terminal
from support.reference import Reference
from support.scene import SYNCED, Scene, a_scene

MIGRATE, UPGRADE, UNINSTALL = "docs/migrate.md", "docs/upgrade.md", "docs/uninstall.md"
SECURITY, RUNBOOKS = "docs/security.md", "docs/runbooks.md"
ELECTION = ("--enable-leader-election", "--leader-election-namespace=esoctl")
GO_OPERATOR = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "external-secrets", "namespace": "external-secrets"},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app.kubernetes.io/name": "external-secrets"}},
        "template": {
            "metadata": {"labels": {"app.kubernetes.io/name": "external-secrets"}},
            "spec": {"containers": [{"name": "external-secrets", "image": "external-secrets:v2.9.0"}]},
        },
    },
}


@dataclass
class World:
    """A cluster, a scene in it, and who runs there."""

    api: Api
    scene: Scene
    installed: Installed
    terminal: Terminal
    log: list[str] = field(default_factory=list)

    def up(self) -> None:
        self.installed.up()
        self.log.append("esoctl up")

    def restart(self) -> None:
        if self.installed.operator is not None:
            self.installed.down()
        self.up()

    def down(self) -> None:
        """Scale the Deployment down, and stop the process as the kubelet would."""
        self.api.patch("/apis/apps/v1/namespaces/esoctl/deployments/esoctl", {"spec": {"replicas": 0}}).good()
        assert self.installed.down() == 0
        self.log.append("esoctl down")

    def type(self, page: str, title: str) -> None:
        self.terminal.run_all(pages.section(page, title))

    def synced(self, name: str) -> None:
        self.scene.until(lambda: self.scene.ready(name) == SYNCED, lambda: str(self.scene.ready(name)))


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pathlib.Path]:
    with controlplane.required(tmp_path_factory.mktemp("pages")) as path:
        yield path


@pytest.fixture
def world(plane: pathlib.Path, front: aws_front.Front, tmp_path: pathlib.Path) -> Iterator[World]:
    """What the manifests install is there, and a store with two values in AWS."""
    api = Api(kubeconfig.read(plane))
    installing.install(api)
    api.delete("/apis/apps/v1/namespaces/esoctl/deployments/esoctl")
    config = kubeconfig.write(installing.operator_access(api), tmp_path / "kubeconfig")
    with Installed(config, front.url, tmp_path) as installed, a_scene(api, front) as scene:
        terminal = Terminal(plane, tmp_path / "terminal")
        found = World(api, scene, installed, terminal)
        terminal.played = {
            "rollout status deployment/esoctl": found.restart,
            "scale deployment/esoctl --replicas=0": found.down,
        }
        scene.store()
        scene.put(db="first", more="second")
        yield found


def test_rel_11_moving_over_and_back_rewrites_no_secret(world: World) -> None:
    scene, terminal = world.scene, world.terminal
    reference = Reference(scene)
    definitions_of_the_reference(world.api)
    world.api.post(
        "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "external-secrets"}}
    )
    world.api.post("/apis/apps/v1/namespaces/external-secrets/deployments", GO_OPERATOR).good()
    for name in ("shop", "a-name-of-more-than-twenty-seven-characters"):
        scene.external_secret(name, data={"password": "db", "old": "more"}, refreshInterval="1h")
        reference.serve(name, {"password": b"first", "old": b"second"})
    scene.make_secret("merged", {"own": "mine"})
    for name, policy in (("merged", "Merge"), ("orphaned", "Orphan")):
        scene.external_secret(name, target={"creationPolicy": policy}, refreshInterval="1h")
        reference.serve(name, {"password": b"first"}, owner=False)

    for title in ("What does not come along", "Note what there is", "Stop the Go operator", "Start esoctl"):
        world.type(MIGRATE, title)
    scene.synced("marker")  # a Secret that is new: it must be seen in what was noted after
    world.api.delete(scene.path("ExternalSecret", "marker")).good()
    scene.until(lambda: scene.get("Secret", "marker") is None, lambda: "the marker is gone")
    world.type(MIGRATE, "See that nothing has changed")
    before = (terminal.folder / "before.txt").read_text()
    assert before.count("\n") == 4
    assert scene.data("merged") == {"own": b"mine", "password": b"first"}

    scene.external_secret("shop", data={"password": "db"}, refreshInterval="1h")
    scene.until(lambda: scene.data() == {"password": b"first"}, lambda: str(scene.ready()))
    managers = scene.get("Secret", "shop")["metadata"]["managedFields"]
    assert [one["operation"] for one in managers if one["manager"] == "externalsecrets.external-secrets.io/shop"] == [
        "Apply"
    ]

    world.type(MIGRATE, "Going back")
    version = scene.get("Secret", "shop")["metadata"]["resourceVersion"]
    reference.serve("shop", {"password": b"first"})
    assert scene.get("Secret", "shop")["metadata"]["resourceVersion"] == version
    assert scene.get("ExternalSecret", "shop")["metadata"]["finalizers"] == [FINALIZER]
    assert world.log == ["esoctl up", "esoctl down"]

    terminal.run("kubectl -n external-secrets scale deployment/external-secrets --replicas=0")
    world.type(MIGRATE, "Staying")
    world.up()
    scene.edit("ExternalSecret", "shop", {"metadata": {"annotations": {"force-sync": "now"}}})
    world.synced("shop")
    assert scene.get("ExternalSecret", "shop")["metadata"].get("finalizers", []) in ([], [FINALIZER])


def definitions_of_the_reference(api: Api) -> None:
    for definition in reference_crds.definitions():
        path = f"{operator.CRDS}/{definition['metadata']['name']}"
        version = api.get(path).good()["metadata"]["resourceVersion"]
        api.put(path, definition | {"metadata": definition["metadata"] | {"resourceVersion": version}}).good()
    eventually(
        lambda: all(operator.established(api, one["metadata"]["name"]) for one in reference_crds.definitions()), ""
    )


def test_the_policy_of_the_security_page_keeps_a_stolen_token_from_becoming_another(world: World) -> None:
    (policy,) = pages.blocks(SECURITY, "yaml")
    (world.terminal.folder / "policy.yaml").write_text(policy.text)
    thief = Api(installing.operator_access(world.api))
    about = {"name": "stolen", "annotations": {"kubernetes.io/service-account.name": "default"}}
    token = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token", "metadata": about}
    assert thief.post(world.scene.path("Secret"), token, dryRun="All").status == 201, "RBAC does not keep it from that"

    world.terminal.run("kubectl apply -f policy.yaml")

    eventually(lambda: thief.post(world.scene.path("Secret"), token, dryRun="All").status == 422, "it is refused")
    assert world.api.post(world.scene.path("Secret"), token, dryRun="All").status == 201, "others are not concerned"
    world.up()
    world.scene.synced()


def test_the_commands_of_the_runbooks_work(world: World) -> None:
    terminal, config = world.terminal, world.installed.how
    world.api.post("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team-a"}})
    provider = {"provider": {"fake": {"data": []}}}
    store = {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": {"name": "aws"},
        "spec": provider,
    }
    world.api.post("/apis/external-secrets.io/v1/namespaces/team-a/secretstores", store)
    terminal.run("kubectl apply --server-side --force-conflicts -k manifests")
    # A disk that is full stops nothing either.
    with operator.running(*config, *ELECTION, "--audit-log=/dev/full") as running:
        world.scene.synced()
        terminal.stand_ins = {
            r"kubectl -n esoctl logs deployment/esoctl( --(since|tail)=\w+| --previous)*": f"cat {running.child.log}",
            r"kubectl -n esoctl get --raw \S+/proxy/metrics": f"curl -fsS {running.metrics}/metrics",
        }
        printed = terminal.run_all(pages.blocks(RUNBOOKS, "console"))

    assert len(printed) > 25
    found = "".join(printed.values())
    for told in (
        "holderIdentity",
        "workqueue_depth",
        "esoctl_aws_calls_waiting",
        '"election"',
        "No space left on device",
    ):
        assert told in found, told


def test_an_upgrade_rewrites_no_secret(world: World) -> None:
    world.up()
    world.scene.synced()
    world.scene.synced("more", data={"x": "more"}, target={"deletionPolicy": "Delete"})

    for title in ("Before", "The upgrade", "After"):
        world.type(UPGRADE, title)

    assert world.log == ["esoctl up", "esoctl up"]
    assert (world.terminal.folder / "before.txt").read_text().count(world.scene.namespace) == 2


def test_rel_11_uninstalling_keeps_definitions_and_every_secret(world: World) -> None:
    scene, terminal = world.scene, world.terminal
    terminal.run("kubectl apply --server-side --force-conflicts -k manifests")
    world.up()
    scene.synced()
    scene.synced("deletes", target={"deletionPolicy": "Delete"})
    assert scene.get("ExternalSecret", "deletes")["metadata"]["finalizers"] == [FINALIZER]
    world.installed.down()

    world.type(UNINSTALL, "The operator alone")
    scene.until(lambda: world.api.get("/api/v1/namespaces/esoctl").status == 404, lambda: "the namespace goes")
    assert world.api.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/esoctl").status == 404
    assert scene.ready() == SYNCED
    assert scene.data() == scene.data("deletes") == {"password": b"first"}

    world.type(UNINSTALL, "ExternalSecrets, and their Secrets stay")
    scene.until(lambda: scene.get("ExternalSecret", "shop") is None, lambda: "they go")
    world.type(UNINSTALL, "The definitions")
    gone = f"{operator.CRDS}/externalsecrets.external-secrets.io"
    scene.until(lambda: world.api.get(gone).status == 404, lambda: "the definitions go")
    for name in ("shop", "deletes"):
        assert scene.data(name) == {"password": b"first"}
        assert not scene.get("Secret", name)["metadata"].get("ownerReferences")
