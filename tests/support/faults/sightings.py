"""Every version of every Secret, ExternalSecret and store that a watch shows: what a row compares and counts.

A watch of the API server shows each write that changed something, once and in order; so a write that a client never
heard of is here too. Objects are kept as they were seen, by kind, namespace and name.
"""

import contextlib
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from support.api import Api, Json
from support.kubeconfig import Access

PATHS = {
    "Secret": "/api/v1/secrets",
    "ExternalSecret": "/apis/external-secrets.io/v1/externalsecrets",
    "SecretStore": "/apis/external-secrets.io/v1/secretstores",
}
TIMES = ("lastTransitionTime", "refreshTime", "sync", "lastRefreshTime")
IDENTITY = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink")
BY_NAMESPACE = "reconcile.external-secrets.io/created-by"
"""A label of a digest that the namespace is part of."""
AWS_KEYS = {"id", "key"}
"""The Secret of a store's credentials, which are those of an account of its own."""
A_DATUM = {"secretKey": "a", "remoteRef": {"key": "a"}}

Object = tuple[str, str]
"""Kind and name, within a namespace."""


@dataclass(frozen=True)
class Sight:
    """One version of one object."""

    time: float
    deleted: bool
    body: Json


class Sightings:
    def __init__(self, access: Access) -> None:
        self.access = access
        self.seen: dict[str, dict[Object, list[Sight]]] = defaultdict(lambda: defaultdict(list))
        """By namespace."""
        self.broken: list[str] = []
        self.over = False

    def follow(self, kind: str) -> None:
        try:
            watch = Api(self.access).watch(PATHS[kind], seconds=7200)
            for event in watch:
                if self.over:
                    watch.close()
                    return
                assert event["type"] in ("ADDED", "MODIFIED", "DELETED"), event
                body = event["object"]
                meta = body["metadata"]
                sight = Sight(time.monotonic(), event["type"] == "DELETED", body)
                self.seen[meta["namespace"]][kind, meta["name"]].append(sight)
            self.broken.append(f"the watch of {kind} ended")
        except Exception as error:
            if not self.over:
                self.broken.append(f"{type(error).__name__}: {error}")

    def of(self, namespace: str) -> dict[Object, list[Sight]]:
        """What was seen in that namespace up to now."""
        assert not self.broken, self.broken
        return {key: list(sights) for key, sights in list(self.seen[namespace].items())}

    def get(self, namespace: str, kind: str, name: str) -> Json:
        """The object as it was seen last; None when there is none."""
        sights = self.of(namespace).get((kind, name), [])
        return None if not sights or sights[-1].deleted else sights[-1].body

    def writes(self, namespace: str) -> dict[Object, int]:
        """How many writes changed each object; its removal is none."""
        return {key: sum(not sight.deleted for sight in sights) for key, sights in self.of(namespace).items()}

    def deletions(self, namespace: str) -> dict[Object, int]:
        found = {key: sum(sight.deleted for sight in sights) for key, sights in self.of(namespace).items()}
        return {key: count for key, count in found.items() if count}

    def latest(self, namespace: str) -> float:
        """When something was seen last there."""
        return max((sights[-1].time for sights in self.of(namespace).values()), default=0.0)

    def picture(self, namespace: str) -> dict[Object, Json]:
        """All objects as they are, without what differs from run to run: times, versions, ids, the namespace."""
        there = {key: sights[-1].body for key, sights in self.of(namespace).items() if not sights[-1].deleted}
        return {
            key: masked(json.loads(json.dumps(body).replace(namespace, "NAMESPACE"))) for key, body in there.items()
        }


def masked(body: Json) -> Json:
    meta = {name: value for name, value in body["metadata"].items() if name not in IDENTITY}
    meta["managers"] = sorted({f"{one['manager']} {one['operation']}" for one in body["metadata"]["managedFields"]})
    for owner in meta.get("ownerReferences", []):
        owner["uid"] = "UID"
    if BY_NAMESPACE in meta.get("labels", {}):
        meta["labels"] = meta["labels"] | {BY_NAMESPACE: "DIGEST"}
    return {
        "metadata": meta,
        "status": without_times(body.get("status") or {}),
        "data": None if set(body.get("data") or ()) == AWS_KEYS else body.get("data"),
        "type": body.get("type"),
        "immutable": body.get("immutable"),
    }


def without_times(status: Json) -> Json:
    if isinstance(status, list):
        return [without_times(item) for item in status]
    if isinstance(status, dict):
        return {name: without_times(value) for name, value in status.items() if name not in TIMES}
    return status


@contextlib.contextmanager
def watching(access: Access) -> Iterator[Sightings]:
    found = Sightings(access)
    threads = [threading.Thread(target=found.follow, args=(kind,), daemon=True) for kind in PATHS]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        found.over = True
        # A watch is ended by what it shows.
        wake(Api(access))
        for thread in threads:
            thread.join(10)


def wake(api: Api) -> None:
    """Make one object of each kind, and delete it."""
    specs = {
        "Secret": {},
        "ExternalSecret": {"spec": {"secretStoreRef": {"name": "none"}, "data": [A_DATUM]}},
        "SecretStore": {"spec": {"provider": {"fake": {"data": []}}}},
    }
    for kind, spec in specs.items():
        group, _, plural = PATHS[kind].removeprefix("/apis/").removeprefix("/api/").rpartition("/")
        path = f"{PATHS[kind].removesuffix(plural)}namespaces/default/{plural}/end-of-sightings"
        body = {"apiVersion": group, "kind": kind, "metadata": {"name": "end-of-sightings"}} | spec
        api.apply(path, body, force=True)
        api.delete(path)
