"""Prometheus' own programs, from Debian's package ``prometheus``."""

import contextlib
import json
import pathlib
import re
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

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "monitoring.md"


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


def scrape(target: str) -> Any:
    """The scrape of docs/monitoring.md, of one address: Debian's Prometheus cannot ask Kubernetes for targets."""
    (block,) = re.findall(r"```yaml\n(scrape_configs:.*?)```", PAGE.read_text(), re.DOTALL)
    (job,) = yaml.safe_load(block)["scrape_configs"]
    del job["kubernetes_sd_configs"]
    job["relabel_configs"] = [rule for rule in job["relabel_configs"] if rule.get("action") != "keep"]
    return job | {"static_configs": [{"targets": [target]}]}


def configuration(folder: pathlib.Path, target: str, *rules: pathlib.Path, interval: str = "30s") -> pathlib.Path:
    config = {
        "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
        "rule_files": [str(path) for path in rules],
        "scrape_configs": [scrape(target)],
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "prometheus.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


@contextlib.contextmanager
def running(folder: pathlib.Path, target: str, *rules: pathlib.Path, interval: str = "1s") -> Iterator[Prometheus]:
    """A Prometheus that scrapes one target every second."""
    config = configuration(folder, target, *rules, interval=interval)
    port = children.free_port()
    command = [
        program("prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with children.running("prometheus", command, folder / "prometheus.log") as child:
        found = Prometheus(child, f"http://127.0.0.1:{port}")
        child.wait_until(found.up, seconds=30)
        yield found
