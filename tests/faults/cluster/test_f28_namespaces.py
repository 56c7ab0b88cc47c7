"""F28: a namespace that goes away."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator

import pytest

from support.api import Api
from support.aws_script import REFUSED
from support.faults.stage import Room, Stage

HOLD = "tests.example/hold"


@contextlib.contextmanager
def no_controllers(stage: Stage) -> Iterator[None]:
    """kube-controller-manager stands still, so that a namespace that is deleted keeps what is in it."""
    pids = dict(line.split() for line in (stage.plane.kubeconfig.parent / "pids").read_text().splitlines())
    pid = int(pids["kube-controller-manager"])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def path(room: Room) -> str:
    return f"/api/v1/namespaces/{room.namespace}"


def terminating(api: Api, where: str) -> bool:
    return bool(api.get(where).good()["status"]["phase"] == "Terminating")


def hold(room: Room) -> None:
    """Something of the namespace that does not go by itself."""
    body = {"metadata": {"name": "held", "finalizers": [HOLD]}}
    room.api.post(room.path("ConfigMap"), body).good()


def release(room: Room) -> None:
    room.api.patch(room.path("ConfigMap", "held"), {"metadata": {"finalizers": None}}).good()


@pytest.mark.quick
def test_F28_a_namespace_that_goes_is_let_go_even_while_AWS_is_away(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced(target={"deletionPolicy": "Delete"})
    assert room.get("ExternalSecret", "shop")["metadata"]["finalizers"], "its deletion needs work of ours"
    hold(room)
    stage.oracle.may_remove.add((room.namespace, "shop"))

    stage.aws.script.on("*", REFUSED, signer=room.key_id)
    room.api.delete(path(room)).good()
    room.until(lambda: room.get("ExternalSecret", "shop") is None, lambda: "the finalizer is released", 10)
    gone = time.time()
    time.sleep(10)

    assert terminating(room.api, path(room)), "the namespace is held all the while"
    assert [one for one in stage.oracle.requests(since=gone + 1, where=room.namespace) if one.verb != "watch"] == []
    release(room)
    stage.check(bound=10, quiet=5)


def test_F28_what_cannot_be_written_into_a_namespace_that_goes_is_not_tried_again(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced()

    with no_controllers(stage):
        room.api.delete(path(room)).good()
        room.delete("Secret", "shop")
        room.until(lambda: "being terminated" in room.ready()[2], lambda: f"it says so: {room.ready()}", 10)
        told = time.time()
        time.sleep(30)
        tried = stage.oracle.requests(since=told + 0.5, where=room.namespace, resource="secrets")
        assert [(one.verb, one.code) for one in tried] == []
        assert stage.wrong(but=[(room.namespace, "shop")]) == []

    room.until(lambda: room.get("ExternalSecret", "shop") is None, lambda: "the namespace is emptied", 30)
    stage.check(bound=10, quiet=5)
