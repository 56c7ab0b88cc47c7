"""Prometheus' own programs, from Debian's package ``prometheus``."""

import contextlib
import json
import pathlib
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from support import children


def program(name: str) -> str:
    found = shutil.which(name)
    if not found:
        pytest.skip("prometheus is not installed")
    return found


def promtool(*arguments: str | pathlib.Path) -> str:
    """Run promtool, which must succeed; what it printed."""
    done = subprocess.run([program("promtool"), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class Prometheus:
    child: children.Child
    url: str

    def ask(self, path: str, **parameters: str) -> Any:
        """What the API answers, without the envelope."""
        with urllib.request.urlopen(
            f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=10
        ) as answer:
            body = json.loads(answer.read())
        assert body["status"] == "success", body
        return body["data"]

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """The samples that an expression has now."""
        found = self.ask("query", query=expression)
        if found["resultType"] == "scalar":
            return [({}, float(found["result"][1]))]
        return [(sample["metric"], float(sample["value"][1])) for sample in found["result"]]

    def up(self) -> bool:
        with contextlib.suppress(OSError):
            return any(value == 1 for _, value in self.query("up"))
        return False


@contextlib.contextmanager
def running(
    folder: pathlib.Path, target: str, *rules: pathlib.Path, service: str = "external-secrets", interval: str = "1s"
) -> Iterator[Prometheus]:
    """A Prometheus that scrapes one target every second, as docs/monitoring.md tells it to."""
    scrape = {
        "job_name": "esoctl",
        "honor_labels": True,
        "static_configs": [{"targets": [target], "labels": {"service": service}}],
    }
    config = {
        "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
        "rule_files": [str(path) for path in rules],
        "scrape_configs": [scrape],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    port = children.free_port()
    command = [
        program("prometheus"),
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with children.running("prometheus", command, folder / "prometheus.log") as child:
        found = Prometheus(child, f"http://127.0.0.1:{port}")
        child.wait_until(found.up, seconds=30)
        yield found
