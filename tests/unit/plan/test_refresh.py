"""Is an ExternalSecret due? Follows the reference's shouldRefresh; deviations have a test each."""

import dataclasses
from datetime import timedelta

import msgspec
import pytest

from esoctl.model.external_secret import ExternalSecret
from esoctl.plan import refresh
from esoctl.plan.observed import FINALIZER, Observed
from esoctl.plan.refresh import Skip, Sync, TearDown, Why
from support.builders import NOON, a_target, an_external_secret, observed, synced

FAILED = {"type": "Ready", "status": "False", "reason": "SecretSyncedError", "message": "could not update secret: x"}


def with_status(es: ExternalSecret, **more: object) -> ExternalSecret:
    status = synced(es, **more)  # type: ignore[arg-type]
    return msgspec.structs.replace(es, status=msgspec.convert(status, type(es.status)))


def decide(seen: Observed) -> refresh.Decision:
    assert seen.es.spec is not None
    return refresh.decide(seen, seen.es.spec)


def test_an_object_that_was_never_synced_is_due() -> None:
    assert decide(observed(an_external_secret())) == Sync(Why.FIRST)


def test_a_synced_object_with_its_target_is_left_alone_until_its_slot() -> None:
    es = with_status(an_external_secret(refreshInterval="1h"), at="2026-06-01T11:59:59Z")

    decision = decide(observed(es, a_target()))

    assert isinstance(decision, Skip)
    assert decision.until is not None
    assert NOON < decision.until <= NOON + timedelta(hours=1)


def test_T_01_an_object_is_due_when_its_slot_has_passed() -> None:
    es = with_status(an_external_secret(refreshInterval="1h"), at="2026-06-01T10:30:00Z")

    assert decide(observed(es, a_target())) == Sync(Why.DUE)


@pytest.mark.parametrize("interval", ["0", "-1h", "0s"])
def test_T_10_an_interval_of_zero_or_less_never_makes_due(interval: str) -> None:
    es = with_status(an_external_secret(refreshInterval=interval), at="2020-01-01T00:00:00Z")

    assert decide(observed(es, a_target())) == Skip(None)


@pytest.mark.parametrize("policy", ["CreatedOnce", "OnChange"])
def test_T_10_policies_without_time_have_no_next_visit(policy: str) -> None:
    es = with_status(an_external_secret(refreshPolicy=policy), at="2020-01-01T00:00:00Z")

    assert decide(observed(es, a_target())) == Skip(None)


@pytest.mark.parametrize(
    ("policy", "interval", "expected"),
    [
        pytest.param("Periodic", "1h", Sync(Why.CHANGED), id="periodic"),
        pytest.param("Periodic", "0", Sync(Why.CHANGED), id="interval zero (differs from the reference)"),
        pytest.param("OnChange", "1h", Sync(Why.CHANGED), id="on change"),
        pytest.param("CreatedOnce", "1h", Skip(None), id="created once"),
    ],
)
def test_an_annotation_changes_what_is_due(policy: str, interval: str, expected: refresh.Decision) -> None:
    before = with_status(an_external_secret(refreshPolicy=policy, refreshInterval=interval))
    es = with_status(
        an_external_secret(refreshPolicy=policy, refreshInterval=interval, annotations={"force-sync": "1"})
    )
    es = msgspec.structs.replace(es, status=before.status)

    assert decide(observed(es, a_target())) == expected


def test_a_failed_object_is_tried_again() -> None:
    es = with_status(an_external_secret(), conditions=[FAILED])

    assert decide(observed(es, a_target())) == Sync(Why.FAILED)


def test_T_09_a_refresh_time_in_the_future_does_not_make_due() -> None:
    es = with_status(an_external_secret(refreshInterval="1h"), at="2026-06-01T18:00:00Z")

    decision = decide(observed(es, a_target()))

    assert isinstance(decision, Skip)
    assert decision.until is not None
    assert decision.until <= NOON + timedelta(hours=1)


def test_a_closed_window_holds_back_what_is_due_by_time_and_is_looked_at_again_soon() -> None:
    windows = {"kind": "deny", "windows": [{"schedule": "* * * * *", "duration": "2h"}]}
    es = with_status(an_external_secret(refreshInterval="1h", syncWindows=windows), at="2026-06-01T08:00:00Z")

    assert decide(observed(es, a_target())) == Skip(NOON + refresh.WINDOW_RECHECK)


def test_a_closed_window_does_not_hold_back_an_edit() -> None:
    windows = {"kind": "deny", "windows": [{"schedule": "* * * * *", "duration": "2h"}]}
    es = with_status(an_external_secret(syncWindows=windows), syncedResourceVersion="1-other")

    assert decide(observed(es, a_target())) == Sync(Why.CHANGED)


def test_a_lost_target_is_drift() -> None:
    es = with_status(an_external_secret())

    assert decide(observed(es, None)) == Sync(Why.DRIFT)


@pytest.mark.parametrize(
    ("finalizers", "expected"),
    [pytest.param([FINALIZER], TearDown(), id="ours"), pytest.param(["other/one"], Skip(), id="not ours")],
)
def test_a_deleted_object_is_torn_down_only_for_our_finalizer(
    finalizers: list[str], expected: refresh.Decision
) -> None:
    es = an_external_secret(finalizers=finalizers, deleting=True)

    assert decide(observed(es, a_target())) == expected


@pytest.mark.parametrize(
    ("target", "finalizers", "needed"),
    [
        pytest.param({}, [], False, id="retain"),
        pytest.param({"deletionPolicy": "Delete"}, [], True, id="delete"),
        pytest.param({"deletionPolicy": "Delete"}, [FINALIZER], False, id="delete, there already"),
        pytest.param({"deletionPolicy": "Delete", "creationPolicy": "Merge"}, [], False, id="not owner"),
    ],
)
def test_the_finalizer_is_put_only_where_deletion_needs_work(
    target: dict[str, str], finalizers: list[str], needed: bool
) -> None:
    es = an_external_secret(target=target, finalizers=finalizers)
    assert es.spec is not None

    assert refresh.needs_finalizer(observed(es), es.spec) is needed


@pytest.mark.parametrize(
    ("policy", "at", "expected"),
    [
        pytest.param("OnChange", "2026-06-01T11:59:00Z", Sync(Why.SOURCE), id="at once"),
        pytest.param(
            "OnChange", "2026-06-01T11:59:58Z", Skip(NOON + timedelta(seconds=3)), id="a pause after the last"
        ),
        pytest.param("OnChange", "2027-06-01T12:00:00Z", Sync(Why.SOURCE), id="a clock that was set back"),
        pytest.param("CreatedOnce", "2026-06-01T11:59:00Z", Skip(None), id="never what is created once"),
    ],
)
def test_an_edited_source_is_a_reason_to_sync(policy: str, at: str, expected: refresh.Decision) -> None:
    es = with_status(an_external_secret(refreshPolicy=policy), at=at)

    assert decide(dataclasses.replace(observed(es, a_target()), stale=True)) == expected


@pytest.mark.parametrize(
    ("at", "age", "decision"),
    [
        pytest.param("2026-06-01T12:40:00Z", timedelta(minutes=90), Sync(Why.DUE), id="T_07 set back and due"),
        pytest.param("2026-06-01T12:00:00Z", timedelta(minutes=61), Sync(Why.DUE), id="T_07 set back to the very time"),
        pytest.param("2026-06-01T11:59:00Z", timedelta(minutes=1), None, id="T_07 not set at all"),
        pytest.param("2026-06-01T11:59:00Z", timedelta(), None, id="T_08 the steady clock stood still in sleep"),
        pytest.param("2026-06-01T12:40:00Z", timedelta(minutes=1), None, id="T_07 set back and not due"),
    ],
)
def test_after_a_step_back_the_steady_clock_counts(at: str, age: timedelta, decision: refresh.Decision | None) -> None:
    es = with_status(an_external_secret(refreshInterval="1h"), at=at)

    decided = decide(dataclasses.replace(observed(es, a_target()), age=age))

    assert decided == decision if decision else isinstance(decided, Skip)
