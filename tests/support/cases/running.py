"""One case: its AWS state, its objects and steps, a snapshot after each, and the clean-up."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from support.api import Answer, Json
from support.cases import snapshots
from support.cases.cloud import Cloud
from support.cases.cluster import CREDENTIALS, Cluster, version_of

SETTLE_LIMIT_SECONDS = 12
QUIET_SECONDS = 0.9
QUIET_SECONDS_WITHOUT_CONDITIONS = 3
"""Longer, since an object without a condition may be nobody's (another controller class) or not seen yet."""

Send = Callable[[Json, str], Answer]


@dataclass
class Run:
    cluster: Cluster
    cloud: Cloud
    namespace: str
    patience: float = 1.0
    """Factor for the times above: more than 1 where several cases share a machine."""
    applied: snapshots.Applied = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    shots: dict[str, Json] = field(default_factory=dict)

    def put(self, manifests: list[Json] | None, step: str, send: Send) -> None:
        for manifest in manifests or []:
            kind, name = manifest["kind"], manifest["metadata"]["name"]
            if kind == "Namespace":
                settled_namespace(self.cluster, name)
            self.applied.add((kind, name))
            answer = send(manifest, self.namespace)
            if answer.status >= 300:
                self.refused.append(f"{step}: {kind}/{name} {answer.status}")
            elif is_a_store_of_ours(manifest):  # else "store is not ready" would be a race
                self.wait_for_a_condition(manifest)

    def wait_for_a_condition(self, manifest: Json) -> None:
        path = self.cluster.path(manifest["kind"], self.namespace, manifest["metadata"]["name"], manifest["apiVersion"])
        for _ in range(12):
            if snapshots.conditions(self.cluster.read(path)):
                return
            time.sleep(0.25)

    def snapshot(self) -> Json:
        return snapshots.snapshot(self.cluster, self.namespace, self.applied)

    def settle(self, extra: float | None) -> Json:
        """The state once nothing has changed for a while, or after the limit."""
        time.sleep(0.4)
        started = since = time.monotonic()
        last: Json = None
        while time.monotonic() - started < SETTLE_LIMIT_SECONDS * self.patience:
            now = self.snapshot()
            done = all(e["conditions"] for e in now["externalsecrets"].values())
            quiet = QUIET_SECONDS if done else QUIET_SECONDS_WITHOUT_CONDITIONS
            if now != last:
                last, since = now, time.monotonic()
            elif time.monotonic() - since > quiet * self.patience:
                break
            time.sleep(0.15)
        if extra:
            time.sleep(extra)
            last = self.snapshot()
        return last

    def start(self, case: Json) -> None:
        self.cloud.put(case.get("aws") or {})
        if not settled_namespace(self.cluster, self.namespace):
            meta = {"name": self.namespace, "labels": case.get("namespaceLabels") or {}}
            self.cluster.call("POST", "/api/v1/namespaces", {"metadata": meta})
        keys = dict(zip(("id", "key"), self.cloud.keys, strict=True))
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": CREDENTIALS}, "stringData": keys}
        self.cluster.apply(secret, self.namespace)
        self.applied.add(("Secret", CREDENTIALS))
        self.put(case.get("create"), "start", self.cluster.create)
        self.put(case.get("objects"), "start", self.cluster.apply)
        self.shots["start"] = self.settle(case.get("wait"))

    def step(self, step: Json) -> None:
        name = step["name"]
        self.cloud.put(step.get("aws") or {})
        self.put(step.get("create"), name, self.cluster.create)
        self.put(step.get("apply"), name, self.cluster.apply)
        for patch in step.get("patch") or []:
            self.cluster.patch(patch["kind"], self.namespace, patch["name"], patch["merge"])
        for gone in step.get("delete") or []:
            self.cluster.delete(gone["kind"], self.namespace, gone["name"])
        for refreshed in step.get("refresh") or []:
            annotation = {"metadata": {"annotations": {"force-sync": name}}}
            self.cluster.patch("ExternalSecret", self.namespace, refreshed, annotation)
        self.shots[name] = self.settle(step.get("wait"))

    def clean_up(self) -> None:
        for kind in ("ExternalSecret", "SecretStore", "PushSecret"):
            self.cluster.delete(kind, self.namespace)
        for kind, name in self.applied:
            if kind in ("ClusterSecretStore", "ClusterGenerator", "Namespace"):
                self.cluster.call("DELETE", self.cluster.path(kind, "", name, version_of(kind)), allow=(404,))
        time.sleep(0.2)
        self.cluster.delete("Namespace", "", self.namespace)


def is_a_store_of_ours(manifest: Json) -> bool:
    ours = (manifest.get("spec") or {}).get("controller", "default") == "default"
    return manifest["kind"] in ("SecretStore", "ClusterSecretStore") and ours


def settled_namespace(cluster: Cluster, name: str) -> Json:
    """The namespace, or {}: one of an earlier run may still be going and is waited for."""
    found: Json = {}
    for _ in range(120):
        found = cluster.read(f"/api/v1/namespaces/{name}")
        if found.get("status", {}).get("phase") != "Terminating":
            break
        time.sleep(0.25)
    return found


def run(cluster: Cluster, cloud: Cloud, case: Json, patience: float = 1.0) -> Json:
    """The outcome of a case: what was refused, and a snapshot by step."""
    namespace = f"case-{case['name']}"
    case = json.loads(json.dumps(case).replace("${ns}", namespace))
    running = Run(cluster, cloud, namespace, patience)
    try:
        running.start(case)
        for step in case.get("steps") or []:
            running.step(step)
    finally:
        running.clean_up()
    return {"refused": running.refused, "snapshots": running.shots}
