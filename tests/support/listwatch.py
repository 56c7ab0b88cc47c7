"""A collection that answers from a script: what an informer's ListWatch does next, in order.

Each entry answers one list or one watch: ``Page``, ``Stream`` or an error to raise. ``calls`` keeps what was asked, at
which time. When the script is used up, lists and watches wait for ever.
"""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio

Json = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """Answers a list."""

    items: Sequence[Json] = ()
    resource_version: str = "10"
    token: str = ""
    seconds: float = 0.0

    def body(self) -> bytes:
        metadata = {"resourceVersion": self.resource_version, "continue": self.token}
        return json.dumps({"kind": "List", "metadata": metadata, "items": list(self.items)}).encode()


@dataclass(frozen=True)
class Stream:
    """Answers a watch: numbers are seconds to wait, the rest are lines; an error cuts it."""

    script: Iterable[float | bytes | Json | Exception] = ()
    stays_open: bool = True


@dataclass(frozen=True)
class Asked:
    verb: str
    time: float
    query: dict[str, Any]


def an_object(name: str, version: str | int, *, namespace: str = "shop", uid: str = "", **extra: Any) -> Json:
    metadata = {"name": name, "namespace": namespace, "uid": uid or f"uid-{name}", "resourceVersion": str(version)}
    return {"metadata": metadata} | extra


def an_event(type_: str, name: str, version: str | int, **extra: Any) -> Json:
    return {"type": type_, "object": an_object(name, version, **extra)}


def a_bookmark(version: str | int, *, complete: bool = False) -> Json:
    """A bookmark; with ``complete`` the one that ends a streaming list."""
    notes = {"annotations": {"k8s.io/initial-events-end": "true"}} if complete else {}
    return {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(version), **notes}}}


def a_complaint(code: int, reason: str, **details: Any) -> Json:
    status = {"kind": "Status", "code": code, "reason": reason, "message": "m", "details": details}
    return {"type": "ERROR", "object": status}


@dataclass
class ScriptedListWatch:
    """Keeps the contract of ``informers.ports.ListWatch``."""

    script: list[Page | Stream | Exception]
    kind: str = ""
    calls: list[Asked] = field(default_factory=list)

    async def page(self, *, limit: int, token: str, resource_version: str, match: str) -> bytes:
        query = {"limit": limit, "token": token, "resource_version": resource_version, "match": match}
        answer = await self._next("list", query)
        assert isinstance(answer, Page), f"the script has {answer}, the informer lists"
        await anyio.sleep(answer.seconds)
        return answer.body()

    @asynccontextmanager
    async def watch(
        self, *, resource_version: str, timeout_seconds: int, initial: bool
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        query = {"resource_version": resource_version, "timeout_seconds": timeout_seconds}
        answer = await self._next("stream" if initial else "watch", query)
        assert isinstance(answer, Stream), f"the script has {answer}, the informer watches"
        yield _Lines(answer)

    async def _next(self, verb: str, query: dict[str, Any]) -> Page | Stream:
        self.calls.append(Asked(verb, anyio.current_time(), query))
        if not self.script:
            await anyio.sleep_forever()
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def verbs(self) -> list[str]:
        return [asked.verb for asked in self.calls]


class _Lines:
    def __init__(self, stream: Stream) -> None:
        self._entries = iter(stream.script)
        self._stays_open = stream.stays_open

    def __aiter__(self) -> "_Lines":
        return self

    async def __anext__(self) -> bytes:
        for entry in self._entries:
            if isinstance(entry, int | float):
                await anyio.sleep(entry)
            elif isinstance(entry, Exception):
                raise entry
            else:
                return entry if isinstance(entry, bytes) else json.dumps(entry).encode()
        if self._stays_open:
            await anyio.sleep_forever()
        raise StopAsyncIteration
