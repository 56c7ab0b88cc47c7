"""Write the README of the Helm chart, and what it renders for the values in tests/data/helm.

Usage: chart.py [--render HELM] [--check]

The README is its text, and a table made of values.yaml and the comments there. --render writes NAME.golden.yaml for
each NAME.values.yaml, by that Helm program. With --check nothing is written; the status is 1 when files differ.

Every value has a comment that begins with `# --` above it; a map without one is a group of values.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHART = ROOT / "charts" / "esoctl"
VALUES = ROOT / "tests" / "data" / "helm"
KEY = re.compile(r"^( *)([A-Za-z]+):")
HEAD = """\
# Helm chart of esoctl

One Deployment, a ServiceAccount with exactly the rights that the operator uses, and the CRDs. There is no webhook.

```console
$ helm install esoctl charts/esoctl --namespace esoctl --create-namespace
```

[docs/install.md](../../docs/install.md) tells about profiles, upgrades and how to uninstall. Values that the Go
operator's chart has too are named as there; one that is not known is refused.

| value | default | meaning |
|---|---|---|
"""


def commented(lines: list[str]) -> Iterator[tuple[str, str]]:
    """(dotted name, comment) of every value with a comment."""
    path: list[str] = []
    said = ""
    for line in lines:
        if line.strip().startswith("# -- "):
            said = line.strip().removeprefix("# -- ")
        elif found := KEY.match(line):
            path = [*path[: len(found[1]) // 2], found[2]]
            if said:
                yield ".".join(path), said
            said = ""


def value(values: object, name: str) -> object:
    for part in name.split("."):
        assert isinstance(values, dict)
        values = values[part]
    return values


def page() -> str:
    text = (CHART / "values.yaml").read_text()
    values = yaml.safe_load(text)
    rows = (
        f"| `{name}` | `{json.dumps(value(values, name))}` | {why} |\n" for name, why in commented(text.splitlines())
    )
    return HEAD + "".join(rows)


def rendered(helm: str, values: pathlib.Path) -> str:
    """What the chart makes of the values; without the definitions, which are long and always the same."""
    options = ["--namespace=esoctl", f"--values={values}", "--set=installCRDs=false"]
    command = [helm, "template", "esoctl", CHART, *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def files(helm: str | None) -> Iterator[tuple[pathlib.Path, str]]:
    yield CHART / "README.md", page()
    for values in sorted(VALUES.glob("*.values.yaml")) if helm else ():
        yield values.with_name(values.name.replace(".values.", ".golden.")), rendered(str(helm), values)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--render", metavar="HELM", help="the Helm program")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    stale = [(path, text) for path, text in files(options.render) if not path.exists() or path.read_text() != text]
    for path, text in stale:
        print(path.relative_to(ROOT), "differs" if options.check else "written")
        if not options.check:
            path.write_text(text)
    return int(options.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
