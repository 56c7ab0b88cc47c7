"""What a record looks like, which libraries are held, and that no credential passes."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from esoctl import log
from esoctl.errors import SpecError
from esoctl.log import HELD, Format, redact
from support import logs

CANARY = "hunter2-do-not-print"
Records = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Logging is of the whole process."""
    with logs.as_before():
        yield


def written(
    capsys: pytest.CaptureFixture[str], act: Callable[[], None], level: str = "info", style: Format = Format.JSON
) -> str:
    """What is on standard error after the act; nothing goes to standard output."""
    listener = log.set_up(level, style)
    act()
    listener.stop()
    out, err = capsys.readouterr()
    assert out == ""
    return err


def records(capsys: pytest.CaptureFixture[str], act: Callable[[], None], level: str = "info") -> list[dict[str, Any]]:
    return [json.loads(line) for line in written(capsys, act, level).splitlines()]


def test_a_record_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    def act() -> None:
        token = log.subject.set(lambda: {"key": "ExternalSecret/a/b", "keys": 9})
        structlog.get_logger("esoctl.one").info("secret written", keys=3, text="two\nlines")
        log.subject.reset(token)

    (record,) = records(capsys, act)

    assert record.pop("timestamp").endswith("Z")
    assert record == {
        "event": "secret written",
        "level": "info",
        "logger": "esoctl.one",
        "key": "ExternalSecret/a/b",
        "keys": 3,
        "text": "two\nlines",
    }


def test_records_of_libraries_look_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    (record,) = records(capsys, lambda: logging.getLogger("some.library").warning("odd %s", "thing"))

    assert (record["event"], record["level"], record["logger"]) == ("odd thing", "warning", "some.library")


@pytest.mark.parametrize(
    ("level", "seen"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warn", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_levels(level: str, seen: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    def act() -> None:
        logger = structlog.get_logger(f"esoctl.levels.{level}")
        for name in ("debug", "info", "warning", "error"):
            getattr(logger, name)("x")

    assert [record["level"] for record in records(capsys, act, level)] == seen


@pytest.mark.parametrize("name", [*HELD, "botocore.parsers", "aiohttp.client"])
def test_SEC_libraries_that_print_requests_are_held_at_info(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    def act() -> None:
        logging.getLogger(name).debug("request with %s", CANARY)
        logging.getLogger(name).info("fine")

    assert [record["event"] for record in records(capsys, act, "debug")] == ["fine"]


def test_libraries_are_not_louder_than_the_user_wants(capsys: pytest.CaptureFixture[str]) -> None:
    assert records(capsys, lambda: logging.getLogger("botocore").info("x"), "error") == []


@pytest.mark.parametrize(
    "name", ["authorization", "Authorization", "token", "password", "SecretAccessKey", "session_token", "data", "value"]
)
def test_SEC_what_is_called_like_a_credential_is_not_printed(name: str) -> None:
    assert redact(None, "info", {"event": "x", name: CANARY}) == {"event": "x", name: "<redacted>"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(f"Authorization: Bearer {CANARY}", "Authorization: Bearer <redacted>", id="bearer"),
        pytest.param(f"X-Amz-Security-Token={CANARY} x", "X-Amz-Security-Token=<redacted> x", id="session token"),
        pytest.param(f"Signature={CANARY}", "Signature=<redacted>", id="signature"),
        pytest.param("nothing of that kind", "nothing of that kind", id="plain"),
    ],
)
def test_SEC_what_looks_like_a_credential_is_not_printed(text: str, shown: str) -> None:
    assert redact(None, "info", {"event": text}) == {"event": shown}


def test_SEC_bytes_are_told_by_their_size() -> None:
    assert redact(None, "info", {"event": "x", "found": CANARY.encode(), "more": bytearray(3), "n": 1}) == {
        "event": "x",
        "found": f"<{len(CANARY)} bytes>",
        "more": "<3 bytes>",
        "n": 1,
    }


def test_SEC_credentials_of_libraries_and_of_tracebacks_pass_the_same_net(capsys: pytest.CaptureFixture[str]) -> None:
    def act() -> None:
        logging.getLogger("some.library").warning("sent Bearer %s", CANARY)
        try:
            int(f"Bearer {CANARY}")
        except ValueError:
            structlog.get_logger("esoctl.trace").exception("failed", token=CANARY)

    text = written(capsys, act)

    assert CANARY not in text
    assert "Traceback" in text
    assert len(text.splitlines()) == 2


def chained() -> None:
    """An error of a library that quotes a value, in every place where an error can hang."""
    quoting = ValueError(CANARY)
    quoting.add_note(CANARY)
    try:
        {}[CANARY]
    except KeyError as second:
        group = ExceptionGroup(CANARY, [second, quoting])
        group.__cause__ = quoting
        raise SpecError("spec.data[0]", "is not there") from group


@pytest.mark.parametrize("style", list(Format))
def test_SEC_08_a_traceback_tells_places_and_kinds_and_no_value(
    style: Format, capsys: pytest.CaptureFixture[str]
) -> None:
    def act() -> None:
        try:
            chained()
        except SpecError:
            structlog.get_logger("esoctl.trace").exception("failed")
            logging.getLogger("some.library").exception("failed")

    text = written(capsys, act, style=style)

    assert CANARY not in text
    for told in ("in chained", "builtins.ValueError: (", "builtins.KeyError: (", "builtins.ExceptionGroup: ("):
        assert text.count(told) >= 2
    assert text.count("esoctl.errors.SpecError: spec.data[0]: is not there") == 2
    assert "UserWarning" not in text


def test_a_traceback_says_what_the_operating_system_said(capsys: pytest.CaptureFixture[str]) -> None:
    def act() -> None:
        try:
            Path(f"/none/{CANARY}").read_text()
        except OSError:
            structlog.get_logger("esoctl.trace").exception("failed")

    text = written(capsys, act)

    assert "FileNotFoundError: No such file or directory" in text
    assert CANARY not in text


def test_a_terminal_gets_lines_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    text = written(capsys, lambda: structlog.get_logger("esoctl.people").info("stopped"), style=Format.CONSOLE)

    assert "stopped" in text
    assert not text.startswith("{")
    assert sys.stderr.isatty() is False
    assert "\x1b[" not in text
