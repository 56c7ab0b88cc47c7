"""The operator's connection to a sandbox in the same process: no sockets, so the clock may jump."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import anyio.lowlevel
import msgspec

from esoctl.errors import Unreachable
from esoctl.kube import faults
from esoctl.kube.transport import Call
from esoctl.sandbox.api import ADMIN
from esoctl.sandbox.api import Api as Sandbox
from esoctl.sandbox.requests import Request, Response
from esoctl.sandbox.watching import Watch


class SandboxTransport:
    """Keeps the contract of ``kube.transport.Transport``; ``away`` fails every request, ``forbidden`` some of them.

    ``calls`` are the requests, lists that come as a stream among them, and no other watches.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.away = False
        self.forbidden: Callable[[Call], bool] = lambda _: False
        self.lag = 0.0
        """Seconds by which each event of a watch comes late."""
        self.hidden = ""
        """The name of an object that streams do not show; no watch can be resumed then, so all are listed anew."""
        self.calls: list[Call] = []

    async def request(self, call: Call) -> bytes:
        await anyio.lowlevel.checkpoint()
        self.calls.append(call)
        answer = self._handle(call)
        assert isinstance(answer, Response)
        body = answer.body if isinstance(answer.body, bytes) else msgspec.json.encode(answer.body)
        if answer.status >= 400:
            raise faults.fault(answer.status, body, private=call.private)
        return body

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncIterator[AsyncIterator[bytes]]:
        if "sendInitialEvents" in call.query:
            self.calls.append(call)
        answer = self._handle(call)
        if isinstance(answer, Response):
            raise faults.fault(answer.status, msgspec.json.encode(answer.body))
        yield self._lines(answer)

    async def _lines(self, watch: Watch) -> AsyncIterator[bytes]:
        while (event := await watch.next()) is not None:
            if self.away:
                return
            if self.hidden and event["object"]["metadata"].get("name") == self.hidden:
                continue
            if self.lag:
                await anyio.sleep(self.lag)
            yield msgspec.json.encode(event)

    def _handle(self, call: Call) -> Response | Watch:
        if self.away:
            raise Unreachable(0, "Refused", "the API server is away")
        if self.forbidden(call):
            refusal = {"kind": "Status", "code": 403, "reason": "Forbidden", "message": f"{call.path} is forbidden"}
            return Response(403, refusal)
        if self.hidden and "watch" in call.query and "sendInitialEvents" not in call.query:
            return Response(410, {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"})
        headers = {"content-type": call.content_type, "accept": call.accept}
        return self.sandbox.handle_as(
            ADMIN, Request(call.method, call.path, urlencode(call.query), headers, call.body or b"")
        )

    def writes(self) -> list[str]:
        """Every write so far, as METHOD path."""
        return [f"{call.method} {call.path}" for call in self.calls if call.method != "GET"]
