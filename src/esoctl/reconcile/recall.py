"""What visits have worked out of an object, for as long as it holds: most find everything as the last one left it.

No rule is here: ``plan.sources`` says what a spec asks for, ``plan.settled`` when a sync may be taken as repeated. All
of it may be forgotten at any time. It costs memory for each object, so it holds references and no copies of values.
"""

from dataclasses import dataclass, field, replace

from esoctl.model.external_secret import ExternalSecretSpec
from esoctl.model.keys import Key
from esoctl.plan import sources
from esoctl.plan.assemble import Kitchen
from esoctl.plan.observed import Observed
from esoctl.plan.secret import SecretPlan
from esoctl.plan.settled import Settled
from esoctl.plan.sources import Wants


@dataclass(frozen=True, slots=True)
class Recall:
    """By key, until its object is gone."""

    wanted: dict[Key, Wants] = field(default_factory=dict, repr=False)
    settled: dict[Key, Settled] = field(default_factory=dict, repr=False)

    def wants(self, key: Key, spec: ExternalSecretSpec) -> Wants:
        """What the spec asks for."""
        known = self.wanted.get(key)
        if known is None or known.spec is not spec:
            known = self.wanted[key] = sources.wants(key.namespace, spec)
        return known

    def compared(self, observed: Observed, spec: ExternalSecretSpec) -> Observed:
        """With the word that nothing was changed since the target was found right, where that is so."""
        known = self.settled.get(observed.key)
        return replace(observed, intact=True) if known is not None and known.holds(observed, spec) else observed

    def outcome(self, observed: Observed, kitchen: Kitchen) -> SecretPlan | None:
        """What a sync of these answers will find; None when that must be worked out."""
        known = self.settled.get(observed.key) if observed.intact else None
        return known.plan if known is not None and known.answered(kitchen.likeness, kitchen.quirks) else None

    def keep(self, key: Key, known: Settled | None) -> None:
        """A sync has ended well."""
        if known is not None:
            self.settled[key] = known
        else:
            self.settled.pop(key, None)

    def forget(self, key: Key) -> None:
        """The object is gone."""
        self.wanted.pop(key, None)
        self.settled.pop(key, None)
