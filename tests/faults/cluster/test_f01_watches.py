"""F01, F03, F04: watches that are reset, frozen or drip: they go on from where they were, and nothing is missed."""

import time

import pytest

from support.api import Json
from support.faults.asked import FOLLOWS, LISTS, Match
from support.faults.proxy import KProxy
from support.faults.proxy_faults import Drip
from support.faults.stage import Room, Stage

SILENCE_SECONDS = 90.0
MARKS_SECONDS = 150.0
"""How long it may take until the API server has sent a bookmark to every watch, about one a minute."""


def a_shop(stage: Stage) -> Room:
    room = stage.room()
    room.put(db="one", other="1")
    room.synced()
    return room


def edited(room: Room, *keys: str) -> None:
    """Another spec, and the seconds until its Secret says so are for the caller to measure."""
    wanted: Json = dict.fromkeys(keys, "db")
    room.external_secret(data=wanted)
    room.until(lambda: set(room.data() or {}) == set(keys), lambda: f"{sorted(keys)}, not {room.data()}", 200)


def marked(kproxy: KProxy, since: float) -> bool:
    """Whether every collection that is watched has had a bookmark, other than that which ends a streaming list."""
    found: dict[str, int] = {}
    for asked in kproxy.found(Match(FOLLOWS), since):
        found[asked.collection] = found.get(asked.collection, 0) + asked.bookmarks - (asked.complete is not None)
    return bool(found) and all(found.values())


@pytest.mark.quick
def test_F01_a_reset_watch_goes_on_from_where_it_was(stage: Stage, kproxy: KProxy) -> None:
    room = a_shop(stage)
    began, today = time.monotonic(), time.time()
    edited(room, "usual")
    usual = time.monotonic() - began
    followed = sorted(asked.collection for asked in kproxy.open_watches())
    room.put(db="two")

    cut = time.monotonic()
    assert kproxy.cut() == len(followed)
    edited(room, "after")  # while nobody watches
    took = time.monotonic() - cut

    again = kproxy.found(Match(FOLLOWS), since=cut)
    first = min(asked.time for asked in again) - cut
    print(f"an edit takes {usual:.2f} s, after a reset {took:.2f} s; the first watch came back after {first:.2f} s")
    stage.until(lambda: len(kproxy.open_watches()) == len(followed), lambda: str(kproxy.open_watches()))
    assert kproxy.count(Match(LISTS), since=cut) == 0
    again = kproxy.found(Match("watch"), since=cut)
    assert sorted(asked.collection for asked in again) == followed
    assert all(asked.query["resourceVersion"] not in ("", "0") for asked in again)
    assert stage.aws.reads(room.key_id, since=cut) == 1
    assert room.data() == {"after": b"two"}
    assert took <= stage.allowed(2.0, today) + usual
    stage.check(bound=stage.allowed(2.0, today), quiet=15)


@pytest.mark.parametrize("fault", ["F03_frozen", "F04_dripping"])
def test_F03_F04_a_watch_that_brings_nothing_is_given_up_in_time(stage: Stage, kproxy: KProxy, fault: str) -> None:
    room = a_shop(stage)
    started = min(asked.time for asked in kproxy.open_watches())
    stage.until(lambda: marked(kproxy, started), lambda: "every watch has had a bookmark", MARKS_SECONDS)
    followed = sorted({asked.collection for asked in kproxy.open_watches()})

    began = time.monotonic()
    if fault == "F03_frozen":
        kproxy.stall()
    else:
        kproxy.add(Match(FOLLOWS, event="*", when=lambda asked: asked.time < began), Drip(1.0))
    edited(room, "after")
    took = time.monotonic() - began
    again = kproxy.found(Match(FOLLOWS, "externalsecrets"), since=began)
    print(f"a new watch after {again[0].time - began:.1f} s, all seen after {took:.1f} s")

    assert again[0].time - began <= SILENCE_SECONDS
    assert took <= SILENCE_SECONDS
    assert kproxy.count(Match(LISTS), since=began) == 0
    stage.until(
        lambda: sorted({one.collection for one in kproxy.found(Match("watch"), began)}) == followed,
        lambda: f"all of {followed} are watched anew",
        SILENCE_SECONDS,
    )
    stage.check(bound=SILENCE_SECONDS, late=None)
