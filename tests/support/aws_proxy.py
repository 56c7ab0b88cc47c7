"""A scripted AWS in front of moto, over real sockets: what a transport must survive, with true answers behind it.

The script (``support.aws_script``) decides by call; what it lets pass is forwarded as it came. ``down`` and ``up``
close and open the listening socket, so that connections are refused by the kernel.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import anyio
from aiohttp import web

from support.aws_double import Asked, Said, _asked, _cut
from support.aws_script import AwsRefusedError, Script

_PASSED_ON = ("authorization", "content-type", "x-amz-target", "x-amz-date", "x-amz-security-token", "host")


class AwsProxy:
    """``script`` tells what goes wrong; ``url`` is where the operator finds it."""

    def __init__(self, behind: str, client: aiohttp.ClientSession) -> None:
        self.script = Script()
        self.url = ""
        self._behind = behind
        self._client = client
        self._runner = web.ServerRunner(web.Server(self._handle), shutdown_timeout=0.1)
        self._site: web.TCPSite | None = None
        self._port = 0

    async def up(self) -> None:
        """Listen; again on the same port after ``down``."""
        if self._runner.server is None:
            await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await self._site.start()
        self._port = self._site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        self.url = f"http://127.0.0.1:{self._port}"

    async def down(self) -> None:
        """Refuse connections, and end those there are."""
        assert self._site is not None, "it must be up first"
        await self._site.stop()
        assert self._runner.server is not None
        await self._runner.server.shutdown(0.1)

    async def close(self) -> None:
        await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        asked = await _asked(request)  # type: ignore[arg-type]

        try:
            answer = await self.script.answer(asked, lambda asked: self._onward(asked, body))
        except AwsRefusedError:
            assert request.transport is not None, "a request that is being answered has a transport"
            request.transport.abort()
            return web.Response()
        await anyio.sleep(answer.hang)
        headers = {"Content-Type": "application/x-amz-json-1.1"} | dict(answer.headers)
        if answer.cut is not None:
            return await _cut(request, answer, headers)  # type: ignore[arg-type]
        return web.Response(body=answer.body, status=answer.status, headers=headers)

    async def _onward(self, asked: Asked, body: bytes) -> Said:
        """What stands behind answers."""
        headers = {name: value for name, value in asked.headers.items() if name in _PASSED_ON}
        async with self._client.post(self._behind, data=body, headers=headers) as answer:
            kind = {"Content-Type": answer.headers.get("Content-Type", "application/x-amz-json-1.1")}
            return Said(await answer.read(), answer.status, kind)


@asynccontextmanager
async def running(behind: str) -> AsyncIterator[AwsProxy]:
    """A proxy in front of that URL, up."""
    async with aiohttp.ClientSession() as client:
        proxy = AwsProxy(behind, client)
        await proxy.up()
        try:
            yield proxy
        finally:
            await proxy.close()
