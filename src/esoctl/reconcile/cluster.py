"""The ``Cluster`` port over the API server: bytes to types, and back."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from esoctl.errors import Conflict, NotFound
from esoctl.kube.api import JSON_PATCH, MERGE_PATCH, Api
from esoctl.kube.events import Recorder
from esoctl.model import secret
from esoctl.model.generators import GeneratorKey
from esoctl.model.keys import Key, Kind
from esoctl.model.kinds import RESOURCES
from esoctl.model.meta import Bare, Meta, Wire
from esoctl.model.secret import ConfigMap, Secret
from esoctl.plan import handover
from esoctl.reconcile import visits
from esoctl.reconcile.ports import Note
from esoctl.reconcile.visits import Act, Tell

SECRETS = RESOURCES[Kind.SECRET]


@dataclass(frozen=True, slots=True)
class ApiCluster:
    """Reads and writes one cluster."""

    api: Api
    recorders: Mapping[Kind, Recorder]
    tell: Tell = visits.note
    """Told of every write of a Secret that was answered."""

    async def secret(self, namespace: str, name: str) -> Secret | None:
        try:
            return secret.decode(await self.api.get(SECRETS, namespace, name))
        except NotFound:
            return None

    async def meta(self, key: Key) -> Meta | None:
        try:
            raw = await self.api.get(RESOURCES[key.kind], key.namespace, key.name, metadata_only=True)
        except NotFound:
            return None
        return _bare.decode(raw).metadata

    async def config_map(self, namespace: str, name: str) -> dict[str, str] | None:
        try:
            return _config_map.decode(await self.api.get(RESOURCES[Kind.CONFIG_MAP], namespace, name)).data
        except NotFound:
            return None

    async def generator(self, key: GeneratorKey) -> bytes | None:
        try:
            return await self.api.get(RESOURCES[key.kind], key.namespace, key.name)
        except NotFound:
            return None

    async def apply_secret(self, namespace: str, name: str, body: bytes, manager: str) -> Secret:
        made = secret.decode(await self.api.apply(SECRETS, namespace, name, body, manager=manager))
        self.tell(_applied(body, made.metadata, manager))
        return made

    async def take_over_secret(self, namespace: str, name: str, manager: str) -> None:
        raw = await self.api.get(SECRETS, namespace, name)
        patch = handover.patch(secret.decode(raw).metadata.resource_version, secret.decode_managers(raw), manager)
        if patch is not None:
            made = secret.decode(
                await self.api.patch(SECRETS, namespace, name, patch, content_type=JSON_PATCH)
            ).metadata
            self.tell(Act("taken over", SECRETS.kind, namespace, name, made.uid, made.resource_version, manager))

    async def remove_secret(self, namespace: str, name: str, uid: str, resource_version: str) -> None:
        try:
            await self.api.remove(SECRETS, namespace, name, uid=uid, resource_version=resource_version)
        except NotFound:
            return
        self.tell(Act("deleted", SECRETS.kind, namespace, name, uid, resource_version))

    async def patch_status(self, key: Key, body: bytes) -> None:
        try:
            await self.api.patch_status(RESOURCES[key.kind], key.namespace, key.name, body)
        except NotFound:
            return

    async def set_finalizers(self, key: Key, finalizers: list[str], resource_version: str) -> None:
        patch = {"metadata": {"finalizers": finalizers, "resourceVersion": resource_version}}
        resource = RESOURCES[key.kind]
        body = msgspec.json.encode(patch)
        try:
            await self.api.patch(resource, key.namespace, key.name, body, content_type=MERGE_PATCH)
        except NotFound as error:
            raise Conflict(409, "Conflict", f"{key} is gone") from error

    async def service_account(self, namespace: str, name: str) -> Meta | None:
        return await self.meta(Key(Kind.SERVICE_ACCOUNT, namespace, name))

    async def service_account_token(self, namespace: str, name: str, audiences: tuple[str, ...]) -> str:
        return await self.api.token(namespace, name, audiences)

    def note(self, key: Key, meta: Meta, note: Note) -> None:
        resource = RESOURCES[key.kind]
        kind = "Warning" if note.warning else "Normal"
        self.recorders[key.kind].record(meta, key.kind, resource.api_version, kind, note.reason, note.message)


class _Head(Wire, frozen=True):
    uid: str = ""


class _Wanted(Wire, frozen=True):
    """Of what is applied, its uid (the object was there) and the names of its keys."""

    metadata: _Head = _Head()
    data: dict[str, msgspec.Raw] = {}

    def __repr__(self) -> str:
        return "_Wanted(…)"


def _applied(body: bytes, made: Meta, manager: str) -> Act:
    wanted = _wanted.decode(body)
    action = "updated" if wanted.metadata.uid else "created"
    version, keys = made.resource_version, tuple(wanted.data)
    return Act(action, SECRETS.kind, made.namespace, made.name, made.uid, version, manager, keys)


_wanted = msgspec.json.Decoder(_Wanted)
_config_map = msgspec.json.Decoder(ConfigMap)
_bare = msgspec.json.Decoder(Bare)
