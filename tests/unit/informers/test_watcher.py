"""A watcher against a scripted collection: when it asks what, on the virtual clock."""

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel
import msgspec
import pytest
import structlog.testing

from esoctl.errors import ClusterError, Denied, Gone, NotFound, Unreachable
from esoctl.informers.informer import Informer
from esoctl.informers.revival import Revival
from esoctl.informers.watcher import Options, Streaming
from esoctl.model.meta import Bare
from support.listwatch import (
    Asked,
    Page,
    ScriptedListWatch,
    Stream,
    a_bookmark,
    a_complaint,
    an_event,
    an_object,
)

pytestmark = pytest.mark.asyncio

CUT = Unreachable(0, "ClientPayloadError", "cut")
EMPTY = Page([], "10")


class Run:
    def __init__(self, *script: Page | Stream | Exception, options: Options | None = None) -> None:
        self.source = ScriptedListWatch(list(script))
        self.informer: Informer[Bare] = Informer(
            "things",
            self.source,
            lambda raw: msgspec.json.decode(raw, type=Bare),
            lambda _: None,
            options=options or Options(draw=lambda: 0.0),
        )

    @property
    def calls(self) -> list[Asked]:
        return self.source.calls

    def asked(self) -> list[tuple[float, str, str]]:
        return [(round(call.time, 3), call.verb, call.query["resource_version"]) for call in self.calls]

    def restarts(self) -> dict[str, int]:
        return dict(self.informer.statistics().restarts)


@asynccontextmanager
async def running(*runs: Run) -> AsyncIterator[None]:
    async with anyio.create_task_group() as group:
        for run in runs:
            group.start_soon(run.informer.run)
        yield
        group.cancel_scope.cancel()


async def after(seconds: float, *script: Page | Stream | Exception, draw: float = 0.0) -> Run:
    """A run of that many seconds."""
    run = Run(*script, options=Options(draw=lambda: draw))
    async with running(run):
        await anyio.sleep(seconds)
    return run


async def test_I_06_pages_are_read_one_after_another() -> None:
    run = await after(1, Page([an_object("a", 5)], "", token="t2"), Page([an_object("b", 99)], "10"))

    queries = [call.query for call in run.calls]
    assert queries[0] == {"limit": 500, "token": "", "resource_version": "", "match": ""}
    assert queries[1] == {"limit": 500, "token": "t2", "resource_version": "", "match": ""}
    assert queries[2]["resource_version"] == "10"
    assert len(run.informer.store) == 2


async def test_I_07_an_expired_token_is_followed_by_one_whole_list() -> None:
    run = await after(
        1, Page([an_object("a", 5)], "", token="t2"), Gone(410, "Expired", ""), Page([an_object("b", 5)], "12")
    )

    assert run.calls[2].query == {"limit": 0, "token": "", "resource_version": "", "match": ""}
    assert [thing.metadata.name for thing in run.informer.store.all()] == ["b"]


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(Stream([5.0, a_complaint(410, "Expired")]), id="in the stream"),
        pytest.param(Stream([5.0, Gone(410, "Expired", "")]), id="by status"),
    ],
)
async def test_I_13_REL_03_an_expired_version_is_followed_by_a_list(end: Stream) -> None:
    run = await after(10, EMPTY, end, Page([], "20"))

    assert run.asked() == [(0, "list", ""), (0, "watch", "10"), (5.8, "list", "10"), (5.8, "watch", "20")]
    assert run.calls[2].query["match"] == "NotOlderThan"
    assert run.restarts() == {"expired": 1}


async def test_I_14_a_list_that_is_expired_as_well_is_followed_by_one_of_the_most_recent_state() -> None:
    run = await after(10, EMPTY, Gone(410, "", ""), Gone(410, "", ""), Page([], "20"))

    assert run.asked()[2:] == [(0.8, "list", "10"), (0.8, "list", ""), (0.8, "watch", "20")]


async def test_I_10_a_version_the_server_has_not_reached_is_dropped() -> None:
    too_large = Unreachable(504, "ResourceVersionTooLarge", "", 1.0)
    run = await after(10, EMPTY, Gone(410, "", ""), too_large, Page([], "20"))

    assert run.asked()[2:4] == [(0.8, "list", "10"), (0.8, "list", "")]


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(Unreachable(429, "TooManyRequests", "", 7.0), id="by status"),
        pytest.param(Stream([a_complaint(429, "TooManyRequests", retryAfterSeconds=7)]), id="in the stream"),
    ],
)
async def test_I_15_a_throttled_watch_waits_as_it_is_told_and_lists_nothing(refusal: Any) -> None:
    run = await after(10, EMPTY, refusal)

    assert run.asked() == [(0, "list", ""), (0, "watch", "10"), (7, "watch", "10")]


async def test_I_16_a_cut_watch_is_resumed_from_the_last_event() -> None:
    run = await after(10, EMPTY, Stream([2.0, an_event("ADDED", "a", 11), CUT]), CUT)

    assert run.asked() == [
        (0, "list", ""),
        (0, "watch", "10"),
        (2.8, "watch", "11"),
        (4.4, "watch", "11"),
    ]


async def test_I_17_internal_errors_of_half_a_minute_lead_to_a_list() -> None:
    trouble = Stream([a_complaint(500, "InternalError")])
    run = await after(90, EMPTY, *[trouble] * 7, Page([], "20"))

    assert [verb for _, verb, _ in run.asked()] == ["list", *["watch"] * 7, "list", "watch"]
    assert run.asked()[-2][2] == "10"


async def test_I_18_a_forbidden_watch_keeps_the_store_tries_on_and_recovers() -> None:
    denied = [Denied(403, "Forbidden", "no")] * 99
    run = Run(Page([an_object("a", 5)], "10"), *denied)

    async with running(run):
        await anyio.sleep(200)
        trouble, kept = run.informer.statistics().trouble, len(run.informer.store)
        run.source.script[:] = [Stream()]
        await anyio.sleep(60)

        assert (trouble, kept) == ("no", 1)
        assert run.informer.statistics().trouble == ""
    times = [call.time for call in run.calls[1:]]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert max(gaps) <= 60
    assert run.source.verbs().count("list") == 1


async def test_F33_a_kind_that_is_not_there_parks_says_so_and_keeps_what_is_known() -> None:
    gone = NotFound(404, "", "is its CRD installed?")
    run = Run(Page([an_object("a", 5)], "10"), gone, gone, gone, Page([an_object("a", 7, uid="new")], "9"))

    async with running(run):
        await anyio.sleep(3)
        parked, kept = run.informer.statistics(), len(run.informer.store)
        await anyio.sleep(30)

        assert (parked.missing, parked.trouble, kept) == (True, "is its CRD installed?", 1)
        assert not run.informer.statistics().missing
        assert run.informer.store.resource_version == "9"
    assert [query for _, verb, query in run.asked() if verb == "list"] == ["", "", "", ""]


async def test_I_19_watches_last_between_five_and_ten_minutes() -> None:
    seconds = [(await after(1, EMPTY, draw=draw)).calls[1].query["timeout_seconds"] for draw in (0.0, 0.5, 0.999)]

    assert seconds == [300, 450, 599]


async def test_I_20_silence_ends_a_watch_once_a_bookmark_was_seen() -> None:
    run = await after(200, EMPTY, Stream([60.0, a_bookmark(15)]), Stream([]))

    assert run.asked()[2:] == [(140, "watch", "15")]
    assert run.restarts() == {"silent": 1}


async def test_I_20_events_count_as_signs_of_life() -> None:
    signs = [entry for number in range(16, 20) for entry in (70.0, an_event("MODIFIED", "a", number))]
    run = await after(300, EMPTY, Stream([1.0, a_bookmark(15), *signs]))

    assert len(run.calls) == 2


async def test_I_21_silence_means_nothing_while_the_server_sent_no_bookmark() -> None:
    run = await after(305, EMPTY, Stream([1.0, an_event("ADDED", "a", 11)]))

    assert len(run.calls) == 2


async def test_F19_a_watch_that_the_server_does_not_end_is_ended_soon_after_its_time() -> None:
    run = await after(320, EMPTY, Stream([]), Stream([]))

    assert run.asked()[2:] == [(310, "watch", "10")]


async def test_I_22_a_bookmark_moves_the_version_and_nothing_else() -> None:
    run = await after(10, EMPTY, Stream([1.0, a_bookmark(77), CUT]))

    assert run.asked()[2] == (1.8, "watch", "77")
    assert run.informer.store.resource_version == "77"
    assert len(run.informer.store) == 0


async def test_I_24_an_event_without_a_version_is_not_stored_and_leads_to_a_list() -> None:
    run = await after(10, EMPTY, Stream([1.0, an_event("ADDED", "a", "")]), Page([], "20"))

    assert run.asked()[2] == (1.8, "list", "")
    assert len(run.informer.store) == 0
    assert run.restarts() == {"no version": 1}


async def test_I_25_a_watch_that_ends_at_once_without_an_event_is_a_failure() -> None:
    at_once = Stream([], stays_open=False)
    run = await after(5.7, EMPTY, at_once, at_once, at_once)

    assert run.asked()[1:] == [(0, "watch", "10"), (0.8, "watch", "10"), (2.4, "watch", "10"), (5.6, "watch", "10")]


async def test_I_25_a_bookmark_alone_does_not_make_a_short_watch_a_success() -> None:
    run = await after(2, EMPTY, Stream([a_bookmark(11)], stays_open=False))

    assert run.asked()[2] == (0.8, "watch", "11")


async def test_I_26_a_server_that_is_away_is_asked_ever_more_rarely() -> None:
    run = await after(300, *[CUT] * 99, draw=1.0)

    times = [call.time for call in run.calls]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert gaps == pytest.approx([1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60, 60, 60])


async def test_I_27_cancelling_ends_every_wait_at_once() -> None:
    slow = Page([], "10", seconds=50)
    scripts: list[Sequence[Page | Stream | Exception]] = [[slow], [EMPTY], [EMPTY, Stream()], [CUT]]
    for script in scripts:
        run = Run(*script)
        began = anyio.current_time()
        with anyio.move_on_after(0.5):
            await run.informer.run()

        assert anyio.current_time() - began == pytest.approx(0.5)


async def test_I_28_a_line_too_long_is_followed_by_a_list() -> None:
    run = await after(5, EMPTY, Stream([1.0, Unreachable(0, "LineTooLong", "")]), Page([], "20"))

    assert run.asked()[2] == (1.8, "list", "10")
    assert run.restarts() == {"line too long": 1}


async def test_I_31_garbage_is_counted_and_does_not_end_the_watch() -> None:
    lines = [
        b"garbage",
        b"[]",
        b'{"type":"X","object":{}}',
        b'{"type":"ADDED","object":[]}',
        an_event("ADDED", "a", 11),
    ]
    run = await after(5, EMPTY, Stream(lines))

    assert len(run.calls) == 2
    assert len(run.informer.store) == 1
    statistics = run.informer.statistics()
    assert statistics.events["garbage"] + statistics.skipped["unreadable"] == 4


async def test_F11_a_list_that_fails_half_way_leaves_the_store_as_it_was() -> None:
    run = Run(
        Page([an_object("a", 5)], "10"),
        Gone(410, "", ""),
        Page([an_object("b", 20)], "", token="t2"),
        Unreachable(503, "", "no"),
        Page([an_object("c", 30)], "31"),
    )
    async with running(run):
        await anyio.sleep(1)
        half_way = [thing.metadata.name for thing in run.informer.store.all()]
        await anyio.sleep(3)

        assert half_way == ["a"]
        assert [thing.metadata.name for thing in run.informer.store.all()] == ["c"]


async def test_F12_pages_in_flight_are_bounded_over_all_informers() -> None:
    limiter = anyio.CapacityLimiter(2)
    runs = [Run(Page([], "10", seconds=10), options=Options(lambda: 0.0, lists=limiter)) for _ in range(6)]

    async with running(*runs):
        await anyio.sleep(25)

        assert sum(run.informer.synced.is_set() for run in runs) == 4
        assert limiter.borrowed_tokens == 2


async def test_N5_a_long_list_lets_others_run() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await anyio.lowlevel.checkpoint()
            ticks += 1

    run = Run(Page([an_object(f"n{number}", 5) for number in range(2000)], "10"))
    async with running(run), anyio.create_task_group() as group:
        group.start_soon(tick)
        await run.informer.synced.wait()
        group.cancel_scope.cancel()

    assert ticks >= 30


async def test_trouble_is_told_when_it_begins_and_when_it_is_over() -> None:
    trouble = Stream([a_complaint(500, "InternalError")])
    with structlog.testing.capture_logs() as logs:
        await after(60, EMPTY, CUT, CUT, trouble, trouble, Stream([1.0, an_event("ADDED", "a", 11)]))

    assert [(entry["event"], entry["informer"]) for entry in logs] == [
        ("cannot follow", "things"),
        ("following again", "things"),
        ("cannot follow", "things"),
        ("following again", "things"),
    ]


async def test_I_13_after_an_outage_an_expired_version_is_not_waited_for_as_long_as_the_outage_was() -> None:
    away = [Unreachable(0, "NotSent", "away")] * 6
    run = await after(120, EMPTY, *away, Stream([a_complaint(410, "Expired")]), Page([], "20"))

    opened, listed = run.calls[7].time, run.calls[8].time
    assert run.calls[8].verb == "list"
    assert opened > 40
    assert listed - opened == pytest.approx(0.8)


async def test_I_26_who_waits_for_a_server_that_is_away_is_called_when_another_reaches_it() -> None:
    away = [Unreachable(0, "NotSent", "away")]
    options = Options(draw=lambda: 0.5)
    late = Run(EMPTY, *away * 6, Stream(), options=options)
    early = Run(EMPTY, *away * 5, Stream(), options=options)

    async with running(late, early):
        await anyio.sleep(70)

    back = early.calls[-1].time
    assert late.calls[-2].time <= back, "it had tried just before, and would wait long"
    assert late.calls[-1].time == pytest.approx(back + 1.0)


@pytest.mark.parametrize(
    ("error", "calls"),
    [
        pytest.param(Unreachable(429, "TooManyRequests", "wait", after=20.0), 1, id="F13 it asked to wait"),
        pytest.param(Unreachable(503, "ServiceUnavailable", "starting"), 1, id="it starts"),
        pytest.param(Denied(403, "Forbidden", "no right"), 0, id="it refuses"),
    ],
)
async def test_I_26_whoever_failed_for_want_of_the_server_is_told_that_it_is_back(
    error: ClusterError, calls: int
) -> None:
    told: list[float] = []
    options = Options(draw=lambda: 0.0, revival=Revival(lambda: told.append(anyio.current_time())))

    async with running(Run(EMPTY, error, Stream(), options=options)):
        await anyio.sleep(30)

    assert len(told) == calls


async def test_I_26_who_is_refused_is_not_called_and_waits_as_long_as_before() -> None:
    refused = Denied(403, "Forbidden", "no right")
    options = Options(draw=lambda: 0.0)
    other = Run(EMPTY, Unreachable(0, "NotSent", "away"), Stream(), options=options)
    denied = Run(EMPTY, refused, refused, Stream(), options=options)

    async with running(other, denied):
        await anyio.sleep(30)

    assert [time for time, *_ in denied.asked()] == [0, 0, 0.8, 2.4]


async def test_I_12_streaming_lists_are_read_a_few_at_a_time_and_go_on_as_watches() -> None:
    options = Options(draw=lambda: 0.0, lists=anyio.CapacityLimiter(2), streaming=Streaming())
    runs = [Run(Stream([10.0, a_bookmark(20, complete=True), 1000.0]), options=options) for _ in range(5)]

    async with running(*runs):
        await anyio.sleep(100)

    assert sorted(run.calls[0].time for run in runs) == [0, 0, 10, 10, 20]
    assert {len(run.calls) for run in runs} == {1}
    assert options.lists.borrowed_tokens == 0


async def test_a_streaming_list_that_fails_lets_the_next_one_begin() -> None:
    options = Options(draw=lambda: 0.0, lists=anyio.CapacityLimiter(1), streaming=Streaming())
    failing = Run(Unreachable(0, "NotSent", "away"), Page([], "20"), options=options)
    other = Run(Stream([1.0, a_bookmark(20, complete=True), 1000.0]), options=options)

    async with running(failing, other):
        await anyio.sleep(10)

    assert other.informer.synced.is_set()
    assert failing.informer.synced.is_set()
