"""A sync that found its target right, by all that went into it: while that is the same, nothing new can come out.

Assembling and planning are functions of their arguments. Where no template and no generator takes part they see no
clock and no chance either, so a sync with the same arguments would find the same again: it is reported and not worked
out. What counts is everything they look at: the spec and the target as the very objects, uid, labels and annotations
of the ExternalSecret, what this process applied, how answers are read, and the answers, by their hash.

A hash that is the same for other answers would hide a change. It has 64 bits and a key that each process draws anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from esoctl.model.external_secret import CreationPolicy, ExternalSecretSpec
from esoctl.model.keys import StoreRef
from esoctl.model.remote import Quirks
from esoctl.model.secret import Secret
from esoctl.plan import drift
from esoctl.plan.assemble import Assembled
from esoctl.plan.observed import Applied, Observed
from esoctl.plan.secret import Leave, SecretPlan


@dataclass(frozen=True, slots=True)
class Settled:
    """What went into a sync that left its target as it was, and how that is reported."""

    spec: ExternalSecretSpec
    target: Secret = field(repr=False)
    applied: Applied | None
    uid: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    answers: int
    quirks: Mapping[StoreRef, Quirks]
    plan: SecretPlan

    def holds(self, observed: Observed, spec: ExternalSecretSpec) -> bool:
        """Whether all but the answers is the same."""
        meta = observed.es.metadata
        return (
            self.spec is spec
            and self.target is observed.target
            and self.applied is observed.applied
            and self.uid == meta.uid
            and self.labels == meta.labels
            and self.annotations == meta.annotations
        )

    def answered(self, answers: int | None, quirks: Mapping[StoreRef, Quirks]) -> bool:
        """Whether the answers are the same too, and read in the same way."""
        return self.answers == answers and self.quirks == quirks


def settled(
    observed: Observed,
    spec: ExternalSecretSpec,
    assembled: Assembled,
    quirks: Mapping[StoreRef, Quirks],
    plan: SecretPlan,
) -> Settled | None:
    """What to remember of a sync; None for one that must be worked out again."""
    target, answers, meta = observed.target, assembled.answers, observed.es.metadata
    if target is None or answers is None or assembled.absent or not assembled.values:
        return None
    if not isinstance(plan.write, Leave) or not _repeatable(spec) or drift.differs(observed, spec):
        return None
    return Settled(spec, target, observed.applied, meta.uid, meta.labels, meta.annotations, answers, quirks, plan)


def _repeatable(spec: ExternalSecretSpec) -> bool:
    """Whether neither time nor chance takes part."""
    if spec.target.template is not None or spec.target.creation_policy is CreationPolicy.NONE:
        return False
    generated = any(entry.source_ref and entry.source_ref.generator_ref for entry in spec.data_from)
    return not generated and not any(step.transform for entry in spec.data_from for step in entry.rewrite)
