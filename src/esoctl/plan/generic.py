"""What a target that is no Secret is to become: ``target.manifest``.

Policies are those of Secrets, and so is every rule but two: what is written (``shaping``), and that the target counts
as unchanged while the fields we wrote are as they were. It is written by server-side apply, so that nobody else's
fields are lost.

Source: the reference's generic targets (external-secrets 2.9.0). DIFFERS: foreign fields, labels and annotations stay
under every policy; fields we wrote and want no more are removed under Merge too; only what the ExternalSecret controls
is deleted; kinds that could grant rights are refused; an object without spec and data can be a target.
"""

from dataclasses import dataclass, replace

from esoctl.errors import SpecError
from esoctl.model.conditions import Reason
from esoctl.model.external_secret import CreationPolicy, ExternalSecretSpec, ManifestRef
from esoctl.model.generic import Generic, Json
from esoctl.model.meta import OwnerRef
from esoctl.model.secret import Secret
from esoctl.plan import fieldtrees, handover, hashing, ownership, privileged, secret
from esoctl.plan.assemble import Assembled
from esoctl.plan.fieldtrees import Tree
from esoctl.plan.observed import CREATED_BY_LABEL, DATA_HASH_ANNOTATION, MANAGED_LABEL, Observed
from esoctl.plan.render import Rendered
from esoctl.plan.secret import Leave, Remove, SecretPlan
from esoctl.plan.shaping import Frame, Shape
from esoctl.plan.verdict import Stage, Verdict

DISABLED = "generic targets are disabled. Enable with --unsafe-allow-generic-targets flag"
NOT_CREATED = "resource will not be created due to CreationPolicy=Merge"
SECRET = ManifestRef("v1", "Secret")
_REASONS = {
    Reason.SECRET_SYNCED: Reason.RESOURCE_SYNCED,
    Reason.SECRET_DELETED: Reason.RESOURCE_DELETED,
    Reason.SECRET_MISSING: Reason.RESOURCE_MISSING,
    Reason.SECRET_SYNCED_ERROR: Reason.RESOURCE_SYNCED_ERROR,
}
_MERGING = (CreationPolicy.MERGE, CreationPolicy.CREATE_OR_MERGE)
FIXED = ("apiVersion", "kind", "metadata", "status")


@dataclass(frozen=True, slots=True, repr=False)
class Write:
    """Apply this configuration."""

    body: Json
    uid: str
    """The object that must be there; empty when none is expected."""
    version: str
    """Its resource version as it was seen."""
    foreign: Json
    """What is there besides."""


@dataclass(frozen=True, slots=True)
class GenericPlan:
    """The intention, and how its success is to be reported."""

    write: Write | Remove | Leave
    report: SecretPlan


def chosen(spec: ExternalSecretSpec) -> ManifestRef | None:
    """The kind of the target when it is no Secret.

    DIFFERS: ``v1`` ``Secret`` means an ordinary Secret; the reference writes values there that are not base64.
    """
    manifest = spec.target.manifest
    return None if manifest is None or manifest == SECRET else manifest


def admit(spec: ExternalSecretSpec, *, allowed: bool) -> None:
    """Raise SpecError for a kind that may not be a target."""
    manifest = chosen(spec)
    if manifest is None:
        return
    if not allowed:
        raise SpecError("", DISABLED)
    if not (manifest.api_version and manifest.kind):
        raise SpecError("spec.target.manifest", "needs both apiVersion and kind")
    privileged.refuse_kind(manifest.api_version, manifest.kind)


def seen_as_secret(found: Generic | None) -> Secret | None:
    """The target as rules that ask for no more than metadata see it."""
    return Secret(found.metadata) if found is not None else None


def frame(observed: Observed, spec: ExternalSecretSpec, manifest: ManifestRef) -> Frame:
    """What templates begin with: nothing, or under a merging policy what is there already."""
    content: Json = {"data": {}} if (manifest.api_version, manifest.kind) == ("v1", "ConfigMap") else {"spec": {}}
    if observed.other is not None and spec.target.creation_policy in _MERGING:
        held = {name: value for name, value in observed.other.body.items() if name not in FIXED}
        # A path may point into a list, so lists stay whole; for the rest, what we wrote before is written anew or goes.
        content |= fieldtrees.without(held, _ours(observed), keep_lists=True)
    return Frame(manifest, observed.es.target_name, observed.key.namespace, content)


def writes(observed: Observed, spec: ExternalSecretSpec, assembled: Assembled) -> bool:
    """Whether the content will be looked at; a broken template must not fail a plan that writes nothing."""
    return secret.needs_rendering(observed, spec, assembled)


def want(observed: Observed, spec: ExternalSecretSpec, assembled: Assembled, shape: Shape | None) -> GenericPlan:
    """The plan for values that were fetched whole; ``shape`` is None where nothing is written."""
    if shape is None:
        plan = _as_resource(secret.want(observed, spec, assembled, Rendered()))
        assert isinstance(plan.write, Remove | Leave)
        return GenericPlan(plan.write, plan)
    report = SecretPlan(Leave(), Reason.RESOURCE_SYNCED, secret.SYNCED)
    return GenericPlan(_write(observed, spec, shape), report)


def dropped(observed: Observed, write: Write | Remove | Leave) -> frozenset[str]:
    """The paths of the fields of ours that a write takes out of a target that is there, but for its metadata."""
    if isinstance(write, Leave):
        return frozenset()
    body = write.body if isinstance(write, Write) else {}
    return frozenset(path for path in fieldtrees.lost(body, _ours(observed)) if path.partition(".")[0] not in FIXED)


def corrected(write: Write, written: Generic) -> Write | None:
    """The write that mends the hash, when the object is not what was expected; None when it is."""
    actual = hashing.content_hash(fieldtrees.content_of(written.body))
    metadata = fieldtrees.as_object(write.body["metadata"])
    _, annotations = texts_of(write.body)
    if annotations.get(DATA_HASH_ANNOTATION) == actual:
        return None
    mended = metadata | {"annotations": annotations | {DATA_HASH_ANNOTATION: actual}, "uid": written.metadata.uid}
    return replace(write, body=write.body | {"metadata": mended}, uid=written.metadata.uid)


def texts_of(body: Json) -> tuple[dict[str, str], dict[str, str]]:
    """The labels and annotations of an apply configuration."""
    metadata = fieldtrees.as_object(body["metadata"])
    labels, annotations = (fieldtrees.as_object(metadata.get(name)) for name in ("labels", "annotations"))
    return {k: str(v) for k, v in labels.items()}, {k: str(v) for k, v in annotations.items()}


def values_of(body: Json) -> list[bytes]:
    """Every text in the content of an apply configuration, which may be a secret value."""
    found: list[bytes] = []
    left: list[object] = [value for name, value in body.items() if name not in FIXED]
    while left:
        value = left.pop()
        if isinstance(value, str):
            found.append(value.encode("utf-8", "surrogatepass"))
        elif isinstance(value, dict | list):
            left.extend(value.values() if isinstance(value, dict) else value)
    return found


def ruled(spec: ExternalSecretSpec, stage: Stage, ruling: Verdict) -> Verdict:
    """A failure of a generic target has a reason of its own, but not while the manifest is what is wrong."""
    if chosen(spec) is None or stage in (Stage.SPEC, Stage.TARGET):
        return ruling
    return replace(ruling, reason=_REASONS[ruling.reason])


def _as_resource(plan: SecretPlan) -> SecretPlan:
    message = NOT_CREATED if plan.message == secret.NOT_CREATED else plan.message
    return replace(plan, reason=_REASONS[plan.reason], message=message)


def _write(observed: Observed, spec: ExternalSecretSpec, shape: Shape) -> Write | Leave:
    there = observed.other
    if observed.target is not None:
        ownership.admit(observed.es.metadata, spec.target.creation_policy, observed.target)
    privileged.refuse_metadata(shape.annotations)
    held = there.body if there is not None else {}
    foreign = {k: v for k, v in fieldtrees.without(held, _ours(observed)).items() if k not in FIXED}
    content = {name: value for name, value in shape.content.items() if value not in ({}, None)}
    if spec.target.creation_policy in _MERGING:
        # What somebody else put there with the value we want stays theirs.
        content = fieldtrees.difference(content, foreign)
    final = fieldtrees.content_of(fieldtrees.laid_over(foreign, content))
    body = _body(observed, spec, shape, content, hashing.content_hash(final))
    if there is None:
        return Write(body, "", "", foreign)
    if fieldtrees.project(there.body, body) == body and fieldtrees.covers(body, _ours(observed)):
        return Leave()
    metadata = fieldtrees.as_object(body["metadata"]) | {"uid": there.metadata.uid}
    return Write(body | {"metadata": metadata}, there.metadata.uid, there.metadata.resource_version, foreign)


def _body(observed: Observed, spec: ExternalSecretSpec, shape: Shape, content: Json, digest: str) -> Json:
    es, manifest = observed.es, chosen(spec)
    assert manifest is not None
    owner = spec.target.creation_policy is CreationPolicy.OWNER
    labels = shape.labels | {MANAGED_LABEL: "true"}
    if owner:
        labels[CREATED_BY_LABEL] = secret.owner_hash(observed)
    metadata: Json = {
        "name": es.target_name,
        "namespace": es.metadata.namespace,
        "labels": labels,
        "annotations": shape.annotations | {DATA_HASH_ANNOTATION: digest},
    }
    if owner:
        metadata["ownerReferences"] = [_owner(ownership.reference(es.metadata))]
    return {"apiVersion": manifest.api_version, "kind": manifest.kind, "metadata": metadata, **content}


def _owner(reference: OwnerRef) -> Json:
    return {
        "apiVersion": reference.api_version,
        "kind": str(reference.kind),
        "name": reference.name,
        "uid": reference.uid,
        "controller": reference.controller,
        "blockOwnerDeletion": reference.block_owner_deletion,
    }


def _ours(observed: Observed) -> Tree:
    """What we wrote, and what the reference did, in the target."""
    managers = observed.other.managers if observed.other is not None else ()
    return fieldtrees.owned_by((secret.manager(observed), handover.UNNAMED), managers)
