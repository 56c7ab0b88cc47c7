"""What is remembered of reports until the informers, or a status, tell it."""

from datetime import timedelta

import anyio
import msgspec
import pytest

from esoctl.model.conditions import Reason
from esoctl.model.external_secret import ExternalSecret, ExternalSecretStatus
from esoctl.model.keys import Key, Kind
from esoctl.model.provenance import Cause
from esoctl.plan.observed import Observed
from esoctl.plan.provenance import Change, Reading
from esoctl.plan.secret import Leave, SecretPlan
from esoctl.reconcile.reports import Reports
from support.builders import NOON, an_external_secret, synced

KEY = Key(Kind.EXTERNAL_SECRET, "team-a", "shop")
PLAN = SecretPlan(Leave(), Reason.SECRET_SYNCED, "secret synced")
CHANGE = Change(NOON, Cause.POLL, ("password",), 1)


def success(reports: Reports, es: ExternalSecret, cause: Cause = Cause.POLL, late: int = 0) -> ExternalSecretStatus:
    assert es.spec is not None
    return reports.success(Observed(es, NOON + timedelta(minutes=late)), es.spec, PLAN, Reading(cause))


@pytest.mark.asyncio
async def test_a_change_is_kept_until_a_status_tells_it() -> None:
    reports, es = Reports(), an_external_secret()
    reports.changed(KEY, CHANGE)

    lost = success(reports, es)
    told = success(reports, es, Cause.RETRY, late=1)
    reports.told(KEY)
    after = success(reports, msgspec.structs.replace(es, status=told), late=2)

    for status in (lost, told, after):
        assert status.sync is not None
        assert (status.sync.changed_at, status.sync.change_cause) == ("2026-06-01T12:00:00Z", "Poll")
    assert told.sync is not None
    assert told.sync.cause == "Retry"


def test_a_sync_without_a_change_does_not_hide_one_that_is_not_told() -> None:
    reports = Reports()
    reports.changed(KEY, CHANGE)

    reports.changed(KEY, None)

    status = success(reports, an_external_secret())
    assert status.sync is not None
    assert status.sync.changed_keys == ["password"]


def test_what_is_gone_is_forgotten() -> None:
    reports, es = Reports(), an_external_secret()
    reports.changed(KEY, CHANGE)
    reports.sent[KEY] = (es.metadata.uid, success(reports, es))

    reports.forget(KEY)

    assert reports.latest(KEY, es) is es
    status = success(reports, es)
    assert status.sync is not None
    assert status.sync.changed_at is None


@pytest.mark.parametrize(
    ("seen", "ours"),
    [
        pytest.param("before", True, id="the informer lags"),
        pytest.param("written", False, id="it has caught up"),
        pytest.param("pruned", False, id="it has caught up with what the definition kept"),
    ],
)
def test_the_status_we_wrote_counts_until_the_informer_has_it(seen: str, ours: bool) -> None:
    reports, es = Reports(), an_external_secret()
    written = success(reports, es)
    reports.sent[KEY] = (es.metadata.uid, written)
    statuses = {"before": es.status, "written": written, "pruned": msgspec.structs.replace(written, sync=None)}
    item = msgspec.structs.replace(es, status=statuses[seen])

    found = reports.latest(KEY, item)

    assert (found.status == written) if ours else (found is item)
    assert (KEY in reports.sent) is ours


def test_the_status_of_a_namesake_is_not_taken_for_its_own() -> None:
    reports, es = Reports(), an_external_secret()
    reports.sent[KEY] = ("another", success(reports, es))

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
