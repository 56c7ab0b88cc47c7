"""What the target is to become: the whole intention, printable without values.

``want`` is the match over policies and stays short; each policy's rule is its own function. Nothing is written when
nothing would change, so an unchanged refresh costs no write to the Secret.

Source: the reference's createOrUpdate and deletion paths. DIFFERS: foreign keys, labels and annotations survive under
every policy (server-side apply takes away only what we applied); the reference wipes them under Owner and Orphan.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from esoctl.errors import PolicyForbids, SpecError, TargetImmutable
from esoctl.model.conditions import Reason
from esoctl.model.external_secret import CreationPolicy, DeletionPolicy, ExternalSecretSpec
from esoctl.model.meta import Meta, OwnerRef
from esoctl.model.secret import Secret
from esoctl.model.values import Values
from esoctl.plan import hashing, ownership, privileged
from esoctl.plan.assemble import Assembled
from esoctl.plan.observed import CREATED_BY_LABEL, DATA_HASH_ANNOTATION, MANAGED_LABEL, Observed
from esoctl.plan.render import Rendered

SYNCED = "secret synced"
RETAINED = "secret retained due to DeletionPolicy=Retain"
UNPROVEN = "secret retained: a find without a match does not prove that the values are gone"
DELETED = "secret deleted due to DeletionPolicy=Delete"
LARGEST = 1 << 20
"""Bytes of all values of a Secret."""
NOT_CREATED = "secret will not be created due to CreationPolicy=Merge"


@dataclass(frozen=True, slots=True)
class Apply:
    """Write the target by server-side apply."""

    name: str
    type: str
    data: Values
    labels: dict[str, str]
    annotations: dict[str, str]
    owner: OwnerRef | None
    immutable: bool
    finalizers: tuple[str, ...]
    uid: str
    """The Secret that must be there; empty when none is expected."""
    frozen: bool = False
    """The Secret that is there is immutable already."""
    take_over: bool = False
    """The reference wrote this Secret by Update; its entry must be merged into ours first."""


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete the target, and only the very object that was seen."""

    name: str
    uid: str
    resource_version: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Nothing to write."""


@dataclass(frozen=True, slots=True)
class SecretPlan:
    """The intention, and how its success is to be reported."""

    write: Apply | Remove | Leave
    reason: Reason
    message: str
    bound: bool = True
    """Whether the target exists once the plan is carried out."""


def want(observed: Observed, spec: ExternalSecretSpec, assembled: Assembled, rendered: Rendered) -> SecretPlan:
    """The plan for values that were fetched whole. Raises OwnershipError when the target is not ours to write."""
    if not assembled.values and spec.target.deletion_policy is not DeletionPolicy.MERGE:
        return _want_nothing(observed, spec, assembled)
    match spec.target.creation_policy:
        case CreationPolicy.NONE:
            return SecretPlan(Leave(), Reason.SECRET_SYNCED, SYNCED, bound=bool(observed.es.status.binding.name))
        case CreationPolicy.MERGE if observed.target is None:
            return SecretPlan(Leave(), Reason.SECRET_MISSING, NOT_CREATED, bound=False)
        case _:
            return SecretPlan(_write(observed, spec, rendered), Reason.SECRET_SYNCED, SYNCED)


def needs_rendering(observed: Observed, spec: ExternalSecretSpec, assembled: Assembled) -> bool:
    """Whether templates will be looked at; a broken one must not fail a plan that writes nothing."""
    policy = spec.target.creation_policy
    if not assembled.values and spec.target.deletion_policy is not DeletionPolicy.MERGE:
        return False
    return policy is not CreationPolicy.NONE and not (policy is CreationPolicy.MERGE and observed.target is None)


def _want_nothing(observed: Observed, spec: ExternalSecretSpec, assembled: Assembled) -> SecretPlan:
    """The provider has no value at all; deletionPolicy is Retain or Delete."""
    exists = observed.target is not None
    if spec.target.deletion_policy is DeletionPolicy.RETAIN:
        return SecretPlan(
            Leave(), Reason.SECRET_SYNCED, RETAINED, bound=exists and bool(observed.es.status.binding.name)
        )
    if spec.target.creation_policy is not CreationPolicy.OWNER:
        policy = spec.target.creation_policy
        raise PolicyForbids(
            f"unable to delete secret {observed.es.target_name}: creationPolicy={policy} is not Owner; "
            "use creationPolicy Owner, or deletionPolicy Retain or Merge"
        )
    target = observed.target
    # DIFFERS: the reference deletes whatever bears the name; only what this ExternalSecret controls is deleted.
    if target is None or not ownership.controls(observed.es.metadata, target.metadata):
        return SecretPlan(Leave(), Reason.SECRET_DELETED, DELETED, bound=False)
    # DIFFERS: in the reference an empty find deletes the Secret; it is no proof of absence.
    if not assembled.proven:
        return SecretPlan(Leave(), Reason.SECRET_SYNCED, UNPROVEN)
    meta = target.metadata
    return SecretPlan(Remove(meta.name, meta.uid, meta.resource_version), Reason.SECRET_DELETED, DELETED, bound=False)


def _write(observed: Observed, spec: ExternalSecretSpec, rendered: Rendered) -> Apply | Leave:
    target = observed.target
    if target is not None:
        ownership.admit(observed.es.metadata, spec.target.creation_policy, target)
    wanted = _apply(observed, spec, rendered)
    privileged.refuse(wanted.type, wanted.annotations)
    privileged.refuse_metadata(wanted.annotations, wanted.finalizers)
    _require_room(wanted, _foreign(observed, target) if target else {})
    if target is None:
        return wanted
    if _equal(wanted, target, observed):
        return Leave()
    if target.immutable and not _same_data(wanted, target, observed):
        # DIFFERS: the reference writes the hash of the new data beside the old data, or stays Ready.
        raise TargetImmutable(
            f"unable to update secret {target.metadata.name}: secret is immutable; delete it to renew it"
        )
    return wanted


def _require_room(wanted: Apply, foreign: dict[str, bytes]) -> None:
    """Raise SpecError for values that no Secret can hold; the API server's rule, asked before any write."""
    size = sum(map(len, {**foreign, **wanted.data}.values()))
    if size > LARGEST:
        raise SpecError(
            "", f"the values of secret {wanted.name} have {size} bytes, and it can hold {LARGEST}; make several of it"
        )


def _apply(observed: Observed, spec: ExternalSecretSpec, rendered: Rendered) -> Apply:
    es, target, owner = observed.es.metadata, observed.target, spec.target.creation_policy is CreationPolicy.OWNER
    labels = {**rendered.labels, MANAGED_LABEL: "true"}
    labels.pop(CREATED_BY_LABEL, None)
    if owner:
        labels[CREATED_BY_LABEL] = owner_hash(observed)
    foreign = _foreign(observed, target) if target else {}
    final = {**foreign, **rendered.data}
    return Apply(
        name=observed.es.target_name,
        type=rendered.type or (target.type if target else "") or "Opaque",
        data=_to_own(spec.target.creation_policy, rendered.data, foreign),
        labels=labels,
        annotations={**rendered.annotations, DATA_HASH_ANNOTATION: hashing.data_hash(final)},
        owner=ownership.reference(es) if owner else None,
        immutable=spec.target.immutable or bool(target and target.immutable),
        finalizers=rendered.finalizers,
        uid=target.metadata.uid if target else "",
        frozen=bool(target and target.immutable),
        take_over=bool(target) and _written_by_update(observed, target),
    )


def manager(observed: Observed) -> str:
    """The field manager under which the target is written; the reference's own name."""
    return hashing.field_manager(observed.es.metadata.name)


def owner_hash(observed: Observed) -> str:
    """The value of the created-by label on everything this ExternalSecret owns."""
    return hashing.owner_hash(observed.es.metadata.namespace, observed.es.metadata.name)


def orphans(observed: Observed, labelled: Iterable[Meta], target: str) -> list[Meta]:
    """Of the Secrets with our created-by label, those that an earlier target left behind; no name means no Secret.

    DIFFERS: the reference goes by the label alone; a hand-made Secret with that label is not ours.
    """
    es = observed.es.metadata
    return [meta for meta in labelled if meta.name != target and ownership.controls(es, meta)]


def missing_notes(absent: Iterable[tuple[str, str]]) -> list[str]:
    """What to tell about entries, as (path, remote key), that are tolerated as absent.

    DIFFERS: the reference says dataFrom even for entries of data.
    """
    told = "secret does not exist at provider using"
    return [f"{told} {path} (key={key})" if path.startswith("spec.data[") else f"{told} {path}" for path, key in absent]


def dropped(observed: Observed, write: Apply | Remove | Leave) -> frozenset[str]:
    """The keys of ours that a write takes out of a target that is there."""
    if observed.target is None or isinstance(write, Leave):
        return frozenset()
    kept = write.data.keys() if isinstance(write, Apply) else ()
    return _ours(observed, observed.target) - frozenset(kept)


def empties(observed: Observed, write: Apply | Remove | Leave) -> bool:
    """Whether nothing of ours would be left of a target because its provider has nothing; an edit is no such case."""
    if isinstance(write, Remove):
        return True
    edited = not observed.es.status.synced_resource_version.startswith(f"{observed.es.metadata.generation}-")
    return isinstance(write, Apply) and not write.data and not edited and bool(dropped(observed, write))


def _ours(observed: Observed, target: Secret) -> frozenset[str]:
    """The data keys that our field manager owns in the target."""
    mine = manager(observed)
    return frozenset[str]().union(*(entry.data for entry in target.owned if entry.manager == mine))


def _foreign(observed: Observed, target: Secret) -> dict[str, bytes]:
    """The data that stays whatever we apply."""
    ours = _ours(observed, target)
    return {key: value for key, value in target.data.items() if key not in ours}


def _to_own(policy: CreationPolicy, data: Values, foreign: dict[str, bytes]) -> Values:
    """The part of the data to apply.

    Where we merge, a key that somebody else put there with the value we want stays theirs: owning it, we would take it
    away once it is not wanted any more (the reference's update does not own equal values either).
    """
    if policy not in (CreationPolicy.MERGE, CreationPolicy.CREATE_OR_MERGE):
        return data
    return Values({key: value for key, value in data.items() if foreign.get(key) != value})


def _written_by_update(observed: Observed, target: Secret | None) -> bool:
    mine = manager(observed)
    return target is not None and any(entry.manager == mine and entry.operation == "Update" for entry in target.owned)


def _equal(wanted: Apply, target: Secret, observed: Observed) -> bool:
    meta = target.metadata
    return (
        _same_data(wanted, target, observed)
        and wanted.labels.items() <= meta.labels.items()
        and wanted.annotations.items() <= meta.annotations.items()
        and _same_owner(wanted, target, observed)
        and wanted.immutable == target.immutable
        and set(wanted.finalizers) <= set(meta.finalizers)
        and _nothing_to_drop(wanted, target, observed)
    )


def _same_data(wanted: Apply, target: Secret, observed: Observed) -> bool:
    """Whether the data and type would stay as they are."""
    return (
        wanted.type == target.type
        and wanted.data.items() <= target.data.items()
        and _ours(observed, target) <= wanted.data.keys()
    )


def _same_owner(wanted: Apply, target: Secret, observed: Observed) -> bool:
    if wanted.owner is None:
        return not ownership.controls(observed.es.metadata, target.metadata)
    return wanted.owner in target.metadata.owner_references


def _nothing_to_drop(wanted: Apply, target: Secret, observed: Observed) -> bool:
    """Whether no label or annotation of ours is left that is not wanted any more."""
    mine = [entry for entry in target.owned if entry.manager == manager(observed)]
    return all(
        entry.labels <= wanted.labels.keys() and entry.annotations <= wanted.annotations.keys() for entry in mine
    )
