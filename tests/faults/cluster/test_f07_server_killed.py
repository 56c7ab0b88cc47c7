"""F07: kube-apiserver is killed and comes back ten seconds later: nothing is touched, and everything goes on."""

import time

import pytest

from support.faults import follows
from support.faults.aftermath import aftermath
from support.faults.components import Parts
from support.faults.stage import Stage
from support.operator import answers

DOWN_SECONDS = 10.0


@pytest.mark.quick
def test_F07_a_killed_api_server_leaves_secrets_untouched_and_work_goes_on(shaken: Stage, parts: Parts) -> None:
    room = shaken.room()
    room.put(db="one")
    room.synced(refreshInterval="5s")
    pid, began = shaken.operator.pid, time.time()

    parts.server.kill()
    killed = time.monotonic()
    room.put(db="two")
    shaken.rotate(shaken.bystanders[:40])
    lives = []
    while time.monotonic() < killed + DOWN_SECONDS:
        lives.append(answers(f"{shaken.operator.running.health}/livez"))
        time.sleep(0.5)
    took = parts.server.start()

    spent, _ = aftermath(shaken, bound=60)
    print(f"the server took {took:.1f} s to start, all was right {spent:.1f} s later")
    assert all(lives)
    assert room.data() == {"password": b"two"}
    assert shaken.operator.pid == pid
    assert shaken.operator.alive()
    found = follows.follows(parts.audit_logs, began)
    for one in found:
        print(one)
    assert max(follows.lists(found).values(), default=0) <= 1
