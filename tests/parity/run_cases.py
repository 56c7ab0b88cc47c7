"""Run parity cases against any External Secrets operator and record or compare what it did.

    run_cases.py KUBECONFIG AWS_URL [--record | --compare] [--deviations FILE] [--only GLOB] [--jobs N] CASE.yaml ...

The operator must already be running against the same API server, with AWS_URL as its Secrets Manager, Parameter Store
and STS endpoint (a moto server). Cases run one after another and the AWS state is reset before each; with `--jobs`
several run side by side, each in an AWS account of its own. `--record` writes CASE.golden.json beside the case,
`--compare` (the default) prints every difference and exits 1 if there is one that the deviations file does not allow.

A case file is a YAML list of cases:

    - name: extract-then-data            # also the namespace: case-<name>
      about: one sentence: what it shows
      aws:
        secrets: {app/db: {string: '{"a":"1"}', tags: {team: x}}, app/bin: {binary: AAEC}}     # binary is base64
        parameters: {/app/p: {type: SecureString, value: v, tags: {...}}}
                                         # secrets may also have token: <version id> and (from the second version on)
                                         # stages: [...]; parameters labels: [...]
      create: [manifests...]             # like objects, but by POST: fields the CRD does not know are dropped, not
                                         # refused (500 is what apply answers to them)
      objects: [manifests...]            # namespace is filled in for namespaced kinds; ${ns} is replaced by the
                                         # namespace everywhere
      steps:                             # optional; the state after `objects` is always the first snapshot, "start"
        - name: changed
          aws: {...}                     # secrets/parameters to put (a new version); delete: {secrets: [...],
                                         # parameters: [...]}
          apply: [manifests...]          # create or replace (server-side apply); create: [...] as above
          patch: [{kind: Secret, name: x, merge: {...}}]
          delete: [{kind: Secret, name: x}]
          refresh: [es-name, ...]        # set the annotation force-sync to the step's name (it is copied to the
                                         # target, so no clock)
          wait: 2                        # extra seconds before the snapshot

A snapshot holds, for the case's namespace and the stores the case made: Secrets (not those the case itself applied),
ExternalSecret and store conditions, bindings, capabilities, finalizers and the set of events. Uids, times, resource
versions and hashes are left out; the namespace is written as ${ns}.
"""

import argparse
import fnmatch
import json
import pathlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import kubeconfig
from support.api import Json
from support.cases import lanes
from support.cases.differences import differences, unwanted


@dataclass
class CaseFile:
    path: pathlib.Path
    cases: list[Json]
    golden: Json

    @property
    def golden_path(self) -> pathlib.Path:
        return self.path.with_suffix(".golden.json")

    def save(self) -> None:
        self.golden_path.write_text(json.dumps(self.golden, indent=1, sort_keys=True) + "\n")


def load(path: pathlib.Path, only: str = "*") -> CaseFile:
    cases = [case for case in yaml.safe_load(path.read_text()) if fnmatch.fnmatch(case["name"], only)]
    golden_path = path.with_suffix(".golden.json")
    return CaseFile(path, cases, json.loads(golden_path.read_text()) if golden_path.exists() else {})


class Recorder:
    """Writes each outcome into its file's golden table, and prints the reasons seen."""

    def __init__(self, files: list[CaseFile]) -> None:
        self.files = {case["name"]: file for file in files for case in file.cases}

    def report(self, case: Json, got: Json) -> None:
        file = self.files[case["name"]]
        file.golden[case["name"]] = got
        file.save()
        print(case["name"], got.get("crashed") or got["refused"] or list(reasons(got)), flush=True)

    def finish(self) -> int:
        return 0


def reasons(got: Json) -> Iterator[list[str]]:
    for shot in got.get("snapshots", {}).values():
        yield [c["reason"] for e in shot["externalsecrets"].values() for c in e["conditions"]]


class Comparer:
    """Prints what differs from the golden table, and counts."""

    def __init__(self, files: list[CaseFile], deviations: list[Json]) -> None:
        self.golden = {case["name"]: file.golden.get(case["name"], {}) for file in files for case in file.cases}
        self.deviations = deviations
        self.good = self.bad = self.excused = 0

    def report(self, case: Json, got: Json) -> None:
        found = list(differences(self.golden[case["name"]], got))
        kept = unwanted(case["name"], found, self.deviations)
        self.excused += len(found) - len(kept)
        self.good += not kept
        self.bad += bool(kept)
        print(("FAIL " if kept else "ok   ") + case["name"], flush=True)
        for path, want, new in kept:
            print(f"     {path}\n       want {json.dumps(want)}\n       got  {json.dumps(new)}")

    def finish(self) -> int:
        print(f"{self.good} passed, {self.bad} failed")
        print(f"({self.excused} allowed deviations)")
        return 1 if self.bad else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kubeconfig", type=pathlib.Path)
    parser.add_argument("aws_url")
    parser.add_argument("cases", nargs="+", type=pathlib.Path)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--only", default="*")
    parser.add_argument(
        "--deviations", type=pathlib.Path, help="YAML: case glob and path glob of what may differ, each with a reason"
    )
    parser.add_argument("--jobs", type=int, default=1, help="cases at a time")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    files = [load(path, options.only) for path in options.cases]
    cases = [case for file in files for case in file.cases]
    deviations = yaml.safe_load(options.deviations.read_text()) if options.deviations else []
    reporter = Recorder(files) if options.record else Comparer(files, deviations or [])
    servers = lanes.Servers(kubeconfig.read(options.kubeconfig), options.aws_url)
    if options.jobs > 1:
        lanes.run_side_by_side(servers, cases, options.jobs, reporter.report)
    else:
        lanes.run_one_by_one(servers, cases, reporter.report)
    return reporter.finish()


if __name__ == "__main__":
    sys.exit(main())
