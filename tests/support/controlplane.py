"""The real control plane of a test run: built once per version, started once per run, shared by pytest-xdist's workers.

* Where neither the programs nor Go are there, `UnavailableError` says why.
* The first worker of a run starts it and the last one to leave stops it; should all of them be killed, it stops by
  itself (`start.py --owner`).
* Its folder, with the logs, stays in the run's temporary folder, of which pytest keeps the last three.
"""

import contextlib
import fcntl
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

from support import children, runs

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "hack" / "controlplane"
GO_MISSING = 3
"""Exit status of build.py."""
STARTED: dict[pathlib.Path, children.Child] = {}
"""What this process started, by folder: it must collect its own children."""


class UnavailableError(Exception):
    """There is no control plane to be had on this machine, and why."""


def binaries() -> pathlib.Path:
    """The folder with the three programs, built now if need be."""
    return built("controlplane")


def client_go() -> pathlib.Path:
    """The client-go check program, built now if need be."""
    return built("clientgo") / "clientgo-check"


def built(program: str) -> pathlib.Path:
    command = [sys.executable, TOOLS / "build.py", "--only", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == GO_MISSING:
        raise UnavailableError(done.stderr.strip())
    assert done.returncode == 0, f"building {program} failed:\n{done.stderr[-4000:]}"
    return pathlib.Path(done.stdout.strip().split(" ", 1)[1])


@contextlib.contextmanager
def required(folder: pathlib.Path, *options: str) -> Iterator[pathlib.Path]:
    """``running`` for a fixture: where none can be had the test is skipped, and in CI it fails."""
    try:
        binaries()
    except UnavailableError as reason:
        runs.skip_or_fail(str(reason))
    with running(folder, *options) as path:
        yield path


@contextlib.contextmanager
def running(folder: pathlib.Path, *options: str) -> Iterator[pathlib.Path]:
    """A control plane in `folder`; yields its kubeconfig. Entered twice, also by two processes, it is one.

    ``options`` are more of `start.py`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    enter(folder, *options)
    try:
        yield folder / "kubeconfig"
    finally:
        leave(folder)


@contextlib.contextmanager
def locked(folder: pathlib.Path) -> Iterator[None]:
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def enter(folder: pathlib.Path, *options: str) -> None:
    with locked(folder):
        if users(folder) == 0:
            start(folder, *options)
        (folder / "users").write_text(str(users(folder) + 1))


def leave(folder: pathlib.Path) -> None:
    with locked(folder):
        left = users(folder) - 1
        (folder / "users").write_text(str(left))
        if left == 0:
            stop(folder)


def users(folder: pathlib.Path) -> int:
    path = folder / "users"
    return int(path.read_text()) if path.exists() else 0


def start(folder: pathlib.Path, *options: str) -> None:
    # A worker of pytest-xdist may leave before the others, its parent stays to the end.
    owner = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    command = [
        sys.executable,
        TOOLS / "start.py",
        folder,
        "--bin",
        binaries(),
        "--kcm",
        "--audit",
        "--strict",
        f"--owner={owner}",
        *options,
    ]
    child = children.start("control plane", command, folder / "start.log")
    STARTED[folder] = child
    (folder / "pid").write_text(str(child.process.pid))
    try:
        child.wait_until((folder / "ready").exists, seconds=150)
    except BaseException:
        child.stop()
        raise


def stop(folder: pathlib.Path) -> None:
    if child := STARTED.pop(folder, None):
        child.stop(seconds=40)
        return
    pid = int((folder / "pid").read_text())  # another worker's child
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline and alive(pid):
        time.sleep(0.1)


def alive(pid: int) -> bool:
    """Whether it runs; one that has ended and was not collected by its parent does not."""
    stat = pathlib.Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
