"""What a failure means: the condition and event it becomes, and when to try again. The strings of the API live here.

One table for every (stage, error). Messages begin with the reference's text and go on with the detail and the remedy.

Source: the reference's markAsFailed calls and their requeue results (external-secrets 2.9.0).
"""

import math
import re
from dataclasses import dataclass
from enum import StrEnum

from esoctl.errors import (
    BadRequest,
    ClusterError,
    Conflict,
    Denied,
    EntryFailed,
    EsoctlError,
    Invalid,
    OwnedByAnother,
    OwnershipError,
    PolicyForbids,
    RemovalHeld,
    SpecError,
    StoreBusy,
    StoreFailing,
    TargetContested,
    TargetImmutable,
    Throttled,
)
from esoctl.model.conditions import Reason

SLOW_RETRY = 270.0
"""Seconds until a write that the API server refused is tried again: quotas and admission rules change rarely. Within
five minutes of the change all is to be well, and the work itself takes its time too."""

RIGHTS_SECONDS = 30.0
"""The longest pause of a call for which the operator has no right: it is granted by hand, and then all is to be well
soon. An API server that starts refuses everything for a moment, too."""

WEBHOOK_SECONDS = 40.0
"""The longest pause of a write that an admission webhook did not answer: it is back when its Pod is."""

CONFLICT_SECONDS = 10.0
"""The longest pause after a write that somebody else's came before: nothing is wrong, and they may be done by now."""

HELD_SECONDS = 60.0
"""Until a removal that is held back is looked at again; its store may have been released meanwhile."""

BUSY_SECONDS = 5.0
"""Until an object whose store is busy is looked at again."""


_NO_RIGHT = re.compile(r'is forbidden: User ".*" cannot [a-z]+ resource ')
"""The words of the API server's authorizer."""
_NO_WEBHOOK = "failed calling webhook"
"""The words of the API server's admission, with 500."""


class Stage(StrEnum):
    """Where in a reconcile something failed; the value is how its message begins."""

    SPEC = "invalid ExternalSecret"
    TARGET = "invalid generic target"
    FETCH = "could not get secret data from provider"
    DELETE = "could not delete secret"
    RESOURCE = "could not get target resource"
    SHAPE = "could not apply template to manifest"
    DELETE_RESOURCE = "could not delete resource"
    WRITE = "could not update secret"
    ORPHANS = "could not delete orphaned secrets"
    STATUS = "could not update status"
    CLIENT = "unable to create client"
    CHECK = "unable to validate store"


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again; after the key's own backoff, which may grow to ``at_most``, and not before ``after`` seconds."""

    after: float | None = None
    at_most: float = math.inf


@dataclass(frozen=True, slots=True)
class Park:
    """Trying again would give the same; wait for a change, or for the next refresh."""


@dataclass(frozen=True, slots=True)
class Later:
    """No failure of this object: look again after that many seconds, without backoff."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Behind:
    """The store fails, as others have found out: wait until it answers one of them."""

    store: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One failure, ready to be reported."""

    reason: Reason
    message: str
    """The condition's message; empty when the condition is to stay as it is."""
    event: str
    """The event's message, empty without one."""
    outcome: Retry | Park | Later | Behind


def verdict(stage: Stage, error: EsoctlError) -> Verdict:
    """What that error means at that stage."""
    reason = Reason.STORE_INVALID if stage in (Stage.CLIENT, Stage.CHECK) else Reason.SECRET_SYNCED_ERROR
    if isinstance(error, Conflict):
        return Verdict(reason, "", "", Retry(at_most=CONFLICT_SECONDS))
    return Verdict(reason, f"{_opening(stage, error)}: {error}", str(error), _outcome(stage, error))


def _opening(stage: Stage, error: EsoctlError) -> str:
    match error:
        case TargetImmutable():
            return "could not update secret, target is immutable"
        case OwnedByAnother(by_external_secret=True):
            return "target is owned by another ExternalSecret"
        case OwnedByAnother():
            return "failed to take ownership of target secret"
        case PolicyForbids():
            return (Stage.DELETE_RESOURCE if stage is Stage.SHAPE else Stage.DELETE).value
        case _:
            return stage.value


def _outcome(stage: Stage, error: EsoctlError) -> Retry | Park | Later | Behind:
    cause = error.cause if isinstance(error, EntryFailed) else error
    return Behind(cause.store) if isinstance(cause, StoreFailing) else _repeated(stage, cause)


def _repeated(stage: Stage, cause: EsoctlError) -> Retry | Park | Later:
    match cause:
        case OwnershipError() | BadRequest():
            return Park()
        case StoreBusy():
            return Later(BUSY_SECONDS)
        case SpecError():
            return Park() if _manifest_at_fault(stage, cause) else Retry()
        case Throttled() | TargetContested():
            return Retry(cause.after, longest(cause))
        case Denied() if "being terminated" in str(cause):
            return Park()
        case Invalid() | Denied() | RemovalHeld():
            return _refused(cause)
        case ClusterError():
            return Retry(cause.after, longest(cause))
        case _:
            return Retry()


def _refused(cause: EsoctlError) -> Retry:
    if lacks_rights(cause):
        return Retry(at_most=longest(cause))
    return Retry(HELD_SECONDS if isinstance(cause, RemovalHeld) else SLOW_RETRY)


def lacks_rights(error: EsoctlError) -> bool:
    """Whether the API server does not know us, or says that we may not; quotas and admission refuse by 403 as well."""
    return isinstance(error, Denied) and (error.status == 401 or bool(_NO_RIGHT.search(str(error))))


def longest(error: EsoctlError) -> float:
    """How far the pause of a key may grow after this error.

    A contested target says itself how long it waits. That each touch of it counts as one more failure is no reason to
    wait longer.
    """
    if isinstance(error, TargetContested):
        return error.after
    if isinstance(error, Conflict):
        return CONFLICT_SECONDS
    if isinstance(error, ClusterError) and _NO_WEBHOOK in str(error):
        return WEBHOOK_SECONDS
    return RIGHTS_SECONDS if lacks_rights(error) else math.inf


def _manifest_at_fault(stage: Stage, error: SpecError) -> bool:
    """A path means a place in the manifest; without one, the fetched values are at fault, and those can change."""
    return stage in (Stage.SPEC, Stage.TARGET) or bool(error.path)
