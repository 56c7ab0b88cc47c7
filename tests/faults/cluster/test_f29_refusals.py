"""F29 to F32: a quota, or somebody else who decides about our writes, says no or says nothing."""

import time

import pytest

from support.faults import refusals, webhooks
from support.faults.stage import Room, Stage
from support.faults.webhooks import DENIAL, Mode

SLOW = 300.0
"""Seconds within which what was refused is tried again."""
VISITS = 7
"""Of an object in the first minute of a failure: after 0, 1, 3, 7, 15, 31 seconds, and before it is over."""
TRIES = 3
"""Of one call that is answered 500."""


def told_once(stage: Stage, room: Room, since: float, words: str, seconds: float = 40.0) -> None:
    """The refusal is told, by one event, and the write is hardly tried."""
    room.until(lambda: words in room.ready()[2], lambda: f"it says why: {room.ready()}", 20)
    time.sleep(seconds)
    asked = stage.oracle.requests(since=since, where=room.namespace, resource="secrets")
    refused = [one for one in asked if one.code in (403, 422)]
    warnings = [event for event in room.events() if event.startswith("Warning")]
    assert 1 <= len(refused) <= 3, f"tried {len(refused)} times in {seconds} s"
    assert len(warnings) == 1, warnings


def a_synced(stage: Stage) -> Room:
    room = stage.room()
    room.put(db="one")
    room.synced()
    return room


def changed(room: Room) -> float:
    """A new value, and the moment."""
    began = time.time()
    room.put(db="two")
    room.force()
    return began


@pytest.mark.quick
def test_F29_a_quota_is_told_once_and_hardly_tried(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    with refusals.quota(room):
        began = time.time()
        room.external_secret()
        told_once(stage, room, began, "exceeded quota")
    room.force()

    stage.check(bound=10, quiet=5)
    assert room.data() == {"password": b"one"}


def test_F30_a_webhook_denies_and_is_hardly_asked_until_somebody_edits(stage: Stage) -> None:
    room = a_synced(stage)
    with webhooks.installed(room, Mode.DENY) as hook:
        told_once(stage, room, changed(room), DENIAL)
        assert room.data() == {"password": b"one"}
        assert 1 <= hook.asked <= 3
        hook.mode = Mode.ALLOW
        room.force()
        stage.check(bound=10)

    assert room.data() == {"password": b"two"}


def test_F32_a_policy_denies_and_is_hardly_asked_until_somebody_edits(stage: Stage) -> None:
    room = a_synced(stage)
    with refusals.policy(room):
        told_once(stage, room, changed(room), DENIAL)
        assert room.data() == {"password": b"one"}
    room.force()

    stage.check(bound=10)
    assert room.data() == {"password": b"two"}


def test_F29_F30_F32_what_was_refused_is_tried_again_within_five_minutes(stage: Stage) -> None:
    """All at a time, since each takes five minutes."""
    full, hooked, ruled = stage.room(), a_synced(stage), a_synced(stage)
    full.put(db="two")
    with refusals.quota(full), webhooks.installed(hooked, Mode.DENY), refusals.policy(ruled):
        full.external_secret()
        for room in (hooked, ruled):
            changed(room)
        for room, words in ((full, "exceeded quota"), (hooked, DENIAL), (ruled, DENIAL)):
            room.until(lambda r=room, w=words: w in r.ready()[2], lambda r=room: f"it says why: {r.ready()}")

    stage.check(bound=SLOW)
    assert [room.data() for room in (full, hooked, ruled)] == [{"password": b"two"}] * 3


@pytest.mark.parametrize("mode", [pytest.param(mode, id=mode.value) for mode in (Mode.AWAY, Mode.SILENT)])
def test_F31_a_webhook_that_does_not_answer_holds_up_its_own_namespace_only(stage: Stage, mode: Mode) -> None:
    room = stage.room()
    with webhooks.installed(room, mode, seconds=10):
        room.put(db="one")
        began = time.time()
        for number in range(60):
            room.external_secret(f"shop-{number}")
        names = [(room.namespace, f"shop-{number}") for number in range(60)]
        stage.rotate()
        stage.converged(40, but=names)
        room.until(lambda: "webhook" in room.ready("shop-0")[2], lambda: f"it says so: {room.ready('shop-0')}", 60)
        time.sleep(max(0.0, 60 - (time.time() - began)))
        failed = stage.oracle.requests(since=began, where=room.namespace, resource="secrets", code=500)
        assert stage.operator.ready()
        assert len(failed) <= 60 * VISITS * TRIES, f"tried {len(failed)} times in a minute"
    cleared = time.monotonic()

    stage.check(bound=60 - (time.monotonic() - cleared))
