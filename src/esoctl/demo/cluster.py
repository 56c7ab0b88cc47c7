"""Looks at and changes the sandbox's cluster, as a person would with kubectl."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import anyio
import msgspec
import yaml

from esoctl.errors import NotFound, Unreachable
from esoctl.kube.api import Api
from esoctl.model import external_secret, secret, store
from esoctl.model.conditions import Condition, find
from esoctl.model.keys import Kind
from esoctl.model.kinds import RESOURCES
from esoctl.model.secret import Secret

T = TypeVar("T")

MANAGER = "demo"
LOOK_SECONDS = 0.1


class Cluster:
    """One namespace of one cluster."""

    def __init__(self, api: Api, namespace: str = "default") -> None:
        self._api = api
        self._namespace = namespace

    async def apply_file(self, path: Path) -> None:
        """Apply every manifest of a file."""
        for manifest in yaml.safe_load_all(await anyio.Path(path).read_text()):
            await self.apply(manifest)

    async def apply(self, manifest: dict[str, object]) -> None:
        """Server-side apply of one manifest."""
        head = msgspec.convert(manifest, _Head)
        body = msgspec.json.encode(manifest)
        await self._api.apply(RESOURCES[head.kind], self._namespace, head.metadata.name, body, manager=MANAGER)

    async def annotate(self, kind: Kind, name: str, annotations: dict[str, str]) -> None:
        """Set annotations."""
        body = msgspec.json.encode({"metadata": {"annotations": annotations}})
        content_type = "application/merge-patch+json"
        await self._api.patch(RESOURCES[kind], self._namespace, name, body, content_type=content_type, manager=MANAGER)

    async def delete_secret(self, name: str) -> None:
        """Delete a Secret, as by accident."""
        await self._api.remove(RESOURCES[Kind.SECRET], self._namespace, name)

    async def secret(self, name: str) -> Secret | None:
        """A Secret, None while there is none."""
        try:
            return secret.decode(await self._api.get(RESOURCES[Kind.SECRET], self._namespace, name))
        except NotFound:
            return None

    async def ready(self, kind: Kind, name: str) -> Condition | None:
        """The Ready condition of an ExternalSecret or store, None while it has none."""
        try:
            raw = await self._api.get(RESOURCES[kind], self._namespace, name)
        except NotFound:
            return None
        decode = external_secret.decode if kind is Kind.EXTERNAL_SECRET else store.decode
        return find(decode(raw).status.conditions)

    async def until(self, what: str, look: Callable[[], Awaitable[T | None]], seconds: float = 15.0) -> T:
        """Look again and again until there is something to see; raises Unreachable when the time is over."""
        with anyio.move_on_after(seconds):
            while True:
                found = await look()
                if found is not None:
                    return found
                await anyio.sleep(LOOK_SECONDS)
        raise Unreachable(0, "Timeout", f"{what} was not seen within {seconds:.0f} s")


class _Name(msgspec.Struct, frozen=True):
    name: str


class _Head(msgspec.Struct, frozen=True):
    kind: Kind
    metadata: _Name
