"""A stand-in for AWS that answers as it is told: for faults that moto does not have.

Operations are told by AWS's names. An operation without a script answers 500, so that nothing passes unnoticed.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from aiohttp import web


@dataclass(frozen=True)
class Asked:
    """One request: its operation, its parameters, and its headers in lower case."""

    operation: str
    parameters: Mapping[str, object]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Said:
    """One answer. ``cut`` breaks the connection after that many bytes; ``hang`` answers after that many seconds."""

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    hang: float = 0.0


Script = Said | Callable[[Asked], Said]


def said(body: object, status: int = 200, **headers: str) -> Said:
    return Said(json.dumps(body).encode(), status, {name.replace("_", "-"): value for name, value in headers.items()})


def failed(code: str, text: str = "said", status: int = 400, **headers: str) -> Said:
    return said({"__type": code, "message": text}, status, **headers)


def lent(key_id: str, expiration: str = "2099-01-01T00:00:00Z", call: str = "AssumeRole") -> Said:
    """STS's answer; it speaks XML."""
    keys = f"<AccessKeyId>{key_id}</AccessKeyId><SecretAccessKey>s-{key_id}</SecretAccessKey>"
    keys += f"<SessionToken>t-{key_id}</SessionToken><Expiration>{expiration}</Expiration>"
    text = f"<{call}Response><{call}Result><Credentials>{keys}</Credentials></{call}Result></{call}Response>"
    return Said(text.encode(), headers={"Content-Type": "text/xml"})


def refused(code: str, status: int = 403) -> Said:
    """An error of STS."""
    text = f"<ErrorResponse><Error><Code>{code}</Code><Message>said</Message></Error></ErrorResponse>"
    return Said(text.encode(), status, {"Content-Type": "text/xml"})


class AwsDouble:
    """``script[operation]`` is a list of answers; the last one stays."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.script: dict[str, list[Script]] = {}

    def on(self, operation: str, *answers: Script) -> None:
        self.script[operation] = list(answers)

    def count(self, operation: str) -> int:
        return sum(asked.operation == operation for asked in self.asked)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        asked = await _asked(request)
        self.asked.append(asked)
        answers = self.script.get(asked.operation) or [Said(status=500)]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        answer = answer if isinstance(answer, Said) else answer(asked)
        if answer.hang:
            await anyio.sleep(answer.hang)
        headers = {"Content-Type": "application/x-amz-json-1.1"} | dict(answer.headers)
        if answer.cut is None:
            return web.Response(body=answer.body, status=answer.status, headers=headers)
        return await _cut(request, answer, headers)


@asynccontextmanager
async def running() -> AsyncIterator[AwsDouble]:
    double = AwsDouble()
    application = web.Application()
    application.router.add_post("/", double.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    double.url = f"http://{host}:{port}"
    try:
        yield double
    finally:
        await runner.cleanup()


async def _asked(request: web.Request) -> Asked:
    headers = {name.lower(): value for name, value in request.headers.items()}
    target = headers.get("x-amz-target", "")
    if target:
        return Asked(target.rpartition(".")[2], await request.json(), headers)
    form = {name: str(value) for name, value in (await request.post()).items()}
    return Asked(form.pop("Action", ""), form, headers)


async def _cut(request: web.Request, answer: Said, headers: Mapping[str, str]) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: answer.cut])
    assert request.transport is not None, "a request that is being answered has a transport"
    request.transport.close()
    return response
