"""How old a provider's answer may be, by the reason of the sync.

Only a first sync and a refresh that is due can do with what another reader was given a moment ago; a provider decides
for how long it keeps answers at all. A refresh takes nothing older than a twentieth of its interval. Everything that
has a cause of its own (an edit, a forced sync, another store, a target that differs, a failure before) is answered by
a call that is made for it.

DIFFERS: the reference shares nothing between objects.
"""

import math

from esoctl.model import conditions
from esoctl.model.external_secret import ExternalSecretSpec
from esoctl.plan.observed import Observed
from esoctl.plan.refresh import Why

PART_OF_INTERVAL = 20


def oldest_seconds(why: Why, observed: Observed, spec: ExternalSecretSpec) -> float:
    """The greatest age, in seconds, of an answer that will do; 0 for none."""
    if conditions.failed(observed.es.status.conditions):
        return 0.0
    match why:
        case Why.FIRST:
            return math.inf
        case Why.DUE:
            return spec.interval_nanoseconds / 1e9 / PART_OF_INTERVAL
        case _:
            return 0.0
