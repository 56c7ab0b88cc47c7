"""``esoctl sandbox``: a Kubernetes API server in memory and an AWS stand-in, until told to stop."""

import sys
from pathlib import Path

import anyio
import click

from esoctl.crds.install import install
from esoctl.errors import EsoctlError
from esoctl.kube.connect import connect
from esoctl.kube.transport import Options, Transport
from esoctl.sandbox import standalone
from esoctl.sandbox.moto import MotoError
from esoctl.sandbox.standalone import Running

KUBECONFIG = Path("sandbox.kubeconfig")


@click.command(context_settings={"show_default": True})
@click.option(
    "--kubeconfig", type=click.Path(dir_okay=False, path_type=Path), default=KUBECONFIG, help="File to write."
)
@click.option("--port", default=0, help="Port of the API server; 0 takes a free one.")
@click.option("--moto-port", default=0, help="Port of the AWS stand-in; 0 takes a free one.")
def command(kubeconfig: Path, port: int, moto_port: int) -> None:
    """Start an in-memory Kubernetes API server and an AWS stand-in on loopback, with the CRDs installed."""
    try:
        anyio.run(_serve, kubeconfig, port, moto_port)
    except* (EsoctlError, MotoError, OSError) as failures:
        for failure in failures.exceptions:
            click.echo(f"esoctl: {failure}", err=True)
        sys.exit(1)


async def _serve(kubeconfig: Path, port: int, moto_port: int) -> None:
    ready = anyio.Event()
    running: list[Running] = []

    def note(found: Running) -> None:
        running.append(found)
        ready.set()

    async with anyio.create_task_group() as group:
        group.start_soon(_introduce, ready, running)
        await standalone.run(kubeconfig, port, moto_port, note)
        group.cancel_scope.cancel()


async def _introduce(ready: anyio.Event, running: list[Running]) -> None:
    """Install the definitions once the server answers, and say how to reach it."""
    await ready.wait()
    (found,) = running
    endpoint = await connect(str(found.kubeconfig), None)
    async with Transport(endpoint, Options(draw=lambda: 0.5)) as transport:
        await install(transport)
    click.echo(
        f"""Kubernetes API  {found.url}
AWS stand-in    {found.moto_url}
kubeconfig      {found.kubeconfig}

  export KUBECONFIG={found.kubeconfig}
  export AWS_SECRETSMANAGER_ENDPOINT={found.moto_url}
  export AWS_SSM_ENDPOINT={found.moto_url}
  export AWS_STS_ENDPOINT={found.moto_url}
  kubectl get externalsecrets -A
  esoctl run --kubeconfig {found.kubeconfig}

Stop with Ctrl-C; nothing is kept."""
    )
