"""The audit log: whole lines, appended, and whatever happens to the file stops nobody."""

import json
import pathlib
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone

import pytest
from structlog.testing import capture_logs

from esoctl import audit
from esoctl.audit import AuditLog, kept


class NoonClock:
    """It is noon in June, in a zone of two hours."""

    def now(self) -> datetime:
        return datetime(2026, 6, 1, 14, 0, tzinfo=timezone(timedelta(hours=2)))


def an_audit(path: pathlib.Path | str) -> AuditLog:
    return AuditLog(str(path), "pod-1_abc", NoonClock())


@contextmanager
def running(log: AuditLog) -> Iterator[None]:
    """Until the block ends and everything is written."""
    thread = threading.Thread(target=log.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        log.end()
        thread.join(20)
    assert not thread.is_alive()


def lines(path: pathlib.Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line] if path.exists() else []


def until(true: Callable[[], object]) -> None:
    """Wait for the thread."""
    pause = threading.Event()
    for _ in range(2000):
        if true():
            return
        pause.wait(0.01)
    pytest.fail("not in time")


def test_a_record_says_when_and_who_and_is_one_line(tmp_path: pathlib.Path) -> None:
    with kept(str(tmp_path / "audit"), "pod-1_abc", NoonClock()) as log:
        assert log is not None
        log.write({"action": "created", "name": "two\nlines"})

    (record,) = lines(tmp_path / "audit")
    assert record == {
        "time": "2026-06-01T12:00:00.000Z",
        "identity": "pod-1_abc",
        "action": "created",
        "name": "two\nlines",
    }
    assert (tmp_path / "audit").stat().st_mode & 0o777 == 0o600


def test_what_is_there_stays(tmp_path: pathlib.Path) -> None:
    (tmp_path / "audit").write_text('{"old": 1}\n')
    log = an_audit(tmp_path / "audit")
    with running(log):
        log.write({"new": 1})

    assert [set(record) - {"time", "identity"} for record in lines(tmp_path / "audit")] == [{"old"}, {"new"}]


@pytest.mark.parametrize("how", ["moved", "deleted", "cut"])
def test_a_file_that_is_rotated_away_is_opened_anew(how: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "audit"
    log = an_audit(path)
    with running(log):
        log.write({"number": 1})
        until(lambda: lines(path))
        if how == "moved":
            path.rename(tmp_path / "audit.1")
        elif how == "deleted":
            path.unlink()
        else:
            path.write_text("")
        log.write({"number": 2})

    assert [record["number"] for record in lines(path)] == [2]
    assert log.lost == 0


def test_a_full_disk_stops_nobody_and_is_told_once() -> None:
    log = an_audit("/dev/full")
    with capture_logs() as told, running(log):
        for number in range(3):
            log.write({"number": number})

    assert log.lost == 3
    assert [(entry["event"], entry["problem"]) for entry in told] == [
        ("the audit log cannot be written; records are lost", "No space left on device")
    ]


def test_a_folder_that_comes_back_is_written_again(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    log = an_audit(folder / "audit")
    with capture_logs() as told, running(log):
        log.write({"number": 1})
        until(lambda: lines(folder / "audit"))
        folder.rename(tmp_path / "away")
        log.write({"number": 2})
        until(lambda: log.lost)
        folder.mkdir()
        log.write({"number": 3})

    assert [record["number"] for record in lines(folder / "audit")] == [3]
    assert [entry["event"] for entry in told] == [
        "the audit log cannot be written; records are lost",
        "the audit log is written again",
    ]
    assert told[1]["lost"] == 1


def test_a_writer_that_is_stuck_costs_records_and_not_time() -> None:
    log = an_audit("none")
    with capture_logs() as told:
        for number in range(audit.MOST_WAITING + 5):
            log.write({"number": number})

    assert log.lost == 5
    assert len(told) == 1


def test_a_record_that_was_cut_short_is_ended_before_the_next(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, write = an_audit(tmp_path / "audit"), audit.os.write
    short = [5]
    monkeypatch.setattr(audit.os, "write", lambda to, data: write(to, data[: short.pop()] if short else data))
    with running(log):
        log.write({"number": 1})
        log.write({"number": 2})

    cut, whole = (tmp_path / "audit").read_text().splitlines()
    assert cut == '{"tim'
    assert json.loads(whole)["number"] == 2
    assert log.lost == 1


def test_standard_output_is_a_file_too(capfd: pytest.CaptureFixture[str]) -> None:
    with kept(audit.STANDARD_OUTPUT, "pod-1_abc", NoonClock()) as log:
        assert log is not None
        log.write({"number": 1})
    sys.stdout.flush()

    assert json.loads(capfd.readouterr().out)["number"] == 1


def test_a_place_that_cannot_be_written_is_told_at_the_start(tmp_path: pathlib.Path) -> None:
    with pytest.raises(OSError, match="No such file") as told, kept(str(tmp_path / "no" / "audit"), "x", NoonClock()):
        pytest.fail("it must not start")

    assert told.value.filename == str(tmp_path / "no" / "audit")


def test_nothing_is_kept_unless_asked_for() -> None:
    with kept("", "x", NoonClock()) as log:
        assert log is None


def test_the_clock_of_the_tests_is_noon() -> None:
    assert NoonClock().now().astimezone(UTC).hour == 12
