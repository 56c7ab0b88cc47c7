"""Child processes of the tests: started with a log file, waited for by a condition, always stopped.

A child gets its own process group, so that what it started stops with it. Its output goes to a file, never to a pipe
that nobody reads.
"""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass


class ChildFailedError(AssertionError):
    """A child ended, or was not ready in time. The message ends with the last lines of its log."""


@dataclass(frozen=True)
class Child:
    name: str
    process: "subprocess.Popen[bytes]"
    log: pathlib.Path

    def log_tail(self, lines: int = 30) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return when `ready()` is true; raise when the child ends first or the time is over."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None:
                raise ChildFailedError(f"{self.name} ended with status {self.process.returncode}\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise ChildFailedError(f"{self.name} was not ready after {seconds} s\n{self.log_tail()}")
            time.sleep(0.05)

    def stop(self, seconds: float = 20) -> int:
        """Ask it to end, insist after `seconds`; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        return self.process.returncode


def start(
    name: str, command: Sequence[str | pathlib.Path], log: pathlib.Path, env: Mapping[str, str] | None = None
) -> Child:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            start_new_session=True,
        )
    return Child(name, process, log)


@contextlib.contextmanager
def running(
    name: str, command: Sequence[str | pathlib.Path], log: pathlib.Path, env: Mapping[str, str] | None = None
) -> Iterator[Child]:
    child = start(name, command, log, env)
    try:
        yield child
    finally:
        child.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def accepts(port: int) -> bool:
    """Whether something listens on that loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
