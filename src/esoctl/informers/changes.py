"""What happened to one object, as the sink is told."""

from dataclasses import dataclass
from enum import Enum
from typing import Generic

from esoctl.informers.store import Broken, T
from esoctl.model.meta import Meta


class ChangeKind(Enum):
    """The kinds of change."""

    INITIAL = "initial"
    """It was there when the informer started."""
    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """One change; the store has it already. ``old`` is None for a new object, ``new`` for one that is gone."""

    kind: ChangeKind
    old: T | Broken | None
    new: T | Broken | None
    final_state_unknown: bool = False
    """A list showed that the object is gone: ``old`` may not be its last state, and nothing destructive may rest on
    it alone."""

    @property
    def metadata(self) -> Meta:
        thing = self.new if self.new is not None else self.old
        assert thing is not None
        return thing.metadata

    @property
    def replaced(self) -> bool:
        """Whether an object of the same name and another UID took the place: what was kept of the old one is void."""
        return self.old is not None and self.new is not None and self.old.metadata.uid != self.new.metadata.uid
