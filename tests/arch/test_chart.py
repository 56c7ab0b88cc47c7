"""The chart as far as it can be judged without Helm; the rest is in tests/cluster/test_helm.py."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from esoctl import __version__

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "esoctl"
GROUPS = {"image", "crds", "genericTargets", "log", "serviceAccount", "rbac", "podDisruptionBudget", "serviceMonitor"}
GROUPS |= {"networkPolicy", "metrics", "metrics.listen", "metrics.service"}
"""Values that are maps of values; every other map is one value."""


def names(values: dict[str, object], above: str = "") -> Iterator[str]:
    for key, value in values.items():
        name = f"{above}{key}"
        if name in GROUPS:
            assert isinstance(value, dict)
            yield from names(value, f"{name}.")
        else:
            yield name


def test_the_readme_tells_of_every_value() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    told = re.findall(r"^\| `([\w.]+)` \|", (CHART / "README.md").read_text(), re.MULTILINE)

    assert told == list(names(values))


def test_the_readme_is_as_the_values_say() -> None:
    done = subprocess.run([sys.executable, ROOT / "hack" / "chart.py", "--check"], check=False)

    assert done.returncode == 0, "make chart writes it anew"


def test_the_schema_knows_exactly_the_values_there_are() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())

    assert set(schema["properties"]) == set(values) | {"global"}
    for group in sorted(name for name in GROUPS if "." not in name):
        assert set(schema["properties"][group]["properties"]) == set(values[group]), group


def test_the_chart_is_of_the_version_of_the_program() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())

    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)
