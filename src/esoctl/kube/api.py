"""The verbs of the Kubernetes API on bytes: who calls decodes.

* Writes are server-side apply where the object is ours, patches elsewhere; there is no read-modify-write.
* A delete carries what must be true of the object: its UID, and its version when the caller decided by its content.
* ``metadata_only`` asks for PartialObjectMetadata and accepts nothing else, so that a server which cannot answer so
  refuses, and never sends the values of every Secret instead.

Source: Kubernetes API concepts, "Server-side apply", "Resource versions", "Streaming lists", "Receiving resources as
Tables" (the same content negotiation serves PartialObjectMetadata).
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import msgspec

from esoctl.errors import Unreachable
from esoctl.kube import paths
from esoctl.kube.transport import JSON, Call, Transport
from esoctl.model.keys import Kind
from esoctl.model.kinds import RESOURCES, Resource
from esoctl.model.meta import Wire

APPLY_PATCH = "application/apply-patch+yaml"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"

PAGE_LIMIT = 500
LIST_SECONDS = 60.0
REVIEW_SECONDS = 5.0
STREAM_GRACE_SECONDS = 30.0

_PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects of a kind a list or a watch is about, and how much of each."""

    resource: Resource
    namespace: str | None = None
    """None for all namespaces."""
    label_selector: str = ""
    metadata_only: bool = False

    @property
    def path(self) -> str:
        return paths.collection(self.resource, self.namespace)


class Api:
    """One API server; raises ClusterError."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def get(self, resource: Resource, namespace: str, name: str, *, metadata_only: bool = False) -> bytes:
        accept = _PARTIAL if metadata_only else JSON
        return await self._transport.request(Call("GET", paths.item(resource, namespace, name), accept=accept))

    async def served(self, api_version: str) -> bytes:
        """The kinds of a group and version (APIResourceList)."""
        return await self._transport.request(Call("GET", paths.version(api_version)))

    async def page(
        self,
        selection: Selection,
        *,
        limit: int = PAGE_LIMIT,
        token: str = "",
        resource_version: str = "",
        match: str = "",
    ) -> bytes:
        """One page of a list. It is tried once: whoever lists has a backoff of its own."""
        query = paths.query(
            labelSelector=selection.label_selector,
            limit=limit,
            **{"continue": token},
            resourceVersion=resource_version,
            resourceVersionMatch=match,
        )
        accept = _PARTIAL_LIST if selection.metadata_only else JSON
        return await self._transport.request(
            Call("GET", selection.path, query, accept=accept, timeout=LIST_SECONDS, tries=1)
        )

    def watch(
        self, selection: Selection, *, resource_version: str, timeout_seconds: int, initial: bool = False
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Events, one a line, from after ``resource_version`` until the server ends the stream.

        With ``initial`` it is a streaming list: all objects first, in a state not older than that version, then a
        bookmark that says so. A server that does not know this refuses it, for it knows no match for a watch.
        """
        query = paths.query(
            watch=True,
            allowWatchBookmarks=True,
            labelSelector=selection.label_selector,
            resourceVersion=resource_version,
            timeoutSeconds=timeout_seconds,
            sendInitialEvents=initial,
            resourceVersionMatch="NotOlderThan" if initial else None,
        )
        accept = _PARTIAL if selection.metadata_only else JSON
        timeout = timeout_seconds + STREAM_GRACE_SECONDS
        return self._transport.stream(Call("GET", selection.path, query, accept=accept, timeout=timeout))

    async def apply(
        self, resource: Resource, namespace: str, name: str, body: bytes, *, manager: str, force: bool = True
    ) -> bytes:
        """Server-side apply; the body is the whole of what ``manager`` wants to own."""
        query = paths.query(fieldManager=manager, force=force)
        path = paths.item(resource, namespace, name)
        return await self._transport.request(Call("PATCH", path, query, body, APPLY_PATCH))

    async def create(self, resource: Resource, namespace: str, body: bytes, *, manager: str = "") -> bytes:
        path = paths.collection(resource, namespace)
        return await self._transport.request(
            Call("POST", path, paths.query(fieldManager=manager), body, repeatable=False)
        )

    async def patch(
        self, resource: Resource, namespace: str, name: str, body: bytes, *, content_type: str, manager: str = ""
    ) -> bytes:
        path = paths.item(resource, namespace, name)
        return await self._transport.request(Call("PATCH", path, paths.query(fieldManager=manager), body, content_type))

    async def patch_status(
        self, resource: Resource, namespace: str, name: str, body: bytes, *, manager: str = ""
    ) -> bytes:
        """Merge patch of the status subresource."""
        path = paths.item(resource, namespace, name, "status")
        return await self._transport.request(Call("PATCH", path, paths.query(fieldManager=manager), body, MERGE_PATCH))

    async def remove(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> None:
        """Delete in the background, provided the object is still the one meant; raises Conflict when it is not."""
        wanted = {"uid": uid, "resourceVersion": resource_version}
        preconditions = {name: value for name, value in wanted.items() if value is not None}
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        body = msgspec.json.encode(options | ({"preconditions": preconditions} if preconditions else {}))
        await self._transport.request(Call("DELETE", paths.item(resource, namespace, name), body=body))

    async def token(self, namespace: str, service_account: str, audiences: Sequence[str]) -> str:
        """A fresh token of a service account; an empty list of audiences means the API server's own."""
        path = paths.item(RESOURCES[Kind.SERVICE_ACCOUNT], namespace, service_account, "token")
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"audiences": list(audiences)},
        }
        answer = await self._transport.request(Call("POST", path, body=msgspec.json.encode(request)))
        try:
            return _tokens.decode(answer).status.token
        except msgspec.MsgspecError:
            raise Unreachable(0, "BadAnswer", f"POST {path}: the answer holds no token") from None

    async def review(self, path: str, body: bytes) -> bytes:
        """Ask the API server to decide something, such as whose a token is. Nothing is changed by it."""
        return await self._transport.request(Call("POST", path, body=body, timeout=REVIEW_SECONDS, changes=False))


@dataclass(frozen=True, slots=True)
class Collection:
    """One selection on one server: what an informer lists and watches."""

    api: Api
    selection: Selection

    @property
    def kind(self) -> str:
        """What every object of the collection says it is."""
        return "PartialObjectMetadata" if self.selection.metadata_only else self.selection.resource.kind

    async def page(self, *, limit: int, token: str, resource_version: str, match: str) -> bytes:
        return await self.api.page(
            self.selection, limit=limit, token=token, resource_version=resource_version, match=match
        )

    def watch(
        self, *, resource_version: str, timeout_seconds: int, initial: bool
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return self.api.watch(
            self.selection, resource_version=resource_version, timeout_seconds=timeout_seconds, initial=initial
        )


class _TokenStatus(Wire, frozen=True):
    token: str

    def __repr__(self) -> str:
        return "_TokenStatus(token=…)"


class _TokenAnswer(Wire, frozen=True):
    status: _TokenStatus


_tokens = msgspec.json.Decoder(_TokenAnswer)
