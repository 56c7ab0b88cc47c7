"""Kyverno and Gatekeeper as judges of the vectors, by their own command-line tools.

Each gets all vectors at once, written as files of its own kind, and its verdicts are read from what it prints.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

import yaml

from support import policies
from support.api import Json
from support.cases.cluster import PLURALS
from support.controlplane import GO_MISSING, UnavailableError
from support.policies import FOR, PACKS, Vector

NOT_BUILT = 4
"""Exit status of build.py."""
FINISHED = re.compile(r"--- (PASS|FAIL): (\S+)\s")


class NotBuiltError(Exception):
    """The tool is not in the cache, and it takes too long to build it for a test."""


def built(tool: str, *flags: str) -> pathlib.Path:
    """The command-line tool, built now if need be and allowed."""
    command = [sys.executable, policies.ROOT / "hack" / "policytools" / "build.py", "--only", tool, *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == GO_MISSING:
        raise UnavailableError(done.stderr.strip())
    if done.returncode == NOT_BUILT:
        raise NotBuiltError(done.stderr.strip())
    assert done.returncode == 0, f"building {tool} failed:\n{done.stderr[-4000:]}"
    return pathlib.Path(done.stdout.strip().split(" ", 1)[1]) / tool


def write(path: pathlib.Path, *manifests: Json) -> pathlib.Path:
    path.write_text(yaml.safe_dump_all(manifests, sort_keys=False))
    return path


def case(vector: Vector) -> str:
    """A name for a vector that tools take."""
    return f"{vector.policy}-{vector.number}"


def review(vector: Vector) -> Json:
    """The request as the API server would send it to a webhook."""
    new, old = vector.new(), vector.old()
    group, _, version = new["apiVersion"].partition("/")
    request = {
        "uid": case(vector),
        "kind": {"group": group, "version": version, "kind": vector.kind},
        "resource": {"group": group, "version": version, "resource": PLURALS[vector.kind]},
        "name": vector.object_name,
        "operation": "CREATE" if old is None else "UPDATE",
        "userInfo": {"username": "tenant"},
        "object": new,
    }
    if vector.namespace:
        request["namespace"] = vector.namespace
    if old is not None:
        request["oldObject"] = old
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def gator_case(vector: Vector, folder: pathlib.Path) -> Json:
    write(folder / f"{case(vector)}.yaml", review(vector))
    refused = {"violations": "yes", "message": re.escape(vector.says)} if vector.says else {"violations": "no"}
    return {"name": case(vector), "object": f"{case(vector)}.yaml", "assertions": [refused]}


def gator_suite(folder: pathlib.Path) -> Json:
    pack = os.path.relpath(PACKS / "gatekeeper", folder)  # the tool knows no other paths
    tests = [
        {
            "name": name,
            "template": f"{pack}/templates/{name}.yaml",
            "constraint": f"{pack}/constraints/{name}.yaml",
            "cases": [gator_case(vector, folder) for vector in policies.of(name)],
        }
        for name in policies.NAMES
    ]
    return {"apiVersion": "test.gatekeeper.sh/v1alpha1", "kind": "Suite", "metadata": {"name": "all"}, "tests": tests}


def ask_gator(tool: pathlib.Path, folder: pathlib.Path) -> dict[str, str]:
    """What `gator verify` says of each vector, by its case: empty where the verdict is the wanted one."""
    suite = write(folder / "suite.yaml", gator_suite(folder))
    done = subprocess.run([tool, "verify", "-v", suite], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    found = {}
    for number, line in enumerate(lines):
        if match := FINISHED.search(line):
            found[match[2]] = "" if match[1] == "PASS" else "\n".join(lines[number : number + 4])
    assert found, f"gator judged nothing: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return found


def kyverno_values(vectors: list[Vector]) -> Json:
    """What the tool is told beside the resources: which requests are edits, and what was stored.

    It takes the new object for the old one and merges this over it, so what was not there is said to be null.
    """
    by_policy = [
        {
            "name": f"esoctl-{name}",
            "resources": [edit(one) for one in vectors if one.policy == name and one.stored is not None],
        }
        for name in policies.NAMES
    ]
    return {
        "apiVersion": "cli.kyverno.io/v1alpha1",
        "kind": "Values",
        "metadata": {"name": "edits"},
        "policies": by_policy,
    }


def edit(vector: Vector) -> Json:
    old = {"spec": over(vector.spec, vector.stored)}
    return {"name": vector.object_name, "values": {"request.operation": "UPDATE", "request.oldObject": old}}


def over(new: Json, old: Json) -> Json:
    """What makes the old value of the new one when it is merged over it."""
    if not isinstance(new, dict) or not isinstance(old, dict):
        return old
    return {key: over(new.get(key), old.get(key)) for key in {**new, **old}}


def ask_kyverno(tool: pathlib.Path, folder: pathlib.Path) -> dict[str, str]:
    """What `kyverno apply` says of each vector, by its case: empty where it passes, else what is said."""
    found = {}
    for name in policies.NAMES:
        mine = policies.of(name)
        named = {one.object_name: case(one) for one in mine}
        for result in kyverno_results(tool, folder, name, mine):
            (about,) = result["resources"]
            found[named[about["name"]]] = (
                "" if result["result"] in ("pass", "skip") else f"{result['result']}: {result['message']}"
            )
    return found


def kyverno_results(tool: pathlib.Path, folder: pathlib.Path, name: str, vectors: list[Vector]) -> list[Json]:
    """The results in the reports on one policy."""
    policy, parameters = anywhere(name)
    command = [
        tool, "apply", write(folder / f"{name}-policy.yaml", policy),
        "-r", write(folder / f"{name}.yaml", *(vector.new() for vector in vectors)),
        "-f", write(folder / f"{name}-values.yaml", kyverno_values(vectors)),
        "--parameter-resource", write(folder / f"{name}-parameters.yaml", *parameters),
        "--policy-report", "--output-format=json",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    reports = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert reports, f"kyverno judged nothing: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return [result for report in reports for result in report["results"]]


def anywhere(name: str) -> tuple[Json, list[Json]]:
    """The policy and its parameters, found by a label: the tool takes every kind for one without namespaces."""
    (policy,) = policies.documents(PACKS / "kyverno" / f"{name}.yaml")
    mine = [one for one in policies.parameters() if one["metadata"]["name"] == f"esoctl-{name}"]
    for parameters in mine:
        cel, meta = policy["spec"]["rules"][0]["validate"]["cel"], parameters["metadata"]
        assert (cel["paramRef"].pop("name"), cel["paramRef"].pop("namespace")) == (meta["name"], meta["namespace"])
        meta["labels"] = {FOR: name}
        cel["paramRef"]["selector"] = {"matchLabels": {FOR: name}}
    return policy, mine
