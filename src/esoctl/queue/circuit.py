"""Whether a store may be asked: not while it fails, but for one probe at a time.

* Failures of the store itself (no connection, time-outs, faults inside, throttling) open the circuit when five calls in
  a row fail; one that took long to fail counts for more. Failures of single values do not count, and one answer that
  many waited for counts once.
* While it is open one visit at a time may ask: when a pause is over, which doubles from five seconds to twenty.
  What a user does need not wait for that, but a second lies between any two.
* The first answer closes it, and those who waited come back half a second apart, or within half a minute if they are
  many: so that whatever the fault was, everybody has been served a minute after it.

Pure: the time is an argument.
"""

from dataclasses import dataclass
from enum import Enum

from esoctl.errors import BadAnswer, ProviderError, Throttled, Unavailable

MOST_FAILURES = 5
SECONDS_OF_A_FAILURE = 8.0
"""A call that fails after so many seconds counts once more."""
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 20.0
APART_SECONDS = 1.0
RETURN_APART_SECONDS = 0.5
LONGEST_RETURN_SECONDS = 30.0


class Sign(Enum):
    """What a call says of its store."""

    WORKS = "works"
    """It answered, be it that the value is missing or forbidden."""
    FAILS = "fails"
    UNCLEAR = "unclear"


def sign(error: ProviderError | None) -> Sign:
    """What a call that ended so says of its store; None is a success."""
    if isinstance(error, BadAnswer):
        return Sign.UNCLEAR
    return Sign.FAILS if isinstance(error, Throttled | Unavailable) else Sign.WORKS


def return_seconds(waiting: int) -> float:
    """Over how long so many come back."""
    return min(LONGEST_RETURN_SECONDS, waiting * RETURN_APART_SECONDS)


class Admission(Enum):
    """What a visit may do."""

    FREE = "free"
    PROBE = "probe"
    NONE = "none"


@dataclass(slots=True)
class Circuit:
    """That of one store."""

    open: bool = False
    probing: bool = False
    problem: str = ""
    """What opened it."""
    _failures: int = 0
    _pause: float = FIRST_PAUSE_SECONDS
    _probe_at: float = 0.0
    _probed_at: float = float("-inf")

    def admit(self, now: float, *, urgent: bool) -> Admission:
        """Whether a visit may ask the store; a probe must be ended by one of the other methods."""
        if not self.open:
            return Admission.FREE
        due = self._probed_at + APART_SECONDS if urgent else self._probe_at
        if self.probing or now < due:
            return Admission.NONE
        self.probing, self._probed_at = True, now
        return Admission.PROBE

    def wants_probe(self, now: float) -> bool:
        """Whether somebody should be sent to ask."""
        return self.open and not self.probing and now >= self._probe_at

    def answered(self) -> bool:
        """The store answered; whether that closed the circuit."""
        closed, self.open = self.open, False
        self.probing = False
        self._failures, self._pause = 0, FIRST_PAUSE_SECONDS
        return closed

    def failed(self, now: float, took: float, problem: str, *, probe: bool) -> bool:
        """The store failed; whether that opened the circuit. Calls that were under way then change nothing."""
        if self.open:
            if probe:
                self._pause = min(LONGEST_PAUSE_SECONDS, self._pause * 2)
                self._rest(now)
            return False
        self._failures += 1 + int(took / SECONDS_OF_A_FAILURE)
        if self._failures < MOST_FAILURES:
            return False
        self.open, self.problem = True, problem
        self._probed_at = now
        self._rest(now)
        return True

    def abandoned(self, now: float) -> None:
        """The probe ended without asking."""
        if self.open and self.probing:
            self._rest(now)

    def _rest(self, now: float) -> None:
        self.probing = False
        self._probe_at = now + self._pause
