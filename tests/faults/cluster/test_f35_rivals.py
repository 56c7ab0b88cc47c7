"""F35 and F36: somebody else writes our target, once or again and again."""

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from support.api import KeptApi
from support.faults.stage import MARK, Room, Stage

THEIRS = base64.b64encode(b"theirs").decode()


@contextmanager
def a_rival(room: Room, every: float) -> Iterator[list[str]]:
    """Another applier wants another value, and takes the key by force again and again; the versions it made."""
    over, versions = threading.Event(), []

    def apply() -> None:
        with KeptApi(room.api.access) as api:
            while not over.wait(every):
                body = {
                    "apiVersion": "v1",
                    "kind": "Secret",
                    "metadata": {"name": "shop"},
                    "data": {"password": THEIRS},
                }
                answer = api.apply(room.path("Secret", "shop"), body, "rival", force=True)
                versions.append(answer.good()["metadata"]["resourceVersion"])

    thread = threading.Thread(target=apply)
    thread.start()
    try:
        yield versions
    finally:
        over.set()
        thread.join()


def target_writes(stage: Stage, room: Room, since: float) -> int:
    found = stage.oracle.requests(since=since, where=room.namespace, resource="secrets")
    return sum(one.verb == "patch" and one.where[1] == "shop" for one in found)


def test_F35_two_appliers_of_one_key_do_not_play_ping_pong(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced(refreshInterval="20s")

    with a_rival(room, every=1.0) as versions:
        began = time.time()
        room.until(
            lambda: "keeps changing" in room.ready()[2], lambda: f"it says that it is contested: {room.ready()}", 30
        )
        time.sleep(max(0.0, 60 - (time.time() - began)))
        writes = target_writes(stage, room, began)
    assert len(set(versions)) <= writes + 1, "what the rival writes anew are our repairs"
    assert writes <= 3 + 60 / 20, f"{writes} writes in a minute"

    stage.check(bound=160 + 20)
    assert room.data() == {"password": b"one"}


def test_F35_a_foreign_key_of_a_merged_target_is_told_and_taken_or_left(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "shop"},
        "data": {"password": THEIRS, "own": THEIRS},
    }
    room.api.apply(room.path("Secret", "shop"), body, "rival").good()
    room.external_secret(target={"creationPolicy": "Merge"}, refreshInterval="10s")
    room.until(lambda: room.ready()[0] == "True", lambda: f"{room.ready()}")

    assert room.data() == {"password": b"one", "own": b"theirs"}
    began = time.time()
    stage.check()
    assert target_writes(stage, room, began) == 0


@pytest.mark.quick
def test_F36_edits_of_a_target_are_taken_back_without_asking_AWS_again(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced()
    waits = []

    for _ in range(3):
        reads, began = stage.aws.reads(room.key_id), time.monotonic()
        room.edit("Secret", "shop", {"data": {"password": THEIRS}})
        room.until(lambda: room.data() == {"password": b"one"}, lambda: f"it is as it was: {room.data()}", 5)
        waits.append(round(time.monotonic() - began, 2))
        assert stage.aws.reads(room.key_id) - reads <= 1

    print("repaired after", waits)
    stage.check(bound=5, quiet=10)


def test_F36_a_loop_of_edits_is_answered_slowly_and_the_last_one_is_taken_back(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced()
    began = time.time()

    for number in range(40):
        text = base64.b64encode(f"{MARK}{number}".encode()).decode()
        room.edit("Secret", "shop", {"data": {"password": text}})
        time.sleep(0.5)

    assert target_writes(stage, room, began) <= 5
    assert stage.aws.reads(room.key_id) <= 1 + 5
    stage.check(bound=40)
    assert room.data() == {"password": b"one"}
