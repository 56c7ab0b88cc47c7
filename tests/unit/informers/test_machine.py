"""The watch machine as a table: state and answer in, next question out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.errors import ClusterError
from esoctl.informers import machine
from esoctl.informers.documents import EventType
from esoctl.informers.machine import Answer, Ended, Happened, List, Listed, Refused, State, Step, Watch

FIRST = State()
WATCHING = State(Watch("10"), seen="10")
LATER = State(Watch("10"), seen="42")
"""A watch that began at 10 and has seen 42."""
RELISTING = State(List(resource_version="42"), seen="42", floor="42")


def refusal(status: int, reason: str = "", after: float | None = None) -> Refused:
    return Refused(ClusterError(status, reason, "no", after))


def step(state: State, answer: Answer, now: float = 0.0) -> Step:
    return machine.step(state, answer, now)


def test_I_08_the_first_list_asks_for_the_most_recent_state() -> None:
    assert FIRST.ask == List(token="", resource_version="", limit=500)
    assert FIRST.ask.match == ""


def test_I_06_pages_are_followed_until_the_last() -> None:
    second = step(FIRST, Listed("t2", "10"))

    assert second.state.ask == List(token="t2")
    assert not second.wait


def test_I_06_the_version_of_the_list_is_where_the_watch_begins() -> None:
    assert step(FIRST, Listed("", "10")).state == WATCHING


def test_a_list_without_a_version_is_asked_for_again() -> None:
    assert step(FIRST, Listed("", "")) == Step(FIRST, wait=True, because="no version")


def test_I_07_an_expired_token_leads_to_one_whole_list_at_once() -> None:
    paging = State(List(token="t2"), seen="42", floor="42")

    first = step(paging, refusal(410))
    second = step(first.state, refusal(410))
    third = step(second.state, refusal(410))

    assert (first.state.ask, first.wait) == (List(resource_version="42", limit=0), False)
    assert (second.state.ask, second.wait) == (List(), False)
    assert (third.state.ask, third.wait) == (List(), True)


@pytest.mark.parametrize("reason", ["Expired", "Gone", ""])
def test_I_13_a_version_that_is_too_old_leads_to_a_list_not_older_than_what_was_seen(reason: str) -> None:
    found = step(LATER, refusal(410, reason))

    assert found == Step(RELISTING, wait=True, because="expired")
    assert isinstance(found.state.ask, List)
    assert found.state.ask.match == "NotOlderThan"


def test_I_14_a_list_that_is_expired_too_asks_for_the_most_recent_state_at_once() -> None:
    found = step(RELISTING, refusal(410))

    assert (found.state.ask, found.wait) == (List(), False)


def test_I_09_no_list_ever_asks_for_any_state_at_all() -> None:
    asks = [step(state, refusal(410)).state.ask for state in (FIRST, LATER, RELISTING)]

    assert [ask.resource_version for ask in asks] == ["", "42", ""]


def test_I_10_a_version_the_server_has_not_reached_is_dropped_once() -> None:
    first = step(RELISTING, refusal(504, machine.TOO_LARGE_VERSION, 1.0))
    second = step(first.state, refusal(504, machine.TOO_LARGE_VERSION, 1.0))

    assert (first.state.ask, first.wait) == (List(), False)
    assert (second.state.ask, second.wait, second.after) == (List(), True, 1.0)


@pytest.mark.parametrize(
    ("answer", "because"),
    [
        pytest.param(refusal(429), "throttled", id="I_15 throttled"),
        pytest.param(refusal(0), "disconnected", id="I_16 disconnected"),
        pytest.param(refusal(502), "server", id="I_16 bad gateway"),
        pytest.param(refusal(503), "server", id="I_16 unavailable"),
        pytest.param(refusal(401), "unauthorized", id="I_18 unauthorized"),
        pytest.param(refusal(403), "forbidden", id="I_18 forbidden"),
        pytest.param(refusal(500), "server", id="I_17 internal, at first"),
        pytest.param(refusal(504, machine.TOO_LARGE_VERSION), "server", id="I_10 on a watch, at first"),
        pytest.param(Ended(events=0, seconds=0.9), "short", id="I_25 short and empty"),
    ],
)
def test_a_watch_is_resumed_from_what_was_seen_after_a_wait(answer: Answer, because: str) -> None:
    found = step(LATER, answer)

    assert found.state.ask == Watch("42")
    assert (found.wait, found.because) == (True, because)


def test_I_15_the_server_says_how_long_to_wait() -> None:
    assert step(LATER, refusal(429, after=17.0)).after == 17.0


@pytest.mark.parametrize(
    ("end", "because"),
    [(Ended(0, 1.0), "ended"), (Ended(1, 0.1), "ended"), (Ended(0, 400.0), "ended"), (Ended(5, 90.0, True), "silent")],
)
def test_a_watch_that_ends_as_it_should_is_resumed_at_once(end: Ended, because: str) -> None:
    assert step(LATER, end) == Step(State(Watch("42"), seen="42"), because=because)


def test_I_17_internal_errors_are_answered_by_watching_for_half_a_minute_and_then_by_a_list() -> None:
    state = step(LATER, refusal(500), 100.0).state
    state = step(state, refusal(500), 129.0).state

    last = step(state, refusal(500), 130.0)

    assert state.ask == Watch("42")
    assert (last.state.ask, last.wait) == (List(resource_version="42"), True)


@pytest.mark.parametrize("event", [EventType.MODIFIED, EventType.BOOKMARK])
def test_I_17_an_event_ends_the_trouble(event: EventType) -> None:
    state = step(LATER, refusal(500), 100.0).state
    state = step(state, Happened(event, "43"), 110.0).state

    assert step(state, refusal(500), 131.0).state.ask == Watch("43")


@pytest.mark.parametrize(
    ("status", "reason", "floor"),
    [(404, "", ""), (400, "", ""), (0, machine.LINE_TOO_LONG, "42"), (422, "", "42"), (501, "", "42")],
)
def test_a_watch_that_cannot_be_resumed_is_listed_anew_after_a_wait(status: int, reason: str, floor: str) -> None:
    found = step(LATER, refusal(status, reason))

    assert (found.state.ask, found.wait) == (List(resource_version=floor), True)


@pytest.mark.parametrize(("status", "floor"), [(0, "42"), (403, "42"), (429, "42"), (503, "42"), (404, ""), (400, "")])
def test_a_list_that_fails_begins_again_after_a_wait(status: int, floor: str) -> None:
    paging = State(List(token="t2"), seen="42", floor="42")

    found = step(paging, refusal(status, after=3.0))

    assert (found.state.ask, found.wait, found.after) == (List(resource_version=floor), True, 3.0)


@pytest.mark.parametrize("event", [EventType.ADDED, EventType.MODIFIED, EventType.DELETED, EventType.BOOKMARK])
def test_I_23_every_event_moves_the_version_to_resume_from(event: EventType) -> None:
    state = step(WATCHING, Happened(event, "11")).state

    assert step(state, Ended(1, 300)).state.ask == Watch("11")


def test_I_23_events_that_repeat_what_exists_do_not_move_it_until_another_comes() -> None:
    state = step(FIRST, Listed("", "0")).state
    state = step(state, Happened(EventType.ADDED, "90")).state
    repeated = state.seen
    state = step(state, Happened(EventType.BOOKMARK, "50")).state
    state = step(state, Happened(EventType.ADDED, "51")).state

    assert (repeated, state.seen) == ("0", "51")


@pytest.mark.parametrize("event", [EventType.ADDED, EventType.MODIFIED, EventType.DELETED])
def test_I_24_an_object_without_a_version_leads_to_a_list_from_scratch(event: EventType) -> None:
    found = step(LATER, Happened(event, ""))

    assert (found.state.ask, found.wait, found.because) == (List(), True, "no version")


def test_a_bookmark_without_a_version_says_nothing() -> None:
    assert step(LATER, Happened(EventType.BOOKMARK, "")) == Step(LATER)


errors = st.builds(
    refusal,
    st.sampled_from([0, 400, 401, 403, 404, 409, 410, 422, 429, 500, 501, 503, 504]),
    st.sampled_from(["", "Expired", machine.TOO_LARGE_VERSION, machine.LINE_TOO_LONG]),
)


@given(st.lists(errors, min_size=3, max_size=12), st.sampled_from([FIRST, WATCHING, LATER, RELISTING]))
def test_I_27_no_row_of_failures_is_answered_without_a_wait_three_times(answers: list[Answer], state: State) -> None:
    waits = []
    for number, answer in enumerate(answers):
        found = step(state, answer, float(number))
        state = found.state
        waits.append(found.wait)

    assert all(any(waits[start : start + 3]) for start in range(len(waits) - 2))


@given(st.lists(errors, max_size=12), st.sampled_from([WATCHING, LATER, RELISTING]))
def test_I_09_no_failure_makes_the_informer_forget_what_it_saw_but_a_fresh_list_replaces_it(
    answers: list[Answer], state: State
) -> None:
    seen = state.seen
    for number, answer in enumerate(answers):
        state = step(state, answer, float(number)).state
        assert state.seen == seen
        assert not isinstance(state.ask, Watch) or state.ask.resource_version in (seen, "10")

    assert step(State(List(), seen=seen), Listed("", "99")).state.seen == "99"


def test_I_05_what_came_of_an_unfinished_stream_is_no_version_to_go_on_from() -> None:
    state = machine.begin(streams=True)
    for version in ("900", "17"):
        state = machine.step(state, Happened(EventType.ADDED, version), 0.0).state

    broken = machine.step(state, Ended(events=2, seconds=5.0), 5.0).state

    # Events of a stream's beginning are in no order: the highest version seen may be newer than what is known.
    assert broken.ask == List()
    assert (broken.seen, broken.floor) == ("", "")
