"""A namespace and an AWS account of one test's own, with the words tests use to change them and to look at them.

The same words as those of ``support.day``, which plays in one process; here everything is real.
"""

import base64
import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from support.api import Api, Json, KeptApi
from support.aws_front import Front
from support.cases import cloud
from support.cases.cloud import Cloud
from support.cases.cluster import CLUSTER_SCOPED, PLURALS, version_of

KEYS = "aws-keys"
SYNCED = ("True", "SecretSynced", "secret synced")
PATIENCE = 45.0
"""Seconds until something that should be there at once is given up: the machine may be slow and busy."""


@dataclass
class Scene:
    api: Api
    namespace: str
    front: Front
    account: Cloud
    cluster_scoped: list[tuple[str, str]] = field(default_factory=list)

    @property
    def key_id(self) -> str:
        return self.account.keys[0]

    def path(self, kind: str, name: str = "") -> str:
        version = version_of(kind)
        root = "/api/v1" if version == "v1" else f"/apis/{version}"
        scope = "" if kind in CLUSTER_SCOPED else f"/namespaces/{self.namespace}"
        return f"{root}{scope}/{PLURALS[kind]}" + (f"/{name}" if name else "")

    def apply(self, kind: str, name: str, spec: Json, **metadata: Json) -> Json:
        body = {"apiVersion": version_of(kind), "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}
        if kind in CLUSTER_SCOPED:
            self.cluster_scoped.append((kind, name))
        return self.api.apply(self.path(kind, name), body, "user", force=True).good()

    def place(self, manifest: Json) -> Json:
        """Apply a whole manifest in this namespace."""
        path = self.path(manifest["kind"], manifest["metadata"]["name"])
        return self.api.apply(path, manifest, "user", force=True).good()

    def make_secret(self, name: str, values: dict[str, str], **more: Json) -> Json:
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": values, **more}
        return self.api.post(self.path("Secret"), body).good()

    def make_keys(self, name: str = KEYS) -> None:
        """The Secret with the keys of this scene's account."""
        self.make_secret(name, {"id": self.account.keys[0], "key": self.account.keys[1]})

    def provider(self, keys: str = KEYS, **changes: Json) -> Json:
        references = {
            "accessKeyIDSecretRef": {"name": keys, "key": "id"},
            "secretAccessKeySecretRef": {"name": keys, "key": "key"},
        }
        return {
            "service": "SecretsManager",
            "region": cloud.REGION,
            "auth": {"secretRef": references},
        } | changes

    def store(self, name: str = "aws", keys: str = KEYS, **spec: Json) -> None:
        self.apply("SecretStore", name, {"provider": {"aws": self.provider(keys)}, **spec})

    def put(self, **secrets: str) -> None:
        """Text values in AWS."""
        for name, value in secrets.items():
            self.account.put_secret(name, {"string": value})

    def external_secret(self, name: str = "shop", /, *, data: dict[str, str] | None = None, **spec: Json) -> None:
        """An ExternalSecret; ``data`` maps secret keys to remote keys."""
        wanted = {"password": "db"} if data is None else data
        entries = [{"secretKey": key, "remoteRef": {"key": remote}} for key, remote in wanted.items()]
        self.apply("ExternalSecret", name, {"secretStoreRef": {"name": "aws"}, "data": entries} | spec)

    def synced(self, name: str = "shop", /, **spec: Json) -> None:
        """An ExternalSecret whose Secret is there."""
        self.external_secret(name, **spec)
        self.until(lambda: self.ready(name) == SYNCED, lambda: f"{name} is synced: {self.ready(name)}")

    def edit(self, kind: str, name: str, patch: Json) -> Json:
        return self.api.patch(self.path(kind, name), patch, fieldManager="user").good()

    def force(self, name: str = "shop") -> None:
        """Ask for a sync now."""
        self.edit("ExternalSecret", name, {"metadata": {"annotations": {"force-sync": uuid.uuid4().hex}}})

    def delete(self, kind: str, name: str) -> None:
        self.api.delete(self.path(kind, name)).good()

    def get(self, kind: str, name: str) -> Json:
        """An object; None when there is none."""
        answer = self.api.get(self.path(kind, name))
        return None if answer.status == 404 else answer.good()

    def data(self, name: str = "shop") -> dict[str, bytes] | None:
        """The data of a Secret; None when there is none."""
        found = self.get("Secret", name)
        return None if found is None else {k: base64.b64decode(v) for k, v in (found.get("data") or {}).items()}

    def ready(self, name: str = "shop", kind: str = "ExternalSecret") -> tuple[str, str, str]:
        """(status, reason, message) of the Ready condition; empty texts without one."""
        return ready_of(self.get(kind, name) or {})

    def events(self, name: str = "shop") -> list[str]:
        """Events of an object, as ``Type Reason message``, each once."""
        found = self.api.get(f"/api/v1/namespaces/{self.namespace}/events").good()["items"]
        mine = [event for event in found if event["involvedObject"]["name"] == name]
        return sorted({f"{event['type']} {event['reason']} {event['message']}" for event in mine})

    def versions(self) -> dict[tuple[str, str], str]:
        """The resource version of every Secret, ExternalSecret and store here: it changes with every write."""
        found = {}
        for kind in ("Secret", "ExternalSecret", "SecretStore"):
            for item in self.api.get(self.path(kind)).good()["items"]:
                found[kind, item["metadata"]["name"]] = item["metadata"]["resourceVersion"]
        return found

    def until(self, true: Callable[[], object], what: Callable[[], str], seconds: float = PATIENCE) -> None:
        until(true, what, seconds)

    def fails(self, *words: str, name: str = "shop", kind: str = "ExternalSecret") -> str:
        """Wait until the object is not ready and says all those words, and an event does too; the message."""

        def told() -> bool:
            status, _, message = self.ready(name, kind)
            return status == "False" and all(word in message for word in words)

        self.until(told, lambda: f"{kind} {name} says {words}: {self.ready(name, kind)}")
        self.until(
            lambda: any(event.startswith("Warning ") for event in self.events(name)),
            lambda: f"{kind} {name} has a Warning event: {self.events(name)}",
        )
        return self.ready(name, kind)[2]


def ready_of(found: Json) -> tuple[str, str, str]:
    for condition in found.get("status", {}).get("conditions", []):
        if condition["type"] == "Ready":
            return condition["status"], condition.get("reason", ""), condition.get("message", "")
    return "", "", ""


def until(true: Callable[[], object], what: Callable[[], str], seconds: float = PATIENCE) -> None:
    """Look again and again; the text is worked out when the time is over, so it can tell what is there instead."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"after {seconds} s still not so: {what()}"
        time.sleep(0.1)


def let_go(scene: Scene) -> None:
    """Delete the ExternalSecrets with their finalizers, which an operator that has stopped would never take off."""
    path = scene.path("ExternalSecret")
    if scene.api.delete(path).status == 404:
        return  # the test took the definitions away
    for found in scene.api.get(path).body.get("items", []):
        if found["metadata"].get("finalizers"):
            scene.api.patch(f"{path}/{found['metadata']['name']}", {"metadata": {"finalizers": None}})


@contextlib.contextmanager
def a_scene(access: Api, front: Front) -> Iterator[Scene]:
    """A new namespace with the Secret of AWS keys, and an empty account. What was made is deleted, not waited for."""
    namespace = f"scene-{uuid.uuid4().hex[:10]}"
    with (
        KeptApi(access.access) as api,
        contextlib.closing(Cloud(front.moto.geturl(), cloud.keys_of_a_new_account(front.moto.geturl()))) as account,
    ):
        api.post("/api/v1/namespaces", {"apiVersion": "v1", "metadata": {"name": namespace}}).good()
        scene = Scene(api, namespace, front, account)
        scene.make_keys()
        try:
            yield scene
        finally:
            for kind, name in scene.cluster_scoped:
                api.delete(scene.path(kind, name))
            let_go(scene)
            api.delete(f"/api/v1/namespaces/{namespace}")
