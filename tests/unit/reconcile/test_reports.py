"""What is remembered of reports until the informers, or a status, tell it."""

from datetime import timedelta

import anyio
import msgspec
import pytest

from esoctl.model.conditions import Reason
from esoctl.model.external_secret import ExternalSecret, ExternalSecretStatus
from esoctl.model.keys import Key, Kind
from esoctl.model.provenance import Cause, Sync
from esoctl.plan.observed import Observed
from esoctl.plan.provenance import Change, Reading
from esoctl.plan.secret import Leave, SecretPlan
from esoctl.reconcile.reports import Reports
from support.builders import NOON, an_external_secret, synced

KEY = Key(Kind.EXTERNAL_SECRET, "team-a", "shop")
PLAN = SecretPlan(Leave(), Reason.SECRET_SYNCED, "secret synced")
CHANGE = Change(NOON, Cause.POLL, ("password",), 1)


def success(
    reports: Reports, es: ExternalSecret, cause: Cause = Cause.POLL, late: int = 0
) -> tuple[ExternalSecretStatus, Sync]:
    assert es.spec is not None
    return reports.success(Observed(es, NOON + timedelta(minutes=late)), es.spec, PLAN, Reading(cause))


@pytest.mark.asyncio
async def test_a_change_is_kept_until_a_status_tells_it() -> None:
    reports, es = Reports(), an_external_secret()
    reports.changed(KEY, CHANGE)

    _, lost = success(reports, es)
    _, told = success(reports, es, Cause.RETRY, late=1)
    reports.told(KEY)
    _, after = success(reports, es, late=2)

    for sync in (lost, told):
        assert (sync.changed_at, sync.change_cause) == ("2026-06-01T12:00:00Z", "Poll")
    assert told.cause == "Retry"
    assert not after.changes


def test_a_sync_without_a_change_does_not_hide_one_that_is_not_told() -> None:
    reports = Reports()
    reports.changed(KEY, CHANGE)

    reports.changed(KEY, None)

    _, sync = success(reports, an_external_secret())
    assert sync.changed_keys == ["password"]


def test_what_is_gone_is_forgotten() -> None:
    reports, es = Reports(), an_external_secret()
    reports.changed(KEY, CHANGE)
    reports.sent[KEY] = (es.metadata.uid, success(reports, es)[0])

    reports.forget(KEY)

    assert reports.latest(KEY, es) is es
    _, sync = success(reports, es)
    assert not sync.changes


@pytest.mark.parametrize(
    ("seen", "ours"),
    [
        pytest.param("before", True, id="the informer lags"),
        pytest.param("written", False, id="it has caught up"),
    ],
)
def test_the_status_we_wrote_counts_until_the_informer_has_it(seen: str, ours: bool) -> None:
    reports, es = Reports(), an_external_secret()
    written, _ = success(reports, es)
    reports.sent[KEY] = (es.metadata.uid, written)
    statuses = {"before": es.status, "written": written}
    item = msgspec.structs.replace(es, status=statuses[seen])

    found = reports.latest(KEY, item)

    assert (found.status == written) if ours else (found is item)
    assert (KEY in reports.sent) is ours


def test_the_status_of_a_namesake_is_not_taken_for_its_own() -> None:
    reports, es = Reports(), an_external_secret()
    reports.sent[KEY] = ("another", success(reports, es)[0])

    assert reports.latest(KEY, es) is es


@pytest.mark.asyncio
async def test_T_07_the_age_of_a_sync_does_not_depend_on_what_the_wall_clock_is_set_to() -> None:
    reports, es = Reports(), synced_at("2026-06-01T11:30:00Z")

    first = reports.age(KEY, es, NOON)
    await anyio.sleep(600)
    after_a_step_back = reports.age(KEY, es, NOON - timedelta(hours=1))
    reports.told(KEY)
    await anyio.sleep(60)
    after_a_sync = reports.age(KEY, es, NOON - timedelta(hours=1))

    assert [age.total_seconds() for age in (first, after_a_step_back, after_a_sync)] == pytest.approx([1800, 2400, 60])


@pytest.mark.asyncio
async def test_T_09_a_sync_of_the_future_has_no_age_when_it_is_first_seen() -> None:
    reports, es = Reports(), synced_at("2026-06-01T13:00:00Z")

    assert reports.age(KEY, es, NOON) == timedelta()
    await anyio.sleep(60)
    assert reports.age(KEY, es, NOON) == timedelta(seconds=60)


def synced_at(moment: str) -> ExternalSecret:
    es = an_external_secret()
    return msgspec.structs.replace(es, status=msgspec.convert(synced(es, moment), type(es.status)))
