"""Conditions of ExternalSecrets and stores: types, reasons, and the merge that keeps transition times.

Source: behaviour of the reference's SetExternalSecretCondition: the transition time changes only when the status
flips, and a condition that says the same again is left untouched.
"""

from collections.abc import Sequence
from enum import StrEnum

from esoctl.model.meta import Wire


class ConditionType(StrEnum):
    """Only Ready is ever written; the reference's CRD admits nothing else on an ExternalSecret but Deleted."""

    READY = "Ready"


class Reason(StrEnum):
    """Reasons of the Ready condition, as the reference spells them."""

    SECRET_SYNCED = "SecretSynced"
    SECRET_SYNCED_ERROR = "SecretSyncedError"
    SECRET_DELETED = "SecretDeleted"
    SECRET_MISSING = "SecretMissing"
    RESOURCE_SYNCED = "ResourceSynced"
    RESOURCE_SYNCED_ERROR = "ResourceSyncedError"
    RESOURCE_DELETED = "ResourceDeleted"
    RESOURCE_MISSING = "ResourceMissing"
    STORE_VALID = "Valid"
    STORE_INVALID = "InvalidProviderConfig"
    STORE_UNKNOWN = "ValidationUnknown"


class Condition(Wire, frozen=True):
    """One entry of ``status.conditions``."""

    type: str = ""
    status: str = "Unknown"
    reason: str = ""
    message: str = ""
    last_transition_time: str | None = None


def merge(old: Sequence[Condition], new: Condition) -> list[Condition]:
    """The conditions after ``new`` was set; ``new.last_transition_time`` is the present time."""
    before = next((condition for condition in old if condition.type == new.type), None)
    others = [condition for condition in old if condition.type != new.type]
    return [*others, _keeping_transition(before, new)]


def find(conditions: Sequence[Condition], kind: str = ConditionType.READY) -> Condition | None:
    """The condition of that type, None when it was never set."""
    return next((condition for condition in conditions if condition.type == kind), None)


def failed(conditions: Sequence[Condition]) -> bool:
    """Whether the object is known not to be ready."""
    ready = find(conditions)
    return ready is not None and ready.status == "False"


def _keeping_transition(before: Condition | None, new: Condition) -> Condition:
    if before is None or before.status != new.status:
        return new
    return Condition(new.type, new.status, new.reason, new.message, before.last_transition_time)
