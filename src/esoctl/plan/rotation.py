"""Rotations: what is read of one secret must be of one version, and must not go back to an older one by accident.

Pure; the time is an argument.

* ``torn``: an ExternalSecret may read one secret several times in one sync (a search and an entry, a name and its ARN).
  When the secret is rotated between those reads, their answers do not belong together.
* ``Newest``: stores of secrets answer from many machines, and a read may meet one that has not heard of the last
  rotation yet. An answer older than one of the last ten minutes is believed only when a second read agrees, and so is
  one that there is nothing.

Source: AWS's "Secrets Manager rotation" (the label of the current version moves) and its notes on eventual consistency.
DIFFERS: the reference writes whatever each read brings.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from esoctl.model.keys import StoreRef
from esoctl.model.remote import RemoteKey
from esoctl.model.values import Payload
from esoctl.plan.sources import Answer, Found, Get, Source

REMEMBERED_SECONDS = 600.0
LEFT_BEHIND = 8
"""Versions of one secret that are remembered as left behind."""
CROWD = 4096
"""Secrets that are remembered, at least, before those are dropped whose time is over."""
CURRENT = ("", "AWSCURRENT")
"""How a user asks for the current version: by saying nothing, or by AWS's label of it."""
PREVIOUS = "AWSPREVIOUS"
"""AWS's label of the version before the current one."""


class _Reading(NamedTuple):
    store: StoreRef
    what: str
    label: str
    version: str


def torn(answers: Mapping[Source, Answer]) -> list[Source]:
    """The requests whose answers are of different versions of one secret; none when all belong together."""
    versions: dict[tuple[StoreRef, str, str], set[str]] = {}
    read: list[tuple[Source, _Reading]] = [
        (source, reading) for source, answer in answers.items() for reading in _readings(source, answer)
    ]
    for _, reading in read:
        versions.setdefault(reading[:3], set()).add(reading.version)
    return list(dict.fromkeys(source for source, reading in read if _is_torn(versions, reading)))


def _is_torn(versions: Mapping[tuple[StoreRef, str, str], set[str]], reading: _Reading) -> bool:
    if len(versions[reading[:3]]) > 1:
        return True
    # The current version and the one before it are never the same, unless they were read before and after a rotation.
    other = {CURRENT[0]: PREVIOUS, PREVIOUS: CURRENT[0]}.get(reading.label)
    return other is not None and reading.version in versions.get((reading.store, reading.what, other), ())


def _readings(source: Source, answer: Answer) -> Iterator[_Reading]:
    if isinstance(source, Get) and isinstance(answer, Payload):
        label = "" if source.remote.version in CURRENT else source.remote.version
        yield from _versioned(source.store, label, [(source.remote.key, answer)])
    elif isinstance(answer, Found):
        yield from _versioned(source.store, "", answer.items)


def _versioned(store: StoreRef, label: str, items: Iterable[tuple[str, Payload]]) -> Iterator[_Reading]:
    for name, payload in items:
        if payload.version:
            yield _Reading(store, payload.source or name, label, payload.version)


@dataclass(slots=True)
class _Seen:
    version: str
    rank: float | None
    at: float
    left: list[str] = field(default_factory=list)


class Newest:
    """The newest version that was read lately, of every secret that one identity reads."""

    def __init__(self) -> None:
        self._seen: dict[RemoteKey, _Seen] = {}
        self._crowd = CROWD

    def __len__(self) -> int:
        return len(self._seen)

    def behind(self, ref: RemoteKey, payload: Payload, now: float) -> bool:
        """Whether that answer is older than one of the last ten minutes."""
        seen = self._seen.get(ref)
        if seen is None or now - seen.at >= REMEMBERED_SECONDS or payload.version in ("", seen.version):
            return False
        return payload.version in seen.left or _lower(payload.rank, seen.rank)

    def knows(self, ref: RemoteKey, now: float) -> bool:
        """Whether the secret was there within the last ten minutes."""
        seen = self._seen.get(ref)
        return seen is not None and now - seen.at < REMEMBERED_SECONDS

    def forget(self, ref: RemoteKey) -> None:
        """The secret is gone."""
        self._seen.pop(ref, None)

    def note(self, ref: RemoteKey, payload: Payload, now: float) -> None:
        """That answer is believed: it is the newest from now on."""
        if not payload.version:
            return
        seen = self._seen.get(ref)
        if seen is None or now - seen.at >= REMEMBERED_SECONDS:
            self._make_room(now)
            self._seen[ref] = _Seen(payload.version, payload.rank, now)
            return
        if payload.version != seen.version:
            left = [version for version in (*seen.left, seen.version) if version != payload.version]
            self._seen[ref] = _Seen(payload.version, payload.rank, now, left[-LEFT_BEHIND:])
            return
        seen.at = now
        # A date from a batch may be that of the secret, which is older than any of its versions.
        seen.rank = payload.rank if seen.rank is None else max(seen.rank, payload.rank or seen.rank)

    def _make_room(self, now: float) -> None:
        if len(self._seen) >= self._crowd:
            self._seen = {ref: seen for ref, seen in self._seen.items() if now - seen.at < REMEMBERED_SECONDS}
            # Where so many are read all the time, looking through them at every new one would be slow.
            self._crowd = max(CROWD, 2 * len(self._seen))


def _lower(rank: float | None, than: float | None) -> bool:
    return rank is not None and than is not None and rank < than
