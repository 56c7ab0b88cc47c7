"""Tasks and cancel scopes that sets hold in the order of their making.

A set of objects is in the order of their addresses, which no seed decides; anyio keeps tasks and scopes in sets and
cancels them in that order. With a number for a hash, a run is the same whatever the process did before it.
"""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self

from anyio._backends import _asyncio as backend


class NumberedTask(asyncio.Task[Any]):
    """A task."""

    numbers: ClassVar[Iterator[int]] = itertools.count()
    number: int

    def __new__(cls, *_: Any, **__: Any) -> Self:
        # Before it begins: by then it is in a set already.
        made = super().__new__(cls)
        made.number = next(cls.numbers)
        return made

    def __hash__(self) -> int:
        return self.number


class NumberedScope(backend.CancelScope):
    """A cancel scope."""

    __slots__ = ("number",)
    numbers: ClassVar[Iterator[int]] = itertools.count()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.number = next(self.numbers)
        super().__init__(*arguments, **named)

    def __hash__(self) -> int:
        return self.number


@contextmanager
def numbered() -> Iterator[None]:
    """Count from the beginning, and let anyio make such scopes while the block runs."""
    before = backend.CancelScope
    NumberedTask.numbers, NumberedScope.numbers = itertools.count(), itertools.count()
    backend.CancelScope = NumberedScope  # type: ignore[misc]  # what anyio makes its scopes of
    try:
        yield
    finally:
        backend.CancelScope = before  # type: ignore[misc]
