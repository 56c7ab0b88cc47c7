"""The demo's world: a sandbox, an AWS stand-in, and the operator as a process of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio

from esoctl.config import AWS_ENDPOINTS
from esoctl.crds.install import install
from esoctl.kube.api import Api
from esoctl.kube.connect import connect
from esoctl.kube.transport import Options, Transport
from esoctl.sandbox.moto import MotoServer
from esoctl.sandbox.server import SandboxServer

STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class World:
    """What the story plays in."""

    api: Api
    aws_url: str


@asynccontextmanager
async def world(log: Path | None) -> AsyncIterator[World]:
    """Everything, until the block ends; the operator's log goes to the file, if one is named."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(SandboxServer())
        moto = await stack.enter_async_context(MotoServer())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="esoctl-demo-")))
        kubeconfig = folder / "kubeconfig"
        kubeconfig.touch(mode=0o600)
        kubeconfig.write_text(server.kubeconfig_text())
        endpoint = await connect(str(kubeconfig), None)
        transport = await stack.enter_async_context(Transport(endpoint, Options(draw=lambda: 0.5)))
        await install(transport)
        await stack.enter_async_context(_operator(kubeconfig, moto.url, log or folder / "operator.log"))
        yield World(Api(transport), moto.url)


@asynccontextmanager
async def _operator(kubeconfig: Path, aws_url: str, log: Path) -> AsyncIterator[None]:
    """``esoctl run`` as a child; stopped as the kubelet would stop it."""
    command = [sys.executable, "-m", "esoctl", "run", f"--kubeconfig={kubeconfig}", "--metrics-addr=", "--health-addr="]
    environ = {**os.environ, **dict.fromkeys(AWS_ENDPOINTS, aws_url), "AWS_EC2_METADATA_DISABLED": "true"}
    with log.open("wb") as output:
        child = await anyio.open_process(
            command, stdout=subprocess.DEVNULL, stderr=output, env=environ, start_new_session=True
        )
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await _stop(child)


async def _stop(child: anyio.abc.Process) -> None:
    if child.returncode is None:
        child.terminate()
    with anyio.move_on_after(STOP_SECONDS):
        await child.wait()
    if child.returncode is None:
        child.kill()
        await child.wait()
