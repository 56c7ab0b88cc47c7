"""Helm, as it is typed, with everything it keeps in a folder of the test's own."""

import os
import pathlib
import subprocess

from support import controlplane, runs

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "esoctl"


def program() -> pathlib.Path:
    """Built now if need be."""
    try:
        return controlplane.built("helm") / "helm"
    except controlplane.UnavailableError as reason:
        runs.skip_or_fail(str(reason))


def run(kubeconfig: pathlib.Path | None, *arguments: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("HELM_", "KUBE"))}
    if kubeconfig is not None:
        folder = kubeconfig.parent / "helm"
        kept = {f"HELM_{name}_HOME": str(folder / name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
        own |= kept | {"KUBECONFIG": str(kubeconfig)}
    command = [program(), *arguments]
    return subprocess.run(command, env=own, capture_output=True, text=True, timeout=120, check=False)


def helm(kubeconfig: pathlib.Path | None, *arguments: str) -> str:
    """What it printed; an AssertionError with its words when it failed."""
    done = run(kubeconfig, *arguments)
    assert done.returncode == 0, f"helm {' '.join(arguments)}: {done.stderr}{done.stdout}"
    return done.stdout
