"""F37 to F41: what may be wrong with a target: gone, somebody else's, immutable, wanted twice, or too large."""

import time

import pytest

from support.api import Json
from support.aws_script import REFUSED
from support.faults.stage import MARK, Room, Stage

LARGEST = 1 << 20
VALUE = 1 << 16
"""The most that AWS keeps in one secret."""


def writes(stage: Stage, room: Room, name: str, since: float) -> int:
    found = stage.oracle.requests(since=since, where=room.namespace, resource="secrets")
    return sum(entry.where[1] == name for entry in found)


def uid(room: Room, name: str = "shop") -> str:
    return str(room.get("Secret", name)["metadata"]["uid"])


@pytest.mark.quick
def test_F37_a_deleted_target_is_made_anew_with_one_read_of_its_provider(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced()
    waits = []

    for _ in range(3):
        reads, began = stage.aws.reads(room.key_id), time.time()
        room.delete("Secret", "shop")
        room.until(lambda: room.data() == {"password": b"one"}, lambda: f"it is there again: {room.data()}")
        waits.append(round(time.time() - began, 2))
        assert waits[-1] < 5 * stage.strain.since(began)
        assert stage.aws.reads(room.key_id) - reads == 1

    print("made anew after", waits)
    stage.check(bound=5, quiet=15)


def test_F37_while_the_provider_is_away_the_condition_says_that_the_target_waits(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced()

    stage.aws.script.on("*", REFUSED, signer=room.key_id)
    room.delete("Secret", "shop")
    room.until(lambda: room.ready()[0] == "False", lambda: f"it says so: {room.ready()}", 20)
    assert room.data() is None
    stage.aws.script.clear()

    stage.check(bound=60, quiet=15)
    assert room.data() == {"password": b"one"}


def test_F38_a_target_that_another_controller_made_anew_stays_its_own(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced()
    configs = f"/api/v1/namespaces/{room.namespace}/configmaps"
    owner = stage.api.post(configs, {"metadata": {"name": "theirs"}}).good()["metadata"]["uid"]
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "name": "theirs", "uid": owner, "controller": True}

    began = time.time()
    replaced_by(room, {"ownerReferences": [theirs]})
    room.until(lambda: "already owned by another ConfigMap" in room.ready()[2], lambda: f"it says so: {room.ready()}")
    held = uid(room)
    room.put(db="two")
    room.force()
    time.sleep(8)
    assert room.data() == {"their": b"value"}
    assert uid(room) == held
    assert writes(stage, room, "shop", began) <= 2, "it may have made its own before they did"

    stage.api.delete(f"{room.path('Secret', 'shop')}").good()
    stage.check(bound=30)
    assert room.data() == {"password": b"two"}


def test_F38_a_target_that_nobody_owns_is_taken_over_and_keeps_what_else_is_in_it(stage: Stage) -> None:
    """As in the reference, whose users bring Secrets of their own under an ExternalSecret in this way."""
    room = stage.room()
    room.put(db="one")
    room.synced()

    replaced_by(room, {})
    room.until(
        lambda: room.data() == {"their": b"value", "password": b"one"}, lambda: f"both are there: {room.data()}", 10
    )
    room.edit("Secret", "shop", {"data": {"their": None}})

    stage.check(bound=10)


def replaced_by(room: Room, metadata: Json) -> None:
    """Delete the target and make another, before the operator or after it."""
    room.delete("Secret", "shop")
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "shop"} | metadata}
    body["stringData"] = {"their": "value"}
    while room.api.post(room.path("Secret"), body).status == 409:
        room.api.delete(room.path("Secret", "shop"))


@pytest.mark.quick
def test_F39_an_immutable_target_is_told_left_alone_and_renewed_when_it_is_deleted(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced(target={"immutable": True})
    before, began = uid(room), time.time()

    room.put(db="two")
    room.force()
    room.until(lambda: "immutable" in room.ready()[2], lambda: f"it says so: {room.ready()}")
    reads = stage.aws.reads(room.key_id)
    time.sleep(15)
    assert room.data() == {"password": b"one"}
    assert uid(room) == before
    assert writes(stage, room, "shop", began) == 0
    assert stage.aws.reads(room.key_id) - reads <= 6, "it asks again and again"

    room.delete("Secret", "shop")
    stage.check(bound=10, quiet=15)
    assert room.data() == {"password": b"two"}


@pytest.mark.quick
def test_F40_of_two_that_want_one_target_the_first_has_it_and_the_other_when_that_goes(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one", login="admin")
    room.synced("older", target={"name": "shared"})
    began = time.time()
    room.external_secret("younger", data={"user": "login"}, target={"name": "shared"})
    room.until(lambda: "owned by another ExternalSecret: older" in room.ready("younger")[2], lambda: "it says so")
    room.force("younger")
    room.force("older")
    time.sleep(10)
    assert room.data("shared") == {"password": b"one"}
    assert room.ready("older")[0] == "True"
    assert writes(stage, room, "shared", began) == 0, "nobody writes in turns"

    stage.operator.stop()
    stage.operator.start()
    time.sleep(3)
    assert room.data("shared") == {"password": b"one"}, "a restart does not change the winner"

    room.delete("ExternalSecret", "older")
    room.until(lambda: room.data("shared") == {"user": b"admin"}, lambda: f"it has it: {room.data('shared')}", 10)
    stage.oracle.may_remove.add((room.namespace, "shared"))
    stage.check(bound=10, late=None, quiet=15)


def test_F40_two_that_are_made_at_once_come_to_rest_with_one_winner(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one", login="admin")
    stage.operator.stop()
    room.external_secret("older", target={"name": "shared"})
    room.external_secret("younger", data={"user": "login"}, target={"name": "shared"})
    began = time.time()
    stage.operator.start()
    room.until(
        lambda: {room.ready("older")[0], room.ready("younger")[0]} == {"True", "False"}, lambda: "one has it", 30
    )
    winner, loser = ("older", "younger") if room.ready("older")[0] == "True" else ("younger", "older")
    wanted = {"older": {"password": b"one"}, "younger": {"user": b"admin"}}
    time.sleep(10)
    assert room.data("shared") == wanted[winner]
    assert room.ready(winner)[0] == "True"
    assert writes(stage, room, "shared", began) <= 2

    room.delete("ExternalSecret", winner)
    room.until(lambda: room.data("shared") == wanted[loser], lambda: f"it has it: {room.data('shared')}", 10)
    stage.oracle.may_remove.add((room.namespace, "shared"))
    stage.check(bound=10, late=None)


def test_F41_a_mebibyte_is_written_and_one_byte_more_is_told_and_changes_nothing(stage: Stage) -> None:
    room = stage.room()
    names = {f"k{number}": f"v{number}" for number in range(LARGEST // VALUE)}
    for remote in names.values():
        room.put(**{remote: "x" * (VALUE - len(MARK))})
    room.account.put_secret("one-more", {"string": "x"})
    room.external_secret("shop", data=names)
    room.until(lambda: room.ready()[0] == "True", lambda: f"it is written: {room.ready()}")
    found = room.get("Secret", "shop")
    assert sum(len(value) for value in (room.data() or {}).values()) == LARGEST - len(MARK) * len(names)

    began = time.time()
    room.external_secret("shop", data=names | {"more": "one-more"})
    room.until(lambda: str(LARGEST + 1) in room.ready()[2], lambda: f"it tells the size: {room.ready()}", 10)
    time.sleep(8)
    assert room.get("Secret", "shop")["metadata"]["resourceVersion"] == found["metadata"]["resourceVersion"]
    assert writes(stage, room, "shop", began) == 0

    room.external_secret("shop", data=names)
    stage.check(bound=10)
