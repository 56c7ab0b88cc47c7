"""How long a call waits before it is tried again, and whether it is. Pure.

* A disconnect, a time-out, 429 and 5xx are worth another try; any other answer stays as it is.
* A call that creates is repeated only when the server cannot have acted: it was not reached, or it asked for the retry
  by 429 or Retry-After, as client-go does for every verb.
* A wait is never shorter than Retry-After. One that is longer than ``LONGEST_SECONDS`` is left to the caller, whose
  queue can wait without holding a worker.
* A list that asks for a version the server has not seen yet is not repeated: the informer lists differently then.
"""

from esoctl.errors import ClusterError, Unreachable
from esoctl.kube.faults import TOO_LARGE_VERSION

FIRST_SECONDS = 0.1
LONGEST_SECONDS = 5.0
NOT_SENT = "NotSent"
"""Reason of an error that came before the request went out."""


def pause(error: ClusterError, tries: int, *, idempotent: bool, draw: float) -> float | None:
    """Seconds to wait after that many tries, None to give up; ``draw`` is a random number from 0 to 1."""
    if not isinstance(error, Unreachable) or error.reason == TOO_LARGE_VERSION:
        return None
    if not idempotent and not _untouched(error):
        return None
    wait = max(FIRST_SECONDS * 2 ** (tries - 1) * (1 + draw), error.after or 0.0)
    return wait if wait <= LONGEST_SECONDS else None


def _untouched(error: ClusterError) -> bool:
    return error.reason == NOT_SENT or error.status == 429 or error.after is not None
