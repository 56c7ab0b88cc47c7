"""Build the real control plane, the client-go check and Helm once per version, into the user's cache folder.

Usage: build.py [--only controlplane|clientgo|helm]   prints one line per program: its name and the folder it is in

* `$KUBEBUILDER_ASSETS` (a folder with etcd, kube-apiserver and kube-controller-manager) replaces the control plane.
* The folder's name holds the version and a hash of the sources: a changed source is another folder, nothing is stale.
* A lock file lets only one build of a program run at a time; the finished folder appears by one rename.

Exit status: 0 built or already there, 1 the build failed, 3 Go is missing.
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

HACK = pathlib.Path(__file__).resolve().parent.parent
GO_MISSING = 3


@dataclass(frozen=True)
class Program:
    name: str
    names: tuple[str, ...]
    """The names the one binary is called by."""
    version_of: str
    """The Go module whose version names the folder."""
    package: str = "."
    """What is compiled: the folder's own main.go, or a command of a module that go.mod requires."""


CONTROL_PLANE = Program("controlplane", ("etcd", "kube-apiserver", "kube-controller-manager"), "k8s.io/kubernetes")
CLIENT_GO = Program("clientgo", ("clientgo-check",), "k8s.io/client-go")
HELM = Program("helm", ("helm",), "helm.sh/helm/v3", "helm.sh/helm/v3/cmd/helm")
PROGRAMS = (CONTROL_PLANE, CLIENT_GO, HELM)


class GoMissingError(Exception):
    """The program is not in the cache and there is no `go` to build it with."""


def cache_root() -> pathlib.Path:
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "esoctl"


def sources(program: Program) -> list[pathlib.Path]:
    own = ("main.go",) if program.package == "." else ()
    return [HACK / program.name / name for name in (*own, "go.mod", "go.sum")]


def version(program: Program) -> str:
    """The module's version in go.mod, a replacement winning over a requirement."""
    text = (HACK / program.name / "go.mod").read_text()
    name = re.escape(program.version_of)
    replaced = re.search(rf"replace {name} => \S+ (v\S+)", text)
    found = replaced or re.search(rf"^\s*(?:require )?{name} (v\S+)", text, re.MULTILINE)
    if not found:
        sys.exit(f"{program.name}/go.mod: {program.version_of} is not required; its version names the cache folder")
    return found[1]


def folder(program: Program) -> pathlib.Path:
    """Where the built program is or will be."""
    digest = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources(program))).hexdigest()
    return cache_root() / program.name / f"{version(program)}-{digest[:12]}"


@contextlib.contextmanager
def locked(path: pathlib.Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def compile_into(program: Program, place: pathlib.Path) -> None:
    bin_folder = place / "bin"
    bin_folder.mkdir()
    first = bin_folder / program.names[0]
    # The same flags everywhere, so that Go's own build cache serves a second build at once.
    command = ["go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", str(first), program.package]
    subprocess.run(command, cwd=HACK / program.name, check=True, stdout=sys.stderr)
    for name in program.names[1:]:
        os.link(first, bin_folder / name)


def ensure(program: Program) -> pathlib.Path:
    """The folder with the program's binaries, built if it is not there yet."""
    override = os.environ.get("KUBEBUILDER_ASSETS")
    if program is CONTROL_PLANE and override:
        return pathlib.Path(override)
    target = folder(program)
    with locked(target.parent / ".lock"):
        if not target.exists():
            build(program, target)
    return target / "bin"


def build(program: Program, target: pathlib.Path) -> None:
    if not shutil.which("go"):
        raise GoMissingError(
            f"{program.name} {version(program)} is not in {target.parent}, and Go is not installed to build it"
        )
    print(f"building {program.name} {version(program)}; the first time takes some minutes", file=sys.stderr, flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".building-") as scratch:
        place = pathlib.Path(scratch) / "done"
        place.mkdir()
        compile_into(program, place)
        place.rename(target)
    print(f"built {program.name} in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[program.name for program in PROGRAMS])
    only = parser.parse_args().only
    try:
        for program in PROGRAMS:
            if only in (None, program.name):
                print(program.name, ensure(program), flush=True)
    except GoMissingError as problem:
        print(problem, file=sys.stderr)
        return GO_MISSING
    except subprocess.CalledProcessError as problem:
        print(f"the Go build failed with status {problem.returncode}; its messages are above", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
