"""Plants known bugs, one at a time, in a copy of the source, and demands that the tests named with each turn red.

  planted.py [--only WORD] [--seconds 120]

A patch of tests/planted begins with what the bug is, a line `Tests:` with what must turn red, and then the diff. The
tests must be green without it, and fail within their time with it: by a failed test, not by a tree that does not load.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATCHES = ROOT / "tests" / "planted"
FAILED = 1
"""The exit status of pytest when tests ran and some failed."""
PARTS = ("src", "tests", "docs", "manifests", "pyproject.toml")


@dataclass(frozen=True)
class Planted:
    """One patch."""

    path: pathlib.Path
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path.stem


def read(path: pathlib.Path) -> Planted:
    """A patch with its tests."""
    found = re.search(r"^Tests: (.+)$", path.read_text(), re.MULTILINE)
    if found is None:
        raise SystemExit(f"{path.name}: a line 'Tests: ...' must name what turns red")
    return Planted(path, tuple(found[1].split()))


def copy(to: pathlib.Path) -> None:
    """What the tests need of the tree."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, to / part, ignore=shutil.ignore_patterns("__pycache__", "oracle*.json"))
        else:
            shutil.copy(source, to / part)


def outcome(tree: pathlib.Path, tests: tuple[str, ...], seconds: float) -> int:
    """The exit status of pytest on a copy; a run that hangs counts as failed."""
    environment = os.environ | {"PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        ran = subprocess.run(command, cwd=tree, env=environment, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return FAILED
    return ran.returncode


def patch(tree: pathlib.Path, path: pathlib.Path, *options: str) -> bool:
    """Apply a patch; whether it fitted."""
    command = ["patch", "-p1", "--silent", "--no-backup-if-mismatch", *options, "-i", str(path)]
    return subprocess.run(command, cwd=tree, capture_output=True, check=False).returncode == 0


def judge(tree: pathlib.Path, planted: Planted, seconds: float) -> str:
    """Why the nets did not hold; empty when they did."""
    if not patch(tree, planted.path):
        return "the patch does not fit any more"
    status = outcome(tree, planted.tests, seconds)
    patch(tree, planted.path, "--reverse")
    return "" if status == FAILED else f"no test failed (pytest ended with {status})"


def main() -> int:
    """Judge all of them; 0 when every bug was caught."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="those whose names hold this word")
    parser.add_argument("--seconds", type=float, default=120, help="the most that the tests of one bug may take")
    options = parser.parse_args()
    patches = [read(path) for path in sorted(PATCHES.glob("*.patch")) if options.only in path.stem]
    caught = 0
    with tempfile.TemporaryDirectory(prefix="esoctl-planted-") as scratch:
        tree = pathlib.Path(scratch)
        copy(tree)
        every = tuple(dict.fromkeys(test for planted in patches for test in planted.tests))
        if outcome(tree, every, options.seconds * len(patches)) != 0:
            print("the named tests are not green without any bug")
            return 1
        for planted in patches:
            problem = judge(tree, planted, options.seconds)
            caught += not problem
            print(f"{planted.name}: {problem or 'caught'}", flush=True)
    print(f"{caught}/{len(patches)} planted bugs caught")
    return int(caught != len(patches) or not patches)


if __name__ == "__main__":
    sys.exit(main())
