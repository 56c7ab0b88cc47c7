"""A SecretPlan into API calls, in order. The only writer of Secrets; it decides nothing.

Order matters: the new target is written before an old one is deleted, so a failure in between leaves two Secrets and
never none.
"""

from collections.abc import Iterable
from dataclasses import replace

from esoctl.errors import Conflict, Invalid, NotFound
from esoctl.model.external_secret import ExternalSecretSpec
from esoctl.model.meta import Meta
from esoctl.model.secret import Secret
from esoctl.plan import hashing, manifest, refresh, secret, unused
from esoctl.plan.observed import DATA_HASH_ANNOTATION, Observed
from esoctl.plan.secret import DELETED, Apply, Leave, Remove, SecretPlan
from esoctl.reconcile.ports import Cluster, Note

CREATED = Note("Created", "secret created")
UPDATED = Note("Updated", "secret updated")
REMOVED = Note("Deleted", DELETED)
ORPHANED = Note("Deleted", "secret deleted because it was orphaned")


async def carry_out(
    plan: SecretPlan, namespace: str, manager: str, cluster: Cluster
) -> tuple[Secret | None, list[Note]]:
    """Write or delete the target; the Secret as it was written (None when nothing was), and what to tell."""
    match plan.write:
        case Apply() as wanted:
            made = await _apply(wanted, namespace, manager, cluster)
            return made, _told(wanted)
        case Remove(name, uid, resource_version):
            await cluster.remove_secret(namespace, name, uid, resource_version)
            return None, [REMOVED]
        case Leave():
            return None, []


def _told(wanted: Apply) -> list[Note]:
    """An immutable Secret can change in its metadata only; the reference tells nothing of that."""
    if not wanted.uid:
        return [CREATED]
    return [] if wanted.frozen else [UPDATED]


def ignored(observed: Observed, spec: ExternalSecretSpec) -> list[Note]:
    """The fields without effect, told once an edit. DIFFERS: the reference ignores them in silence."""
    found = [] if refresh.generation_synced(observed) else unused.external_secret(spec)
    return [Note(unused.REASON, unused.text(found), warning=True)] if found else []


def missing(absent: Iterable[tuple[str, str]]) -> list[Note]:
    """What to tell of entries, as (path, remote key), whose absence is tolerated."""
    return [Note("MissingProviderSecret", message) for message in secret.missing_notes(absent)]


async def remove_orphans(orphans: list[Meta], namespace: str, cluster: Cluster) -> list[Note]:
    """Delete Secrets that an earlier target name left behind; each only as the object that was seen."""
    for orphan in orphans:
        await cluster.remove_secret(namespace, orphan.name, orphan.uid, orphan.resource_version)
    return [ORPHANED] * bool(orphans)


async def _apply(wanted: Apply, namespace: str, manager: str, cluster: Cluster) -> Secret:
    if wanted.take_over:
        await cluster.take_over_secret(namespace, wanted.name, manager)
    made = await _guarded(wanted, namespace, manager, cluster)
    actual = hashing.data_hash(made.data)
    if wanted.annotations.get(DATA_HASH_ANNOTATION) == actual:
        return made
    # Somebody changed a foreign key meanwhile, or still owns a key that we gave up: the hash must be of what is there.
    corrected = replace(wanted, annotations={**wanted.annotations, DATA_HASH_ANNOTATION: actual}, uid=made.metadata.uid)
    return await _guarded(corrected, namespace, manager, cluster)


async def _guarded(wanted: Apply, namespace: str, manager: str, cluster: Cluster) -> Secret:
    """Apply; a target that is not the one the plan was made for is a conflict, so the plan is made anew."""
    try:
        return await cluster.apply_secret(namespace, wanted.name, manifest.body(wanted, namespace), manager)
    except Invalid as error:
        if "metadata.ownerReferences" in str(error):
            raise Conflict(409, "Conflict", f"secret {wanted.name} got another owner meanwhile") from error
        if wanted.uid and "metadata.uid" in str(error):
            raise Conflict(409, "Conflict", f"secret {wanted.name} was replaced by another of its name") from error
        if wanted.uid and "type: " in str(error) and "field is immutable" in str(error):
            told = f"{error}; the type of a Secret cannot change: delete {wanted.name}, and it is made anew at once"
            raise Invalid(error.status, error.reason, told, error.after) from error
        raise
    except NotFound as error:
        if wanted.uid:
            raise Conflict(409, "Conflict", f"secret {wanted.name} was deleted meanwhile") from error
        raise
