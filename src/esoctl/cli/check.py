"""``esoctl check``: validates manifests offline, with the rules the controller uses.

Exit status: 0 when all is well, 1 with one line a problem on standard output, 2 on misuse (nothing to check, a file
that cannot be read or holds no manifests). What else there is to say goes to standard error: fields that have no effect
are told there as warnings.
"""

import sys
from collections.abc import Iterator
from typing import NamedTuple

import click
import msgspec

from esoctl.checking import documents, objects
from esoctl.checking.documents import Doc, Unreadable
from esoctl.checking.objects import Judge
from esoctl.plan.validate import Problem

EXIT_PROBLEMS = 1
EXIT_MISUSE = 2


class Finding(NamedTuple):
    """One problem and the object it was found in."""

    file: str
    object: str
    problem: Problem

    def line(self) -> str:
        """``file:kind/name: path: problem; remedy``, in one line whatever the texts hold."""
        path, problem, remedy = self.problem
        text = f"{self.file}:{self.object}: {path}: {problem}" + (f"; {remedy}" if remedy else "")
        return " ".join(text.split())

    def fields(self) -> dict[str, str]:
        """The same for machines."""
        kind, _, name = self.object.partition("/")
        return {"file": self.file, "kind": kind, "name": name, **self.problem._asdict()}


@click.command(context_settings={"show_default": True})
@click.option("-f", "--filename", "named", multiple=True, metavar="FILE", help="A file, a folder, or - for stdin.")
@click.option("-n", "--namespace", default="default", help="Namespace of objects that name none.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", help="How problems are written.")
@click.option("-v", "--verbose", is_flag=True, help="Also tell what was passed over.")
@click.argument("more", nargs=-1, metavar="[FILE]...")
def command(named: tuple[str, ...], namespace: str, output: str, more: tuple[str, ...], *, verbose: bool) -> None:
    """Validate ExternalSecrets, SecretStores and ClusterSecretStores offline.

    Exit status: 0 when all is well, 1 when there are problems, 2 when a file cannot be read or holds no manifests.
    """
    if not named and not more:
        raise click.UsageError("name at least one file, folder or - with -f")
    misuses: list[str] = []
    bodies = list(_bodies((*named, *more), misuses))
    ours = [(file, body) for file, body in bodies if objects.concerned(body)]
    judge = Judge(namespace)
    findings = [Finding(file, objects.title(body), each) for file, body in ours for each in judge.problems(body)]
    _print(findings, output)
    _tell(_warning(file, body, each) for file, body in ours for each in judge.warnings(body))
    if verbose:
        _tell(f"{file}: {objects.title(body)} is passed over" for file, body in bodies if not objects.concerned(body))
    if verbose or not (ours or misuses):
        _tell([f"objects checked: {len(ours)}, problems: {len(findings)}"])
    _tell(misuses)
    sys.exit(EXIT_MISUSE if misuses else EXIT_PROBLEMS if findings else 0)


def _warning(file: str, body: Doc, found: Problem) -> str:
    """One line about a field that is served but has no effect; it is no problem and fails nothing."""
    path, problem, remedy = found
    return f"warning: {file}:{objects.title(body)}: {path} has no effect: {problem}; {remedy}"


def _bodies(given: tuple[str, ...], misuses: list[str]) -> Iterator[tuple[str, Doc]]:
    """Every object in every file; what cannot be read is added to ``misuses``, and the rest is read all the same."""
    for name in given:
        try:
            files = list(documents.files([name]))
        except Unreadable as error:
            misuses.append(str(error))
            continue
        for file in files:
            try:
                found = documents.documents(file, _content(file))
            except Unreadable as error:
                misuses.append(str(error))
                continue
            yield from ((file, body) for document in found for body in objects.flatten(document))


def _content(file: str) -> bytes:
    return sys.stdin.buffer.read() if file == documents.STDIN else documents.read(file)


def _print(findings: list[Finding], output: str) -> None:
    if output == "json":
        found = msgspec.json.encode([finding.fields() for finding in findings])
        click.echo(msgspec.json.format(found, indent=2))
        return
    for finding in findings:
        click.echo(finding.line())


def _tell(texts: Iterator[str] | list[str]) -> None:
    for text in texts:
        click.echo(f"esoctl: {text}", err=True)
