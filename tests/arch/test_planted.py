"""The planted bugs of tests/planted fit the source and name tests that exist; `make planted` tries them all."""

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PATCHES = sorted((ROOT / "tests" / "planted").glob("*.patch"))
WANTED = 25


def test_there_are_twenty_five() -> None:
    assert len(PATCHES) == WANTED
    assert [path.name[:2] for path in PATCHES] == [f"{number:02}" for number in range(1, WANTED + 1)]


@pytest.mark.parametrize("path", PATCHES, ids=lambda path: path.stem)
def test_a_planted_bug_fits_the_source_and_names_a_test(path: pathlib.Path) -> None:
    command = ["git", "apply", "--check", str(path)]
    applied = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    named = re.search(r"^Tests: (\S+)::(\w+)$", path.read_text(), re.MULTILINE)

    assert applied.returncode == 0, applied.stderr
    assert named is not None
    assert f"def {named[2]}(" in (ROOT / named[1]).read_text()
