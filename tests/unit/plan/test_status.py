"""The status after a reconcile, and its patch."""

import json

import msgspec

from esoctl.model.conditions import Condition, Reason
from esoctl.model.external_secret import ExternalSecret, ExternalSecretStatus
from esoctl.model.store import StoreStatus
from esoctl.plan import status
from esoctl.plan.secret import Leave, SecretPlan
from esoctl.plan.verdict import Park, Verdict
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
