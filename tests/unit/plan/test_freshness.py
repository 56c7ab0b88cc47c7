"""How old an answer may be, by the reason of the sync; until when a target is fresh; from when on it is overdue."""

import math
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.model.external_secret import ExternalSecret
from esoctl.plan import freshness, refresh
from esoctl.plan.refresh import Skip, Why
from support.builders import NOON, a_target, an_external_secret, observed, synced


def failed(es: ExternalSecret) -> ExternalSecret:
    condition = {"type": "Ready", "status": "False", "reason": "SecretSyncedError", "message": "x"}
    status = {"conditions": [condition]}
    return msgspec.structs.replace(es, status=msgspec.convert(status, type(es.status)))


def oldest(why: Why, es: ExternalSecret) -> float:
    assert es.spec is not None
    return freshness.oldest_seconds(why, observed(es), es.spec)


@pytest.mark.parametrize(
    ("why", "seconds"),
    [
        pytest.param(Why.FIRST, math.inf, id="a first sync takes what the provider keeps"),
        pytest.param(Why.DUE, 180.0, id="a refresh takes a twentieth of its interval"),
        pytest.param(Why.CHANGED, 0.0, id="an edit or a forced sync is answered afresh"),
        pytest.param(Why.FAILED, 0.0, id="so is a retry"),
        pytest.param(Why.SOURCE, 0.0, id="so is another store or text"),
        pytest.param(Why.DRIFT, 0.0, id="so is a repair"),
    ],
)
def test_the_reason_decides(why: Why, seconds: float) -> None:
    es = an_external_secret(refreshInterval="1h")

    assert oldest(why, msgspec.structs.replace(es, status=msgspec.convert(synced(es), type(es.status)))) == seconds


@pytest.mark.parametrize("why", [Why.FIRST, Why.DUE])
def test_after_a_failure_nothing_old_will_do(why: Why) -> None:
    assert oldest(why, failed(an_external_secret(refreshInterval="1h"))) == 0.0


def a_synced(at: str = "2026-06-01T11:30:00Z", **more: Any) -> ExternalSecret:
    es = an_external_secret(**more)
    return msgspec.structs.replace(es, status=msgspec.convert(synced(es, at), type(es.status)))


def until(es: ExternalSecret, now: datetime = NOON) -> datetime | None:
    assert es.spec is not None
    success = freshness.last_success(es)
    assert success is not None
    return freshness.fresh_until(observed(es, now=now), es.spec, success)


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"refreshInterval": "0"}, id="an interval of zero"),
        pytest.param({"refreshPolicy": "CreatedOnce"}, id="once"),
        pytest.param({"refreshPolicy": "OnChange"}, id="on change"),
        pytest.param(
            {"syncWindows": {"kind": "allow", "windows": [{"schedule": "0 0 30 2 *", "duration": "1h"}]}},
            id="a window that never opens",
        ),
    ],
)
def test_what_time_alone_never_makes_due_is_fresh_for_ever(spec: Any) -> None:
    es = a_synced(**spec)

    assert until(es) is None
    assert freshness.expected_by(es, NOON) is None


def test_a_target_is_fresh_until_its_next_slot() -> None:
    es = a_synced(refreshInterval="1h")
    assert es.spec is not None

    end = until(es)

    assert end == refresh.next_visit(observed(es), es.spec)
    assert freshness.expected_by(es, NOON) == end


@pytest.mark.parametrize(
    ("window", "opens"),
    [
        pytest.param(("allow", "0 3 * * *"), "2026-06-02T03:01:00+00:00", id="the next opening, and a minute"),
        pytest.param(("deny", "0 11 * * *"), "2026-06-01T12:01:00+00:00", id="the end of a refusal, and a minute"),
    ],
)
def test_what_a_window_holds_up_is_fresh_until_the_window_allows(window: tuple[str, str], opens: str) -> None:
    kind, schedule = window
    held = {"kind": kind, "windows": [{"schedule": schedule, "duration": "1h"}]}

    assert until(a_synced(refreshInterval="20m", syncWindows=held)) == datetime.fromisoformat(opens)


def test_a_slot_inside_of_a_window_is_not_put_off() -> None:
    always = {"kind": "allow", "windows": [{"schedule": "0 * * * *", "duration": "1h"}]}

    assert until(a_synced(refreshInterval="1h", syncWindows=always)) == until(a_synced(refreshInterval="1h"))


intervals = st.integers(1, 100_000)
moments = st.integers(0, 10_000_000).map(lambda seconds: NOON + timedelta(seconds=seconds))


@given(intervals, st.integers(0, 200_000), moments)
def test_an_object_is_due_when_a_success_is_expected(interval: int, since: int, now: datetime) -> None:
    synced_at = (now - timedelta(seconds=since)).strftime("%Y-%m-%dT%H:%M:%SZ")
    es = a_synced(synced_at, refreshInterval=f"{interval}s")
    assert es.spec is not None
    seen = observed(es, a_target({"password": b"x"}), now=now)

    late = freshness.expected_by(es, now)

    assert late is not None
    idle = isinstance(refresh.decide(seen, es.spec), Skip)
    assert idle is (now < late), "the scheduler and the watchdog agree"
    assert late <= now - timedelta(seconds=since) + timedelta(seconds=interval + 1)


def never_synced(**more: Any) -> ExternalSecret:
    es = an_external_secret(**more)
    meta = msgspec.structs.replace(es.metadata, creation_timestamp="2026-06-01T11:00:00Z")
    return msgspec.structs.replace(es, metadata=meta)


GENERATED = [{"sourceRef": {"generatorRef": {"kind": "Password", "name": "pw"}}}]


@pytest.mark.parametrize(
    ("es", "late"),
    [
        pytest.param(never_synced(), True, id="never synced"),
        pytest.param(never_synced(refreshPolicy="CreatedOnce"), True, id="to be made once, and never was"),
        pytest.param(never_synced(deleting=True), False, id="on its way out"),
        pytest.param(an_external_secret(), False, id="of unknown age"),
        pytest.param(never_synced(dataFrom=GENERATED), False, id="perhaps another operator's"),
        pytest.param(msgspec.structs.replace(failed(never_synced(dataFrom=GENERATED))), True, id="ours: it failed"),
        pytest.param(msgspec.structs.replace(never_synced(), spec=None), False, id="one that cannot be read"),
    ],
)
def test_an_object_that_was_never_synced_is_due_from_its_birth(es: ExternalSecret, late: bool) -> None:
    due = freshness.expected_by(es, NOON)

    assert due == (datetime.fromisoformat("2026-06-01T11:00:00+00:00") if late else None)


def test_a_clock_that_was_set_back_makes_nothing_overdue() -> None:
    late = freshness.expected_by(a_synced("2027-01-01T00:00:00Z", refreshInterval="1h"), NOON)

    assert late is not None
    assert NOON < late <= NOON + timedelta(hours=1)


def test_without_a_look_at_windows_nothing_is_told_too_late() -> None:
    held = {"kind": "allow", "windows": [{"schedule": "0 3 * * *", "duration": "1h"}]}
    es = a_synced(refreshInterval="20m", syncWindows=held)

    before, after = freshness.not_before(es, NOON), freshness.expected_by(es, NOON)

    assert before is not None
    assert after is not None
    assert before < after
