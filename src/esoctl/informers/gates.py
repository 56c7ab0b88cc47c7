"""Holds the keys of a namespace back until all that they are judged by is known.

Where a list of namespaces is served each of them begins by itself, so that one that cannot be followed, for want of a
right or because the kinds are not there, holds up no other.
"""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from esoctl.model.keys import Key

Mark = TypeVar("Mark")


class Gates(Generic[Mark]):
    """Between what finds keys and what takes them; the mark says how urgent a key is."""

    def __init__(self, emit: Callable[[Key, Mark], None], closed: Iterable[str] = ()) -> None:
        self._emit = emit
        self._held: dict[str, dict[tuple[Key, Mark], None]] = {namespace: {} for namespace in closed}

    def emit(self, key: Key, mark: Mark) -> None:
        held = self._held.get(key.namespace)
        if held is None:
            self._emit(key, mark)
        else:
            held[key, mark] = None

    def open(self, namespace: str) -> None:
        """Let go what was held, in the order it came, and hold nothing any more."""
        for key, mark in self._held.pop(namespace, {}):
            self._emit(key, mark)
