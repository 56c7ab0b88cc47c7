"""The status after a reconcile, and its patch."""

import json
from typing import Any

import msgspec
import pytest

from esoctl.model.conditions import Condition, Reason
from esoctl.model.external_secret import ExternalSecret, ExternalSecretStatus
from esoctl.model.provenance import Remote, Sync
from esoctl.model.store import StoreStatus
from esoctl.plan import refresh, status
from esoctl.plan.secret import Leave, SecretPlan
from esoctl.plan.verdict import Behind, Later, Park, Retry, Verdict
from support.builders import NOON, an_external_secret, observed, synced

SYNCED = SecretPlan(Leave(), Reason.SECRET_SYNCED, "secret synced")


def with_status(es: ExternalSecret, **more: object) -> ExternalSecret:
    made = msgspec.convert(synced(es, **more), ExternalSecretStatus)  # type: ignore[arg-type]
    return msgspec.structs.replace(es, status=made)


def test_a_success_records_time_version_binding_and_condition() -> None:
    es = an_external_secret()

    after = status.after_success(observed(es), SYNCED)

    assert after.refresh_time == "2026-06-01T12:00:00Z"
    assert after.synced_resource_version == synced(es)["syncedResourceVersion"]
    assert after.binding.name == "shop"
    assert after.conditions == [Condition("Ready", "True", "SecretSynced", "secret synced", "2026-06-01T12:00:00Z")]


@pytest.mark.parametrize(
    ("outcome", "ready", "stays"),
    [
        pytest.param(Later(5.0), "True", True, id="a busy store is no fault of an object that is well"),
        pytest.param(Later(5.0), "False", False, id="of one that is not, it is told"),
        pytest.param(Behind("s"), "False", True, id="an object behind a store has told its failure"),
        pytest.param(Behind("s"), "True", False, id="or tells it now"),
        pytest.param(Retry(), "True", False, id="a failure of its own is told"),
        pytest.param(Park(), "False", False, id="always"),
    ],
)
def test_which_failures_are_not_told(outcome: Later | Behind | Retry | Park, ready: str, stays: bool) -> None:
    reason = Reason.SECRET_SYNCED if ready == "True" else Reason.SECRET_SYNCED_ERROR
    condition = {"type": "Ready", "status": ready, "reason": reason, "message": "m"}
    es = with_status(an_external_secret(), conditions=[condition])

    assert status.stays(observed(es), Verdict(reason, "m", "m", outcome)) is stays


def test_the_binding_goes_with_the_secret() -> None:
    after = status.after_success(
        observed(with_status(an_external_secret())), SecretPlan(Leave(), Reason.SECRET_DELETED, "x", bound=False)
    )

    assert after.binding.name == ""


def test_a_failure_keeps_what_the_last_success_left() -> None:
    es = with_status(an_external_secret())
    ruling = Verdict(Reason.SECRET_SYNCED_ERROR, "could not update secret: x", "x", Park())

    after = status.after_failure(observed(es), ruling)

    assert (after.refresh_time, after.binding, after.synced_resource_version) == (
        es.status.refresh_time,
        es.status.binding,
        es.status.synced_resource_version,
    )
    assert after.conditions[0].status == "False"


def test_a_silent_failure_changes_nothing() -> None:
    es = with_status(an_external_secret())

    assert status.after_failure(observed(es), Verdict(Reason.SECRET_SYNCED_ERROR, "", "", Park())) == es.status


def test_the_transition_time_moves_only_when_the_status_flips() -> None:
    old = Condition("Ready", "True", "SecretSynced", "secret synced", "2026-01-01T00:00:00Z")
    es = with_status(an_external_secret(), conditions=[msgspec.to_builtins(old)])

    same = status.after_success(observed(es), SYNCED)
    other = status.after_success(observed(es), SecretPlan(Leave(), Reason.SECRET_SYNCED, "retained"))

    assert same.conditions[0].last_transition_time == "2026-01-01T00:00:00Z"
    assert (other.conditions[0].last_transition_time, other.conditions[0].message) == (
        "2026-01-01T00:00:00Z",
        "retained",
    )


def test_conditions_of_other_types_stay() -> None:
    deleted = {"type": "Deleted", "status": "False", "reason": "x", "message": "y"}
    es = with_status(an_external_secret(), conditions=[deleted])

    assert [c.type for c in status.after_success(observed(es), SYNCED).conditions] == ["Deleted", "Ready"]


def test_an_equal_status_needs_no_patch() -> None:
    before = StoreStatus([Condition("Ready", "True", "Valid", "store validated", "t")], "ReadWrite")

    after = status.of_store(before, status.store_condition(Reason.STORE_VALID, "store validated", NOON), "ReadWrite")

    assert status.patch(before, after, "uid") is None


def test_a_patch_names_the_uid_it_is_for() -> None:
    after = status.after_success(observed(an_external_secret()), SYNCED)

    patch = status.patch(ExternalSecretStatus(), after, "the-uid")

    assert patch is not None
    body = json.loads(patch)
    assert body["metadata"] == {"uid": "the-uid"}
    assert body["status"]["refreshTime"] == "2026-06-01T12:00:00Z"
    assert body["status"]["conditions"][0]["lastTransitionTime"] == "2026-06-01T12:00:00Z"


def test_a_failed_check_keeps_the_capabilities() -> None:
    before = StoreStatus([], "ReadWrite")

    after = status.of_store(before, status.store_condition(Reason.STORE_INVALID, "unable", NOON), "")

    assert after.capabilities == "ReadWrite"
    assert after.conditions[0].status == "False"


def test_an_object_is_ready_after_a_success_and_not_before() -> None:
    es = an_external_secret()

    assert status.is_ready(observed(with_status(es)))
    assert not status.is_ready(observed(es))


QUIET = Sync("Poll", "2026-06-01T12:00:00Z", remotes=[Remote("SecretStore/aws", "db", "id-1", "AWSCURRENT")])
CHANGED = msgspec.structs.replace(QUIET, changed_at="2026-06-01T12:00:00Z", change_cause="Poll")


def test_what_is_known_of_a_success_rides_on_its_status() -> None:
    after = status.after_success(observed(an_external_secret()), SYNCED)

    patch = status.patch(ExternalSecretStatus(), after, "uid", QUIET)

    assert patch is not None
    told = json.loads(patch)["status"]
    assert told["refreshTime"] == "2026-06-01T12:00:00Z"
    assert told["sync"]["remotes"] == [
        {"source": "SecretStore/aws", "key": "db", "version": "id-1", "stage": "AWSCURRENT"}
    ]


@pytest.mark.parametrize(
    ("sync", "written"),
    [
        pytest.param(None, False, id="nothing"),
        pytest.param(QUIET, False, id="another read in the same second"),
        pytest.param(CHANGED, True, id="a change, which was a write itself"),
    ],
)
def test_a_status_that_is_the_same_is_written_only_to_tell_a_change(sync: Sync | None, written: bool) -> None:
    es = with_status(an_external_secret())

    assert (status.patch(es.status, es.status, "uid", sync) is not None) is written


def test_a_failure_says_nothing_of_the_last_success_and_so_leaves_what_is_told() -> None:
    es = with_status(an_external_secret())
    ruling = Verdict(Reason.SECRET_SYNCED_ERROR, "could not update secret: x", "x", Park())

    patch = status.patch(es.status, status.after_failure(observed(es), ruling), "uid")

    assert patch is not None
    assert "sync" not in json.loads(patch)["status"]


@pytest.mark.parametrize(
    ("seen", "caught_up"),
    [
        pytest.param({}, True, id="as it was written"),
        pytest.param({"refresh_time": "2026-06-01T12:00:01Z"}, True, id="a later one"),
        pytest.param({"refresh_time": "2026-06-01T11:59:59Z"}, False, id="an earlier one"),
        pytest.param({"synced_resource_version": "2-x"}, False, id="another of the same second"),
    ],
)
def test_the_informer_has_caught_up_when_it_has_what_was_written(seen: dict[str, Any], caught_up: bool) -> None:
    written = status.after_success(observed(an_external_secret()), SYNCED)

    assert status.caught_up(msgspec.structs.replace(written, **seen), written) is caught_up


def test_a_generation_is_synced_once_whatever_its_labels_become() -> None:
    synced_one = with_status(an_external_secret())
    relabelled = msgspec.structs.replace(
        synced_one, metadata=msgspec.structs.replace(synced_one.metadata, labels={"new": "label"})
    )
    edited = msgspec.structs.replace(
        synced_one, metadata=msgspec.structs.replace(synced_one.metadata, generation=synced_one.metadata.generation + 1)
    )

    assert refresh.generation_synced(observed(relabelled))
    assert not refresh.generation_synced(observed(edited))
    assert not refresh.generation_synced(observed(an_external_secret()))
