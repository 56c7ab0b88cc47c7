"""A stand-in for the places that hand out an identity inside AWS: EKS Pod Identity's agent and the instance's metadata.

No real metadata address is ever asked: tests point the client library here.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

SESSION_TOKEN = "imds-session"
ROLE_PATH = "/latest/meta-data/iam/security-credentials/"


@dataclass
class Metadata:
    """``key_ids`` are handed out one after another; the last one stays. ``seen`` is (path, what authorised it)."""

    url: str = ""
    key_ids: list[str] = field(default_factory=lambda: ["ASIAMETADATA"])
    seen: list[tuple[str, str]] = field(default_factory=list)
    expiration: str = "2099-01-01T00:00:00Z"

    def keys(self) -> dict[str, str]:
        key_id = self.key_ids.pop(0) if len(self.key_ids) > 1 else self.key_ids[0]
        return {
            "Code": "Success",
            "AccessKeyId": key_id,
            "SecretAccessKey": f"s-{key_id}",
            "Token": f"t-{key_id}",
            "Expiration": self.expiration,
        }

    async def container(self, request: web.Request) -> web.Response:
        self.seen.append((request.path, request.headers.get("Authorization", "")))
        return web.json_response(self.keys())

    async def session(self, request: web.Request) -> web.Response:
        self.seen.append((request.path, request.headers.get("x-aws-ec2-metadata-token-ttl-seconds", "")))
        return web.Response(text=SESSION_TOKEN)

    async def role(self, request: web.Request) -> web.Response:
        token = request.headers.get("x-aws-ec2-metadata-token", "")
        self.seen.append((request.path, token))
        if token != SESSION_TOKEN:
            return web.Response(status=401)
        return web.Response(text="node") if request.path == ROLE_PATH else web.json_response(self.keys())


@asynccontextmanager
async def running() -> AsyncIterator[Metadata]:
    metadata = Metadata()
    application = web.Application()
    application.router.add_get("/v1/credentials", metadata.container)
    application.router.add_put("/latest/api/token", metadata.session)
    application.router.add_get(ROLE_PATH + "{name:.*}", metadata.role)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    metadata.url = f"http://{host}:{port}"
    try:
        yield metadata
    finally:
        await runner.cleanup()
