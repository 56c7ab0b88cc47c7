"""What must not stand in any text of the project."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = {".cfg", ".go", ".in", ".ini", ".md", ".mod", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml", ""}
TAKEN_OVER = (ROOT / "tests" / "parity" / "cases", ROOT / "tests" / "parity" / "golden")
"""Recorded from the reference, kept as it was."""
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b")  # in pieces, so that this file can be searched too
MACHINE = re.compile(r"(?<![\w.-])/(?:work|tmp|root|home/\w+)/")
TOP = (
    ".dockerignore", ".gitignore", ".importlinter", "ARCHITECTURE.md", "CHANGELOG.md", "Dockerfile", "LICENSE",
    "Makefile", "README.md", "pyproject.toml",
)  # fmt: skip
FOLDERS = ("src", "docs", "manifests", "charts", "hack", "tests", ".ci")


def texts(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            usual = path.suffix in SUFFIXES and path.is_file() and "__pycache__" not in path.parts
            if usual and not any(path.is_relative_to(other) for other in TAKEN_OVER):
                yield path
    yield from (path for path in sorted(ROOT.iterdir()) if path.is_file() and path.name in TOP)


def lines(pattern: re.Pattern[str], *folders: str) -> list[str]:
    """Where the pattern is found, as file:line."""
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in texts(*folders)
        for number, line in enumerate(path.read_text(errors="replace").split("\n"), 1)
        if pattern.search(line)
    ]


def test_the_texts_are_found() -> None:
    names = {path.name for path in texts(*FOLDERS)}

    assert {"Dockerfile", "kustomization.yaml", "check.py", "start.py", "main.go", "run"} <= names


def test_nothing_is_left_unfinished() -> None:
    assert lines(UNFINISHED, *FOLDERS) == []


def test_no_line_ends_in_space() -> None:
    assert lines(re.compile(r"[ \t\r]$"), *FOLDERS) == []


def test_no_file_of_the_product_names_a_place_on_the_machine_it_was_made_on() -> None:
    assert lines(MACHINE, "src", "docs", "manifests", "charts", "hack") == []


@pytest.mark.parametrize("name", ["build.txt", "dev.txt", "run.txt"])
def test_a_requirements_file_names_no_host(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text()

    assert "==" in text
    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|--index|--extra-index|--find-links|--trusted-host)", text, re.MULTILINE)


def test_every_file_ends_with_a_line_break() -> None:
    unended = [path for path in texts(*FOLDERS) if path.read_bytes() and not path.read_bytes().endswith(b"\n")]

    assert [str(path.relative_to(ROOT)) for path in unended] == []
