"""Build the command-line tools of Kyverno and Gatekeeper once per version, into the user's cache folder.

Usage: build.py [--only kyverno|gator] [--kept]     prints one line per tool: its name and the file it is

* Both come from the one go.mod here, so what they share is compiled once.
* The folder's name holds the version and a hash of go.mod and go.sum: a changed pin is another folder.
* A lock file lets only one build of a tool run at a time; the finished folder appears by one rename.
* --kept builds nothing. Kyverno's tool is 3,000 packages, more than ten minutes of CPU, so CI does not ask for it.

Exit status: 0 built or already there, 1 the build failed, 3 Go is missing, 4 not there and not to be built.
"""

import argparse
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
from collections.abc import Iterator
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
GO_MISSING = 3
NOT_BUILT = 4


@dataclass(frozen=True)
class Tool:
    name: str
    module: str
    """Its version names the folder."""
    package: str


TOOLS = (
    Tool("kyverno", "github.com/kyverno/kyverno", "github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno"),
    Tool("gator", "github.com/open-policy-agent/gatekeeper/v3", "github.com/open-policy-agent/gatekeeper/v3/cmd/gator"),
)


class GoMissingError(Exception):
    """The tool is not in the cache and there is no `go` to build it with."""


def cache_root() -> pathlib.Path:
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "esoctl"


def version(tool: Tool) -> str:
    found = re.search(rf"^\s*(?:require )?{re.escape(tool.module)} (v\S+)", (HERE / "go.mod").read_text(), re.MULTILINE)
    if not found:
        sys.exit(f"go.mod: {tool.module} is not required; its version names the cache folder")
    return found[1]


def folder(tool: Tool) -> pathlib.Path:
    """Where the built tool is or will be."""
    digest = hashlib.sha256(b"\0".join((HERE / name).read_bytes() for name in ("go.mod", "go.sum"))).hexdigest()
    return cache_root() / tool.name / f"{version(tool)}-{digest[:12]}"


@contextlib.contextmanager
def locked(path: pathlib.Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure(tool: Tool) -> pathlib.Path:
    """The tool's file, built if it is not there yet."""
    target = folder(tool)
    with locked(target.parent / ".lock"):
        if not target.exists():
            build(tool, target)
    return target / tool.name


def build(tool: Tool, target: pathlib.Path) -> None:
    if not shutil.which("go"):
        raise GoMissingError(f"{tool.name} {version(tool)} is not in {target.parent}, and Go is not installed")
    print(f"building {tool.name} {version(tool)}; the first time takes some minutes", file=sys.stderr, flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".building-") as scratch:
        place = pathlib.Path(scratch) / "done"
        place.mkdir()
        # The flags of the control plane's build, so that Go's own cache serves what both need.
        flags = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-mod=readonly"]
        command = ["go", "build", *flags, "-o", str(place / tool.name), tool.package]
        subprocess.run(command, cwd=HERE, check=True, stdout=sys.stderr)
        place.rename(target)
    print(f"built {tool.name} in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[tool.name for tool in TOOLS])
    parser.add_argument("--kept", action="store_true")
    arguments = parser.parse_args()
    wanted = [tool for tool in TOOLS if arguments.only in (None, tool.name)]
    missing = [tool.name for tool in wanted if not folder(tool).exists()]
    if arguments.kept and missing:
        print(f"{', '.join(missing)} is not built; make policy-tools builds it", file=sys.stderr)
        return NOT_BUILT
    try:
        for tool in wanted:
            print(tool.name, ensure(tool), flush=True)
    except GoMissingError as problem:
        print(problem, file=sys.stderr)
        return GO_MISSING
    except subprocess.CalledProcessError as problem:
        print(f"the Go build failed with status {problem.returncode}; its messages are above", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
