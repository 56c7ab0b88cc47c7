"""F46 and F47: a store changes while it is read, and a deletion that must not need the provider."""

import time
from dataclasses import replace

import pytest

from support.aws_double import said
from support.aws_script import REFUSED
from support.faults.stage import MARK, Room, Stage

HELD_SECONDS = 4.0


def slowly(stage: Stage, room: Room, value: str) -> None:
    """The account of the room answers with this value, and takes its time."""
    body = {"ARN": "arn:aws:secretsmanager:eu-west-1:1:secret:db", "Name": "db", "VersionId": "v-slow"}
    answer = replace(said(body | {"SecretString": MARK + value, "VersionStages": ["AWSCURRENT"]}), hang=HELD_SECONDS)
    stage.aws.script.on("GetSecretValue", answer, signer=room.key_id, times=1)


def asked(stage: Stage, room: Room) -> None:
    room.until(lambda: stage.aws.reads(room.key_id), lambda: "AWS is asked")


@pytest.mark.quick
def test_F46_what_the_store_said_before_it_was_edited_is_not_written(stage: Stage) -> None:
    room = stage.room()
    other = f"{room.key_id}X"
    stage.aws.put(other, "db", f"{MARK}new")
    room.make_secret("other-keys", {"id": other, "key": f"secret-of-{other}"})
    room.put(db="old")
    slowly(stage, room, "old")
    # To the oracle any write of the old account's value is wrong.
    stage.oracle.renders[room.namespace, "shop"] = lambda _spec, _values: {"password": f"{MARK}new".encode()}

    room.external_secret()
    asked(stage, room)
    room.store(keys="other-keys")
    room.until(lambda: room.data() is not None, lambda: f"it is written: {room.ready()}", HELD_SECONDS + 10)

    assert room.data() == {"password": b"new"}
    stage.check(bound=10, quiet=15)


def test_F46_what_a_store_said_before_it_was_deleted_is_not_written(stage: Stage) -> None:
    room = stage.room()
    room.put(db="old")
    slowly(stage, room, "old")
    stage.oracle.renders[room.namespace, "shop"] = lambda _spec, _values: {"password": f"{MARK}none".encode()}

    room.external_secret()
    asked(stage, room)
    room.delete("SecretStore", "aws")
    room.until(lambda: "not found" in room.ready()[2], lambda: f"it says so: {room.ready()}", HELD_SECONDS + 10)

    assert room.data() is None
    stage.check(bound=10, but=[(room.namespace, "shop")])


@pytest.mark.quick
def test_F47_a_deleted_object_with_its_finalizer_is_let_go_while_its_provider_is_away(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced(target={"deletionPolicy": "Delete"})
    assert room.get("ExternalSecret", "shop")["metadata"]["finalizers"]
    stage.oracle.may_remove.add((room.namespace, "shop"))

    stage.aws.script.on("*", REFUSED, signer=room.key_id)
    room.force()
    room.until(lambda: room.ready()[0] == "False", lambda: f"it fails: {room.ready()}", 20)
    began = time.monotonic()
    room.delete("ExternalSecret", "shop")
    room.until(lambda: room.get("ExternalSecret", "shop") is None, lambda: "it is let go", 10)
    room.until(lambda: room.get("Secret", "shop") is None, lambda: "its target went with it", 10)

    print(f"gone after {time.monotonic() - began:.2f} s")
    stage.check(bound=10, quiet=15)
