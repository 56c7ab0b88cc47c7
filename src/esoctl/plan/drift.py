"""Tells whether the target is still what was last written to it.

The reference trusts the managed label and the data hash. Here the target is known by name and uid: a removed label,
owner reference or template label is drift as well (DIFFERS: the reference sees those at the next refresh only).
"""

from esoctl.model import conditions
from esoctl.model.conditions import Reason
from esoctl.model.external_secret import CreationPolicy, ExternalSecretSpec
from esoctl.model.secret import Secret
from esoctl.plan import fieldtrees, hashing
from esoctl.plan.observed import CREATED_BY_LABEL, DATA_HASH_ANNOTATION, MANAGED_LABEL, Applied, Observed

WITHOUT_TARGET = (
    Reason.SECRET_DELETED,
    Reason.SECRET_MISSING,
    Reason.RESOURCE_DELETED,
    Reason.RESOURCE_MISSING,
)


def differs(observed: Observed, spec: ExternalSecretSpec) -> bool:
    """Whether the target must be repaired before the next refresh."""
    if observed.intact:
        return False
    policy = spec.target.creation_policy
    if policy in (CreationPolicy.NONE, CreationPolicy.ORPHAN):
        return False
    if observed.target is None:
        return not _rightly_absent(observed)
    return not _kept(observed, observed.target, policy)


def _rightly_absent(observed: Observed) -> bool:
    """Whether the last sync ended without a target because there was nothing to write."""
    ready = conditions.find(observed.es.status.conditions)
    return ready is not None and (ready.reason in WITHOUT_TARGET or not observed.es.status.binding.name)


def _kept(observed: Observed, target: Secret, policy: CreationPolicy) -> bool:
    meta = target.metadata
    if meta.labels.get(MANAGED_LABEL) != "true":
        return False
    if not _same_content(observed, target):
        return False
    if policy is CreationPolicy.OWNER and not _owned(observed, target):
        return False
    return observed.applied is None or _metadata_kept(target, observed.applied)


def _same_content(observed: Observed, target: Secret) -> bool:
    """Of a target that is no Secret others may own a part: what we wrote counts, as far as we remember it."""
    digest = target.metadata.annotations.get(DATA_HASH_ANNOTATION)
    if observed.other is None:
        return digest == hashing.data_hash(target.data)
    if observed.written is not None:
        return fieldtrees.project(observed.other.body, observed.written) == observed.written
    return digest == hashing.content_hash(fieldtrees.content_of(observed.other.body))


def _owned(observed: Observed, target: Secret) -> bool:
    es = observed.es.metadata
    controller = target.metadata.controller
    return (
        controller is not None
        and controller.uid == es.uid
        and target.metadata.labels.get(CREATED_BY_LABEL) == hashing.owner_hash(es.namespace, es.name)
    )


def _metadata_kept(target: Secret, applied: Applied) -> bool:
    """Another manager of the same Secret may rightly change the data hash; everything else we wrote must stay."""
    if target.metadata.uid != applied.uid:
        return True
    ours = {key: value for key, value in applied.annotations.items() if key != DATA_HASH_ANNOTATION}
    return (
        applied.labels.items() <= target.metadata.labels.items() and ours.items() <= target.metadata.annotations.items()
    )
