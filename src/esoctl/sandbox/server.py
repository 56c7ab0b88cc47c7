"""Runs the in-memory API server on a loopback port.

::

    async with SandboxServer() as server:
        Path("kubeconfig").write_text(server.kubeconfig_text())

The clock and the source of randomness default to the machine's; a test hands in its own.
"""

import base64
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import yaml
from aiohttp import web
from anyio.lowlevel import checkpoint

from esoctl.sandbox import certificates, http, moments
from esoctl.sandbox.api import ADMIN, Api
from esoctl.sandbox.world import Settings, World

CONTEXT = "esoctl-sandbox"
"""The name of cluster, user and context in the kubeconfig."""
_HOST = "127.0.0.1"
_SHUTDOWN_SECONDS = 0.2


def system_now() -> str:
    """The machine's time as the API writes it."""
    return moments.text(datetime.now(UTC))  # noqa: TID251 - the default clock of a server that stands alone


@dataclass(frozen=True, slots=True)
class Ports:
    """Where to listen, and whether with TLS."""

    port: int = 0
    """0 takes a free one."""
    tls: bool = True


class SandboxServer:
    """An async context manager: it listens inside the block."""

    def __init__(
        self,
        ports: Ports | None = None,
        *,
        settings: Settings | None = None,
        now: Callable[[], str] = system_now,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._ports = ports or Ports()
        self.world = World(now, entropy, settings)
        self.token = entropy(24).hex()
        self.world.tokens[self.token] = ADMIN
        self.api = Api(self.world)
        self._certificates = certificates.make(now()) if self._ports.tls else None
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def __aenter__(self) -> Self:
        runner = web.AppRunner(
            http.application(self.api),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await runner.setup()
        self._runner = runner
        site = web.TCPSite(runner, _HOST, self._ports.port, ssl_context=self._context())
        try:
            await site.start()
        except OSError:
            await runner.cleanup()
            raise
        self._port = int(runner.addresses[0][1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for shelf in self.world.store.shelves():
            shelf.close()
        if self._runner is not None:
            await _stop(self._runner)

    def _context(self) -> ssl.SSLContext | None:
        return self._certificates.context() if self._certificates else None

    @property
    def url(self) -> str:
        return f"{'https' if self._certificates else 'http'}://{_HOST}:{self._port}"

    @property
    def authority(self) -> bytes:
        """The PEM certificate clients must trust; empty without TLS."""
        return self._certificates.authority if self._certificates else b""

    def kubeconfig_text(self) -> str:
        """A kubeconfig with which any client may do everything in this sandbox."""
        cluster: dict[str, str] = {"server": self.url}
        if self.authority:
            cluster["certificate-authority-data"] = base64.b64encode(self.authority).decode()
        context = {"cluster": CONTEXT, "user": CONTEXT, "namespace": "default"}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": CONTEXT, "cluster": cluster}],
            "users": [{"name": CONTEXT, "user": {"token": self.token}}],
            "contexts": [{"name": CONTEXT, "context": context}],
            "current-context": CONTEXT,
        }
        return yaml.safe_dump(config, sort_keys=False)


async def _stop(runner: web.AppRunner) -> None:
    """Close everything now. A TLS connection would wait for its client's farewell longer than the loop may live."""
    connections = runner.server.connections if runner.server is not None else []
    transports = [one.transport for one in connections if one.transport is not None]
    await runner.cleanup()
    for transport in transports:
        transport.abort()
    for _ in range(2):  # one round of the loop hears of the loss, the next one closes the sockets
        await checkpoint()
