"""Runs moto's server, an AWS stand-in, as a child process on a loopback port.

::

    async with MotoServer() as moto:
        client = session.create_client("secretsmanager", endpoint_url=moto.url)

A process of its own, because moto answers from threads and would share this process's one interpreter lock.
"""

import importlib.util
import socket
import subprocess
import sys
from types import TracebackType
from typing import Self

import anyio
from anyio.abc import Process

_HOST = "127.0.0.1"
_START_SECONDS = 60.0
_STOP_SECONDS = 5.0
_LOOK_SECONDS = 0.05


class MotoError(Exception):
    """The server did not start."""


class MotoServer:
    """An async context manager: moto answers inside the block."""

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self._port}"

    async def __aenter__(self) -> Self:
        if importlib.util.find_spec("moto") is None:
            raise MotoError("moto is not installed; install it with: pip install 'esoctl[sandbox]'")
        self._port = self._port or _free_port()
        command = [sys.executable, "-m", "moto.server", "-H", _HOST, "-p", str(self._port)]
        # A session of its own, so that an interrupt from the terminal reaches the parent first.
        self._process = await anyio.open_process(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            await self._wait_ready(self._process)
        except BaseException:
            await self._stop(self._process)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            await self._stop(self._process)

    async def _wait_ready(self, process: Process) -> None:
        """Until the port is open; the child may take seconds to import moto."""
        with anyio.move_on_after(_START_SECONDS):
            while process.returncode is None:
                if await self._answers():
                    return
                await anyio.sleep(_LOOK_SECONDS)
        why = "it took too long" if process.returncode is None else f"it ended with code {process.returncode}"
        raise MotoError(f"moto's server did not start on port {self._port}: {why}; is the port taken?")

    async def _answers(self) -> bool:
        try:
            stream = await anyio.connect_tcp(_HOST, self._port)
        except OSError:
            return False
        await stream.aclose()
        return True

    async def _stop(self, process: Process) -> None:
        with anyio.CancelScope(shield=True):
            if process.returncode is None:
                process.terminate()
                with anyio.move_on_after(_STOP_SECONDS):
                    await process.wait()
            if process.returncode is None:
                process.kill()
                await process.wait()
            await process.aclose()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
