"""What a render may use, and the account of what it has used.

Whatever the template, a render ends: every step of the evaluator, every element of a list that a function builds and
every byte of a value costs. The prices are chosen so that a render stays below a second and 64 MiB; the reference has
no such limits (DIFFERS: a template there can kill or stall the operator). The clock is not read here: who wants a
deadline passes ``Env.expired``, which is asked now and then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

_ASK_EVERY: Final = 512
_ELEMENT_BYTES: Final = 64
_POINTER_BYTES: Final = 8
_CONTAINER_BYTES: Final = 128
_BYTES_A_STEP: Final = 256


class LimitExceeded(Exception):
    """A render wanted more than it may have; the text names the limit."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most a single render may use."""

    steps: int = 200_000
    """Evaluated nodes, and elements handled by functions; about a second at most."""
    memory: int = 40 << 20
    """Bytes of all values made on the way, whether still needed or not."""
    output: int = 1 << 20
    """Bytes of the rendered text."""
    calls: int = 100_000
    """Depth of templates within templates, as in Go."""
    nesting: int = 10_000
    """Depth of a value that is printed, copied, compared or encoded."""
    expression: int = 100
    """Depth of calls within the arguments of calls; plain parentheses do not count."""
    heavy: int = 4
    """Calls of functions that take long: key generation and password hashing."""


def _no_entropy(size: int) -> bytes:
    raise LimitExceeded(f"no source of randomness is given for {size} bytes")


@dataclass(frozen=True, slots=True)
class Env:
    """Everything a render may know besides its data."""

    now: datetime = field(default=datetime(1970, 1, 1, tzinfo=UTC))
    """What the function ``now`` gives; with a time zone."""
    entropy: Callable[[int], bytes] = _no_entropy
    """Random bytes of the given count."""
    delimiters: tuple[str, str] = ("{{", "}}")
    """The marks around an action; an empty one means the default."""
    name: str = "tpl"
    """The template's name in error texts."""
    limits: Limits = field(default_factory=Limits)
    expired: Callable[[], bool] | None = None
    """Tells that a deadline has passed; None: the budget of steps alone ends a render."""


class Budget:
    """What is left for one render."""

    __slots__ = ("_ask_at", "_expired", "_heavy", "_limits", "_memory", "nesting", "steps")

    def __init__(self, env: Env) -> None:
        self._limits = env.limits
        self._expired = env.expired
        self.steps = env.limits.steps
        self._ask_at = env.limits.steps - _ASK_EVERY
        self._memory = env.limits.memory
        self._heavy = env.limits.heavy
        self.nesting = env.limits.nesting

    def step(self, count: int = 1) -> None:
        """Pay for that many steps."""
        self.steps -= count
        if self.steps < self._ask_at:
            self._look()

    def _look(self) -> None:
        if self.steps < 0:
            raise LimitExceeded(f"limit exceeded: more than {self._limits.steps} steps")
        self._ask_at = self.steps - _ASK_EVERY
        if self._expired is not None and self._expired():
            raise LimitExceeded("limit exceeded: out of time")

    def hold(self, size: int) -> None:
        """Pay for a value of that many bytes, before it is made where its size can be known."""
        if size <= 0:
            return
        self._memory -= size
        if self._memory < 0:
            raise LimitExceeded(f"limit exceeded: values of more than {self._limits.memory} bytes")
        self.step(size // _BYTES_A_STEP)

    def elements(self, count: int) -> None:
        """Pay for a list or map of that many new elements, before it is made."""
        self.step(count // 8 + 1)
        self.hold(count * _ELEMENT_BYTES + _CONTAINER_BYTES)

    def copies(self, count: int) -> None:
        """Pay for a list or map of that many elements that exist already."""
        self.step(count // 64)
        self.hold(count * _POINTER_BYTES + _CONTAINER_BYTES)

    def heavy(self, name: str) -> None:
        """Pay for a call of a function that takes long."""
        self._heavy -= 1
        if self._heavy < 0:
            raise LimitExceeded(f"limit exceeded: more than {self._limits.heavy} calls of functions like {name}")

    def too_deep(self, depth: int) -> None:
        """Refuse a value nested deeper than allowed, which one that contains itself always is."""
        if depth > self.nesting:
            raise LimitExceeded(f"limit exceeded: a value nested more than {self.nesting} deep")

    def too_long(self, size: int) -> None:
        """Refuse a rendered text longer than allowed."""
        if size > self._limits.output:
            raise LimitExceeded(f"limit exceeded: output of more than {self._limits.output} bytes")
