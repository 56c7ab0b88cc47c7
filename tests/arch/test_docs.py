"""Nothing in the documentation is untested: every block is run, validated, or listed here with the reason why not."""

import json
import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from esoctl.checking.objects import Judge
from esoctl.cli import COMMANDS, main
from esoctl.reconcile import visits
from esoctl.reconcile.visits import Act
from support import pages
from support.pages import FENCE, ROOT, Block

RUN = {
    "docs/aws.md": "tests/wire/test_aws_documented.py",
    "docs/freshness.md": "tests/cluster/test_freshness.py",
    "docs/generators.md": "tests/flow/test_generators_documented.py",
    "docs/generic-targets.md": "tests/flow/test_docs_generic_targets.py",
    "docs/install.md": "tests/cluster/test_helm.py",
    "docs/migrate.md": "tests/cluster/test_pages.py",
    "docs/monitoring.md": "tests/cluster/test_prometheus.py",
    "docs/runbooks.md": "tests/cluster/test_pages.py",
    "docs/security.md": "tests/cluster/test_pages.py",
    "docs/shared-cluster.md": "tests/cluster/test_policies.py",
    "docs/templates.md": "tests/unit/template/test_documented.py",
    "docs/uninstall.md": "tests/cluster/test_pages.py",
    "docs/upgrade.md": "tests/cluster/test_pages.py",
}
"""Pages whose blocks are run by a test of their own; that test names the page."""
NEWCOMER = "hack/newcomer.sh"
NOT_TYPED = {
    "curl -s 127.0.0.1:8080/metrics": "the newcomer's path asks the same of the port it has",
    "kubectl -n esoctl rollout status deployment/esoctl": "needs a kubelet",
    "make bench": "measures for minutes, and its figures are read by people",
    "make demo": "tests/unit/demo plays the same story on the virtual clock",
    "kubectl -n esoctl get lease esoctl": "the same object is read by tests/cluster/test_election.py",
}
"""Beginnings of commands outside of the pages above that no test types, with the reason."""
LANGUAGES = {"console", "yaml", "json", "text", "promql", ""}
MAKE = re.compile(r"^([a-z-]+):", re.MULTILINE)
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+[a-z]\b")
FOREIGN_FLAGS = {
    "--client-qps", "--client-burst", "--cascade", "--scenario", "--refresh", "--distinct", "--service",
    "--show-managed-fields", "--collect-only", "--role", "--deny", "--with", "--objects", "--rounds",
}  # fmt: skip
"""Of kubectl, of the Go operator, of pytest and of bench/, where the text speaks of them."""


def blocks(*languages: str) -> list[Block]:
    return [block for page in pages.pages() for block in pages.blocks(page, *languages)]


def typed() -> list[tuple[Block, str]]:
    return [(block, command) for block in blocks("console") for command in block.commands]


def by_place(found: list[Block]) -> list[object]:
    return [pytest.param(block, id=block.place) for block in found]


def test_the_pages_and_their_blocks_are_found() -> None:
    assert {"README.md", *RUN} <= set(pages.pages())
    assert len(blocks("yaml")) > 50
    assert len(typed()) > 50


def test_every_block_says_what_it_is() -> None:
    assert {block.place: block.language for block in blocks() if block.language not in LANGUAGES} == {}


@pytest.mark.parametrize(("page", "test"), RUN.items())
def test_a_page_that_is_run_is_named_by_its_test(page: str, test: str) -> None:
    assert page.rpartition("/")[2] in (ROOT / test).read_text()


def test_a_manifest_that_no_test_runs_is_valid() -> None:
    judge = Judge()
    loose = [block for block in blocks("yaml") if block.page not in RUN]
    manifests = [(block.place, manifest) for block in loose for manifest in yaml.safe_load_all(block.text)]

    assert {place: judge.problems(manifest) for place, manifest in manifests if judge.problems(manifest)} == {}


def test_records_that_are_shown_are_whole_and_as_they_are_written() -> None:
    log, audit = [json.loads(block.text) for block in pages.blocks("docs/running.md", "json")]

    assert {"key", "reconcile_id", "store", "cause", "seconds", "did"} < log.keys()
    assert list(audit) == ["time", "identity", *visits.audited(Act("", "", "", ""))]


@pytest.mark.parametrize("block", by_place([block for block in blocks("console") if block.page not in RUN]))
def test_every_command_is_known_and_typed_by_a_test_or_listed(block: Block) -> None:
    assert [command for command in block.commands if not covered(command)] == []


def covered(command: str) -> bool:
    """Whether a test types the command, or at least knows that it could be."""
    program = shlex.split(command, comments=True)[0].removeprefix(".venv/bin/")
    if program == "make":
        target = shlex.split(command)[1]
        assert target in MAKE.findall((ROOT / "Makefile").read_text())
        return f"make {target}" in NOT_TYPED or f"make {target}\n" in (ROOT / ".ci/run").read_text()
    if program == "esoctl":
        return parses(shlex.split(command, comments=True)[1:])
    if any(command.startswith(beginning) for beginning in NOT_TYPED):
        return True
    return command in (ROOT / NEWCOMER).read_text()


def parses(arguments: list[str]) -> bool:
    """Whether the command line takes the arguments, without acting on them."""
    arguments = arguments[: arguments.index("|")] if "|" in arguments else arguments
    name, *rest = arguments
    command = main.get_command(click.Context(main), name)
    assert command is not None, name
    command.make_context(name, rest, auto_envvar_prefix="NONE")
    return True


@pytest.mark.parametrize(
    "command", [pytest.param(command, id=block.place) for block, command in typed() if "esoctl " in command]
)
def test_every_use_of_the_program_is_understood(command: str) -> None:
    for use in re.findall(r"(?:^|\| *|\.venv/bin/)esoctl ([^|>\n]+)", command):
        assert parses(shlex.split(use, comments=True))


def test_every_flag_that_is_mentioned_exists() -> None:
    context = click.Context(main)
    commands = [main.get_command(context, name) for name in COMMANDS]
    known = {
        option
        for command in commands
        if command
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    mentioned = {flag: page for page in pages.pages() for flag in FLAG.findall(FENCE.sub("", pages.text(page)))}

    unknown = {flag: page for flag, page in mentioned.items() if flag not in known | FOREIGN_FLAGS | {"--help"}}
    assert unknown == {}
    assert set(mentioned) >= FOREIGN_FLAGS, "and the list holds no more than that"


def test_every_flag_of_the_operator_is_explained() -> None:
    command = main.get_command(click.Context(main), "run")
    assert command is not None
    page = pages.text("docs/running.md")

    assert [one.opts[0] for one in command.params if f"`{one.opts[0]}`" not in page] == []


def test_every_exit_code_is_explained() -> None:
    section = pages.text("docs/running.md").partition("## Exit codes")[2]

    assert re.findall(r"^\| (\d+) \|", section, re.MULTILINE) == ["0", "1", "2", "143", "130"]


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = []
    for page in pages.pages():
        for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", pages.text(page)):
            path, _, anchor = target.partition("#")
            file = (ROOT / page).parent / path if path else ROOT / page
            if not file.exists() or (anchor and anchor not in anchors(file)):
                broken.append(f"{page}: {target}")
    assert broken == []


def anchors(file: Path) -> set[str]:
    """As the usual renderers make them of headings."""
    headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_linked_from_the_readme() -> None:
    readme = pages.text("README.md")

    assert [page for page in pages.pages() if page.startswith("docs/") and f"({page})" not in readme] == []


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    rules = yaml.safe_load((ROOT / "manifests/monitoring/rules.yaml").read_text())
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule}
    sections = re.split(r"^## ", pages.text("docs/runbooks.md"), flags=re.MULTILINE)[1:]

    assert {section.partition("\n")[0] for section in sections} == alerts
    for section in sections:
        assert re.findall(r"^\*\*(.*?)\*\*", section, re.MULTILINE) == ["Meaning.", "Look.", "Remedy.", "It clears"]
        assert "$ kubectl" in section


def test_every_test_that_the_security_model_names_exists() -> None:
    named = re.findall(r"`(test_\w+)`", pages.text("docs/security.md"))
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)\(", path.read_text())
    }

    assert len(named) > 10
    assert [name for name in named if name not in there] == []


def test_sizes_that_are_told_are_those_that_were_measured() -> None:
    measured = set(re.findall(r"\d[\d.,]*\d|\d", pages.text("docs/benchmarks.md")))
    section = pages.text("docs/sizing.md").partition("## What a thousand")[2].partition("## What the manifests")[0]

    figures = [row.split("|")[2] for row in section.splitlines() if row.startswith("| ")][1:]
    told = {figure for cell in figures for figure in re.findall(r"\d[\d.,]*\d|\d", cell)}
    assert told - {"3"} <= measured
