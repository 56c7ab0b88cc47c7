"""F15, I-09: the operator meets an API server that lags behind what it has seen: it never goes back in time."""

import time

import pytest

from support.faults.aftermath import aftermath
from support.faults.components import Parts
from support.faults.stage import Room, Stage

STALE_SECONDS = 20.0
NAMES = ("edited", "gone", "again", "stays")


def played(room: Room) -> None:
    """An edit, a deletion, and a deletion with another object of the name after it; each has its effect."""
    room.external_secret("edited", data={"password": "new"})
    room.delete("ExternalSecret", "gone")
    room.delete("ExternalSecret", "again")
    room.until(lambda: room.get("ExternalSecret", "again") is None, lambda: "the old one is gone")
    room.until(lambda: room.data("again") is None and room.data("gone") is None, lambda: "their Secrets are collected")
    room.external_secret("again", data={"second": "new"})
    room.until(lambda: room.data("edited") == {"password": b"2"}, lambda: str(room.ready("edited")))
    room.until(lambda: room.data("again") == {"second": b"2"}, lambda: str(room.ready("again")))


@pytest.mark.parametrize("restarted", [pytest.param(False, id="reconnected"), pytest.param(True, id="started anew")])
def test_F15_I_09_what_a_stale_api_server_says_is_never_acted_upon(
    shaken: Stage, parts: Parts, *, restarted: bool
) -> None:
    room = shaken.room()
    room.put(old="1", new="2")
    with parts.two_servers():
        parts.entrance.lead_to("a")
        shaken.operator.stop()
        door = shaken.config(parts.entrance.access.url)
        shaken.operator.start(kubeconfig=door)
        for name in NAMES:
            room.synced(name, data={"password": "old"}, refreshInterval="1h")

        parts.pipe.pause()
        shaken.oracle.may_remove |= {(room.namespace, "gone"), (room.namespace, "again")}
        played(room)
        before = room.versions()
        parts.entrance.lead_to("b")
        if restarted:
            shaken.operator.kill()
            shaken.operator.start(kubeconfig=door, wait=None)
        time.sleep(STALE_SECONDS)
        assert room.versions() == before

        parts.pipe.resume()
        spent, _ = aftermath(shaken, bound=30)
        print(f"all was right after {spent:.1f} s")
        assert set(room.versions()) == set(before)
        assert room.data("edited") == {"password": b"2"}
        assert room.data("again") == {"second": b"2"}
        assert room.data("gone") is None
        shaken.operator.stop()
