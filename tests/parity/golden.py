"""Checks golden tables: inputs and outputs recorded from the reference's Go packages.

    python tests/parity/golden.py FILE...

A table says its name; ``tables/<name>.py`` knows how to run a row. A wanted deviation is an entry of
``deviations.yaml`` that names the table and the row and gives the outcome we want instead, so that it is tested too.
Prints a line for each row that fails and closes with the count; the exit status is 1 when a row failed.
"""

import importlib.util
import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import yaml

HERE = Path(__file__).resolve().parent
TABLES = HERE / "tables"
OUTCOMES = ("output", "output_b64", "error", "error_b64")


class Failure(NamedTuple):
    """A row whose outcome is not the wanted one."""

    row: str
    want: object
    got: object

    def __str__(self) -> str:
        return f"{self.row}: want {self.want!r}, got {self.got!r}"


def load(path: Path) -> dict[str, object]:
    """A table; its name is inside."""
    table = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(table, dict)
    return table


def checker(name: str) -> ModuleType | None:
    """The module that runs rows of this table; None when there is none."""
    path = TABLES / f"{name.replace('-', '_')}.py"
    if not path.exists():
        return None
    spec = importlib.util.spec_from_file_location(f"golden_table_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check(table: dict[str, object], most: int | None = None) -> tuple[int, list[Failure]]:
    """The number of rows and those that fail, of these the first ``most``."""
    module = checker(str(table["table"]))
    if module is None:
        raise LookupError(f"no checker for table {table['table']}")
    rows = table["rows"]
    assert isinstance(rows, list)
    return len(rows), list(islice(_failures(module, table, rows), most))


def _failures(module: ModuleType, table: dict[str, object], rows: list[dict[str, object]]) -> Iterator[Failure]:
    deviations = _deviations(str(table["table"]))
    for row in rows:
        name = str(row["id"])
        try:
            want, got = module.run(deviations.get(name, lambda same: same)(row), table)
        except Exception as error:
            want, got = "an outcome", error
        if want != got:
            yield Failure(name, want, got)


def _deviations(table: str) -> dict[str, "Deviation"]:
    path = HERE / "deviations.yaml"
    entries = (yaml.safe_load(path.read_text(encoding="utf-8")) or []) if path.exists() else []
    return {entry["row"]: Deviation(entry["want"]) for entry in entries if entry.get("table") == table}


class Deviation:
    """Puts the outcome we want in the place of the recorded one."""

    def __init__(self, want: dict[str, object]) -> None:
        self._want = want

    def __call__(self, row: dict[str, object]) -> dict[str, object]:
        return {key: member for key, member in row.items() if key not in OUTCOMES} | self._want


def main(paths: list[str]) -> int:
    passed = failed = 0
    for path in paths:
        count, failures = check(load(Path(path)))
        for failure in failures:
            print(failure)
        passed += count - len(failures)
        failed += len(failures)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    # Run from a checkout: the package and the support code beside this file, installed or not.
    sys.path[:0] = [str(HERE.parent.parent / "src"), str(HERE.parent)]
    raise SystemExit(main(sys.argv[1:]))
