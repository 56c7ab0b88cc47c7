"""Every overlay and component builds, is taken by the real API server, and runs under the restricted standard."""

import os
import pathlib
import subprocess

import pytest
import yaml

from support import kubeconfig
from support.api import Api, Json
from support.installing import MANIFESTS

OVERLAYS = sorted(path.parent for path in (MANIFESTS / "overlays").glob("*/kustomization.yaml"))
COMPONENTS = sorted(path.parent for path in (MANIFESTS / "components").glob("*/kustomization.yaml"))
PROMETHEUS = ("ServiceMonitor", "PrometheusRule")
"""Kinds of the Prometheus operator, which is not there."""
NARROW = {"namespace": "--namespace=$(POD_NAMESPACE)", "namespaces": "--namespaces=team-a,team-b"}


def built(folder: pathlib.Path) -> list[Json]:
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def together(tmp_path: pathlib.Path, base: pathlib.Path, *components: pathlib.Path, **more: object) -> list[Json]:
    """What a kustomization of a user's own makes."""
    resources, added = ([os.path.relpath(path, tmp_path) for path in paths] for paths in ((base,), components))
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump({"resources": resources, "components": added, **more}))
    return built(tmp_path)


def of_kind(found: list[Json], kind: str) -> list[Json]:
    return [one for one in found if one["kind"] == kind]


def taken(control_plane: pathlib.Path, found: list[Json], tmp_path: pathlib.Path) -> None:
    """By a dry run on the server."""
    api = Api(kubeconfig.read(control_plane))
    for namespace in {one["metadata"].get("namespace") for one in found} - {None}:
        api.post("/api/v1/namespaces", {"metadata": {"name": namespace}})
    file = tmp_path / "all.yaml"
    file.write_text(yaml.safe_dump_all(found))
    options = [f"--kubeconfig={control_plane}", "--server-side", "--force-conflicts", "--dry-run=server", "-f", file]
    done = subprocess.run(["kubectl", "apply", *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("folder", [pytest.param(path, id=path.name) for path in OVERLAYS])
def test_an_overlay_is_taken_by_the_api_server(
    control_plane: pathlib.Path, folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    found = built(folder)

    taken(control_plane, found, tmp_path)
    (deployment,) = of_kind(found, "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    scopes = [flag for flag in container["args"] if flag.startswith("--namespace")]
    assert scopes == ([NARROW[folder.name]] if folder.name in NARROW else [])
    assert of_kind(found, "CustomResourceDefinition") == of_kind(found, "Namespace") == []
    assert (of_kind(found, "ClusterRole") == []) is (folder.name in NARROW)


def test_all_components_fit_together(control_plane: pathlib.Path, tmp_path: pathlib.Path) -> None:
    found = together(tmp_path, MANIFESTS, *COMPONENTS, MANIFESTS / "generic-targets", MANIFESTS / "monitoring")

    assert {path.name for path in COMPONENTS} >= {"network-policy", "pod-disruption-budget", "service-monitor"}
    assert len(of_kind(found, "ServiceMonitor")) == len(of_kind(found, "PrometheusRule")) == 1
    (deployment,) = of_kind(found, "Deployment")
    assert len(deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]) == 2
    taken(control_plane, [one for one in found if one["kind"] not in PROMETHEUS], tmp_path)


def test_two_replicas_have_a_budget_and_are_spread() -> None:
    found = built(MANIFESTS / "overlays" / "ha")

    (deployment,), (budget,) = of_kind(found, "Deployment"), of_kind(found, "PodDisruptionBudget")
    assert deployment["spec"]["replicas"] == 2
    assert budget["spec"]["minAvailable"] == 1
    assert "--enable-leader-election" in deployment["spec"]["template"]["spec"]["containers"][0]["args"]


def test_a_tenant_moves_the_whole_of_it_into_a_namespace_of_their_own(
    control_plane: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    found = together(tmp_path, MANIFESTS / "overlays" / "namespace", namespace="team-c")

    assert {one["metadata"]["namespace"] for one in found} == {"team-c"}
    (binding,) = of_kind(found, "RoleBinding")
    assert [subject["namespace"] for subject in binding["subjects"]] == ["team-c"]
    taken(control_plane, found, tmp_path)


@pytest.mark.parametrize("kind", ["Service", "PodDisruptionBudget", "NetworkPolicy", "ServiceMonitor"])
def test_whatever_selects_pods_or_services_selects_those_there_are(tmp_path: pathlib.Path, kind: str) -> None:
    found = together(tmp_path, MANIFESTS, *COMPONENTS)
    (deployment,), (selecting,), (service,) = (of_kind(found, one) for one in ("Deployment", kind, "Service"))
    spec = selecting["spec"]
    chosen = spec.get("podSelector") or spec["selector"]
    wanted = chosen.get("matchLabels", chosen)

    labels = service["metadata"]["labels"] if kind == "ServiceMonitor" else None
    labels = labels or deployment["spec"]["template"]["metadata"]["labels"]
    assert wanted.items() <= labels.items()


@pytest.mark.parametrize("folder", [pytest.param(path, id=path.name) for path in OVERLAYS])
def test_its_pods_are_admitted_under_the_restricted_standard(control_plane: pathlib.Path, folder: pathlib.Path) -> None:
    api = Api(kubeconfig.read(control_plane))
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "strict", "labels": labels}}
    api.apply("/api/v1/namespaces/strict", space, "tests", force=True).good()
    (deployment,) = of_kind(built(folder), "Deployment")
    template = deployment["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "trial"}, "spec": template["spec"]}

    api.post("/api/v1/namespaces/strict/pods", pod, dryRun="All").good()
    pod["spec"]["securityContext"]["runAsNonRoot"] = False
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    assert api.post("/api/v1/namespaces/strict/pods", pod, dryRun="All").status == 403
