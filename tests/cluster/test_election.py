"""Two replicas as processes of their own, with the rights that `manifests/` gives them, on the real API server."""

import contextlib
import os
import pathlib
import signal
import time
import urllib.request
from collections.abc import Iterator

import pytest

from support import children, operator
from support.api import Api
from support.aws_front import Front
from support.installed import Installed
from support.operator import Operator
from support.scene import Scene, a_scene

LEASE = "/apis/coordination.k8s.io/v1/namespaces/esoctl/leases/esoctl"
ELECTION = ("--enable-leader-election", "--leader-election-namespace=esoctl")
TAKEOVER_SECONDS = 25.0
"""15 of the lease, two tries of 2.4 and what a busy machine adds."""


def leads(replica: Operator) -> bool:
    with urllib.request.urlopen(f"{replica.metrics}/metrics", timeout=5) as answer:
        return 'leader_election_master_status{name="esoctl"} 1.0' in answer.read().decode()


@contextlib.contextmanager
def replica(installed: Installed, folder: pathlib.Path) -> Iterator[Operator]:
    kubeconfig, aws_url, _ = installed.how
    with operator.running(kubeconfig, aws_url, folder, *ELECTION) as found:
        yield found


@pytest.fixture
def pair(installed: Installed, api: Api, tmp_path: pathlib.Path) -> Iterator[tuple[Operator, Operator]]:
    """The leader, and a replica that waits."""
    api.delete(LEASE)
    with replica(installed, tmp_path / "first") as first:
        first.child.wait_until(lambda: leads(first), seconds=30)
        with replica(installed, tmp_path / "second") as second:
            yield first, second


def takeover(second: Operator, began: float) -> float:
    second.child.wait_until(lambda: leads(second), seconds=TAKEOVER_SECONDS)
    return time.monotonic() - began


def a_secret_is_made(scene: Scene, name: str) -> None:
    scene.put(**{name: "value"})
    scene.external_secret(name, data={"password": name})
    scene.until(lambda: scene.data(name) == {"password": b"value"}, lambda: f"{name}: {scene.ready(name)}")


@pytest.fixture
def ready(api: Api, front: Front) -> Iterator[Scene]:
    """A scene with a store, without the operator that scenes come with."""
    with a_scene(api, front) as found:
        found.store()
        yield found


def test_b_62_a_leader_that_is_told_to_stop_is_followed_at_once(pair: tuple[Operator, Operator], ready: Scene) -> None:
    first, second = pair
    a_secret_is_made(ready, "before")
    assert not leads(second)

    began = time.monotonic()
    assert first.child.stop() == 0
    took = takeover(second, began)

    a_secret_is_made(ready, "after")
    assert took < 10
    assert "lease" not in second.child.log_tail(5)


def test_b_61_a_leader_that_is_killed_is_followed_when_its_lease_ends(
    pair: tuple[Operator, Operator], ready: Scene
) -> None:
    first, second = pair
    os.killpg(first.child.process.pid, signal.SIGKILL)
    takeover(second, time.monotonic())

    a_secret_is_made(ready, "after")


def test_F54_a_leader_that_was_suspended_ends_without_writing(pair: tuple[Operator, Operator], ready: Scene) -> None:
    first, second = pair
    a_secret_is_made(ready, "before")

    os.killpg(first.child.process.pid, signal.SIGSTOP)
    takeover(second, time.monotonic())
    a_secret_is_made(ready, "after")
    os.killpg(first.child.process.pid, signal.SIGCONT)

    assert first.child.process.wait(20) == 1
    assert "was lost" in first.child.log_tail()
    assert leads(second)


def test_F58_a_lease_that_is_deleted_is_made_again_and_one_replica_leads(
    pair: tuple[Operator, Operator], api: Api, ready: Scene
) -> None:
    first, second = pair

    for _ in range(3):
        api.delete(LEASE).good()
        time.sleep(3)  # a leader renews within two seconds; nothing else says that it has

        assert api.get(LEASE).good()["spec"]["holderIdentity"]
        assert [one for one in (first, second) if one.child.process.poll() is None and leads(one)]

    a_secret_is_made(ready, "after")


def test_a_replica_that_waits_is_ready_and_has_the_objects(pair: tuple[Operator, Operator], ready: Scene) -> None:
    _, second = pair

    assert second.ready()
    assert "informed" in second.child.log_tail()
    assert children.accepts(int(second.health.rpartition(":")[2]))
