"""The operator as one process that a test starts, stops, kills, freezes and starts anew, each time as it wishes."""

import os
import pathlib
import signal
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from support import children, operator


@dataclass
class Process:
    """``kubeconfig`` and ``flags`` are what every start uses that says nothing else."""

    kubeconfig: pathlib.Path
    aws_url: str
    folder: pathlib.Path
    flags: tuple[str, ...] = ()
    program: Sequence[str | pathlib.Path] = (operator.ESOCTL,)
    running: operator.Operator | None = None
    as_usual: bool = True
    """Whether the last start asked for nothing special."""

    @property
    def child(self) -> children.Child:
        assert self.running is not None, "the operator was not started"
        return self.running.child

    @property
    def pid(self) -> int:
        return self.child.process.pid

    def start(
        self,
        *flags: str,
        kubeconfig: pathlib.Path | None = None,
        env: Mapping[str, str] | None = None,
        wait: float | None = 90.0,
    ) -> None:
        """Start it and, unless ``wait`` is None, wait that many seconds at most until it is ready."""
        assert not self.alive(), "it runs already"
        self.as_usual = not (flags or kubeconfig or env)
        health, metrics = children.free_port(), children.free_port()
        config = kubeconfig or self.kubeconfig
        addresses = [f"--health-addr=127.0.0.1:{health}", f"--metrics-addr=127.0.0.1:{metrics}"]
        command = [*self.program, "run", *addresses, f"--kubeconfig={config}", *self.flags, *flags]
        around = operator.environment(config, self.aws_url) | dict(env or {})
        child = children.start("operator", command, self.folder / "operator.log", around)
        self.running = operator.Operator(child, f"http://127.0.0.1:{health}", f"http://127.0.0.1:{metrics}")
        if wait is not None:
            child.wait_until(self.running.ready, seconds=wait)

    def alive(self) -> bool:
        return self.running is not None and self.child.process.poll() is None

    def ready(self) -> bool:
        return self.running is not None and self.running.ready()

    def stop(self, seconds: float = 40.0) -> int:
        """Stop it as the kubelet does; its exit status."""
        return self.child.stop(seconds)

    def kill(self) -> None:
        """kill -9."""
        os.killpg(self.pid, signal.SIGKILL)
        self.child.process.wait()

    def pause(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def log(self) -> str:
        """Of all its runs."""
        path = self.folder / "operator.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def metrics(self) -> str:
        assert self.running is not None, "the operator was not started"
        with urllib.request.urlopen(f"{self.running.metrics}/metrics", timeout=20) as answer:
            text: str = answer.read().decode()
        return text

    def metric(self, name: str) -> float:
        """The sum over all series of that name."""
        lines = [line for line in self.metrics().splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
        assert lines, f"there is no series {name}"
        return sum(float(line.rpartition(" ")[2]) for line in lines)
