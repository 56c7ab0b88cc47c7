"""The Helm chart: linted, rendered as written down, and installed, upgraded and uninstalled on a real control plane.

The control plane is one of its own: definitions that another test installed are not Helm's to keep.
"""

import base64
import functools
import pathlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from esoctl.rbac.rights import Choice, Reach
from support import controlplane, identities, kubeconfig, operator, pages
from support.api import Api, Json
from support.conformance.kubectl import kubectl, run
from support.conformance.place import Place, Server
from support.helm import CHART, ROOT, helm, program
from support.helm import run as run_helm
from support.pages import Terminal
from support.scene import until

VALUES = ROOT / "tests" / "data" / "helm"
SETS = sorted(VALUES.glob("*.values.yaml"))
CRDS = sorted((ROOT / "manifests" / "crds").glob("*.yaml"))
OWNED = 50
ES = "/apis/external-secrets.io/v1/namespaces/team-a"


@functools.cache
def printed(*options: str) -> str:
    return helm(None, "template", "esoctl", str(CHART), "--namespace=esoctl", *options)


def rendered(*options: str) -> list[Json]:
    return [found for found in yaml.safe_load_all(printed(*options)) if found]


def of_kind(found: list[Json], kind: str) -> list[Json]:
    return [one for one in found if one["kind"] == kind]


def test_the_chart_is_without_a_fault_by_helms_own_check() -> None:
    for values in (VALUES / "default.values.yaml", VALUES / "ha.values.yaml"):
        assert "1 chart(s) linted, 0 chart(s) failed" in helm(
            None, "lint", "--strict", str(CHART), f"--values={values}"
        )


def test_it_renders_what_is_written_down() -> None:
    command = [sys.executable, ROOT / "hack" / "chart.py", "--check", f"--render={program()}"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert len(SETS) == 5


def test_its_definitions_are_those_of_the_manifests_and_say_that_they_stay() -> None:
    found = of_kind(rendered(), "CustomResourceDefinition")

    for definition in found:
        assert definition["metadata"].pop("annotations") == {"helm.sh/resource-policy": "keep"}
    assert sorted(found, key=str) == sorted((yaml.safe_load(path.read_text()) for path in CRDS), key=str)
    assert of_kind(rendered("--set=installCRDs=false"), "CustomResourceDefinition") == []
    for definition in of_kind(rendered("--set=crds.keep=false"), "CustomResourceDefinition"):
        assert "annotations" not in definition["metadata"]


def test_its_rights_are_those_of_the_table() -> None:
    (wide,) = of_kind(rendered(), "ClusterRole")
    (home,) = of_kind(rendered(), "Role")

    assert granted(wide) == table(Reach.SERVED, Reach.CLUSTER)
    assert granted(home) == table(Reach.HOME)
    narrow = rendered("--set=scopedNamespaces={a,b}")
    assert of_kind(narrow, "ClusterRole") == []
    assert {role["metadata"]["namespace"]: granted(role) for role in of_kind(narrow, "Role")} == {
        "a": table(Reach.SERVED),
        "b": table(Reach.SERVED),
        "esoctl": table(Reach.HOME),
    }


def granted(role: Json) -> set[tuple[str, str, str]]:
    return {
        (g, r, v) for rule in role["rules"] for g in rule["apiGroups"] for r in rule["resources"] for v in rule["verbs"]
    }


def table(*reaches: Reach) -> set[tuple[str, str, str]]:
    return {one for right in Choice().rights(*reaches) for one in right.each()}


def test_its_deployment_is_that_of_the_manifests() -> None:
    """But for names and labels, and for flags that are the same as the defaults."""
    (ours,) = of_kind(rendered(), "Deployment")
    theirs = yaml.safe_load((ROOT / "manifests" / "base" / "deployment.yaml").read_text())
    (container,), (wanted,) = (one["spec"]["template"]["spec"]["containers"] for one in (ours, theirs))

    flags, least = set(container.pop("args")), set(wanted.pop("args"))
    assert least <= flags
    assert container == wanted
    assert ours["spec"]["strategy"] == theirs["spec"]["strategy"]
    pod, needed = ours["spec"]["template"]["spec"], theirs["spec"]["template"]["spec"]
    assert pod | {"dnsPolicy": None} == needed | {"dnsPolicy": None}


@pytest.mark.parametrize(
    ("option", "told"),
    [
        pytest.param("scopedNamespace=Team_A", "scopedNamespace", id="name"),
        pytest.param("webhook.create=true", "webhook", id="of the other chart"),
        pytest.param("replicaCount=two", "replicaCount", id="type"),
        pytest.param("log.level=loud", "log.level", id="choice"),
        pytest.param("serviceMonitor.enabled=true,metrics.service.enabled=false", "metrics.service", id="together"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_its_name(option: str, told: str) -> None:
    done = run_helm(None, "template", "esoctl", str(CHART), f"--set={option}")

    assert done.returncode != 0
    assert told.rpartition(".")[2] in done.stderr


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Empty, and nobody else's."""
    program()
    folder = tmp_path_factory.mktemp("helm") / "controlplane"
    with controlplane.running(folder) as config:
        yield Server(kubeconfig.read(config), config)


def test_the_commands_of_the_page_on_installing_work(server: Server, tmp_path: pathlib.Path) -> None:
    """docs/install.md as it is written: kustomize, and when that is gone again Helm, for less and less."""
    page = "docs/install.md"
    terminal = Terminal(server.kubeconfig, tmp_path / "terminal", {"rollout status": list}, {"^helm": str(program())})
    (ours,) = (block for block in pages.blocks(page, "yaml"))
    (terminal.folder / "ours").mkdir()
    (terminal.folder / "ours" / "kustomization.yaml").write_text(ours.text)

    terminal.run_all(pages.section(page, "With kustomize"))
    assert deployment(server)["spec"]["replicas"] == 2
    wait_for_definitions(server)
    for what in (("-k", terminal.folder / "ours"), ("-f", ROOT / "manifests" / "crds")):
        kubectl(Place(server, server.api, "esoctl"), "delete", *map(str, what), "--wait=true")
    terminal.run_all(pages.section(page, "With Helm"))
    server.api.post("/api/v1/namespaces", {"metadata": {"name": "team-c"}}).good()
    terminal.run_all(pages.section(page, "How far it reaches"))
    roles = terminal.run_all(pages.section(page, "What it may do"))

    assert len(terminal.typed) == sum(len(block.commands) for block in pages.blocks(page, "console"))
    assert "--namespaces=team-a,team-b" in arguments(server)
    assert all("kind: Role" in text for text in roles.values())
    tenant = server.api.get("/apis/apps/v1/namespaces/team-c/deployments/esoctl").good()
    assert "--namespaces=team-c" in tenant["spec"]["template"]["spec"]["containers"][0]["args"]
    helm(server.kubeconfig, "uninstall", "esoctl", "--namespace=esoctl")


@pytest.mark.parametrize("values", [pytest.param(path, id=path.name.partition(".")[0]) for path in SETS])
def test_what_is_rendered_is_what_the_api_server_takes(
    server: Server, values: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """But for the ServiceMonitor, whose definition is another operator's."""
    for namespace in ("esoctl", "team-a"):
        server.api.post("/api/v1/namespaces", {"metadata": {"name": namespace}})
    golden = values.with_name(values.name.replace(".values.", ".golden."))
    found = [one for one in yaml.safe_load_all(golden.read_text()) if one["kind"] != "ServiceMonitor"]
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(found))

    command = ["kubectl", f"--kubeconfig={server.kubeconfig}", "apply", "--server-side", "--dry-run=server", "-f"]
    done = subprocess.run([*command, tmp_path / "all.yaml"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(found)


def test_REL_11_installed_upgraded_and_uninstalled_it_keeps_definitions_and_every_secret(
    server: Server, tmp_path: pathlib.Path
) -> None:
    """The operator is started by the flags of the Deployment, as its ServiceAccount."""
    config, api = server.kubeconfig, server.api
    run(Place(server, api, "esoctl"), "create", "namespace", "team-a")
    told = helm(config, "install", "esoctl", str(CHART), "--namespace=esoctl", "--create-namespace")
    assert "serves every namespace" in told
    flags = arguments(server)
    access = kubeconfig.write(identities.access_as(api, "esoctl", "esoctl"), tmp_path / "kubeconfig")
    with operator.running(access, "http://127.0.0.1:1", tmp_path, *flags):
        fill(api)
        until(lambda: len(owned(api)) == OWNED, lambda: f"{len(owned(api))} Secrets", seconds=90)
    before = owned(api)

    helm(config, "upgrade", "esoctl", str(CHART), "--namespace=esoctl", "--set=replicaCount=2", "--reuse-values")
    assert deployment(server)["spec"]["replicas"] == 2
    helm(config, "uninstall", "esoctl", "--namespace=esoctl")

    place = Place(server, api, "esoctl")
    left = kubectl(place, "get", "deployments,services,serviceaccounts,roles,rolebindings", "-o", "name").split()
    assert [name for name in left if "esoctl" in name] == []
    wide = kubectl(place, "get", "clusterroles,clusterrolebindings", "-o", "name").split()
    assert [name for name in wide if name.endswith("/esoctl")] == []
    for definition in CRDS:
        name = yaml.safe_load(definition.read_text())["metadata"]["name"]
        assert api.get(f"{operator.CRDS}/{name}").status == 200
    assert owned(api) == before

    helm(config, "install", "esoctl", str(CHART), "--namespace=esoctl")
    assert owned(api) == before, "and it can be installed again over what it kept"


def wait_for_definitions(server: Server) -> None:
    """Until every kind is listed.

    The API server opens a kind's storage at the first request for it. Its clean-up of a definition that is deleted
    before that fails once, may lose a conflict with its own status, and then waits for the next resync, minutes later.
    """
    for definition in CRDS:
        name = yaml.safe_load(definition.read_text())["metadata"]["name"]
        until(lambda name=name: operator.established(server.api, name), lambda name=name: f"{name} is not served")


def deployment(server: Server) -> Any:
    return server.api.get("/apis/apps/v1/namespaces/esoctl/deployments/esoctl").good()


def arguments(server: Server) -> list[str]:
    """The flags of the container, with what differs outside of a pod."""
    (container,) = deployment(server)["spec"]["template"]["spec"]["containers"]
    kept = [flag for flag in container["args"][1:] if not flag.startswith("--metrics-addr")]
    return [*kept, "--leader-election-namespace=esoctl"]


def fill(api: Api) -> None:
    """A store that holds its values itself, and ExternalSecrets that own their Secrets."""

    def make(plural: str, kind: str, name: str, spec: Json) -> None:
        body = {"apiVersion": "external-secrets.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        api.post(f"{ES}/{plural}", body).good()

    data = [{"key": "db", "value": "first", "version": "v1"}]
    make("secretstores", "SecretStore", "values", {"provider": {"fake": {"data": data}}})
    entry = {"secretKey": "password", "remoteRef": {"key": "db", "version": "v1"}}
    for number in range(OWNED):
        make(
            "externalsecrets", "ExternalSecret", f"es-{number}", {"secretStoreRef": {"name": "values"}, "data": [entry]}
        )


def owned(api: Api) -> dict[str, tuple[str, str, bytes]]:
    """UID, version and value of each Secret by its name."""
    found = api.get("/api/v1/namespaces/team-a/secrets").good()["items"]
    return {
        one["metadata"]["name"]: (
            one["metadata"]["uid"],
            one["metadata"]["resourceVersion"],
            base64.b64decode(one["data"]["password"]),
        )
        for one in found
    }
