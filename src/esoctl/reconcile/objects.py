"""The ``Objects`` port over the API server: finds where kinds are served, and reads and writes objects of any kind."""

from dataclasses import dataclass, field

import msgspec

from esoctl.errors import NotFound
from esoctl.kube.api import JSON_PATCH, Api
from esoctl.model import generic
from esoctl.model.external_secret import ManifestRef
from esoctl.model.generic import Generic
from esoctl.model.kinds import Resource
from esoctl.model.meta import Meta, Wire
from esoctl.plan import handover
from esoctl.reconcile import visits
from esoctl.reconcile.visits import Act, Tell


class _Served(Wire, frozen=True):
    name: str = ""
    kind: str = ""
    namespaced: bool = False


class _ServedList(Wire, frozen=True):
    resources: list[_Served] = []


@dataclass(slots=True)
class ApiObjects:
    """Objects of one cluster. What is served is asked once for each version, and again when it proves wrong."""

    api: Api
    known: dict[ManifestRef, Resource] = field(default_factory=dict)
    tell: Tell = visits.note
    """Told of every write that was answered."""

    async def resource(self, wanted: ManifestRef) -> Resource | None:
        if wanted not in self.known:
            await self._discover(wanted.api_version)
        return self.known.get(wanted)

    async def get(self, resource: Resource, namespace: str, name: str) -> Generic | None:
        try:
            return generic.decode(await self.api.get(resource, namespace, name))
        except NotFound:
            return None

    async def apply(self, resource: Resource, namespace: str, name: str, body: bytes, manager: str) -> Generic:
        try:
            made = generic.decode(await self.api.apply(resource, namespace, name, body, manager=manager))
        except NotFound:
            self.known.pop(ManifestRef(resource.api_version, resource.kind), None)
            raise
        self.tell(_act("applied", resource, made.metadata, manager))
        return made

    async def take_over(self, resource: Resource, there: Generic, manager: str) -> None:
        meta = there.metadata
        patch = handover.patch(meta.resource_version, there.managers, manager, (handover.UNNAMED,))
        if patch is not None:
            await self.api.patch(resource, meta.namespace, meta.name, patch, content_type=JSON_PATCH)

    async def remove(self, resource: Resource, there: Meta) -> None:
        try:
            await self.api.remove(
                resource, there.namespace, there.name, uid=there.uid, resource_version=there.resource_version
            )
        except NotFound:
            return
        self.tell(_act("deleted", resource, there))

    async def _discover(self, api_version: str) -> None:
        try:
            found = _lists.decode(await self.api.served(api_version))
        except NotFound:
            return
        group, _, version = api_version.rpartition("/")
        for one in found.resources:
            if "/" not in one.name:
                resource = Resource(one.kind, group, version, one.name, namespaced=one.namespaced)
                self.known[ManifestRef(api_version, one.kind)] = resource


def _act(action: str, resource: Resource, meta: Meta, manager: str = "") -> Act:
    return Act(action, resource.kind, meta.namespace, meta.name, meta.uid, meta.resource_version, manager)


_lists = msgspec.json.Decoder(_ServedList)
