"""Build Go programs once per version into the user's cache folder; the scripts that know which ones call this.

* A program comes from a folder with a go.mod: the folder's own main.go, or a command of a module that is required.
* The name in the cache holds the version and a hash of the sources: a changed source is another folder, none is stale.
* A lock file lets only one build of a program run at a time; the finished folder appears by one rename.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

BUILD_FAILED = 1
GO_MISSING = 3
FLAGS = ("-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-mod=readonly")
"""The same for all, so that Go's own build cache serves what two programs share."""


class GoMissingError(Exception):
    """The program is not in the cache and there is no `go` to build it with."""


@dataclass(frozen=True)
class Program:
    name: str
    source: pathlib.Path
    """The folder of go.mod."""
    names: tuple[str, ...]
    """The names the one binary is called by."""
    module: str
    """The Go module whose version names the folder."""
    package: str = "."
    """What is compiled: the folder's own main.go, or a command of a module that go.mod requires."""
    inside: str = "bin"
    """The folder of the binaries in the program's place."""

    @property
    def version(self) -> str:
        """The module's version in go.mod, a replacement winning over a requirement."""
        text = (self.source / "go.mod").read_text()
        name = re.escape(self.module)
        replaced = re.search(rf"replace {name} => \S+ (v\S+)", text)
        found = replaced or re.search(rf"^\s*(?:require )?{name} (v\S+)", text, re.MULTILINE)
        if not found:
            sys.exit(f"{self.source.name}/go.mod: {self.module} is not required; its version names the cache folder")
        return found[1]

    @property
    def sources(self) -> list[pathlib.Path]:
        own = ("main.go",) if self.package == "." else ()
        return [self.source / name for name in (*own, "go.mod", "go.sum")]

    @property
    def place(self) -> pathlib.Path:
        """Where it is in the cache, or will be."""
        digest = hashlib.sha256(b"\0".join(source.read_bytes() for source in self.sources)).hexdigest()
        return cache_root() / self.name / f"{self.version}-{digest[:12]}"


def cache_root() -> pathlib.Path:
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "esoctl"


def ensure(program: Program) -> pathlib.Path:
    """The folder with the program's binaries, built if it is not there yet."""
    place = program.place
    with locked(place.parent / ".lock"):
        if not place.exists():
            build(program, place)
    return place / program.inside


@contextlib.contextmanager
def locked(path: pathlib.Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def build(program: Program, place: pathlib.Path) -> None:
    if not shutil.which("go"):
        raise GoMissingError(
            f"{program.name} {program.version} is not in {place.parent}, and Go is not installed to build it"
        )
    print(f"building {program.name} {program.version}; the first time takes some minutes", file=sys.stderr, flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".building-") as scratch:
        done = pathlib.Path(scratch) / "done"
        done.mkdir()
        compile_into(program, done / program.inside)
        done.rename(place)
    print(f"built {program.name} in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def compile_into(program: Program, folder: pathlib.Path) -> None:
    folder.mkdir(exist_ok=True)
    first = folder / program.names[0]
    subprocess.run(
        ["go", "build", *FLAGS, "-o", str(first), program.package], cwd=program.source, check=True, stdout=sys.stderr
    )
    for name in program.names[1:]:
        os.link(first, folder / name)


def ensure_all(programs: Iterable[Program]) -> int:
    """Print a line for each: its name, and the folder it is in. The exit status."""
    try:
        for program in programs:
            print(program.name, ensure(program), flush=True)
    except GoMissingError as problem:
        print(problem, file=sys.stderr)
        return GO_MISSING
    except subprocess.CalledProcessError as problem:
        print(f"the Go build failed with status {problem.returncode}; its messages are above", file=sys.stderr)
        return BUILD_FAILED
    return 0
