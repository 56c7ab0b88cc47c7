"""How often a target is repaired that somebody else keeps changing or deleting.

The first repairs come at once: most are of a hand that slipped. From the third in five minutes on, each waits twice as
long as the one before, so that two controllers that want different things, or a garbage collector that knows more than
we do, cannot keep the API server busy. Edits of the ExternalSecret are no repairs and are never held.

DIFFERS: the reference repairs every time, as fast as it is told.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from esoctl.errors import TargetContested
from esoctl.model.external_secret import ExternalSecretSpec
from esoctl.plan import drift
from esoctl.plan.observed import Observed
from esoctl.plan.refresh import Why

AT_ONCE = 3
WINDOW = timedelta(minutes=5)
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(seconds=160)

Repairs = tuple[datetime, ...]
"""When a target was repaired lately, the oldest first."""


def repairs(observed: Observed, spec: ExternalSecretSpec, why: Why) -> bool:
    """Whether a sync for that reason sets right what somebody else changed.

    An interval that is over is a reason only where the target does not differ, so that need not be looked at again.
    """
    if why in (Why.FAILED, Why.SOURCE):
        return drift.differs(observed, spec)
    return why is Why.DRIFT


def recent(before: Repairs, now: datetime) -> Repairs:
    """Those that still count; a time in the future is of a clock that was set back."""
    return tuple(at for at in before if now - WINDOW < at <= now)


def admit(before: Repairs, now: datetime) -> None:
    """Raise TargetContested when the next repair has to wait."""
    wait = _pause(len(before)) - (now - before[-1]) if before else timedelta(0)
    if wait > timedelta(0):
        raise TargetContested(wait.total_seconds())


def _pause(count: int) -> timedelta:
    return min(FIRST_PAUSE * 2 ** (count - AT_ONCE), LONGEST_PAUSE) if count >= AT_ONCE else timedelta(0)


def noted(before: Sequence[datetime], now: datetime) -> Repairs:
    """With one more."""
    return (*recent(tuple(before), now), now)
