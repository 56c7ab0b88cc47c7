"""The real AWS adapter, with its client library, over memory instead of sockets: for the clock that jumps.

Everything is real down to the library's HTTP session: planner, limiter, retries, signing, parsing. The session hands
requests to a script and the small AWS behind it. What a socket would do is played here: a silent peer ends in the
library's read time-out, half a body in a broken stream, a refused connection in no connection.
"""

import json
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import parse_qsl

import aiohttp
import anyio
from aiobotocore.awsrequest import AioAWSResponse
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from esoctl.providers.aws.library import Library
from esoctl.providers.aws.session import Session, Settings
from support import aws
from support.aws_double import Asked, Said
from support.aws_script import AwsRefusedError, Script
from support.aws_world import World

URL = "http://aws.invalid"


class MemoryAws:
    """``script`` says what goes wrong, ``world`` holds the values."""

    def __init__(self, seed: int = 1) -> None:
        self.script = Script(seed)
        self.world = World()

    async def answer(self, asked: Asked) -> Said:
        return await self.script.answer(asked, self.world.answer)


class MemorySession(Session):
    """Use like the session of the product."""

    def __init__(self, memory: MemoryAws, settings: Settings | None = None) -> None:
        super().__init__(settings or Settings(endpoints=aws.everywhere(URL)))
        self._memory = memory

    def _load(self) -> Library:
        library = super()._load()
        library._session.register_component("data_loader", _models(library))
        library._http = _session_over(self._memory)
        return library


_LOADERS: list[Any] = []


def _models(library: Library) -> Any:
    """The models that the first session of the process loads; the others need not load them again."""
    if not _LOADERS:
        _LOADERS.append(library._session.get_component("data_loader"))
    return _LOADERS[0]


class _Body:
    """What the library reads the body from."""

    def __init__(self, answer: Said, url: str) -> None:
        self._answer = answer
        self._url = url

    async def read(self) -> bytes:
        if self._answer.cut is None:
            return self._answer.body
        raise aiohttp.ClientPayloadError("Response payload is not completed")


def _session_over(memory: MemoryAws) -> type[Any]:
    class InMemory:
        def __init__(self, timeout: tuple[float, float] = (3.0, 10.0), **_: object) -> None:
            self._patience = timeout[1]

        async def __aenter__(self) -> Self:
            return self

        async def __aexit__(self, *_: object) -> None:
            return

        async def close(self) -> None:
            return

        async def send(self, request: Any) -> AioAWSResponse:
            try:
                with anyio.fail_after(self._patience):
                    answer = await memory.answer(_asked(request))
                    await anyio.sleep(answer.hang)
            except TimeoutError as slow:
                raise ReadTimeoutError(endpoint_url=request.url, error=slow) from slow
            except AwsRefusedError as closed:
                raise EndpointConnectionError(endpoint_url=request.url, error=closed) from closed
            headers = {"content-type": "application/x-amz-json-1.1"}
            headers |= {name.lower(): value for name, value in answer.headers.items()}
            return AioAWSResponse(request.url, answer.status, headers, _Body(answer, request.url))

    return InMemory


def _asked(request: Any) -> Asked:
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    body = _text(request.body or b"")
    target = headers.get("x-amz-target", "")
    if target:
        return Asked(target.rpartition(".")[2], json.loads(body), headers)
    form: Mapping[str, str] = dict(parse_qsl(body))
    return Asked(form.get("Action", ""), {name: v for name, v in form.items() if name != "Action"}, headers)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
