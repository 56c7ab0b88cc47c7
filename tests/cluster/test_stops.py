"""How the operator ends, or does not, on the real API server: signals, a loop that stands still, a server away."""

import contextlib
import os
import pathlib
import signal
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator

import pytest

from support import installing, kubeconfig, operator
from support.api import Api
from support.aws_front import SILENT, Front
from support.door import before
from support.installed import Installed
from support.operator import Operator
from support.scene import Scene, a_scene, until

LEASE = "/apis/coordination.k8s.io/v1/namespaces/esoctl/leases/esoctl"
QUICK = (
    "--enable-leader-election", "--leader-election-namespace=esoctl", "--leader-election-lease-duration=6s",
    "--leader-election-renew-deadline=4s", "--leader-election-retry-period=1s",
)  # fmt: skip
STANDS_STILL = """
import signal, time
signal.signal(signal.SIGUSR1, lambda *_: time.sleep(3))
signal.signal(signal.SIGUSR2, lambda *_: time.sleep(13))
from esoctl.cli import main
main()
"""
"""The operator with a hook: a handler runs on the main thread, and keeps the event loop there."""


def leads(replica: Operator) -> bool:
    try:
        with urllib.request.urlopen(f"{replica.metrics}/metrics", timeout=5) as answer:
            return 'leader_election_master_status{name="esoctl"} 1.0' in answer.read().decode()
    except OSError:
        return False


def lives(replica: Operator) -> bool:
    return operator.answers(f"{replica.health}/livez")


@pytest.fixture
def still(api: Api, front: Front, installed: Installed) -> Iterator[Scene]:
    """A scene with a store and an ExternalSecret, in which the operator does not run yet; and no Lease."""
    if installed.operator is not None:
        installed.down()
    api.delete(LEASE)
    with a_scene(api, front) as scene:
        scene.put(db="first")
        scene.store()
        yield scene


@contextlib.contextmanager
def replica(installed: Installed, folder: pathlib.Path, *arguments: str) -> Iterator[Operator]:
    config, aws_url, _ = installed.how
    program = (sys.executable, "-c", STANDS_STILL)
    with operator.running(config, aws_url, folder, *arguments, program=program) as found:
        yield found


def test_F53_a_second_signal_in_the_middle_of_work_ends_it_at_once(
    still: Scene, installed: Installed, tmp_path: pathlib.Path
) -> None:
    with replica(installed, tmp_path) as running:
        still.front.faults[still.key_id] = SILENT
        still.external_secret()
        until(lambda: still.front.count(still.key_id), lambda: "it asks AWS")
        running.child.process.send_signal(signal.SIGTERM)
        until(lambda: '"stopping"' in running.child.log_tail(), running.child.log_tail)
        began = time.monotonic()
        running.child.process.send_signal(signal.SIGTERM)

        assert running.child.process.wait(5) == 143
        assert time.monotonic() - began < 2
        assert "Traceback" not in running.child.log.read_text()
    del still.front.faults[still.key_id]

    installed.up()
    still.until(lambda: still.data() == {"password": b"first"}, lambda: str(still.ready()))
    installed.down()


def test_F55_a_leader_whose_loop_stands_still_keeps_the_lease_for_a_moment_and_loses_it_later(
    still: Scene, installed: Installed, tmp_path: pathlib.Path
) -> None:
    with replica(installed, tmp_path / "first", *QUICK) as first:
        until(lambda: leads(first), first.child.log_tail)
        with replica(installed, tmp_path / "second", *QUICK) as second:
            still.synced("before")

            os.kill(first.child.process.pid, signal.SIGUSR1)
            until(lambda: lives(first), lambda: "its loop runs again")
            assert leads(first)
            assert not leads(second)

            os.kill(first.child.process.pid, signal.SIGUSR2)
            until(lambda: leads(second), second.child.log_tail, seconds=20)
            assert not lives(first), "a loop that stands still does not answer its probe"
            still.synced("after")
            written = still.versions()

            assert first.child.process.wait(20) == 1
            told = first.child.log.read_text()
            assert "was lost" in told
            assert "the event loop stands still" in told
            assert "<lambda>" in told, "where it stands"
            assert still.versions() == written, "who leads no more writes no more"
            assert leads(second)


def test_rel_24_an_api_server_that_is_away_ends_a_leader_once_and_no_candidate(
    still: Scene, api: Api, front: Front, installed: Installed, tmp_path: pathlib.Path
) -> None:
    still.external_secret()
    access = installing.operator_access(api)
    port = urllib.parse.urlsplit(access.url).port
    assert port
    with before(port) as door:
        path = kubeconfig.write(kubeconfig.replace_port(access, door.port), tmp_path / "kubeconfig")
        door.open()
        with operator.running(path, front.url, tmp_path / "first", *QUICK) as first:
            still.until(lambda: still.data() == {"password": b"first"}, lambda: str(still.ready()))
            door.shut()
            assert first.child.process.wait(30) == 1
            assert "was lost" in first.child.log_tail()

        with operator.started(path, front.url, tmp_path / "next", *QUICK) as following:
            until(lambda: lives(following), following.child.log_tail)
            time.sleep(6)  # longer than a leader tries to renew
            assert following.child.process.poll() is None
            assert lives(following)
            assert not following.ready()

            still.put(db="second")
            still.force()
            door.open()
            still.until(lambda: still.data() == {"password": b"second"}, lambda: str(still.ready()), seconds=60)

            door.shut()
            assert following.child.stop() == 0, "a stop needs no API server"
