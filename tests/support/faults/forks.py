"""Operators that start in a tenth of a second: a process has imported the program once, and forks for each start.

What runs in a fork is the unmodified program (``esoctl run …``) with an environment, a log and a process group of its
own; only the second of imports is saved. Use ``running()``; its ``start`` may be called from several threads.

As a program this is the one that forks: it reads a line of JSON for each wish and writes one for each start and end.
"""

import contextlib
import json
import os
import pathlib
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from support.api import Json


@dataclass
class Fork:
    """One run of the operator."""

    pid: int
    log: pathlib.Path
    ended: threading.Event = field(default_factory=threading.Event)
    status: int | None = None
    """As the shell tells it: 137 for a kill -9 too."""

    @property
    def alive(self) -> bool:
        return not self.ended.is_set()

    def send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self.alive:
                os.kill(self.pid, number)

    def wait(self, seconds: float) -> int | None:
        """Its status; None when it has not ended then."""
        self.ended.wait(seconds)
        return self.status

    def stop(self, seconds: float = 40.0) -> int:
        """As the kubelet stops it."""
        self.send(signal.SIGTERM)
        if self.wait(seconds) is None:
            self.send(signal.SIGKILL)
            self.ended.wait(10)
            raise AssertionError(f"the operator did not end in {seconds} s\n{self.tail()}")
        assert self.status is not None
        return self.status

    def tail(self, lines: int = 30) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""


class Forks:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.lock = threading.Lock()
        self.started: queue.Queue[int] = queue.Queue()
        self.known: dict[int, Fork] = {}
        self.early: dict[int, int] = {}
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def start(self, arguments: list[str], log: pathlib.Path, env: Mapping[str, str]) -> Fork:
        """``esoctl`` with these arguments."""
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()
        assert self.process.stdin
        with self.lock:
            self.process.stdin.write(json.dumps({"arguments": arguments, "log": str(log), "env": dict(env)}) + "\n")
            self.process.stdin.flush()
            pid = self.started.get(timeout=60)
            assert pid > 0, "the process that forks has ended"
            fork = Fork(pid, log)
            self.known[fork.pid] = fork
            if fork.pid in self.early:
                self.tell(fork.pid, self.early.pop(fork.pid))
        return fork

    def read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            found: Json = json.loads(line)
            if "status" in found:
                self.tell(found["pid"], found["status"])
            else:
                self.started.put(found["pid"])

        self.started.put(-1)  # it has ended, which nobody must wait for

    def tell(self, pid: int, status: int) -> None:
        fork = self.known.pop(pid, None)
        if fork is None:
            self.early[pid] = status
            return
        fork.status = status
        fork.ended.set()


@contextlib.contextmanager
def running(log: pathlib.Path) -> Iterator[Forks]:
    """The process that forks; with it end all forks that run still."""
    with log.open("ab") as errors:
        command = [sys.executable, __file__]
        around = os.environ | {"PYTHONPATH": str(pathlib.Path(__file__).parents[2])}
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=around
        ) as process:
            forks = Forks(process)
            assert forks.started.get(timeout=120) == 0, log.read_text()
            try:
                yield forks
            finally:
                assert process.stdin
                process.stdin.close()
                process.wait(60)


def main() -> None:
    """Fork for each line on standard input, until it ends."""
    from esoctl import app  # noqa: F401, PLC0415 (what takes long is imported before the forks)
    from esoctl.cli import main as esoctl  # noqa: PLC0415 (only here)
    from esoctl.cli import run  # noqa: F401, PLC0415 (as above)
    from esoctl.providers.aws import library  # noqa: F401, PLC0415 (as above)

    say(pid=0)
    lines, alive, rest = os.fdopen(0, "rb", buffering=0), set[int](), b""
    while True:
        ready, _, _ = select.select([lines], [], [], 0.02)
        if ready:
            read = os.read(0, 1 << 16)
            if not read:
                break
            *whole, rest = (rest + read).split(b"\n")
            for line in whole:
                alive.add(fork(json.loads(line), esoctl))
        collect(alive)
    for pid in alive:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def fork(wish: Json, esoctl: object) -> int:
    pid = os.fork()
    if pid == 0:
        become(wish, esoctl)
    say(pid=pid)
    return pid


def become(wish: Json, esoctl: object) -> None:
    """Run the program in this fork, and never return."""
    os.setsid()
    log = os.open(wish["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.clear()
    os.environ.update(wish["env"])
    time.tzset()
    status = 1
    try:
        assert callable(esoctl)
        esoctl(wish["arguments"], standalone_mode=True)
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def collect(alive: set[int]) -> None:
    while alive:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        alive.discard(pid)
        code = os.waitstatus_to_exitcode(status)
        say(pid=pid, status=128 - code if code < 0 else code)


def say(**words: int) -> None:
    os.write(1, json.dumps(words).encode() + b"\n")


if __name__ == "__main__":
    main()
