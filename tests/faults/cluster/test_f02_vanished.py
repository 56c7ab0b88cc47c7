"""F02: the machine of the API server vanishes: the operator notices, though nobody closes the connection."""

import time
import urllib.parse
from collections.abc import Iterator

import pytest

from support import children
from support.faults import apart, follows
from support.faults.aftermath import aftermath
from support.faults.apart import Place
from support.faults.components import Parts
from support.faults.stage import Stage
from support.operator import ESOCTL, Operator

NOTICED = '"event": "cannot follow"'
NOTICED_SECONDS = 90.0


@pytest.fixture
def place() -> Iterator[Place]:
    if reason := apart.reason():
        pytest.skip(reason)
    with apart.namespace() as found:
        yield found


def test_F02_a_peer_that_vanishes_is_noticed_within_ninety_seconds(shaken: Stage, parts: Parts, place: Place) -> None:
    room = shaken.room()
    room.put(db="one")
    process = shaken.operator
    process.stop()
    usual, aws = process.program, process.aws_url
    url = place.leads_to(parts.plane.port, "api")
    process.program = (*place.program, ESOCTL)
    process.aws_url = f"http://{place.leads_to(urllib.parse.urlsplit(aws).port or 0)}"
    health, metrics = (f"{apart.INSIDE['rest']}:{children.free_port()}" for _ in range(2))
    try:
        flags = (f"--health-addr={health}", f"--metrics-addr={metrics}")
        process.start(*flags, kubeconfig=shaken.config(f"https://{url}"), wait=None)
        process.running = Operator(process.child, f"http://{health}", f"http://{metrics}")
        process.child.wait_until(process.ready, seconds=90)
        room.synced(refreshInterval="5s")
        shaken.converged(60)
        informers = process.metrics().count("esoctl_informer_age_seconds{")

        place.cut()
        began, read = time.monotonic(), len(process.log())
        room.put(db="two")
        shaken.until(
            lambda: process.log()[read:].count(NOTICED) >= informers,
            lambda: f"{process.log()[read:].count(NOTICED)} of {informers} informers noticed",
            NOTICED_SECONDS,
        )
        noticed = time.monotonic() - began
        since = time.time()
        place.mend()

        spent, _ = aftermath(shaken, bound=60)
        print(f"noticed after {noticed:.1f} s; all was right {spent:.1f} s after the link was back")
        assert room.data() == {"password": b"two"}
        assert max(follows.lists(follows.follows(parts.audit_logs, since)).values(), default=0) <= 1
    finally:
        process.stop()
        process.program, process.aws_url = usual, aws
