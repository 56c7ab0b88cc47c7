"""Signals end a process in order, or at once: a process of its own is sent them, and how it ended is looked at."""

import pathlib
import signal
import sys

import pytest

from support import children

PROGRAM = """
import sys, time
import anyio
from esoctl import stopping

stopping.leave_at_a_signal()

def say(word):
    print(word, flush=True)

async def run():
    async with stopping.listening() as told:
        say("listening")
        await told()
        say("stopping")
        {drain}
    say("stopped")

say("started")
{before}
anyio.run(run)
{after}
"""
FOREVER = "await anyio.sleep(600)"
BLOCKED = "time.sleep(600)"
TERM, INT = signal.SIGTERM, signal.SIGINT

pytestmark = pytest.mark.wire


def program(tmp_path: pathlib.Path, drain: str = "pass", before: str = "", after: str = "") -> children.Child:
    text = PROGRAM.format(drain=drain, before=before, after=after)
    return children.start("program", [sys.executable, "-c", text], tmp_path / "log")


def words(child: children.Child) -> list[str]:
    """What the program itself said; lines of the log have more words."""
    return [line for line in child.log_tail().splitlines() if " " not in line]


def said(child: children.Child, word: str) -> None:
    child.wait_until(lambda: word in words(child), seconds=30)


def test_the_first_signal_begins_an_orderly_stop(tmp_path: pathlib.Path) -> None:
    child = program(tmp_path)
    said(child, "listening")
    child.process.send_signal(INT)

    assert child.process.wait(30) == 0
    assert words(child) == ["started", "listening", "stopping", "stopped"]


@pytest.mark.parametrize("drain", [FOREVER, BLOCKED], ids=["waiting", "standing still"])
@pytest.mark.parametrize(("first", "second"), [(TERM, TERM), (TERM, INT), (INT, INT), (INT, TERM)])
def test_F53_a_second_signal_ends_it_at_once_without_a_traceback(
    tmp_path: pathlib.Path, drain: str, first: signal.Signals, second: signal.Signals
) -> None:
    child = program(tmp_path, drain)
    said(child, "listening")
    child.process.send_signal(first)
    said(child, "stopping")
    child.process.send_signal(second)

    assert child.process.wait(5) == 128 + second
    assert "Traceback" not in child.log_tail()
    assert words(child) == ["started", "listening", "stopping"]


@pytest.mark.parametrize(("number", "status"), [(TERM, 143), (INT, 130)])
@pytest.mark.parametrize(("when", "word"), [("before", "started"), ("after", "stopped")])
def test_a_signal_before_it_listens_and_after_its_end_ends_it_at_once(
    tmp_path: pathlib.Path, when: str, word: str, number: signal.Signals, status: int
) -> None:
    child = program(tmp_path, **{when: BLOCKED})
    if when == "after":
        said(child, "listening")
        child.process.send_signal(TERM)
    said(child, word)
    child.process.send_signal(number)

    assert child.process.wait(5) == status
    assert "Traceback" not in child.log_tail()
