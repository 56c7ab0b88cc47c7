"""Is the target still what was written to it?"""

import msgspec
import pytest

from esoctl.model.external_secret import ExternalSecret
from esoctl.model.secret import Secret
from esoctl.plan import drift
from esoctl.plan.observed import CREATED_BY_LABEL, DATA_HASH_ANNOTATION, MANAGED_LABEL, Applied
from support.builders import TARGET_UID, a_target, an_external_secret, observed, synced


def an_es(policy: str = "Owner", **status: object) -> ExternalSecret:
    es = an_external_secret(target={"creationPolicy": policy})
    return msgspec.structs.replace(es, status=msgspec.convert(synced(es, **status), type(es.status)))  # type: ignore[arg-type]


def differs(es: ExternalSecret, target: Secret | None, applied: Applied | None = None) -> bool:
    assert es.spec is not None
    return drift.differs(observed(es, target, applied=applied), es.spec)


def test_an_untouched_target_does_not_differ() -> None:
    assert not differs(an_es(), a_target())


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(a_target(annotations={DATA_HASH_ANNOTATION: "other"}), id="the hash is not of the data"),
        pytest.param(a_target(labels={MANAGED_LABEL: "false"}), id="the managed label is off"),
        pytest.param(a_target(owner=None), id="the owner reference is gone"),
        pytest.param(a_target(owner="another-uid"), id="a namesake owns it"),
        pytest.param(a_target(labels={CREATED_BY_LABEL: "other"}), id="the created-by label differs"),
    ],
)
def test_an_edit_by_hand_is_seen_without_any_memory(target: Secret) -> None:
    assert differs(an_es(), target)


def test_a_template_label_edited_by_hand_is_seen() -> None:
    applied = Applied(TARGET_UID, {"tier": "gold"}, {}, owned=True)

    assert differs(an_es(), a_target(labels={"tier": "lead"}), applied)
    assert not differs(an_es(), a_target(labels={"tier": "gold", "extra": "kept"}), applied)


def test_what_was_applied_to_a_predecessor_says_nothing() -> None:
    applied = Applied("another-object", {"tier": "gold"}, {}, owned=True)

    assert not differs(an_es(), a_target(), applied)


def test_a_data_hash_that_another_manager_renewed_is_no_drift() -> None:
    applied = Applied(TARGET_UID, {}, {DATA_HASH_ANNOTATION: "of an earlier state"}, owned=True)

    assert not differs(an_es(), a_target(), applied)


@pytest.mark.parametrize("policy", ["Orphan", "None"])
def test_policies_that_do_not_repair_see_no_drift(policy: str) -> None:
    assert not differs(an_es(policy), None)
    assert not differs(an_es(policy), a_target(annotations={DATA_HASH_ANNOTATION: "other"}))


@pytest.mark.parametrize("policy", ["Owner", "CreateOrMerge", "Merge"])
def test_a_target_that_vanished_is_noticed(policy: str) -> None:
    assert differs(an_es(policy), None)


@pytest.mark.parametrize("reason", ["SecretDeleted", "SecretMissing"])
def test_a_target_that_was_rightly_not_made_is_not_missed(reason: str) -> None:
    ready = {"type": "Ready", "status": "True", "reason": reason, "message": "x"}

    assert not differs(an_es(conditions=[ready]), None)


def test_a_retained_nothing_is_not_missed() -> None:
    assert not differs(an_es(binding={"name": ""}), None)
