"""The documentation as tests see it: its fenced blocks, and a terminal that types their commands."""

import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROMPT = "$ "
INDENT = "    "


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    page: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def commands(self) -> list[str]:
        """What is typed: the line after a prompt, and the indented lines right after it."""
        found: list[str] = []
        typing = False
        for line in self.text.splitlines():
            if line.startswith(PROMPT):
                found.append(line.removeprefix(PROMPT))
                typing = True
            elif typing and line.startswith(INDENT):
                found[-1] += f"\n{line}"
            else:
                typing = False
        return found


def pages() -> list[str]:
    """Every page for users, by its path in the project."""
    found = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "manifests").rglob("README.md")]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, *languages: str) -> list[Block]:
    """The blocks of a page, of those languages or of all."""
    whole = text(page)
    found = [Block(page, whole[: m.start()].count("\n") + 1, m[1], m[2]) for m in FENCE.finditer(whole)]
    return [block for block in found if not languages or block.language in languages]


@dataclass
class Terminal:
    """A shell in a folder that has the project's manifests, with the cluster of a kubeconfig.

    ``played`` maps patterns of commands that need a kubelet to what the test does in their place: nothing runs Pods
    here. ``stand_ins`` replaces a part of a command for the same reason. The rest is typed as it is written, and must
    end with status 0; a search at the end of it may find nothing.
    """

    kubeconfig: pathlib.Path
    folder: pathlib.Path
    played: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("manifests", "charts", ".venv"):
            if (ROOT / name).exists():
                (self.folder / name).symlink_to(ROOT / name)

    def run(self, command: str) -> str:
        """Type one command; what it printed."""
        self.typed.append(command)
        for pattern, play in self.played.items():
            if re.search(pattern, command):
                play()
                return ""
        for pattern, instead in self.stand_ins.items():
            command = re.sub(pattern, instead, command)
        if "| grep " in command:
            command = f"{command} || test $? -eq 1"
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", command],
            cwd=self.folder, env=self.environment(), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def run_all(self, of: Sequence[Block]) -> dict[str, str]:
        """Type every command of the blocks in order; what each printed."""
        return {command: self.run(command) for block in of for command in block.commands}

    def environment(self) -> dict[str, str]:
        path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
        return os.environ | {
            "PATH": path, "KUBECONFIG": str(self.kubeconfig), "KUBECACHEDIR": str(self.folder / "cache"),
        }  # fmt: skip


def section(page: str, title: str) -> list[Block]:
    """The console blocks under a heading, up to the next of any level."""
    whole = text(page)
    match = re.search(rf"^#+ {re.escape(title)}$", whole, re.MULTILINE)
    assert match, f"{page} has no section {title!r}"
    begin = whole[: match.start()].count("\n") + 1
    rest = re.search(r"^#+ ", whole[match.end() :], re.MULTILINE)
    end = begin + whole[match.start() : match.end() + rest.start()].count("\n") if rest else len(whole)
    return [block for block in blocks(page, "console") if begin <= block.line <= end]
