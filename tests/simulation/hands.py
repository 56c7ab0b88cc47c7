"""The hands of users on the cluster, and their eyes. They never fail: what is refused is an answer like any other."""

import base64
import json
from typing import Any

from esoctl.sandbox.api import Api as Sandbox
from esoctl.sandbox.requests import Request, Response
from simulation.wishes import Wish, spec, text

CORE = "/api/v1"
ES = "/apis/external-secrets.io/v1"
MAKERS = "/apis/generators.external-secrets.io/v1alpha1"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
JSON = "application/json"
FOREIGN = ("zz", b"foreign")
"""What others put into Secrets."""
LOST_CRD = "externalsecrets.external-secrets.io"


class Hands:
    """Acts on one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._lost: Any = None

    def ask(self, method: str, path: str, body: object = None, kind: str = JSON, manager: str = "user") -> Any:
        """The answer's body; None when it was refused."""
        query = "" if method == "GET" else f"fieldManager={manager}" + ("&force=true" if kind == APPLY else "")
        raw = b"" if body is None else json.dumps(body).encode()
        answer = self._sandbox.handle_as("user", Request(method, path, query, {"content-type": kind}, raw))
        assert isinstance(answer, Response)
        return answer.body if answer.status < 400 else None

    # Looking

    def secret(self, namespace: str, name: str) -> dict[str, Any] | None:
        """A Secret as it is stored."""
        found: Any = self._sandbox.world.store.get(("", "secrets"), (namespace, name))
        return found

    def external_secret(self, namespace: str, name: str) -> dict[str, Any] | None:
        found: Any = self._sandbox.world.store.get(("external-secrets.io", "externalsecrets"), (namespace, name))
        return found

    def ready(self, namespace: str, name: str) -> tuple[str, str, str]:
        """(status, reason, message) of the Ready condition; empty texts without one."""
        found = self.external_secret(namespace, name) or {}
        for condition in found.get("status", {}).get("conditions", []):
            return condition["status"], condition["reason"], condition["message"]
        return "", "", ""

    def everything(self, *shelves: tuple[str, str]) -> str:
        """All objects of those resources, as text."""
        store = self._sandbox.world.store
        return json.dumps([list(store.shelf(shelf).objects.values()) for shelf in shelves])

    # Acting

    def namespace(self, name: str) -> None:
        self.ask("POST", f"{CORE}/namespaces", {"metadata": {"name": name}})

    def want(self, namespace: str, name: str, wish: Wish) -> bool:
        """Apply an ExternalSecret."""
        body = {
            "apiVersion": "external-secrets.io/v1",
            "kind": "ExternalSecret",
            "metadata": {"name": name},
            "spec": spec(name, wish),
        }
        return self.ask("PATCH", _es(namespace, name), body, APPLY) is not None

    def force(self, namespace: str, name: str, word: str) -> None:
        self.ask("PATCH", _es(namespace, name), {"metadata": {"annotations": {"force-sync": word}}}, MERGE)

    def unwant(self, namespace: str, name: str) -> None:
        self.ask("DELETE", _es(namespace, name))

    def stores(self, namespace: str, *, region: str = "eu-west-1") -> None:
        """Apply the three stores; another region is another place, with nothing to be ashamed of there."""
        for kind, name, service in (
            ("SecretStore", "aws", "SecretsManager"),
            ("SecretStore", "params", "ParameterStore"),
            ("ClusterSecretStore", "shared", "SecretsManager"),
        ):
            self.store(namespace, kind, name, service, region)

    def store(self, namespace: str, kind: str, name: str, service: str, region: str = "eu-west-1") -> None:
        there = {"name": "keys", **({"namespace": namespace} if kind == "ClusterSecretStore" else {})}
        refs = {"accessKeyIDSecretRef": {**there, "key": "id"}, "secretAccessKeySecretRef": {**there, "key": "key"}}
        aws = {"service": service, "region": region, "auth": {"secretRef": refs}}
        body = {
            "apiVersion": "external-secrets.io/v1",
            "kind": kind,
            "metadata": {"name": name},
            "spec": {"provider": {"aws": aws}},
        }
        self.ask("PATCH", _store(namespace, kind, name), body, APPLY)

    def remove_store(self, namespace: str, kind: str, name: str) -> None:
        self.ask("DELETE", _store(namespace, kind, name))

    def keys(self, namespace: str, secret_key: str) -> None:
        """The credentials of the stores."""
        data = {"id": _encoded(b"AKIASIM"), "key": _encoded(secret_key.encode())}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}, "data": data}
        self.ask("PATCH", f"{CORE}/namespaces/{namespace}/secrets/keys", body, APPLY)

    def text(self, namespace: str, version: int) -> None:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "texts"}, "data": {"t": text(version)}}
        self.ask("PATCH", f"{CORE}/namespaces/{namespace}/configmaps/texts", body, APPLY)

    def maker(self, namespace: str) -> None:
        body = {
            "apiVersion": "generators.external-secrets.io/v1alpha1",
            "kind": "Password",
            "metadata": {"name": "maker"},
            "spec": {"length": 12},
        }
        self.ask("PATCH", f"{MAKERS}/namespaces/{namespace}/passwords/maker", body, APPLY)

    def put_secret(self, namespace: str, name: str) -> bool:
        """A Secret made by hand."""
        body = {"metadata": {"name": name}, "data": {FOREIGN[0]: _encoded(FOREIGN[1])}}
        return self.ask("POST", f"{CORE}/namespaces/{namespace}/secrets", body) is not None

    def put_owned(self, namespace: str, name: str) -> bool:
        """A Secret that another controller made for something of its own."""
        owner = self.ask("GET", f"{CORE}/namespaces/{namespace}/configmaps/texts")
        ref = {"apiVersion": "v1", "kind": "ConfigMap", "name": "texts", "uid": owner["metadata"]["uid"]}
        body = {
            "metadata": {"name": name, "ownerReferences": [{**ref, "controller": True}]},
            "data": {FOREIGN[0]: _encoded(FOREIGN[1])},
        }
        return self.ask("POST", f"{CORE}/namespaces/{namespace}/secrets", body) is not None

    def freeze(self, namespace: str, name: str) -> bool:
        return self.ask("PATCH", _secret(namespace, name), {"immutable": True}, MERGE) is not None

    def has_namespace(self, name: str) -> bool:
        return self._sandbox.world.store.get(("", "namespaces"), ("", name)) is not None

    def change_secret(self, namespace: str, name: str, key: str, value: bytes) -> bool:
        patch = {"data": {key: _encoded(value)}}
        return self.ask("PATCH", _secret(namespace, name), patch, MERGE) is not None

    def seize(self, namespace: str, name: str, key: str) -> bool:
        """Another program applies a key by force."""
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": {key: _encoded(b"seized")}}
        there = self.secret(namespace, name) is not None
        return there and self.ask("PATCH", _secret(namespace, name), body, APPLY, "rival") is not None

    def let_go(self, namespace: str, name: str) -> None:
        """That program wants nothing any more."""
        if self.secret(namespace, name) is not None:
            body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
            self.ask("PATCH", _secret(namespace, name), body, APPLY, "rival")

    def delete_secret(self, namespace: str, name: str) -> bool:
        return self.ask("DELETE", _secret(namespace, name)) is not None

    def end_namespace(self, namespace: str) -> None:
        self.ask("DELETE", f"{CORE}/namespaces/{namespace}")

    def lose_crd(self) -> None:
        """Delete the definition of ExternalSecrets, and with it all of them."""
        self._lost = self.ask("GET", f"{CRDS}/{LOST_CRD}")
        self.ask("DELETE", f"{CRDS}/{LOST_CRD}")

    def restore_crd(self) -> None:
        """Install the definition again, once the old one is gone."""
        if self._lost is not None and self.ask("GET", f"{CRDS}/{LOST_CRD}") is None:
            body = {**self._lost, "metadata": {"name": LOST_CRD}}
            body.pop("status", None)
            if self.ask("POST", CRDS, body) is not None:
                self._lost = None

    @property
    def crd_is_lost(self) -> bool:
        return self._lost is not None


def _es(namespace: str, name: str) -> str:
    return f"{ES}/namespaces/{namespace}/externalsecrets/{name}"


def _store(namespace: str, kind: str, name: str) -> str:
    return f"{ES}/clustersecretstores/{name}" if kind == "ClusterSecretStore" else (
        f"{ES}/namespaces/{namespace}/secretstores/{name}"
    )  # fmt: skip


def _secret(namespace: str, name: str) -> str:
    return f"{CORE}/namespaces/{namespace}/secrets/{name}"


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()
