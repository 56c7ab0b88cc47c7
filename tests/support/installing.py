"""Installs what `manifests/` holds for the whole cluster, and gives the identity the operator has there."""

import pathlib

import yaml

from support import identities, kubeconfig, operator
from support.api import Api, Json

MANIFESTS = pathlib.Path(__file__).resolve().parents[2] / "manifests"
EXAMPLES = MANIFESTS / "examples"
RBAC_KINDS = {
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
}


def manifests(path: pathlib.Path) -> list[Json]:
    return [found for found in yaml.safe_load_all(path.read_text()) if found]


def rights() -> list[Json]:
    """Every manifest of the installation that has to do with the operator's identity and rights, in a usable order."""
    files = [
        MANIFESTS / "namespace.yaml",
        *(MANIFESTS / "base").glob("*.yaml"),
        MANIFESTS / "overlays/cluster/rbac.yaml",
    ]
    found = [m for path in files for m in manifests(path) if m.get("kind") in RBAC_KINDS]
    return sorted(found, key=lambda manifest: list(RBAC_KINDS).index(manifest["kind"]))


def install(api: Api) -> None:
    """The definitions, and the operator's ServiceAccount with its rights."""
    operator.install_definitions(api)
    for manifest in rights():
        meta = manifest["metadata"]
        if namespace := meta.get("namespace"):
            space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            api.apply(f"/api/v1/namespaces/{namespace}", space, "installer", force=True).good()
        collection = RBAC_KINDS[manifest["kind"]].format(meta.get("namespace"))
        api.apply(f"{collection}/{meta['name']}", manifest, "installer", force=True).good()


def operator_access(api: Api) -> kubeconfig.Access:
    """The API server as the installed operator sees it."""
    (account,) = (m["metadata"] for m in rights() if m["kind"] == "ServiceAccount")
    return identities.access_as(api, account["namespace"], account["name"])
