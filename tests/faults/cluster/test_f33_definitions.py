"""F33 and F34: the definition of ExternalSecrets goes and comes back, or no longer admits what is stored."""

import contextlib
import pathlib
import time
from collections.abc import Iterator

import pytest

from support import operator
from support.api import Api, Json
from support.faults.stage import Stage, a_stage
from support.operator import CRDS

NAME = "externalsecrets.external-secrets.io"
PATH = f"{CRDS}/{NAME}"
MARKED = "7h"
"""The interval of objects that the new rule refuses."""
SAME_TIME = "self.status.refreshTime == oldSelf.status.refreshTime"
RULE = {
    "rule": f"!has(self.spec.refreshInterval) || self.spec.refreshInterval != '{MARKED}' || !has(self.status) || "
    f"!has(oldSelf.status) || !has(self.status.refreshTime) || !has(oldSelf.status.refreshTime) || {SAME_TIME}",
    "message": "no status for you",
}


def gone(api: Api) -> bool:
    return api.get(PATH).status == 404


def test_F33_the_definition_is_deleted_and_made_again(tmp_path: pathlib.Path) -> None:
    """On a stage of its own: all objects go with the definition, and kube-controller-manager takes their Secrets."""
    with a_stage(tmp_path) as stage:
        kept = stage.bystanders[:20]
        deleted_by = time.time()
        stage.api.delete(PATH).good()
        stage.until(lambda: gone(stage.api), lambda: "the definition is gone")
        time.sleep(20)
        assert stage.operator.alive()
        assert operator.answers(f"{stage.operator.running.health}/livez")
        asked = [one for one in stage.oracle.requests(since=deleted_by, code=404) if one.verb in ("list", "watch")]
        assert len(asked) <= 20, f"asked {len(asked)} times in 20 s for what is not there"

        operator.install_definitions(stage.api)
        stage.refill()
        stage.check(bound=60, late=None)
        assert all(stage.rooms[namespace].data(name) for namespace, name in kept)


@contextlib.contextmanager
def a_tighter_rule(api: Api) -> Iterator[None]:
    """Objects with that interval may have no new time of a refresh."""
    before: Json = api.get(PATH).good()["spec"]["versions"]
    after: Json = api.get(PATH).good()["spec"]["versions"]
    for version in after:
        schema = version["schema"]["openAPIV3Schema"]
        schema["x-kubernetes-validations"] = [*schema.get("x-kubernetes-validations", []), RULE]
    api.patch(PATH, {"spec": {"versions": after}}).good()
    try:
        yield
    finally:
        api.patch(PATH, {"spec": {"versions": before}}).good()


@pytest.mark.quick
def test_F34_data_follow_although_the_status_is_refused(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced(refreshInterval=MARKED)
    status = room.path("ExternalSecret", "shop") + "/status"
    forged = {"status": {"refreshTime": "2001-01-01T00:00:00Z"}}
    hit = [(room.namespace, "shop")]

    with a_tighter_rule(stage.api):
        room.until(
            lambda: room.api.patch(status, forged, dryRun="All").status == 422, lambda: "the rule is in force", 30
        )
        began = time.time()
        time.sleep(1.5)  # times are told in whole seconds
        errors = stage.operator.metric("controller_runtime_reconcile_errors_total")
        room.put(db="two")
        room.force()
        room.until(lambda: room.data() == {"password": b"two"}, lambda: f"the data follow: {room.ready()}", 10)
        room.until(
            lambda: any("is invalid" in event for event in room.events()),
            lambda: f"an event tells: {room.events()}",
            10,
        )
        time.sleep(20)
        refused = stage.oracle.requests(since=began, where=room.namespace, code=422)
        assert stage.operator.metric("controller_runtime_reconcile_errors_total") > errors
        assert 1 <= len(refused) <= 8, f"tried {len(refused)} times"
        room.put(db="three")
        room.force()
        room.until(lambda: room.data() == {"password": b"three"}, lambda: f"the data follow: {room.ready()}", 10)
        stage.check(but=hit, quiet=5)

    room.until(lambda: room.api.patch(status, forged, dryRun="All").status == 200, lambda: "the rule is gone", 30)
    room.force()
    stage.check(bound=30, quiet=5, faults=3)
    assert room.data() == {"password": b"three"}
