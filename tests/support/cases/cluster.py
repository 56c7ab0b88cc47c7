"""The API server as parity cases use it: objects by kind and name, unknown fields on purpose, refusals as data."""

import copy

from support.api import MERGE_PATCH, Answer, Json, KeptApi

CREDENTIALS = "aws-credentials"
"""The Secret with AWS keys that every case finds in its namespace."""

STORES = "external-secrets.io/v1"
GENERATORS = "generators.external-secrets.io/v1alpha1"

CLUSTER_SCOPED = {
    "ClusterSecretStore": "clustersecretstores",
    "Namespace": "namespaces",
    "ClusterExternalSecret": "clusterexternalsecrets",
    "ClusterGenerator": "clustergenerators",
}
PLURALS = CLUSTER_SCOPED | {
    "Secret": "secrets",
    "ConfigMap": "configmaps",
    "ServiceAccount": "serviceaccounts",
    "ExternalSecret": "externalsecrets",
    "SecretStore": "secretstores",
    "PushSecret": "pushsecrets",
    "Password": "passwords",
    "UUID": "uuids",
    "Fake": "fakes",
}
VERSIONS = {
    "Secret": "v1",
    "ConfigMap": "v1",
    "ServiceAccount": "v1",
    "Namespace": "v1",
    "PushSecret": "external-secrets.io/v1alpha1",
    "Password": GENERATORS,
    "UUID": GENERATORS,
    "Fake": GENERATORS,
    "ClusterGenerator": GENERATORS,
}

REFUSED_APPLY = (400, 403, 422, 500)
REFUSED_CREATE = (400, 403, 409, 422)


def version_of(kind: str) -> str:
    return VERSIONS.get(kind, STORES)


class UnexpectedAnswer(Exception):
    """The API server answered what no case plans for."""


class Cluster:
    def __init__(self, api: KeptApi) -> None:
        self.api = api

    def call(
        self, method: str, path: str, body: Json = None, kind: str = "application/json", allow: tuple[int, ...] = ()
    ) -> Answer:
        answer = self.api.call(method, path, body, content_type=kind)
        if answer.status >= 300 and answer.status not in allow:
            raise UnexpectedAnswer(f"{method} {path}: {answer.status} {str(answer.body)[:500]}")
        return answer

    def path(self, kind: str, namespace: str, name: str = "", api_version: str | None = None) -> str:
        version = api_version or version_of(kind)
        root = "/api/v1" if version == "v1" else f"/apis/{version}"
        scope = "" if kind in CLUSTER_SCOPED else f"/namespaces/{namespace}"
        return f"{root}{scope}/{PLURALS[kind]}" + (f"/{name}" if name else "")

    def read(self, path: str) -> Json:
        """An object, or {} where there is none."""
        answer = self.call("GET", path, allow=(404,))
        return answer.body if answer.status == 200 else {}

    def items(self, path: str) -> list[Json]:
        listed: list[Json] = self.read(path).get("items", [])
        return listed

    def placed(self, manifest: Json, namespace: str) -> tuple[Json, str]:
        """The manifest with its namespace filled in, and that namespace."""
        manifest = copy.deepcopy(manifest)
        meta = manifest["metadata"]
        if manifest["kind"] not in CLUSTER_SCOPED:
            meta.setdefault("namespace", namespace)
        return manifest, meta.get("namespace", namespace)

    def apply(self, manifest: Json, namespace: str) -> Answer:
        manifest, place = self.placed(manifest, namespace)
        path = self.path(manifest["kind"], place, manifest["metadata"]["name"], manifest["apiVersion"])
        query = "?fieldManager=case&force=true"
        return self.call("PATCH", path + query, manifest, "application/apply-patch+yaml", REFUSED_APPLY)

    def create(self, manifest: Json, namespace: str) -> Answer:
        """Like a client that does not ask for strict validation: unknown fields are dropped."""
        manifest, place = self.placed(manifest, namespace)
        path = self.path(manifest["kind"], place, api_version=manifest["apiVersion"])
        return self.call("POST", path + "?fieldManager=case", manifest, allow=REFUSED_CREATE)

    def patch(self, kind: str, namespace: str, name: str, merge: Json) -> None:
        self.call("PATCH", self.path(kind, namespace, name) + "?fieldManager=case", merge, MERGE_PATCH)

    def delete(self, kind: str, namespace: str, name: str = "") -> None:
        self.call("DELETE", self.path(kind, namespace, name), allow=(404,))
