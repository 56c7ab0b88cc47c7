"""F05, F06: an API server that takes requests and says nothing, and one that takes five seconds for each."""

import time

import pytest

from support.faults.asked import FOLLOWS, WRITES, Asked, Match
from support.faults.proxy import KProxy
from support.faults.proxy_faults import Delay, Swallow, error_event
from support.faults.stage import Stage

SLACK_SECONDS = 1.5
"""A busy machine tells late that a client hung up."""
WORKERS = 48


def waited(asked: Asked) -> float:
    """Until the client had its answer, or had enough; so far, for one that still waits."""
    return (asked.ended or time.monotonic()) - asked.time


@pytest.mark.quick
def test_F05_requests_without_an_answer_are_given_up_in_time(stage: Stage, kproxy: KProxy) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced(refreshInterval="5s")

    began = time.monotonic()
    swallowed = kproxy.add(Match(), Swallow())
    kproxy.inject(Match(FOLLOWS, "secretstores"), error_event(410, "Expired"))  # it lists
    kproxy.cut(Match(FOLLOWS, "externalsecrets namespaces"))  # they watch
    room.put(db="two")
    time.sleep(40)
    kproxy.remove(swallowed)
    cleared = time.monotonic()

    figures = stage.check(bound=30, late=None)
    asked = kproxy.found(since=began)
    mute = [one for one in asked if one.status == 0 and one.time < cleared]
    longest = {verb: max(waited(one) for one in mute if one.verb == verb) for verb in {one.verb for one in mute}}
    print(f"swallowed {len(mute)}; the longest waits: {longest}; right {figures.converged:.1f} s after")
    assert longest["watch"] <= 10 + SLACK_SECONDS
    assert longest["stream"] <= 10 + SLACK_SECONDS
    assert any(longest.get(verb, 0) > 10 for verb in WRITES.split())
    assert all(longest.get(verb, 0) <= 30 + SLACK_SECONDS for verb in (*WRITES.split(), "get"))
    assert longest.get("list", 0) <= 60 + SLACK_SECONDS


def test_F06_an_api_server_that_takes_five_seconds_is_used_as_far_as_it_goes(stage: Stage, kproxy: KProxy) -> None:
    stage.operator.stop()
    stage.operator.start("--enable-leader-election", "--leader-election-namespace=esoctl")
    stage.until(lambda: stage.operator.metric("leader_election_master_status") == 1, lambda: "it leads")
    stage.converged(60)
    pid = stage.operator.pid

    slow = kproxy.add(Match(), Delay(5.0))
    stage.rotate()
    time.sleep(10)
    began = time.monotonic()
    time.sleep(30)
    done = [one for one in kproxy.found(Match(WRITES), began - 10) if one.ended and began <= one.ended < began + 30]
    objects = [one for one in done if one.resource != "leases" and one.status in (200, 201)]
    given_up = [one for one in done if one.status == 0]
    kproxy.remove(slow)

    figures = stage.check(bound=stage.allowed(10, time.time() - 30), late=None)
    print(f"{len(objects) / 30:.1f} writes a second, {len(given_up)} given up, right {figures.converged:.1f} s after")
    assert given_up == []
    assert len(objects) / 30 >= 0.75 * WORKERS / 5
    assert stage.operator.pid == pid
    assert stage.operator.alive()
    assert stage.operator.metric("leader_election_master_status") == 1
