"""F48: an object that cannot be decoded. The proxy spoils it on its way, since the API server would refuse it.

One of the 200 bystanders and their like, not of 10,000 objects: what it must not stop is the list that it is in.
"""

import time

import pytest

from support.api import Json
from support.faults.asked import Match
from support.faults.proxy import KProxy
from support.faults.proxy_faults import Edit
from support.faults.stage import Room, Stage

REST_SECONDS = 5.0


def spoil(kproxy: KProxy, room: Room, name: str) -> None:
    """Whatever is told of that object has data that is no list."""

    def alter(event: Json) -> Json:
        event["object"]["spec"]["data"] = "not a list"
        return event

    match = Match("watch stream", "externalsecrets", namespace=room.namespace, name=name, event="*")
    kproxy.add(match, Edit(alter))


@pytest.mark.quick
def test_F48_an_object_that_cannot_be_read_says_so_and_holds_up_nobody(stage: Stage, kproxy: KProxy) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced()
    spoil(kproxy, room, "poison")
    spoil(kproxy, room, "shop")
    stage.oracle.may_remove.clear()

    room.external_secret("poison")
    room.put(db="two")
    room.force("shop")
    both = [(room.namespace, "poison"), (room.namespace, "shop")]
    for name in ("poison", "shop"):
        room.until(lambda name=name: "spec" in room.ready(name)[2], lambda name=name: f"{room.ready(name)}", 20)
    assert room.data("poison") is None
    assert room.data("shop") == {"password": b"one"}, "what it had it keeps"

    stage.operator.stop()
    stage.rotate()
    began = time.time()
    stage.operator.start()
    stage.converged(180, but=both)
    spent = time.time() - began
    print(f"a list with a poisoned object: all others are right {spent:.1f} s after the start of the process")
    stage.rotate(stage.bystanders[:20])
    room.external_secret("healthy")
    began = time.time()
    room.until(lambda: room.data("healthy") == {"password": b"two"}, lambda: f"{room.ready('healthy')}", 30)
    assert time.time() - began < REST_SECONDS * stage.strain.since(began)
    assert room.data("shop") == {"password": b"one"}

    kproxy.clear()
    for name in ("poison", "shop"):
        room.force(name)
    stage.check(bound=10 * stage.strain.since(began), late=None, quiet=15)
    assert room.data("shop") == {"password": b"two"}
