"""Secret values: bytes that refuse to be printed.

A value must never reach a log, an event, a status or a traceback, so the types that carry values have a repr that
gives names and sizes only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


class Values(Mapping[str, bytes]):
    """An immutable map of secret keys to values; its repr shows sizes."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, bytes] | None = None) -> None:
        self._items: dict[str, bytes] = dict(items or {})

    def __getitem__(self, key: str) -> bytes:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return f"Values({', '.join(f'{key}=<{len(value)} bytes>' for key, value in self._items.items())})"


@dataclass(frozen=True, slots=True)
class Payload:
    """One answer of a provider: the value, and where it came from."""

    value: bytes = field(repr=False)
    version: str = ""
    """The provider's id of the version that was read; empty when it has none."""
    rank: float | None = field(default=None, compare=False)
    """Of two versions of one secret the later has the greater rank; None when the provider does not tell."""
    source: str = field(default="", compare=False)
    """The provider's own name of the secret, by whatever name it was asked for; empty when it does not tell."""
    stages: tuple[str, ...] = field(default=(), compare=False)
    """The provider's labels of that version when it was read; none when it has none, or does not tell."""
