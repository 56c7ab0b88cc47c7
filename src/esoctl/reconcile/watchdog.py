"""Looks at every ExternalSecret from outside of the schedule: how old its last success is, and whether it is overdue.

No rule is here: ``plan.freshness`` says when a success is due. It trusts neither timers nor workers, only the objects
as the informers hold them and the time, so it tells of refreshes that the schedule forgot. It looks at all objects at
each scrape, and works out anew only what was changed since.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from esoctl.clock import Clock
from esoctl.informers.store import Broken, place
from esoctl.metrics import Age
from esoctl.model.external_secret import ExternalSecret
from esoctl.model.keys import Key, Kind
from esoctl.plan import access, freshness, sources
from esoctl.plan.freshness import GRACE
from esoctl.reconcile.ports import Views

HELD_BACK = timedelta(seconds=10)
"""How late a success must be before an object that the queue does not know is asked for again."""

AT_ONCE = 500
"""Objects whose windows are worked out at one look; the others of so great a crowd are looked at the next time."""


@dataclass(slots=True)
class _Known:
    item: ExternalSecret
    last: datetime | None
    due: datetime | None
    exact: bool = False
    """Windows, which take long to work out, are looked at only once the time without them is over."""

    def seems_late(self, by: timedelta, now: datetime) -> bool:
        return self.due is not None and self.due + by < now


@dataclass(slots=True)
class Watchdog:
    """``everything`` are the ExternalSecrets as the informers hold them now."""

    everything: Callable[[], Iterable[ExternalSecret | Broken]]
    views: Views
    clock: Clock
    controller_class: str
    _known: dict[tuple[str, str], _Known] = field(default_factory=dict, repr=False)

    def ages(self) -> Iterator[Age]:
        """Seconds since the last success, of every object that had one."""
        now = self.clock.now()
        for known in self._look(now):
            if known.last is not None:
                meta = known.item.metadata
                yield Age(meta.namespace, meta.name, max(0.0, (now - known.last).total_seconds()))

    def overdue(self) -> list[Key]:
        """The objects whose next success should have been there a while ago, for whatever reason it is not."""
        return self._late(GRACE)

    def forgotten(self, lost: Callable[[Iterable[Key]], list[Key]]) -> list[Key]:
        """Those that are due and that nothing would ever wake; ``lost`` says which keys the queue does not know."""
        return lost(self._late(HELD_BACK))

    def _late(self, by: timedelta) -> list[Key]:
        now = self.clock.now()
        found = [known for known in self._look(now) if known.seems_late(by, now)]
        for known in [known for known in found if not known.exact][:AT_ONCE]:
            known.due, known.exact = freshness.expected_by(known.item, now), True
        late = (known.item for known in found if known.exact and known.seems_late(by, now))
        return [Key(Kind.EXTERNAL_SECRET, *place(item)) for item in late if self._ours(item)]

    def _look(self, now: datetime) -> Iterable[_Known]:
        before, after = self._known, dict[tuple[str, str], _Known]()
        for item in self.everything():
            if isinstance(item, ExternalSecret):
                known = before.get(place(item))
                fresh = known if known is not None and known.item is item else _known(item, now)
                after[place(item)] = fresh
        self._known = after
        return after.values()

    def _ours(self, item: ExternalSecret) -> bool:
        refs = sources.store_refs(item.metadata.namespace, item.spec) if item.spec is not None else []
        found = (self.views.store(ref) for ref in refs)
        return all(access.manages(self.controller_class, store.spec) for store in found if store is not None)


def _known(item: ExternalSecret, now: datetime) -> _Known:
    return _Known(item, freshness.last_success(item), freshness.not_before(item, now))
