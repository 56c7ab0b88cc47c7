"""What one visit of a key is about and what it did, for whoever tells of it: the log, and the audit log.

The worker begins a visit; whoever knows a part of it notes that; it goes with the task. Names and versions only.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from esoctl import log
from esoctl.model.keys import StoreRef
from esoctl.model.provenance import Remote


@dataclass(frozen=True, slots=True)
class Act:
    """One write to the cluster that was answered: a target was made, changed or deleted."""

    action: str
    """``created``, ``updated``, ``deleted``, or ``taken over``: what another manager wrote is ours from here on."""
    kind: str
    namespace: str
    name: str
    uid: str = ""
    version: str = ""
    """The resource version: that of the write, or of what was deleted."""
    manager: str = ""
    """The field manager; empty for a deletion, which has none."""
    keys: tuple[str, ...] = ()
    """All keys that were applied. Templates make names of values, so not all of them may be told."""

    def __str__(self) -> str:
        return f"{self.action} {self.kind} {self.name}"


Tell = Callable[[Act], None]


def _nameless() -> str:
    return ""


@dataclass(slots=True)
class Visit:
    """One visit of one key."""

    key: str = ""
    new_id: Callable[[], str] = _nameless
    """Makes the id that the lines of one visit share; most visits write none."""
    stores: Sequence[StoreRef] = ()
    cause: str = ""
    """Why values were fetched; empty when none were."""
    remotes: Sequence[Remote] = ()
    """What was read."""
    tellable: Callable[[str], bool] = lambda _: False
    """Whether the name of a key is no value."""
    did: list[str] = field(default_factory=list)
    seconds: float | None = None
    """How long it took, once it is over."""
    _id: str = ""

    @property
    def id(self) -> str:
        """What the lines of this visit have in common."""
        self._id = self._id or self.new_id()
        return self._id

    def told(self) -> dict[str, object]:
        """What every line of the log says of it; how it was made, when it is over."""
        about: dict[str, object] = {"key": self.key, "reconcile_id": self.id}
        if self.seconds is None:
            return about
        stores = ", ".join(f"{store.kind}/{store.name}" for store in self.stores)
        made = {name: text for name, text in (("store", stores), ("cause", self.cause)) if text}
        return about | made | {"seconds": round(self.seconds, 3)}


_visit: ContextVar[Visit] = ContextVar("visit")


def current() -> Visit:
    """The visit that the current task makes; one that nobody looks at, outside of all."""
    return _visit.get(None) or Visit()


@contextmanager
def visiting(key: str, new_id: Callable[[], str]) -> Iterator[Visit]:
    """Everything inside the block, also tasks that are started there and lines of the log, belongs to a new visit."""
    visit = Visit(key, new_id)
    token, subject = _visit.set(visit), log.subject.set(visit.told)
    try:
        yield visit
    finally:
        log.subject.reset(subject)
        _visit.reset(token)


def note(act: Act) -> None:
    """The current visit did that; each is told once."""
    did = current().did
    if str(act) not in did:
        did.append(str(act))


def audited(act: Act) -> dict[str, object]:
    """The record of an act for the audit log: who, what, from which versions, and why. Never a value."""
    visit = current()
    keys = sorted(key for key in act.keys if visit.tellable(key))
    remotes = [{"source": one.source, "key": one.key, "version": one.version} for one in visit.remotes]
    return {
        "action": act.action,
        "kind": act.kind,
        "namespace": act.namespace,
        "name": act.name,
        "uid": act.uid,
        "resource_version": act.version,
        "field_manager": act.manager,
        "keys": keys,
        "key_count": len(act.keys),
        "for": visit.key,
        "cause": visit.cause,
        "remotes": remotes if act.keys else [],
        "reconcile_id": visit.id,
    }
