"""Build the command-line tools of Kyverno and Gatekeeper once per version, into the user's cache folder.

Usage: build.py [--only kyverno|gator] [--kept]     prints one line per tool: its name and the folder it is in

* Both come from the one go.mod here, so what they share is compiled once.
* --kept builds nothing. Kyverno's tool is 3,000 packages, more than ten minutes of CPU, so CI does not ask for it.

Exit status: 0 built or already there, 1 the build failed, 3 Go is missing, 4 not there and not to be built.
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from gobuild import Program, ensure_all

HERE = pathlib.Path(__file__).resolve().parent

NOT_BUILT = 4
KYVERNO, GATEKEEPER = "github.com/kyverno/kyverno", "github.com/open-policy-agent/gatekeeper/v3"
TOOLS = (
    Program("kyverno", HERE, ("kyverno",), KYVERNO, f"{KYVERNO}/cmd/cli/kubectl-kyverno", inside=""),
    Program("gator", HERE, ("gator",), GATEKEEPER, f"{GATEKEEPER}/cmd/gator", inside=""),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[tool.name for tool in TOOLS])
    parser.add_argument("--kept", action="store_true")
    arguments = parser.parse_args()
    wanted = [tool for tool in TOOLS if arguments.only in (None, tool.name)]
    missing = [tool.name for tool in wanted if not tool.place.exists()]
    if arguments.kept and missing:
        print(f"{', '.join(missing)} is not built; make policy-tools builds it", file=sys.stderr)
        return NOT_BUILT
    return ensure_all(wanted)


if __name__ == "__main__":
    sys.exit(main())
