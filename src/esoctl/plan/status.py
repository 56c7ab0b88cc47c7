"""The status of an ExternalSecret or a store after a reconcile, and the patch that gets it there.

A status is written only when it differs (the reference's regression: a status that is rewritten feeds itself).
``status.sync`` rides on the write that a success makes anyway, for its time. Alone it is a reason to write only when it
tells of a change, which was a write itself.
"""

from datetime import datetime

import msgspec

from esoctl.model import conditions
from esoctl.model.conditions import Condition, ConditionType, Reason
from esoctl.model.external_secret import Binding, ExternalSecretStatus
from esoctl.model.provenance import Sync
from esoctl.model.store import StoreStatus
from esoctl.plan import refresh
from esoctl.plan.observed import Observed, stamp
from esoctl.plan.secret import SecretPlan
from esoctl.plan.verdict import Behind, Later, Verdict


def after_success(observed: Observed, plan: SecretPlan) -> ExternalSecretStatus:
    """The status once the plan is carried out. The refresh time is the start of the reconcile, in whole seconds."""
    return ExternalSecretStatus(
        refresh_time=stamp(observed.now),
        synced_resource_version=refresh.version(observed),
        conditions=conditions.merge(
            observed.es.status.conditions, _ready("True", plan.reason, plan.message, observed.now)
        ),
        binding=Binding(observed.es.target_name if plan.bound else ""),
    )


def caught_up(seen: ExternalSecretStatus, written: ExternalSecretStatus) -> bool:
    """Whether a status that was seen is the one that was written, or a later one."""
    return seen == written or (seen.refresh_time or "") > (written.refresh_time or "")


def after_failure(observed: Observed, verdict: Verdict) -> ExternalSecretStatus:
    """The status after a failure: refresh time, version and binding stay those of the last success."""
    if not verdict.message:
        return observed.es.status
    ready = _ready("False", verdict.reason, verdict.message, observed.now)
    return msgspec.structs.replace(
        observed.es.status, conditions=conditions.merge(observed.es.status.conditions, ready)
    )


def is_ready(observed: Observed) -> bool:
    """Whether the last sync was a success; a store that is busy is no reason to say otherwise."""
    ready = conditions.find(observed.es.status.conditions)
    return ready is not None and ready.status == "True"


def tells_failure(observed: Observed, verdict: Verdict) -> bool:
    """Whether the failure will be in the status, which is then reason enough to try again."""
    return bool(verdict.message) and not (isinstance(verdict.outcome, Later) and is_ready(observed))


def stays(observed: Observed, verdict: Verdict) -> bool:
    """Whether a failure is not to be told: it is none of the object's, or the object has told its own before."""
    match verdict.outcome:
        case Later():
            return is_ready(observed)
        case Behind():
            return conditions.failed(observed.es.status.conditions)
        case _:
            return False


def of_store(before: StoreStatus, condition: Condition, capabilities: str) -> StoreStatus:
    """The status of a store after a check; failed checks leave the capabilities as they are."""
    return StoreStatus(conditions.merge(before.conditions, condition), capabilities or before.capabilities)


def store_condition(reason: Reason, message: str, now: datetime) -> Condition:
    """The Ready condition of a store; only an invalid configuration makes it False."""
    return _ready("False" if reason is Reason.STORE_INVALID else "True", reason, message, now)


def patch(
    before: ExternalSecretStatus | StoreStatus,
    after: ExternalSecretStatus | StoreStatus,
    uid: str,
    sync: Sync | None = None,
) -> bytes | None:
    """A merge patch of the status subresource; None when nothing differs. The uid guards against a namesake."""
    if before == after and not (sync is not None and sync.changes):
        return None
    told = {**msgspec.to_builtins(after), **({"sync": sync} if sync is not None else {})}
    return msgspec.json.encode({"metadata": {"uid": uid}, "status": told})


def _ready(status: str, reason: Reason, message: str, now: datetime) -> Condition:
    return Condition(ConditionType.READY, status, reason, message, stamp(now))
