"""Lists that come as a stream of events: the machine's rows, and the watcher against a scripted collection."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import msgspec
import pytest
import structlog.testing

from esoctl.errors import ClusterError, Denied, Gone, Invalid, NotFound, Unreachable
from esoctl.informers import documents, machine
from esoctl.informers.changes import Change
from esoctl.informers.documents import EventType
from esoctl.informers.informer import Informer
from esoctl.informers.machine import Answer, Ended, Happened, List, Refused, State, Watch
from esoctl.informers.machine import Stream as Streamed
from esoctl.informers.watcher import Options, Streaming
from esoctl.model.meta import Bare
from support.listwatch import Asked, Page, ScriptedListWatch, Stream, a_bookmark, a_complaint, an_event, an_object

STREAMING = State(Streamed("42"), seen="42", floor="42", streams=True)
UNSUPPORTED = Invalid(
    422, "Invalid", "sendInitialEvents is forbidden for watch unless the WatchList feature gate is on"
)
CUT = Unreachable(0, "ClientPayloadError", "cut")


def refused(status: int, reason: str = "", after: float | None = None) -> Refused:
    return Refused(ClusterError(status, reason, "no", after))


PAGE = Page([], "10")


class Run:
    """An informer that prefers streaming lists."""

    def __init__(
        self,
        *script: Page | Stream | Exception,
        streaming: Streaming | None = None,
        lists: anyio.CapacityLimiter | None = None,
    ) -> None:
        self.source = ScriptedListWatch(list(script))
        self.changes: list[Change[Bare]] = []
        self.streaming = streaming or Streaming()
        self.informer: Informer[Bare] = Informer(
            "things",
            self.source,
            lambda raw: msgspec.json.decode(raw, type=Bare),
            self.changes.append,
            options=Options(draw=lambda: 0.0, streaming=self.streaming, lists=lists),
        )

    @property
    def calls(self) -> list[Asked]:
        return self.source.calls

    def asked(self) -> list[tuple[float, str, str]]:
        return [(round(call.time, 3), call.verb, call.query["resource_version"]) for call in self.calls]

    def names(self) -> list[str]:
        return sorted(thing.metadata.name for thing in self.informer.store.all())

    def told(self) -> list[tuple[str, str]]:
        return [(change.kind.value, change.metadata.name) for change in self.changes]


@asynccontextmanager
async def running(run: Run) -> AsyncIterator[Run]:
    async with anyio.create_task_group() as group:
        group.start_soon(run.informer.run)
        yield run
        group.cancel_scope.cancel()


async def after(seconds: float, *script: Page | Stream | Exception) -> Run:
    """A run of that many seconds."""
    async with running(Run(*script)) as run:
        await anyio.sleep(seconds)
    return run


def test_I_01_the_first_question_is_a_stream_of_the_most_recent_state() -> None:
    assert machine.begin(streams=True).ask == Streamed("")


@pytest.mark.asyncio
async def test_I_01_a_stream_gives_the_same_store_and_the_same_changes_as_a_list() -> None:
    things = [an_object("a", 5), an_object("b", 7), {"metadata": {"name": "c", "resourceVersion": "8"}, "broken": 1}]
    events = [{"type": "ADDED", "object": thing} for thing in things]
    streamed = await after(1, Stream([*events, a_bookmark(10, complete=True)]))
    listed = Run(Page(things, "10"), streaming=Streaming(allowed=False))
    async with running(listed):
        await anyio.sleep(1)

    assert streamed.names() == listed.names() == ["a", "b", "c"]
    assert streamed.told() == listed.told()
    assert streamed.informer.store.resource_version == listed.informer.store.resource_version == "10"


@pytest.mark.parametrize("status", [400, 422])
def test_I_02_a_server_that_refuses_a_stream_is_asked_for_pages_at_once_and_from_then_on(status: int) -> None:
    step = machine.step(STREAMING, refused(status), 0.0)

    assert (step.state.ask, step.wait, step.because) == (List(resource_version="42"), False, machine.STREAM_REFUSED)
    listed = machine.step(step.state, machine.Listed("", "50"), 0.0)
    assert machine.step(listed.state, refused(410), 1.0).state.ask == List(resource_version="50")


@pytest.mark.parametrize(
    "end", [UNSUPPORTED, Stream([a_complaint(422, "Invalid")])], ids=["by status", "in the stream"]
)
@pytest.mark.asyncio
async def test_I_02_the_refusal_is_answered_by_a_paged_list_and_told_once(end: Exception | Stream) -> None:
    with structlog.testing.capture_logs() as logs:
        run = await after(
            10, end, Page([an_object("a", 5)], "10"), Stream([1.0, a_complaint(410, "Expired")]), Page([], "20")
        )

    assert run.asked() == [
        (0, "stream", ""),
        (0, "list", ""),
        (0, "watch", "10"),
        (1.8, "list", "10"),
        (1.8, "watch", "20"),
    ]
    assert [line["event"] for line in logs].count("the API server streams no lists: they are read in pages") == 1
    assert run.informer.statistics().lists == {"refused": 1, "ok": 2}


@pytest.mark.asyncio
async def test_I_02_what_one_informer_was_refused_another_does_not_ask_for() -> None:
    shared = Streaming()
    first = Run(UNSUPPORTED, Page([], "10"), streaming=shared)
    async with running(first):
        await anyio.sleep(1)
    second = Run(Page([], "10"), streaming=shared)
    async with running(second):
        await anyio.sleep(1)

    assert [call.verb for call in second.calls] == ["list", "watch"]


@pytest.mark.asyncio
async def test_I_02_whoever_waited_for_its_turn_while_another_was_refused_asks_for_pages() -> None:
    shared, one_at_a_time = Streaming(), anyio.CapacityLimiter(1)
    first, second = (Run(*script, streaming=shared, lists=one_at_a_time) for script in ([UNSUPPORTED, PAGE], [PAGE]))
    async with running(first), running(second):
        await anyio.sleep(1)

    assert [call.verb for call in first.calls] == ["stream", "list", "watch"]
    assert [call.verb for call in second.calls] == ["list", "watch"]


@pytest.mark.asyncio
async def test_I_02_an_informer_that_was_made_before_the_refusal_asks_for_pages_too() -> None:
    run = Run(Page([], "10"))
    run.streaming.allowed = False
    async with running(run):
        await anyio.sleep(1)

    assert [call.verb for call in run.calls] == ["list", "watch"]


@pytest.mark.asyncio
async def test_I_03_nothing_is_seen_before_the_bookmark_that_ends_the_stream() -> None:
    events = [an_event("ADDED", "a", 5), a_bookmark(6), 1.0, an_event("ADDED", "b", 7), a_bookmark(10, complete=True)]
    async with running(Run(Stream(events))) as run:
        await anyio.sleep(0.5)
        before = (run.names(), run.told(), run.informer.synced.is_set())
        await anyio.sleep(1)

    assert before == ([], [], False)
    assert (run.names(), run.told()) == (["a", "b"], [("initial", "a"), ("initial", "b")])
    assert run.informer.synced.is_set()


@pytest.mark.asyncio
async def test_I_03_a_cut_before_the_bookmark_leaves_the_store_as_it_was() -> None:
    first = Stream([an_event("ADDED", "old", 5), a_bookmark(10, complete=True), a_complaint(410, "Expired")])
    second = Stream([an_event("ADDED", "new", 11), 1.0, CUT])
    async with running(Run(first, second, Page([an_object("new", 11)], "12"))) as run:
        await anyio.sleep(2.5)
        before = run.names()
        await anyio.sleep(2)

    assert before == ["old"]
    assert run.names() == ["new"]
    assert run.told() == [("initial", "old"), ("added", "new"), ("deleted", "old")]
    assert run.changes[-1].final_state_unknown


@pytest.mark.asyncio
async def test_I_03_changes_that_come_before_the_bookmark_are_in_the_snapshot() -> None:
    events = [
        an_event("ADDED", "a", 5),
        an_event("ADDED", "b", 6),
        an_event("MODIFIED", "a", 8),
        an_event("DELETED", "b", 9),
        a_bookmark(9, complete=True),
    ]
    run = await after(1, Stream(events))

    assert [(thing.metadata.name, thing.metadata.resource_version) for thing in run.informer.store.all()] == [
        ("a", "8")
    ]
    assert run.told() == [("initial", "a")]


@pytest.mark.asyncio
async def test_I_04_the_same_stream_goes_on_as_the_watch() -> None:
    events = [a_bookmark(10, complete=True), 1.0, an_event("ADDED", "a", 11), CUT]
    run = await after(3, Stream(events), Stream())

    assert run.told() == [("added", "a")]
    assert run.asked() == [(0, "stream", ""), (1.8, "watch", "11")]


@pytest.mark.asyncio
async def test_I_04_the_end_of_the_initial_events_does_not_arm_the_timer_of_silence() -> None:
    run = await after(290, Stream([a_bookmark(10, complete=True)]), Stream())

    assert run.asked() == [(0, "stream", "")]


@pytest.mark.asyncio
async def test_I_05_a_wait_for_the_last_bookmark_is_told_every_ten_seconds_and_not_afterwards() -> None:
    events: list[Any] = []
    for number in range(5):
        events += [7.0, an_event("ADDED", f"n{number}", number + 1)]
    with structlog.testing.capture_logs() as logs:
        await after(100, Stream([*events, a_bookmark(10, complete=True)]))

    waits = [line for line in logs if line["event"] == "a streaming list is not complete yet"]
    assert [line["events"] for line in waits] == [1, 2, 4]


@pytest.mark.asyncio
async def test_I_05_a_stream_that_brings_nothing_for_half_a_minute_is_given_up_for_pages() -> None:
    run = await after(40, Stream([1.0, an_event("ADDED", "a", 5)]), Page([an_object("a", 5)], "10"))

    assert run.asked() == [(0, "stream", ""), (31.8, "list", ""), (31.8, "watch", "10")]
    assert run.informer.synced.is_set()


@pytest.mark.asyncio
async def test_I_05_a_stream_that_never_completes_ends_with_the_time_of_the_watch() -> None:
    drip = [step for number in range(60) for step in (10.0, an_event("ADDED", f"n{number}", number + 1))]
    run = await after(330, Stream(drip), Page([], "99"))

    assert [(verb, version) for _, verb, version in run.asked()] == [("stream", ""), ("list", ""), ("watch", "99")]
    assert run.asked()[1][0] == pytest.approx(310.8)


@pytest.mark.parametrize(
    ("answer", "ask", "wait", "because"),
    [
        pytest.param(refused(410, "Expired"), Streamed(""), False, "version unavailable", id="I_14 expired"),
        pytest.param(
            refused(504, machine.TOO_LARGE_VERSION, 1.0),
            Streamed(""),
            False,
            "version unavailable",
            id="I_10 not yet there",
        ),
        pytest.param(refused(0), List(resource_version="42"), True, "disconnected", id="I_16 cut"),
        pytest.param(refused(429), List(resource_version="42"), True, "throttled", id="I_15 throttled"),
        pytest.param(refused(401), List(resource_version="42"), True, "unauthorized", id="I_18 unauthorized"),
        pytest.param(refused(403), List(resource_version="42"), True, "forbidden", id="I_18 forbidden"),
        pytest.param(refused(500), List(resource_version="42"), True, "server", id="I_17 internal"),
        pytest.param(refused(404), List(), True, "missing", id="the kind is not there"),
        pytest.param(Ended(7, 300.0), List(resource_version="42"), True, "unfinished", id="I_05 ended"),
        pytest.param(Happened(EventType.ADDED, ""), List(), True, "no version", id="I_24 no version"),
        pytest.param(Happened(EventType.ADDED, "50"), STREAMING.ask, False, "", id="I_23 an object moves nothing"),
        pytest.param(Happened(EventType.BOOKMARK, "50"), STREAMING.ask, False, "", id="I_03 another bookmark"),
        pytest.param(
            Happened(EventType.BOOKMARK, "", complete=True), STREAMING.ask, False, "", id="an end without a version"
        ),
        pytest.param(Happened(EventType.BOOKMARK, "50", complete=True), Watch("50"), False, "", id="I_04 complete"),
    ],
)
def test_what_becomes_of_a_stream(answer: Answer, ask: machine.Ask, wait: bool, because: str) -> None:
    step = machine.step(STREAMING, answer, 0.0)

    assert (step.state.ask, step.wait, step.because) == (ask, wait, because)
    assert step.state.streams


def test_I_09_a_later_stream_is_not_older_than_what_was_seen() -> None:
    watching = State(Watch("10"), seen="42", streams=True)

    assert machine.step(watching, refused(410), 0.0).state.ask == Streamed("42")


def test_pages_are_for_once_when_a_stream_was_not_refused() -> None:
    paging = machine.step(STREAMING, refused(0), 0.0).state
    listed = machine.step(paging, machine.Listed("", "50"), 0.0).state

    assert machine.step(listed, refused(410), 0.0).state.ask == Streamed("50")


@pytest.mark.parametrize(
    ("obstacle", "second"),
    [
        pytest.param(Gone(410, "Expired", ""), "stream", id="I_14"),
        pytest.param(Denied(403, "Forbidden", ""), "list", id="I_18"),
        pytest.param(NotFound(404, "NotFound", ""), "list", id="F33"),
        pytest.param(Unreachable(429, "TooManyRequests", "", 3.0), "list", id="I_15"),
    ],
)
@pytest.mark.asyncio
async def test_an_informer_that_could_not_stream_comes_to_its_first_list(obstacle: Exception, second: str) -> None:
    answer = Page([], "10") if second == "list" else Stream([a_bookmark(10, complete=True)])
    run = await after(10, obstacle, answer)

    assert [call.verb for call in run.calls][:2] == ["stream", second]
    assert run.informer.synced.is_set()


@pytest.mark.asyncio
async def test_I_27_cancelling_a_stream_ends_it_at_once() -> None:
    async with running(Run(Stream([1.0, an_event("ADDED", "a", 5)]))):
        await anyio.sleep(2)
        began = anyio.current_time()

    assert anyio.current_time() - began < 0.1


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        pytest.param(a_bookmark(10, complete=True), True, id="marked"),
        pytest.param(a_bookmark(10), False, id="plain"),
        pytest.param({"object": {"metadata": {"annotations": {"k8s.io/initial-events-end": "no"}}}}, False, id="no"),
        pytest.param({"object": {"metadata": {"annotations": 5}}}, False, id="nonsense"),
    ],
)
def test_I_03_only_the_marked_bookmark_ends_a_stream(line: Any, ends: bool) -> None:
    assert documents.completes(msgspec.Raw(msgspec.json.encode(line["object"]))) is ends


@dataclass
class Counted:
    """Says how many live."""

    alive: int = 0
    most: int = 0


class Thing:
    """An object whose life is counted."""

    __slots__ = ("counted", "metadata")

    def __init__(self, metadata: Any, counted: Counted) -> None:
        self.metadata, self.counted = metadata, counted
        counted.alive += 1
        counted.most = max(counted.most, counted.alive)

    def __del__(self) -> None:
        self.counted.alive -= 1


@pytest.mark.parametrize("streaming", [True, False], ids=["as a stream", "in pages"])
@pytest.mark.asyncio
async def test_I_12_a_later_list_keeps_one_copy_of_what_did_not_change(streaming: bool) -> None:
    counted = Counted()
    names = [f"n{number}" for number in range(200)]
    lists: list[Page | Stream] = []
    for version in (10, 20):
        objects = [an_object(name, 5) for name in names]
        events = [{"type": "ADDED", "object": thing} for thing in objects]
        cut = [a_complaint(410, "Expired")]
        if streaming:
            lists.append(Stream([*events, a_bookmark(version, complete=True), *(cut if version == 10 else [])]))
        else:
            lists += [Page(objects, str(version)), Stream(cut if version == 10 else [])]
    informer: Informer[Any] = Informer(
        "things",
        ScriptedListWatch(lists),
        lambda raw: Thing(msgspec.json.decode(raw, type=Bare).metadata, counted),
        lambda _: None,
        options=Options(draw=lambda: 0.0, streaming=Streaming(allowed=streaming)),
    )
    async with anyio.create_task_group() as group:
        group.start_soon(informer.run)
        await anyio.sleep(5)
        group.cancel_scope.cancel()

    assert informer.store.resource_version == "20"
    # One more is decoded before it is known to be the same.
    assert len(names) <= counted.most <= len(names) + 1


@pytest.mark.asyncio
async def test_I_12_a_list_that_replaces_everything_holds_at_most_the_old_and_the_new() -> None:
    counted = Counted()
    first = [{"type": "ADDED", "object": an_object(f"n{number}", 5)} for number in range(200)]
    second = [{"type": "ADDED", "object": an_object(f"n{number}", 15)} for number in range(200)]
    script = [
        Stream([*first, a_bookmark(10, complete=True), a_complaint(410, "Expired")]),
        Stream([*second, a_bookmark(20, complete=True)]),
    ]
    informer: Informer[Any] = Informer(
        "things",
        ScriptedListWatch(list(script)),
        lambda raw: Thing(msgspec.json.decode(raw, type=Bare).metadata, counted),
        lambda _: None,
        options=Options(draw=lambda: 0.0, streaming=Streaming()),
    )
    async with anyio.create_task_group() as group:
        group.start_soon(informer.run)
        await anyio.sleep(5)
        group.cancel_scope.cancel()

    assert counted.most <= 401
    assert counted.alive <= 201
