"""The HTTP skin: carries requests from sockets to ``api`` and answers back.

Watches are sent as JSON lines in chunks; everything else in one piece. Nothing here knows what a request means.
"""

from urllib.parse import quote

import msgspec
import yaml
from aiohttp import web

from esoctl.sandbox import bodies, views
from esoctl.sandbox.api import Api
from esoctl.sandbox.requests import Request, Response
from esoctl.sandbox.watching import Watch

_PATH = "/{path:.*}"


def application(api: Api) -> web.Application:
    """One handler for every path."""

    async def handler(incoming: web.Request) -> web.StreamResponse:
        request = Request(
            incoming.method,
            incoming.path,
            incoming.query_string,
            {name.lower(): value for name, value in incoming.headers.items()},
            await incoming.read() if incoming.body_exists else b"",
        )
        answer = api.handle(request)
        if isinstance(answer, Watch):
            return await _stream(incoming, answer)
        return _whole(request, answer)

    app = web.Application(client_max_size=bodies.LIMIT * 2)
    app.router.add_route("*", _PATH, handler)
    return app


def _whole(request: Request, answer: Response) -> web.Response:
    body, content_type = _encode(request, answer)
    response = web.Response(status=answer.status, body=body, headers={"Content-Type": content_type})
    for warning in answer.warnings:
        response.headers.add("Warning", f'299 - "{_quoted(warning)}"')
    return response


def _encode(request: Request, answer: Response) -> tuple[bytes, str]:
    match answer.body:
        case bytes() as raw:
            return raw, answer.content_type
        case str() as text:
            return text.encode(), answer.content_type
        case body if answer.status < 400 and _wants_yaml(request):
            return yaml.safe_dump(body, sort_keys=False).encode(), "application/yaml"
        case body:
            return msgspec.json.encode(body), answer.content_type


def _wants_yaml(request: Request) -> bool:
    accept = request.header("accept")
    return "yaml" in accept and views.choose(accept).yaml


def _quoted(text: str) -> str:
    """A warning as the quoted string of RFC 7234; what a header cannot hold is percent-encoded."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return plain if plain.isascii() else quote(plain, safe=" !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~")


async def _stream(incoming: web.Request, watch: Watch) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Cache-Control": "no-cache, private"})
    response.enable_chunked_encoding()
    await response.prepare(incoming)
    while (event := await watch.next()) is not None:
        await response.write(msgspec.json.encode(event) + b"\n")
    await response.write_eof()
    return response
