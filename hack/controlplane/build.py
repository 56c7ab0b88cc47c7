"""Build the real control plane, the client-go check and Helm once per version, into the user's cache folder.

Usage: build.py [--only controlplane|clientgo|helm]   prints one line per program: its name and the folder it is in

`$KUBEBUILDER_ASSETS` (a folder with etcd, kube-apiserver and kube-controller-manager) replaces the control plane.
Exit status: 0 built or already there, 1 the build failed, 3 Go is missing.
"""

import argparse
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from gobuild import Program, ensure_all

HACK = pathlib.Path(__file__).resolve().parent.parent

CONTROL_PLANE = Program(
    "controlplane",
    HACK / "controlplane",
    ("etcd", "kube-apiserver", "kube-controller-manager"),
    "k8s.io/kubernetes",
)
CLIENT_GO = Program("clientgo", HACK / "clientgo", ("clientgo-check",), "k8s.io/client-go")
HELM = Program("helm", HACK / "helm", ("helm",), "helm.sh/helm/v3", "helm.sh/helm/v3/cmd/helm")
PROGRAMS = (CONTROL_PLANE, CLIENT_GO, HELM)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[program.name for program in PROGRAMS])
    only = parser.parse_args().only
    wanted = [program for program in PROGRAMS if only in (None, program.name)]
    given = os.environ.get("KUBEBUILDER_ASSETS")
    if given and CONTROL_PLANE in wanted:
        print(CONTROL_PLANE.name, pathlib.Path(given), flush=True)
        wanted.remove(CONTROL_PLANE)
    return ensure_all(wanted)


if __name__ == "__main__":
    sys.exit(main())
