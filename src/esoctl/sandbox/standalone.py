"""Runs the API server and moto together until told to stop, and writes a kubeconfig for them.

The kubeconfig is this sandbox's own file: a file that some other tool wrote is never replaced, and ours is removed at
the end, because its token dies with the sandbox.
"""

import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio

from esoctl.sandbox.moto import MotoServer
from esoctl.sandbox.server import CONTEXT, Ports, SandboxServer

_MARK = f"current-context: {CONTEXT}"


@dataclass(frozen=True, slots=True)
class Running:
    """What a caller may tell the user once everything answers."""

    url: str
    moto_url: str
    kubeconfig: Path


async def run(kubeconfig_path: Path, port: int, moto_port: int, ready_callback: Callable[[Running], None]) -> None:
    """Serve until SIGINT or SIGTERM. Port 0 takes a free one; ``ready_callback`` is called when both servers answer."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with anyio.create_task_group() as group:
            group.start_soon(_serve, kubeconfig_path, port, moto_port, ready_callback)
            async for _ in signals:
                group.cancel_scope.cancel()
                return


async def _serve(kubeconfig_path: Path, port: int, moto_port: int, ready_callback: Callable[[Running], None]) -> None:
    async with (
        SandboxServer(Ports(port)) as server,
        MotoServer(moto_port) as moto,
        _written(kubeconfig_path, server.kubeconfig_text()),
    ):
        ready_callback(Running(server.url, moto.url, kubeconfig_path))
        await anyio.sleep_forever()


@asynccontextmanager
async def _written(path: Path, text: str) -> AsyncIterator[None]:
    """The kubeconfig, readable for its owner only, as long as the block lasts."""
    file = anyio.Path(path)
    if await file.exists() and _MARK not in await file.read_text():
        raise FileExistsError(f"{path} is not a kubeconfig of a sandbox and is left alone; name another file")
    await file.parent.mkdir(parents=True, exist_ok=True)
    await file.touch(mode=0o600)
    await file.chmod(0o600)
    await file.write_text(text)
    try:
        yield
    finally:
        with anyio.CancelScope(shield=True):
            if await file.exists() and await file.read_text() == text:
                await file.unlink()
