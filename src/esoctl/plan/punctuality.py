"""Whether the operator's own machinery keeps pace: timers fire, workers take what is ready, visits end.

Pure. A provider or an API server that is away makes visits fail or last up to their deadline; neither is a reason to
call the machinery late. What is told here is of ours to mend, by a restart if need be.
"""

from dataclasses import dataclass
from typing import Final

TIMER_SECONDS: Final = 30.0
"""A timer that is due so long and did not fire; the queue looks at all of them every ten seconds."""
IDLE_SECONDS: Final = 60.0
"""A key that is ready so long while workers have nothing to do."""
BEYOND_SECONDS: Final = 30.0
"""What a visit may last beyond its deadline."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The work queue at one moment."""

    timer_late_seconds: float = 0.0
    """For how long the earliest timer has been due."""
    ready: int = 0
    """Keys that wait for a worker."""
    held_back: bool = False
    """None of them may be taken, since their namespaces have their shares of the workers."""
    untaken_seconds: float = 0.0
    """For how long keys have been ready and none of them was taken."""
    leased: int = 0
    """Keys that workers have."""
    longest_seconds: float = 0.0
    """For how long a worker has had one of them."""


def trouble(pace: Pace, workers: int, deadline_seconds: float) -> str:
    """What is wrong; empty when nothing is."""
    longest = deadline_seconds + BEYOND_SECONDS
    if pace.timer_late_seconds > TIMER_SECONDS:
        return f"timers are {pace.timer_late_seconds:.0f} s late"
    if pace.longest_seconds > longest:
        return f"a visit lasts {pace.longest_seconds:.0f} s, beyond its deadline of {deadline_seconds:.0f} s"
    patience = IDLE_SECONDS if pace.leased < workers and not pace.held_back else longest
    if pace.untaken_seconds > patience:
        return f"no worker took any of {pace.ready} keys for {pace.untaken_seconds:.0f} s"
    return ""
