"""How the running operator stands: what the probes ask about, with the reason for each check that fails."""

from collections.abc import Callable
from dataclasses import dataclass, field

import anyio

from esoctl.informers.informer import Informer
from esoctl.informing import Informers
from esoctl.kube.campaign import Alone, Lead
from esoctl.model.external_secret import ExternalSecret
from esoctl.model.meta import Bare
from esoctl.model.secret import Secret
from esoctl.model.store import Store

STALLED_SECONDS = 30.0

Followed = Informer[ExternalSecret] | Informer[Store] | Informer[Bare] | Informer[Secret]


@dataclass(slots=True)
class State:
    """What the probes ask about."""

    informers: Informers
    beat: float
    """When the event loop last proved to run, on its own clock."""
    working: bool = False
    stopping: bool = False
    lead: Lead = field(default_factory=Alone)
    pace: Callable[[], str] = str
    """What is wrong with timers and workers; empty when nothing is."""

    @property
    def on_duty(self) -> bool:
        """Whether this process is the one that works."""
        return self.working and not self.stopping and self.lead.leads

    def alive(self) -> dict[str, str]:
        """An API server that is away must not make the kubelet restart us; a loop that stands still must."""
        late = anyio.current_time() - self.beat
        return {
            "loop": f"stood still for {late:.0f} s" if late > STALLED_SECONDS else "",
            "lease": self.lead.broken(),
        }

    def ready(self) -> dict[str, str]:
        """Every informer has its first list and hears its server, and what is due is worked on in time.

        A replica that waits for its turn is ready for it. What a provider does, or fails to do, plays no part.
        """
        now = anyio.current_time()
        found = {informer.name: _unfresh(informer, now) for informer in self.informers.each()}
        working = self.working or not self.lead.leads
        return {
            **found,
            "election": self.lead.problem(),
            "workers": "" if working else "not started",
            "schedule": self.pace() if self.on_duty else "",
            "stop": "stopping" if self.stopping else "",
        }


def _unfresh(informer: Followed, now: float) -> str:
    if not informer.synced.is_set():
        return informer.statistics().trouble or "waits for its first list"
    return "" if informer.fresh(now) else informer.statistics().trouble or "has not heard from the API server lately"
