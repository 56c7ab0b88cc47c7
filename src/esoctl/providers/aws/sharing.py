"""Answers that are young enough for the next reader.

* Only values are kept: an error or an absence is the affair of those who waited for it.
* The age counts from when the call was sent, so an answer never seems younger than it is.
* Every connection has a shelf of its own, and a connection is of one service, identity and region: what one identity
  may read is never given to another.
* All shelves together hold so many answers and so many bytes, the oldest go first, and for no longer than ``seconds``.

Pure: the time is an argument. DIFFERS: the reference shares answers only inside one reconcile.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import count

from esoctl.model.remote import RemoteKey
from esoctl.model.values import Payload

MOST_ENTRIES = 10_000
MOST_BYTES = 16 * 1024 * 1024
_OVERHEAD = 512
"""Bytes that an entry takes beside its value, about."""


@dataclass(frozen=True, slots=True)
class _Kept:
    payload: Payload = field(repr=False)
    fetched_at: float

    @property
    def size(self) -> int:
        return len(self.payload.value) + _OVERHEAD


class Shared:
    """The answers of all connections; with no ``seconds`` nothing is kept."""

    def __init__(self, seconds: float, most_entries: int = MOST_ENTRIES, most_bytes: int = MOST_BYTES) -> None:
        self.seconds = seconds
        self._most = (most_entries, most_bytes)
        self._kept: OrderedDict[tuple[int, RemoteKey], _Kept] = OrderedDict()
        """In the order in which the answers came."""
        self._bytes = 0
        self._owners = count()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size(self) -> int:
        """Bytes held, about."""
        return self._bytes

    def shelf(self) -> "Shelf":
        """A shelf for one connection."""
        return Shelf(self, next(self._owners))

    def put(self, key: tuple[int, RemoteKey], payload: Payload, fetched_at: float) -> None:
        """Keep an answer; of two under one key the one that was fetched later stays."""
        known = self._kept.get(key)
        if self.seconds <= 0 or (known is not None and known.fetched_at > fetched_at):
            return
        self.drop(key)
        kept = self._kept[key] = _Kept(payload, fetched_at)
        self._bytes += kept.size
        most_entries, most_bytes = self._most
        while len(self._kept) > most_entries or self._bytes > most_bytes:
            self.drop(next(iter(self._kept)))

    def find(self, key: tuple[int, RemoteKey], now: float, oldest_seconds: float) -> Payload | None:
        """The answer under that key, if it was fetched no longer ago."""
        kept = self._kept.get(key)
        if kept is None or oldest_seconds <= 0 or now - kept.fetched_at > min(oldest_seconds, self.seconds):
            return None
        return kept.payload

    def sweep(self, now: float) -> None:
        """Drop what is too old for everybody."""
        while self._kept:
            key, oldest = next(iter(self._kept.items()))
            if now - oldest.fetched_at <= self.seconds:
                return
            self.drop(key)

    def drop(self, key: tuple[int, RemoteKey]) -> None:
        """Drop one answer, if it is there."""
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._bytes -= kept.size

    def drop_all(self, owner: int) -> None:
        """Drop the answers of one shelf."""
        for key in [key for key in self._kept if key[0] == owner]:
            self.drop(key)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The answers of one connection."""

    _shared: Shared = field(repr=False)
    _owner: int

    @property
    def seconds(self) -> float:
        """How long answers are kept."""
        return self._shared.seconds

    def put(self, ref: RemoteKey, payload: Payload, fetched_at: float) -> None:
        self._shared.put((self._owner, ref), payload, fetched_at)

    def find(self, ref: RemoteKey, now: float, oldest_seconds: float) -> Payload | None:
        return self._shared.find((self._owner, ref), now, oldest_seconds)

    def sweep(self, now: float) -> None:
        self._shared.sweep(now)

    def clear(self) -> None:
        """The connection ends, or something has been written through it."""
        self._shared.drop_all(self._owner)
