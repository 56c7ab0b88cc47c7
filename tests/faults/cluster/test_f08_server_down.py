"""F08: no API server for a long time: the operator lives, is not ready, and needs nobody to start it over and over."""

import pathlib
import time

import pytest

from support.faults.aftermath import aftermath
from support.faults.components import Parts
from support.faults.stage import Stage
from support.operator import answers

LONG_SECONDS = 600.0
SHORT_SECONDS = 60.0
ELECTION = ("--enable-leader-election", "--leader-election-namespace=esoctl")
FLAT_KIB = 20 * 1024
"""What memory may grow by."""
UNREADY_AFTER = 200.0
"""Informers that heard nothing for three minutes are not fresh."""


def memory(pid: int) -> int:
    """Resident, in KiB."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def test_F08_ten_minutes_without_an_api_server_are_lived_through(shaken: Stage, parts: Parts) -> None:
    room = shaken.room()
    room.put(db="one", still="1")
    room.synced(refreshInterval="5s")
    room.external_secret("rare", data={"password": "still"}, refreshInterval="1h")
    pid = shaken.operator.pid

    parts.server.kill()
    began = time.monotonic()
    room.put(db="two")
    sizes = []
    while (spent := time.monotonic() - began) < LONG_SECONDS:
        assert answers(f"{shaken.operator.running.health}/livez"), f"not alive after {spent:.0f} s"
        ready = shaken.operator.ready()
        assert not ready or spent < UNREADY_AFTER, f"ready after {spent:.0f} s without an API server"
        sizes.append(memory(pid))
        time.sleep(5)
    parts.server.start()

    spent, _ = aftermath(shaken, bound=60)
    minute = sizes[len(sizes) // 10]
    print(f"memory after a minute {minute} KiB, at the end {sizes[-1]} KiB; all was right after {spent:.1f} s")
    assert max(sizes[len(sizes) // 10 :]) - minute < FLAT_KIB
    assert room.data() == {"password": b"two"}
    assert shaken.operator.pid == pid
    assert shaken.operator.ready()


@pytest.mark.quick
def test_F08_a_leader_without_an_api_server_ends_once_and_waits_as_a_candidate(shaken: Stage, parts: Parts) -> None:
    room = shaken.room()
    room.put(db="one")
    shaken.operator.stop()
    shaken.operator.start(*ELECTION)
    room.synced(refreshInterval="5s")
    room.until(lambda: shaken.operator.metric("leader_election_master_status") == 1, lambda: "it leads")

    parts.server.kill()
    began = time.monotonic()
    room.put(db="two")
    ends, dead = [], []
    while time.monotonic() - began < SHORT_SECONDS:
        if not shaken.operator.alive():
            ends.append((round(time.monotonic() - began), shaken.operator.child.process.returncode))
            shaken.operator.start(*ELECTION, wait=None)
            shaken.until(lambda: answers(f"{shaken.operator.running.health}/livez"), lambda: "the new one lives")
        if not answers(f"{shaken.operator.running.health}/livez") and shaken.operator.alive():
            dead.append(round(time.monotonic() - began))
        time.sleep(1)
    parts.server.start()

    spent, _ = aftermath(shaken, bound=60)
    print(f"ended {ends} (seconds, status); all was right after {spent:.1f} s")
    assert [status for _, status in ends] == [1]
    assert not dead, f"alive and not alive after {dead} s"
    assert room.data() == {"password": b"two"}
