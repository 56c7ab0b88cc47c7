"""The installed operator of several tests: it runs when one of them wants it to, and can be stopped and started."""

import collections
import contextlib
import pathlib
import urllib.request
from types import TracebackType
from typing import Self

from support import operator
from support.operator import Operator


class Installed:
    """Use as a context manager: leaving it stops the operator. ``arguments`` are more options of `esoctl run`."""

    def __init__(self, kubeconfig: pathlib.Path, aws_url: str, folder: pathlib.Path, *arguments: str) -> None:
        self.how = (kubeconfig, aws_url, folder)
        self.arguments = arguments
        self.stack = contextlib.ExitStack()
        self.operator: Operator | None = None
        self.earlier: collections.Counter[str] = collections.Counter()
        """The requests by HTTP status of runs that are over."""

    def up(self) -> Operator:
        """The operator, ready; started if it does not run."""
        if self.operator is None:
            self.operator = self.stack.enter_context(operator.running(*self.how, *self.arguments))
        assert self.operator.child.process.poll() is None, f"the operator ended\n{self.operator.child.log_tail()}"
        return self.operator

    def down(self) -> int:
        """Stop it as the kubelet does; its exit status."""
        assert self.operator is not None, "only what runs can be stopped"
        self.earlier = self.requests()
        status = self.operator.child.stop()
        self.operator = None
        self.stack.close()
        return status

    def metrics(self) -> str:
        """What /metrics says now."""
        with urllib.request.urlopen(f"{self.up().metrics}/metrics", timeout=10) as answer:
            text: str = answer.read().decode()
        return text

    def requests(self) -> collections.Counter[str]:
        """Every request to the API server so far by HTTP status, out of the operator's metrics."""
        found = self.earlier.copy()
        for line in self.metrics().splitlines():
            if line.startswith("rest_client_requests_total{"):
                found[line.partition('code="')[2].partition('"')[0]] += int(float(line.rpartition(" ")[2]))
        return found

    def log(self) -> str:
        return (self.how[2] / "operator.log").read_text(errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()
