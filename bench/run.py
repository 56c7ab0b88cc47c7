"""Measure esoctl in one command: a fresh control plane, fakeaws.py and bench.py, all stopped at the end.

  run.py [--keep FOLDER] [--deny CALL] [--with OPTION] [-- ARGUMENTS OF bench.py WITHOUT KUBECONFIG, PORT AND COMMAND ...]

Without arguments it measures --n 1000 --scenario cold,restart,latency,repair. At the end it prints the figures as a
table (figures.py). The folder (a temporary one unless kept) gets the logs of every program and the JSON lines of bench.py.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import figures
from support import children, controlplane, kubeconfig, operator
from support.api import Api

DEFAULT = ["--n", "1000", "--scenario", "cold,restart,latency,repair"]


def measure(folder: pathlib.Path, options: argparse.Namespace) -> int:
    port, health, metrics = (children.free_port() for _ in range(3))
    addresses = [f"--metrics-addr=127.0.0.1:{metrics}", f"--health-addr=127.0.0.1:{health}"]
    denied = [word for call in options.deny for word in ("--deny", call)]
    fake = [sys.executable, ROOT / "bench" / "fakeaws.py", str(port), *denied]
    arguments = options.arguments or DEFAULT
    with controlplane.running(folder / "controlplane") as config, children.running("fakeaws", fake, folder / "fakeaws.log") as aws:
        aws.wait_until(lambda: children.accepts(port), seconds=30)
        operator.install_definitions(Api(kubeconfig.read(config)))
        command = [sys.executable, ROOT / "bench" / "bench.py", config, str(port), "--log", folder / "operator.log", "--health", str(health), "--metrics", str(metrics),
                   *arguments, "--", str(operator.ESOCTL), "run", *addresses, *options.options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as bench, (folder / "results.jsonl").open("w") as results:
            for line in bench.stdout:
                print(line, end="", flush=True)
                results.write(line)
        print("\n".join(figures.table([folder / "results.jsonl"])))
        return bench.returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=pathlib.Path, help="folder for logs and results, kept")
    parser.add_argument("--deny", action="append", default=[], metavar="CALL", help="a call that AWS refuses")
    parser.add_argument("--with", action="append", default=[], dest="options", metavar="OPTION", help="of esoctl run, as --with=--no-batching")
    parser.add_argument("arguments", nargs="*", help="arguments of bench.py, after --")
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        return measure(options.keep.resolve(), options)
    with tempfile.TemporaryDirectory(prefix="esoctl-bench-") as scratch:
        return measure(pathlib.Path(scratch), options)


if __name__ == "__main__":
    sys.exit(main())
