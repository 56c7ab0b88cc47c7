"""Whether the wall clock was set or the machine slept, seen from the difference to the clock that only runs. Pure.

Refresh times are moments on the wall, and the queue waits for them on a clock that stands still while the machine
sleeps and that nobody sets. So the two are compared at every sweep:

* *Forward* (set on, or slept): refresh times come nearer by as much. Those that are over by then are spread over five
  minutes, in their order, and none is later than it was to be.
* *Backward*: nothing moves. Who was to wait half an hour waits half an hour, so nothing is refreshed early and nothing
  is kept longer.

What a clock drifts by little by little adds up until it counts.
"""

from dataclasses import dataclass

TOLERANCE_SECONDS = 2.0
SPREAD_SECONDS = 300.0


@dataclass(slots=True)
class ClockSteps:
    """Compares two clocks."""

    _offset: float | None = None
    """The wall clock's lead when it was last told."""

    def step(self, wall: float, steady: float) -> float:
        """Seconds by which the wall clock was set on, less than zero for back; 0 while it only runs."""
        offset = wall - steady
        if self._offset is None:
            self._offset = offset
        step = offset - self._offset
        if abs(step) <= TOLERANCE_SECONDS:
            return 0.0
        self._offset = offset
        return step
