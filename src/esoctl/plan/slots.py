"""When an object is due by time: a fixed phase inside its interval, so that a crowd made together is spread.

Every object has slots at ``phase + n * interval``, in integer milliseconds since the epoch; the phase is a hash of its
uid. Nothing is stored: the next visit follows from the last success alone, survives restarts, and two replicas compute
the same. An object made just before its slot would be fetched twice in a row; it then takes the half slot after it, so
that a gap is at least half an interval and never more than one. After an outage, missed slots count once.
"""

from datetime import UTC, datetime, timedelta
from hashlib import blake2b

MILLISECOND = timedelta(milliseconds=1)
SECOND_MS = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def phase(uid: str, interval_ms: int) -> int:
    """Milliseconds into the interval at which the object of that uid is due; whole seconds where the interval is.

    ``status.refreshTime`` has no fractions: a slot inside a second would lie after the very refresh it caused.
    """
    unit = SECOND_MS if interval_ms % SECOND_MS == 0 else 1
    return int.from_bytes(blake2b(uid.encode(), digest_size=8).digest()) % (interval_ms // unit) * unit


def next_slot(last_ms: int, interval_ms: int, phase_ms: int) -> int:
    """The first time after ``last_ms`` at which the object is due; all in milliseconds since the epoch."""
    following = phase_ms + ((last_ms - phase_ms) // interval_ms + 1) * interval_ms
    half = interval_ms // 2
    return following if following - last_ms >= half else following + half


def due_at(last: datetime, interval_ms: int, uid: str) -> datetime:
    """When an object that was last synced in the second of ``last`` is to be synced again."""
    last_ms = (last - EPOCH) // MILLISECOND
    if interval_ms % SECOND_MS:
        last_ms += SECOND_MS - 1
    return EPOCH + next_slot(last_ms, interval_ms, phase(uid, interval_ms)) * MILLISECOND
