"""F09: etcd freezes or is killed: what the API server then answers is trouble that passes, and nothing is deleted."""

import time
from collections.abc import Callable

import pytest

from support.faults.aftermath import aftermath
from support.faults.components import Part, Parts
from support.faults.stage import Stage

FROZEN_SECONDS = 20.0
DEAD_SECONDS = 10.0


def frozen(etcd: Part) -> Callable[[], object]:
    etcd.freeze()
    time.sleep(FROZEN_SECONDS)
    return etcd.thaw


def dead(etcd: Part) -> Callable[[], object]:
    etcd.kill()
    time.sleep(DEAD_SECONDS)
    return etcd.start


@pytest.mark.parametrize(
    "fail", [pytest.param(dead, id="killed", marks=pytest.mark.quick), pytest.param(frozen, id="frozen")]
)
def test_F09_etcd_is_away_and_nothing_is_deleted(
    shaken: Stage, parts: Parts, fail: Callable[[Part], Callable[[], object]]
) -> None:
    room = shaken.room()
    room.put(db="one", still="1")
    room.synced(refreshInterval="5s")
    room.external_secret("rare", data={"password": "still"}, refreshInterval="1h")
    room.until(lambda: room.data("rare"), lambda: "rare is made")
    pid, before = shaken.operator.pid, set(room.versions())

    shaken.rotate(shaken.bystanders[:40])
    room.put(db="two")
    mend = fail(parts.etcd)
    mend()
    parts.server.wait_until_ready()

    spent, _ = aftermath(shaken, bound=60)
    print(f"all was right after {spent:.1f} s")
    assert room.data() == {"password": b"two"}
    assert before <= set(room.versions())
    assert shaken.operator.pid == pid
