"""The commands of esoctl, one file each. A command is imported when it is called, so that help starts fast."""

from importlib import import_module

import click

from esoctl import __version__

COMMANDS = {
    "run": "Run the operator.",
    "check": "Validate manifests offline.",
    "template": "Render the template of an ExternalSecret offline.",
    "iam": "Print the least IAM policies for manifests.",
    "rbac": "Print the least rights of the operator.",
    "crds": "Print the CustomResourceDefinitions.",
    "sandbox": "Start an in-memory Kubernetes API server and an AWS stand-in.",
    "demo": "Show the main job in a sandbox, step by step.",
}
"""Every command, with its line in the help; ``esoctl.cli.<name>`` holds a click command called ``command``."""


class Lazy(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"esoctl.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="esoctl")
def main() -> None:
    """An External Secrets Operator for Kubernetes and AWS."""
