"""Targets that are no Secrets: looks at them, writes them, deletes them, and remembers what this process wrote.

Each visit reads the target from the API server, as the reference does; a metadata informer of the kind, started after
the first write, only says when to look. Order and guards are those of Secrets (``carry_out``).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from esoctl.errors import Conflict, Invalid, NotFound, SpecError
from esoctl.model.external_secret import CreationPolicy, ExternalSecretSpec, ManifestRef
from esoctl.model.generic import Generic, Json
from esoctl.model.keys import Key
from esoctl.model.kinds import Resource
from esoctl.model.meta import Meta
from esoctl.plan import fieldtrees, generic, manifest, masking, ownership, refresh, secret
from esoctl.plan.generic import GenericPlan, Write
from esoctl.plan.observed import Applied, Observed
from esoctl.plan.secret import Remove
from esoctl.reconcile.ports import Note

Place = tuple[Resource, str]
"""The kind and name of a target."""
Follow = Callable[[Key, Sequence[Resource]], None]
"""Watch these kinds for the key, and no others any more."""


class Objects(Protocol):
    """Objects of any kind on the API server. Errors are ClusterErrors."""

    async def resource(self, wanted: ManifestRef) -> Resource | None:
        """Where a kind is served; None when it is not."""
        ...

    async def get(self, resource: Resource, namespace: str, name: str) -> Generic | None: ...

    async def apply(self, resource: Resource, namespace: str, name: str, body: bytes, manager: str) -> Generic:
        """Server-side apply, with force."""
        ...

    async def take_over(self, resource: Resource, there: Generic, manager: str) -> None:
        """Turn what the reference wrote by Update into what the manager applied."""
        ...

    async def remove(self, resource: Resource, there: Meta) -> None:
        """Delete exactly that object; one that is gone already is fine."""
        ...


@dataclass(frozen=True, slots=True)
class _Written:
    """Our last write of a key's target."""

    resource: Resource
    meta: Meta
    content: Json = field(repr=False)
    applied: Applied = field(repr=False)


@dataclass(slots=True)
class GenericTargets:
    """Sees and writes targets of any kind, where that is allowed."""

    objects: Objects
    allowed: bool
    follow: Follow
    written: dict[Key, _Written] = field(default_factory=dict)
    left: dict[Key, set[Place]] = field(default_factory=dict)
    """Where a key's earlier targets were, until they are looked after."""
    versions: dict[tuple[Resource, str, str], str] = field(default_factory=dict, repr=False)
    """The resource version of our last write of each object."""

    def is_own(self, resource: Resource, meta: Meta) -> bool:
        """Whether the object is as our last write left it."""
        return self.versions.get((resource, meta.namespace, meta.name)) == meta.resource_version

    async def see(self, observed: Observed, spec: ExternalSecretSpec) -> Observed:
        """With the target as it is now. Whoever is only to be let go needs no look at it."""
        wanted = generic.chosen(spec)
        idle = observed.es.metadata.deleting and not refresh.deletes_target(spec)
        if wanted is None or not self.allowed or idle or spec.target.creation_policy is CreationPolicy.NONE:
            return observed
        resource = await self.objects.resource(wanted)
        found = await self._get(resource, observed) if resource is not None else None
        ours = self.written.get(observed.key)
        if ours is None or found is None or ours.meta.uid != found.metadata.uid:
            return replace(observed, target=generic.seen_as_secret(found), other=found, applied=None)
        seen = replace(observed, target=generic.seen_as_secret(found), other=found)
        return replace(seen, written=ours.content, applied=ours.applied)

    async def carry_out(self, observed: Observed, spec: ExternalSecretSpec, plan: GenericPlan) -> list[Note]:
        """Write or delete the target; what to tell."""
        resource = await self._resource(spec)
        notes: list[Note] = []
        if isinstance(plan.write, Write):
            notes = await self._write(observed, resource, plan.write)
        elif isinstance(plan.write, Remove):
            notes = await self._remove(observed, resource)
        self.follow(observed.key, [resource])
        return notes

    async def tear_down(self, observed: Observed, spec: ExternalSecretSpec) -> list[Note]:
        """Delete the target with its ExternalSecret. DIFFERS: the reference deletes whatever bears the name."""
        there = observed.other
        if there is None or not refresh.deletes_target(spec):
            return []
        if not ownership.controls(observed.es.metadata, there.metadata):
            return []
        return await self._remove(observed, await self._resource(spec))

    async def remove_orphans(
        self, observed: Observed, spec: ExternalSecretSpec, confirm: Callable[[], Awaitable[None]]
    ) -> list[Note]:
        """Delete what an earlier spec wrote elsewhere. Its name is in the status; its kind is known until a restart.

        DIFFERS: the reference leaves it behind until its ExternalSecret is deleted.
        """
        left = self.left.get(observed.key, set()).copy()
        if generic.chosen(spec) is not None:
            here = await self._resource(spec)
            left.add((here, observed.es.status.binding.name))
            left -= {(here, observed.es.target_name), (here, "")}
        notes: list[Note] = []
        for resource, name in sorted(left, key=lambda place: (place[0].kind, place[1])):
            there = await self.objects.get(resource, observed.key.namespace, name)
            if there is not None and ownership.controls(observed.es.metadata, there.metadata):
                await confirm()
                await self.objects.remove(resource, there.metadata)
                notes.append(Note("Deleted", f"Deleted {resource.kind} {name} because it was orphaned"))
        self.left.pop(observed.key, None)
        return notes

    def leave(self, key: Key) -> None:
        """The key's target is a Secret now."""
        self._forget_place(key)
        self.follow(key, [])

    def forget(self, key: Key) -> None:
        """The key's object is gone."""
        self.leave(key)
        self.left.pop(key, None)

    async def _resource(self, spec: ExternalSecretSpec) -> Resource:
        wanted = generic.chosen(spec)
        assert wanted is not None
        resource = await self.objects.resource(wanted)
        if resource is None:
            problem = f'no matches for kind "{wanted.kind}" in version "{wanted.api_version}"'
            raise SpecError("", f"{problem}; install its definition, or correct target.manifest")
        if not resource.namespaced:
            problem = f"kind {wanted.kind} of {wanted.api_version} has cluster scope and cannot be a target"
            raise SpecError("spec.target.manifest", problem)
        return resource

    async def _get(self, resource: Resource, observed: Observed) -> Generic | None:
        if not resource.namespaced:
            return None
        return await self.objects.get(resource, observed.key.namespace, observed.es.target_name)

    async def _write(self, observed: Observed, resource: Resource, wanted: Write) -> list[Note]:
        mine = secret.manager(observed)
        if observed.other is not None:
            await self.objects.take_over(resource, observed.other, mine)
        made = await self._guarded(observed, resource, wanted)
        mended = generic.corrected(wanted, made)
        if mended is not None:
            made = await self._guarded(observed, resource, mended)
        self._remember(observed.key, resource, made, wanted)
        name = f"{resource.kind} {made.metadata.name}"
        if not wanted.uid:
            return [Note("Created", f"Created {name}")]
        return [] if made.metadata.resource_version == wanted.version else [Note("Updated", f"Updated {name}")]

    async def _guarded(self, observed: Observed, resource: Resource, wanted: Write) -> Generic:
        """Apply; a target that is not the one the plan was made for is a conflict, so the plan is made anew."""
        name = observed.es.target_name
        text = manifest.encoded(wanted.body)
        try:
            return await self.objects.apply(resource, observed.key.namespace, name, text, secret.manager(observed))
        except (Invalid, NotFound) as error:
            replaced = wanted.uid and (isinstance(error, NotFound) or "metadata.uid" in str(error))
            if replaced or "metadata.ownerReferences" in str(error):
                raise Conflict(409, "Conflict", f"{resource.kind} {name} is another now") from error
            # The rules of a custom kind may quote what they refuse, in any words.
            told = masking.masked(str(error), generic.values_of(wanted.body))
            raise type(error)(error.status, error.reason, told, error.after) from None

    async def _remove(self, observed: Observed, resource: Resource) -> list[Note]:
        there = observed.other
        assert there is not None
        await self.objects.remove(resource, there.metadata)
        return [Note("Deleted", f"Deleted {resource.kind} {there.metadata.name}")]

    def _forget_place(self, key: Key, now: Place | None = None) -> None:
        """Forget our last write; where it went is looked after when the target is elsewhere now."""
        ours = self.written.pop(key, None)
        if ours is not None:
            self.versions.pop((ours.resource, ours.meta.namespace, ours.meta.name), None)
            if (ours.resource, ours.meta.name) != now:
                self.left.setdefault(key, set()).add((ours.resource, ours.meta.name))

    def _remember(self, key: Key, resource: Resource, made: Generic, wanted: Write) -> None:
        meta = made.metadata
        self._forget_place(key, (resource, meta.name))
        content = {name: value for name, value in wanted.body.items() if name not in generic.FIXED}
        held = fieldtrees.as_object(fieldtrees.project(made.body, content))
        labels, annotations = generic.texts_of(wanted.body)
        owned = "ownerReferences" in fieldtrees.as_object(wanted.body["metadata"])
        self.written[key] = _Written(resource, meta, held, Applied(meta.uid, labels, annotations, owned))
        self.versions[resource, meta.namespace, meta.name] = meta.resource_version
