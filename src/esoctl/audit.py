"""The audit log: one line of JSON for every write, appended by a thread, so that a full or slow disk stops nothing.

* Each record is one write to the file, at once: what is lost when the process is killed is what the thread had not got
  to, and what is lost when the disk is full is counted and told. A record that was cut short is ended before the next.
* The file is only ever appended to. Whoever rotates it may move it away, delete it or cut it; it is opened anew.
* ``-`` is standard output, where nothing else is written.
"""

import json
import os
import queue
import stat
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC

import structlog

from esoctl.clock import Clock

STANDARD_OUTPUT = "-"
MOST_WAITING = 10_000
"""Records that wait for the thread; more are lost."""
MODE = 0o600
END_SECONDS = 5.0
"""How long the end of the process waits for the records that are left."""

log = structlog.get_logger("esoctl.audit")


@dataclass(slots=True)
class AuditLog:
    """Takes records and never waits."""

    path: str
    identity: str
    """The process that writes, as it is called in the election."""
    clock: Clock
    lost: int = 0
    """Records that could not be written."""
    _records: "queue.Queue[bytes | None]" = field(default_factory=lambda: queue.Queue(MOST_WAITING))
    _failing: bool = False
    _cut: bool = False

    def write(self, record: Mapping[str, object]) -> None:
        """Hand one record over."""
        time = self.clock.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = json.dumps({"time": time, "identity": self.identity, **record}, ensure_ascii=False)
        try:
            self._records.put_nowait(f"{line}\n".encode())
        except queue.Full:
            self._lose("more records than can be written")

    def run(self) -> None:
        """Write what was handed over until ``end``; on a thread of its own."""
        descriptor = self.open()
        while (line := self._records.get()) is not None:
            try:
                descriptor = self._current(descriptor)
                self._append(descriptor, line)
            except OSError as error:
                self._lose(error.strerror or type(error).__name__)

    def end(self) -> None:
        """No more records."""
        with suppress(queue.Full):
            self._records.put(None, timeout=END_SECONDS)

    def open(self) -> int:
        """The file, made when there is none; raises OSError."""
        if self.path == STANDARD_OUTPUT:
            return sys.stdout.fileno()
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, MODE)

    def _current(self, descriptor: int) -> int:
        """The file that bears the name now."""
        if self.path == STANDARD_OUTPUT or not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        with suppress(FileNotFoundError):
            if os.path.samestat(os.stat(self.path), os.fstat(descriptor)):  # noqa: PTH116  a descriptor has no Path
                return descriptor
        opened = self.open()
        os.close(descriptor)
        return opened

    def _append(self, descriptor: int, line: bytes) -> None:
        whole = b"\n" + line if self._cut else line
        written = os.write(descriptor, whole)
        self._cut = written < len(whole)
        if self._cut:
            raise OSError(0, "a record was cut short")
        if self._failing:
            self._failing = False
            log.warning("the audit log is written again", lost=self.lost)

    def _lose(self, why: str) -> None:
        self.lost += 1
        if not self._failing:
            self._failing = True
            log.error("the audit log cannot be written; records are lost", path=self.path, problem=why)


@contextmanager
def kept(path: str, identity: str, clock: Clock) -> Iterator[AuditLog | None]:
    """An audit log until the block ends, or None without a path; raises OSError when it cannot be opened at all."""
    if not path:
        yield None
        return
    audit = AuditLog(path, identity, clock)
    if path != STANDARD_OUTPUT:
        os.close(audit.open())
    thread = threading.Thread(target=audit.run, name="audit log", daemon=True)
    thread.start()
    try:
        yield audit
    finally:
        audit.end()
        thread.join(END_SECONDS)
