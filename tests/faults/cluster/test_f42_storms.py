"""F42 and F43: somebody hammers the status of an object, or edits the object a hundred times a second."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from support.api import KeptApi
from support.faults.asked import Match
from support.faults.proxy import KProxy
from support.faults.proxy_faults import refusal
from support.faults.stage import Room, Stage

BOUND = 10.0
SECONDS = 60.0
PER_SECOND = 100.0


@contextmanager
def hammering(room: Room, blow: Callable[[KeptApi, int], object]) -> Iterator[list[float]]:
    """``blow`` up to a hundred times a second, from two threads; when each was done."""
    over, done = threading.Event(), list[float]()

    def hammer(first: int) -> None:
        with KeptApi(room.api.access) as api:
            number, due = first, time.monotonic()
            while not over.is_set():
                blow(api, number)
                done.append(time.monotonic())
                number, due = number + 2, due + 2 / PER_SECOND
                over.wait(max(0.0, due - time.monotonic()))

    threads = [threading.Thread(target=hammer, args=(first,)) for first in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield done
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_F42_a_status_that_somebody_hammers_holds_no_data_up_and_is_written_in_the_end(stage: Stage) -> None:
    room = stage.room()
    room.put(db="0")
    room.synced()
    path = f"{room.path('ExternalSecret', 'shop')}/status"
    refused = 0

    def blow(api: KeptApi, number: int) -> None:
        """By replacing it, so that whoever read before must read again."""
        nonlocal refused
        found = api.get(path).good()
        found["status"]["conditions"] = [
            {"type": "Theirs", "status": "True", "message": str(number), "lastTransitionTime": "2026-01-01T00:00:00Z"},
            *(one for one in found["status"].get("conditions", []) if one["type"] != "Theirs"),
        ]
        refused += api.put(path, found).status == 409

    with hammering(room, blow) as done:
        waits = []
        for number in range(1, 6):
            room.put(db=str(number))
            room.force()
            began, wanted = time.monotonic(), {"password": str(number).encode()}
            room.until(lambda wanted=wanted: room.data() == wanted, lambda: f"{room.data()}", 10)
            waits.append(round(time.monotonic() - began, 2))
            time.sleep(2)
        conflicts = stage.oracle.requests(since=0, where=room.namespace, resource="externalsecrets/status", code=409)

    print(
        f"{len(done)} blows, {refused} met a write of somebody else, {len(conflicts)} conflicts; data after {waits} s"
    )
    assert len(done) >= 50
    room.until(
        lambda: (
            (room.get("ExternalSecret", "shop")["metadata"]["annotations"]["force-sync"], room.ready()[0])
            and room.ready()[0] == "True"
        ),
        lambda: f"{room.ready()}",
        10,
    )
    stage.check(bound=10, faults=len(done), quiet=15)
    assert room.data() == {"password": b"5"}


def test_F42_a_status_that_is_refused_again_and_again_holds_no_data_up_and_is_written_soon_after(
    stage: Stage, kproxy: KProxy
) -> None:
    room = stage.room()
    room.put(db="0")
    room.synced()
    refused = kproxy.add(
        Match("patch apply update", "externalsecrets/status", namespace=room.namespace), refusal(409, "Conflict")
    )

    for number in range(1, 6):
        room.put(db=str(number))
        room.force()
        wanted = {"password": str(number).encode()}
        room.until(lambda wanted=wanted: room.data() == wanted, lambda: f"{room.data()}", 20)
        time.sleep(5)
    tries = kproxy.count(Match("patch apply update", "externalsecrets/status", namespace=room.namespace))
    before = room.get("ExternalSecret", "shop")["status"]["refreshTime"]
    kproxy.remove(refused)
    ended = time.time()
    room.until(lambda: room.get("ExternalSecret", "shop")["status"]["refreshTime"] != before, lambda: "written", 40)

    print(f"refused {tries} times; written {time.time() - ended:.1f} s after the last")
    assert tries >= 6
    assert time.time() - ended < BOUND + stage.strain.since(ended)
    stage.check(bound=10, faults=tries, quiet=15)


def test_F43_an_object_that_is_edited_a_hundred_times_a_second_gets_the_last_edit(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced()
    path = room.path("ExternalSecret", "shop")
    began, reads = time.time(), stage.aws.reads(room.key_id)

    with hammering(
        room,
        lambda api, number: api.patch(
            path, {"spec": {"data": [{"secretKey": f"k{number}", "remoteRef": {"key": "db"}}]}}
        ).good(),
    ) as done:
        time.sleep(SECONDS)
    ended = time.monotonic()
    wanted = room.get("ExternalSecret", "shop")["spec"]["data"][0]["secretKey"]
    room.until(lambda: room.data() == {wanted: b"one"}, lambda: f"it has the last edit: {room.data()}", 10)
    took = time.monotonic() - ended
    asked = (stage.aws.reads(room.key_id) - reads) / SECONDS
    made = len(stage.oracle.requests(since=began, where=room.namespace, resource="secrets")) / SECONDS

    print(f"{len(done) / SECONDS:.0f} edits/s, {asked:.1f} reads/s, {made:.1f} writes/s, the last after {took:.2f} s")
    assert len(done) / SECONDS >= 10, "the machine is too slow for this row"
    assert asked <= 5
    assert took < 2 * stage.strain.since(began)
    stage.check(bound=10)
