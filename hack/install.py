"""Make .venv with everything to run and develop esoctl: the locked requirements, then the project itself, editable.

Usage: python3 hack/install.py        from any folder; needs nothing but Python's standard library

Uses uv where it is on the path, pip otherwise; both check the hash of every package. An existing .venv is brought up to
date, not made anew, unless its Python is gone.
"""

import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKED = ROOT / "requirements" / "dev.txt"
OLDEST = (3, 11)
NEWER_NAMES = ("python3.14", "python3.13", "python3.12", "python3.11")


def run(*command: "str | pathlib.Path") -> None:
    done = subprocess.run([str(part) for part in command], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(f"install: {' '.join(map(str, command[:4]))} ... failed with status {done.returncode}")


def interpreter() -> str:
    """A Python that is new enough: this one, or one of a newer name on the path."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for name in NEWER_NAMES:
        if found := shutil.which(name):
            return found
    have, want = ".".join(map(str, sys.version_info[:2])), ".".join(map(str, OLDEST))
    sys.exit(f"install: esoctl needs Python {want} or newer; {sys.executable} is {have}. Install a newer python3.")


def make_venv(python: str, uv: "str | None") -> None:
    if PYTHON.exists():
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if uv:
        run(uv, "venv", "--quiet", "--python", python, VENV)
    else:
        run(python, "-m", "venv", VENV)


def install_with_uv(uv: str) -> None:
    run(uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", PYTHON, "--require-hashes", "-r", LOCKED)
    run(uv, "pip", "install", "--quiet", "--python", PYTHON, "--no-deps", "--no-build-isolation", "-e", ROOT)


def install_with_pip() -> None:
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--require-hashes", "-r", LOCKED)
    run(*pip, "--no-deps", "--no-build-isolation", "-e", ROOT)


def main() -> None:
    os.environ.pop("VIRTUAL_ENV", None)  # another environment that happens to be active is none of our business
    uv = shutil.which("uv")
    print(f"install: making .venv with {'uv' if uv else 'pip'}; the first time downloads about 150 MB", flush=True)
    make_venv(interpreter(), uv)
    if uv:
        install_with_uv(uv)
    else:
        install_with_pip()
    # Python does this at the first import, unless the environment forbids it; then every start would compile anew.
    run(PYTHON, "-m", "compileall", "-q", ROOT / "src")
    print("install: done", flush=True)


if __name__ == "__main__":
    main()
