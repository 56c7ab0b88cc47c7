"""An HTTP server that answers from a script, over a real socket: for what a transport must survive.

Each request takes the next entry of the script. An ``Answer`` is a whole response; a ``Drip`` sends its chunks with
pauses between and may cut the connection in the middle; ``DISCONNECT`` closes without a word after the request was
read; ``HANG`` never answers. ``requests`` keeps what was asked.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes | dict[str, Any] = b"{}"
    headers: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Drip:
    chunks: Sequence[bytes | float]
    """Numbers are seconds to wait."""
    cut: bool = False


DISCONNECT = "disconnect"
HANG = "hang"
Entry = Answer | Drip | str


@dataclass(frozen=True)
class Asked:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int
    """Which connection it came by, counted from 0."""


def a_status(code: int, reason: str, message: str, **details: Any) -> Answer:
    body = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
    return Answer(code, body | ({"details": details} if details else {}))


class ScriptedServer:
    def __init__(self, script: Sequence[Entry]) -> None:
        self.script = list(script)
        self.requests: list[Asked] = []
        self.url = ""
        self._connections: dict[int, int] = {}

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = self._connections.setdefault(id(request.transport), len(self._connections))
        headers = {name.lower(): value for name, value in request.headers.items()}
        target = request.raw_path
        self.requests.append(Asked(request.method, target, headers, await request.read(), connection))
        entry = self.script.pop(0) if self.script else Answer(404, b"the script is used up")
        if isinstance(entry, Answer):
            return web.Response(status=entry.status, body=entry.content(), headers=entry.headers)
        if isinstance(entry, Drip):
            return await self._drip(request, entry)
        if entry == HANG:
            await asyncio.sleep(3600)
        return self._hang_up(request)

    async def _drip(self, request: web.BaseRequest, entry: Drip) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        for chunk in entry.chunks:
            if isinstance(chunk, bytes):
                await response.write(chunk)
            else:
                await asyncio.sleep(chunk)
        return self._hang_up(request) if entry.cut else response

    def _hang_up(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.close()
        return web.Response()


@asynccontextmanager
async def serving(*script: Entry, tls: ssl.SSLContext | None = None) -> AsyncIterator[ScriptedServer]:
    """A server on a free port of the loopback interface."""
    scripted = ScriptedServer(script)
    runner = web.ServerRunner(web.Server(scripted.answer), shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        host, port = runner.addresses[0][:2]
        scripted.url = f"{'https' if tls else 'http'}://{host}:{port}"
        yield scripted
    finally:
        await runner.cleanup()
