"""Why something is asked of a provider: how urgent it is, and how old the answer may be.

Whoever asks says it once, around all that it asks; it reaches the provider with the task that asks. A provider may use
it to share answers, to gather calls and to let urgent calls go first, and need not. Who says nothing asks for a fresh
answer at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import IntEnum


class Haste(IntEnum):
    """How urgent an answer is, the most urgent first."""

    PROMPT = 0
    """Somebody waits for it: an edit, a deletion, a target to be repaired."""
    QUEUED = 1
    """Many more are queued behind it, so that what counts is how fast all of them go."""
    CALM = 2
    """Nothing waits for it: a refresh that is due."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One cause of asking."""

    haste: Haste = Haste.PROMPT
    turn: int = 0
    """Where calls must wait for one another, the lesser goes first: the queue's lane."""
    oldest_seconds: float = 0.0
    """An answer that was fetched for another reader no longer ago will do; 0 for one that is fetched from now on."""


_AFRESH = Asking()
_asking: ContextVar[Asking] = ContextVar("asking", default=_AFRESH)


def asked() -> Asking:
    """Why the current task asks."""
    return _asking.get()


@contextmanager
def asking(why: Asking) -> Iterator[None]:
    """Everything asked inside the block, also by tasks that are started there, is asked for that reason."""
    token = _asking.set(why)
    try:
        yield
    finally:
        _asking.reset(token)


@contextmanager
def asking_afresh() -> Iterator[None]:
    """Inside the block no answer will do that was fetched before."""
    with accepting(0.0):
        yield


@contextmanager
def accepting(oldest_seconds: float) -> Iterator[None]:
    """Inside the block an answer that was fetched no longer ago will do."""
    why = asked()
    with asking(Asking(why.haste, why.turn, oldest_seconds)):
        yield
