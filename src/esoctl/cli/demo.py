"""``esoctl demo``: the main job in a sandbox, shown step by step; it ends by itself."""

import sys
import time  # noqa: TID251  the demo tells how long its steps took
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import click
from aiohttp import ClientSession
from rich.console import Console

from esoctl.demo.aws import SecretsManager
from esoctl.demo.cluster import Cluster
from esoctl.demo.story import Show, Story
from esoctl.demo.world import world
from esoctl.errors import EsoctlError
from esoctl.sandbox.moto import MotoError

DEADLINE_SECONDS = 60.0
EXAMPLES = Path("manifests/examples")


@click.command()
@click.option(
    "--examples",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=EXAMPLES,
    show_default=True,
    help="Folder of the example manifests.",
)
@click.option("--log", type=click.Path(dir_okay=False, path_type=Path), help="Keep the operator's log in this file.")
def command(examples: Path, log: Path | None) -> None:
    """Start a sandbox and the operator, and show a Secret appear, follow, and come back."""
    console = Console(highlight=False)
    try:
        anyio.run(_demo, console, examples, log)
    except* (EsoctlError, MotoError, AssertionError, TimeoutError) as failures:
        for failure in failures.exceptions:
            console.print(f"[red]not seen:[/] {str(failure) or 'the demo took too long'}")
        sys.exit(1)
    console.print("[green]Every step was seen.[/]")


async def _demo(console: Console, examples: Path, log: Path | None) -> None:
    began = time.monotonic()
    with anyio.fail_after(DEADLINE_SECONDS):
        async with world(log) as stage, ClientSession(trust_env=False) as session:
            console.print("A Kubernetes API server in memory, an AWS stand-in and the operator are running.\n")
            story = Story(Cluster(stage.api), SecretsManager(stage.aws_url, session), examples)
            await story.tell(_shower(console))
    console.print(f"[dim]{time.monotonic() - began:.1f} s in all[/]")


def _shower(console: Console) -> Show:
    """Shows a step once it is seen, with the time it took."""

    async def show(title: str, step: Callable[[], Awaitable[str]]) -> None:
        began = time.monotonic()
        seen = await step()
        console.print(f"[green]✓[/] [bold]{title}[/] [dim]({time.monotonic() - began:.1f} s)[/]")
        for line in seen.splitlines():
            console.print(f"    {line}", markup=False)
        console.print()

    return show
