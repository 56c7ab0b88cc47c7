"""F25 to F27: rights that are taken away, of the whole cluster or of one namespace, and given back."""

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest

from support import operator
from support.api import Api, Json
from support.faults.stage import Room, Stage

RBAC = "/apis/rbac.authorization.k8s.io/v1"
ROLE = f"{RBAC}/clusterroles/esoctl"
BINDING = f"{RBAC}/clusterrolebindings/esoctl"
SUBJECT = {"kind": "ServiceAccount", "name": "esoctl", "namespace": "esoctl"}
BOUND = 60.0


@contextlib.contextmanager
def rules(api: Api, change: Callable[[list[Json]], list[Json]]) -> Iterator[None]:
    """Other rules in the operator's ClusterRole, for a while."""
    before: list[Json] = api.get(ROLE).good()["rules"]
    api.patch(ROLE, {"rules": change(before)}).good()
    try:
        yield
    finally:
        api.patch(ROLE, {"rules": before}).good()


def without_secrets(given: list[Json]) -> list[Json]:
    return [rule for rule in given if rule["resources"] != ["secrets"]]


def reading_secrets(given: list[Json]) -> list[Json]:
    read = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]}
    return [*without_secrets(given), read]


@contextlib.contextmanager
def unbound(api: Api) -> Iterator[None]:
    """No rights in the cluster at all."""
    before = api.get(BINDING).good()
    api.delete(BINDING).good()
    try:
        yield
    finally:
        kept = {"metadata": {"name": "esoctl", "labels": before["metadata"].get("labels", {})}}
        api.post(f"{RBAC}/clusterrolebindings", {"roleRef": before["roleRef"], "subjects": [SUBJECT]} | kept).good()


def bind(api: Api, namespace: str, role: str) -> None:
    body = {"metadata": {"name": role}, "subjects": [SUBJECT]}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    api.post(f"{RBAC}/namespaces/{namespace}/rolebindings", body | {"roleRef": reference}).good()


def unbind(api: Api, namespace: str, role: str) -> None:
    api.delete(f"{RBAC}/namespaces/{namespace}/rolebindings/{role}").good()


def make_writer(api: Api) -> None:
    """A role to write Secrets, bound nowhere yet."""
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create", "patch", "delete"]}
    body = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "writer"}}
    api.apply(f"{RBAC}/clusterroles/writer", body | {"rules": [rule]}, force=True).good()


def served(stage: Stage) -> list[str]:
    """The namespaces of the bystanders."""
    return sorted({namespace for namespace, _ in stage.bystanders})


def says_forbidden(room: Room) -> None:
    room.until(lambda: "forbidden" in room.ready()[2], lambda: f"it says that it may not: {room.ready()}", 20)


@pytest.mark.quick
def test_F25_without_rights_on_secrets_targets_stay_and_conditions_say_why(stage: Stage) -> None:
    room, hit = stage.room(), stage.bystanders[:20]
    room.put(db="one")
    room.synced()

    with rules(stage.api, without_secrets):
        began = time.time()
        room.put(db="two")
        stage.rotate(hit)
        room.force()
        says_forbidden(room)
        time.sleep(20)
        refused = stage.oracle.requests(since=began, where=room.namespace, resource="secrets", code=403)
        assert room.data() == {"password": b"one"}
        assert 1 <= len(refused) <= 8, f"asked {len(refused)} times in 20 s"

    stage.check(bound=BOUND, hit=hit, quiet=10)
    assert room.data() == {"password": b"two"}


def test_F25_started_without_any_right_it_waits_alive_and_begins_when_it_may(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced()

    with unbound(stage.api):
        stage.operator.kill()
        room.put(db="two")
        began = time.time()
        stage.operator.start(wait=None)
        time.sleep(45)
        refused = stage.oracle.requests(since=began, code=403)
        assert stage.operator.alive()
        assert not stage.operator.ready()
        assert operator.answers(f"{stage.operator.running.health}/livez")
        assert room.data() == {"password": b"one"}
        assert 1 <= len(refused) <= 100, f"asked {len(refused)} times in 45 s"
    room.force()

    stage.check(bound=BOUND, late=None)
    assert room.data() == {"password": b"two"}


def test_F26_a_right_that_one_namespace_lacks_concerns_that_namespace_only(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced()
    make_writer(stage.api)
    for namespace in [*served(stage), room.namespace]:
        bind(stage.api, namespace, "writer")

    with rules(stage.api, reading_secrets):
        unbind(stage.api, room.namespace, "writer")
        began = time.time()
        room.put(db="two")
        stage.rotate()
        room.force()
        says_forbidden(room)
        stage.converged(60, but=[(room.namespace, "shop")])
        watches = [one for one in stage.oracle.requests(since=began, resource="secrets") if one.verb == "watch"]
        refused = stage.oracle.requests(since=began, where=room.namespace, resource="secrets", code=403)
        assert room.data() == {"password": b"one"}
        assert watches == [], "the watch of the whole cluster goes on"
        assert 1 <= len(refused) <= 8, f"asked {len(refused)} times"
        bind(stage.api, room.namespace, "writer")

        stage.check(bound=BOUND)
        assert room.data() == {"password": b"two"}


def test_F27_of_several_namespaces_one_may_not_be_watched(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced()
    ours = served(stage)
    for namespace in [*ours, room.namespace]:
        bind(stage.api, namespace, "esoctl")
    stage.operator.stop()

    with unbound(stage.api):
        unbind(stage.api, room.namespace, "esoctl")
        room.put(db="two")
        began = time.time()
        stage.operator.start(f"--namespaces={','.join([*ours, room.namespace])}", wait=None)
        stage.rotate()
        stage.converged(120, but=[(room.namespace, "shop")])
        time.sleep(max(0.0, 45 - (time.time() - began)))
        refused = stage.oracle.requests(since=began, where=room.namespace, code=403)
        assert room.data() == {"password": b"one"}
        assert 1 <= len(refused) <= 60, f"asked {len(refused)} times in 45 s"
        bind(stage.api, room.namespace, "esoctl")
        room.force()

        stage.check(bound=BOUND, late=None)
        assert room.data() == {"password": b"two"}
    stage.operator.stop()
