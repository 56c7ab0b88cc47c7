"""Which of many late objects goes first: the one that is late by the most of its own intervals.

After a long stop everything is late at once, and the order in which it is made good is all that is left to choose. An
object with an interval of ten minutes has missed more than one with a day. Pure; DIFFERS: the reference takes them as
they come.
"""

import math
from datetime import datetime

from esoctl.model.external_secret import ExternalSecret
from esoctl.plan import freshness


def lateness(es: ExternalSecret, now: datetime) -> float:
    """How late the next success is, in intervals; less than zero for an object that is not due.

    Without end for one that was never synced, and without end in the other direction for one that time never makes due.
    """
    if freshness.last_success(es) is None:
        return math.inf
    due = freshness.expected_by(es, now)
    if due is None or es.spec is None:
        return -math.inf
    return (now - due).total_seconds() * 1e9 / max(1, es.spec.interval_nanoseconds)
