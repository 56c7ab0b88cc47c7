"""An API server that does next to nothing, for figures of the operator alone, on any clock.

It keeps the contract of ``esoctl.kube.transport.Transport`` for what the operator asks of it: pages, watches, apply of
Secrets, merge patches of a status. It checks nothing, so it costs little, and `spent` says how much: what is left of
the process's CPU is the operator's.
"""
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
import msgspec

from esoctl.errors import NotFound
from esoctl.kube.transport import Call

MANAGED = "reconcile.external-secrets.io/managed"
FIELDS = {"f:metadata": {"f:labels": {}, "f:annotations": {}}, "f:data": {}}
decode, encode = msgspec.json.decode, msgspec.json.encode


class BareApi:
    """Objects by collection, namespace and name; everybody who watches gets every change."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[tuple[str, str], dict]] = defaultdict(dict)
        self.version = 1
        self.watchers: dict[str, list[tuple[Call, anyio.abc.ObjectSendStream]]] = defaultdict(list)
        self.calls: Counter[str] = Counter()
        self.spent = 0.0

    def put(self, collection: str, body: dict) -> dict:
        """Make or replace an object, as a user."""
        meta = body.setdefault("metadata", {})
        where = (meta.get("namespace", ""), meta["name"])
        known = self.objects[collection].get(where)
        self.version += 1
        meta.setdefault("uid", f"00000000-0000-4000-8000-{self.version:012}")
        meta["resourceVersion"] = str(self.version)
        meta.setdefault("generation", 1)
        meta.setdefault("creationTimestamp", "2026-06-01T12:00:00Z")
        self.objects[collection][where] = body
        self._tell(collection, "MODIFIED" if known else "ADDED", body)
        return body

    async def request(self, call: Call) -> bytes:
        await anyio.lowlevel.checkpoint()
        began = time.process_time()
        try:
            return self._answer(call)
        finally:
            self.spent += time.process_time() - began

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncIterator[AsyncIterator[bytes]]:
        collection, _, _, _ = _parts(call.path)
        send, receive = anyio.create_memory_object_stream[bytes](1_000_000)
        began = time.process_time()
        if "sendInitialEvents" in call.query:
            for body in self.objects[collection].values():
                if _wanted(call, body):
                    send.send_nowait(_line("ADDED", call, body))
            meta = {"resourceVersion": str(self.version), "annotations": {"k8s.io/initial-events-end": "true"}}
            send.send_nowait(encode({"type": "BOOKMARK", "object": {"metadata": meta}}))
        self.spent += time.process_time() - began
        self.watchers[collection].append((call, send))
        try:
            yield receive
        finally:
            self.watchers[collection].remove((call, send))

    def _answer(self, call: Call) -> bytes:
        collection, namespace, name, part = _parts(call.path)
        self.calls[f"{call.method} {collection}{'/' + part if part else ''}"] += 1
        if call.method == "GET" and not name:
            found = [body for body in self.objects[collection].values() if _wanted(call, body)]
            return encode({"metadata": {"resourceVersion": str(self.version)}, "items": found})
        if call.method == "POST":
            return call.body or b"{}"
        known = self.objects[collection].get((namespace, name))
        if call.method == "GET":
            if known is None:
                raise NotFound(404, "NotFound", call.path)
            return encode(known)
        sent = decode(call.body or b"{}")
        if part == "status":
            merged = {**known, "status": {**known.get("status", {}), **sent["status"]}}
            merged["metadata"] = dict(known["metadata"])
            return encode(self.put(collection, merged))
        made = {**sent, "metadata": {**sent["metadata"], "managedFields": [_entry(sent, call.query["fieldManager"])]}}
        if known is not None:
            made["metadata"]["uid"] = known["metadata"]["uid"]
        return encode(self.put(collection, made))

    def _tell(self, collection: str, event: str, body: dict) -> None:
        began = time.process_time()
        for call, send in self.watchers[collection]:
            if _wanted(call, body):
                send.send_nowait(_line(event, call, body))
        self.spent += time.process_time() - began


def _parts(path: str) -> tuple[str, str, str, str]:
    """Collection, namespace, name and subresource of a path."""
    words = path.strip("/").split("/")
    words = words[2:] if words[0] == "api" else words[3:]
    namespace = ""
    if words[0] == "namespaces" and len(words) > 2:
        namespace, words = words[1], words[2:]
    words += [""] * 3
    return words[0], namespace, words[1], words[2]


def _wanted(call: Call, body: dict) -> bool:
    return "labelSelector" not in call.query or body["metadata"].get("labels", {}).get(MANAGED) == "true"


def _line(event: str, call: Call, body: dict) -> bytes:
    shown = {"metadata": body["metadata"]} if "PartialObject" in call.accept else body
    return encode({"type": event, "object": shown})


def _entry(body: dict, manager: str) -> dict:
    meta = {f"f:{part}": {f"f:{name}": {} for name in body["metadata"].get(part, {})} for part in ("labels", "annotations")}
    fields = {"f:metadata": meta, "f:data": {f"f:{name}": {} for name in body.get("data", {})}}
    return {"manager": manager, "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields}
