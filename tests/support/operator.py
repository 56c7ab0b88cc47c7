"""The operator as a user runs it: the installed command, in its own process, against any API server and AWS."""

import contextlib
import os
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml

from support import children
from support.api import Api, Json
from support.conformance.place import eventually

ESOCTL = pathlib.Path(sys.executable).with_name("esoctl")
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
ENDPOINTS = ("AWS_SECRETSMANAGER_ENDPOINT", "AWS_SSM_ENDPOINT", "AWS_STS_ENDPOINT")
"""The environment variables that say where AWS is: the reference's names."""


@dataclass(frozen=True)
class Operator:
    child: children.Child
    health: str
    metrics: str

    def ready(self) -> bool:
        return answers(f"{self.health}/readyz")


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def environment(kubeconfig: pathlib.Path, aws_url: str) -> dict[str, str]:
    """The caller's, without any AWS settings of the machine: only what the tests say counts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    aws = dict.fromkeys(ENDPOINTS, aws_url) | {"AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "eu-west-1"}
    return kept | aws | {"KUBECONFIG": str(kubeconfig)}


def definitions() -> list[Json]:
    """The CustomResourceDefinitions the program prints."""
    printed = subprocess.run([ESOCTL, "crds"], capture_output=True, text=True, check=True).stdout
    return [found for found in yaml.safe_load_all(printed) if found]


def install_definitions(api: Api) -> None:
    names = []
    for definition in definitions():
        name = definition["metadata"]["name"]
        api.apply(f"{CRDS}/{name}", definition, force=True).good()
        names.append(name)
    for name in names:
        eventually(lambda name=name: established(api, name), f"{name} is served")


def established(api: Api, name: str) -> bool:
    body = api.get(f"{CRDS}/{name}").good()
    conditions = body.get("status", {}).get("conditions") or []
    if not any(c["type"] == "Established" and c["status"] == "True" for c in conditions):
        return False
    spec = body["spec"]
    served = [v["name"] for v in spec["versions"] if v["served"]]
    plural = spec["names"]["plural"]
    return all(api.get(f"/apis/{spec['group']}/{version}/{plural}", limit=1).status == 200 for version in served)


@contextlib.contextmanager
def started(
    kubeconfig: pathlib.Path,
    aws_url: str,
    folder: pathlib.Path,
    *arguments: str,
    program: Sequence[str | pathlib.Path] = (ESOCTL,),
) -> Iterator[Operator]:
    """An operator that may not be ready yet; its log is `operator.log` in the folder."""
    health, metrics = children.free_port(), children.free_port()
    addresses = [f"--health-addr=127.0.0.1:{health}", f"--metrics-addr=127.0.0.1:{metrics}"]
    command = [*program, "run", *addresses, f"--kubeconfig={kubeconfig}", *arguments]
    with children.running("operator", command, folder / "operator.log", environment(kubeconfig, aws_url)) as child:
        yield Operator(child, f"http://127.0.0.1:{health}", f"http://127.0.0.1:{metrics}")


@contextlib.contextmanager
def running(
    kubeconfig: pathlib.Path,
    aws_url: str,
    folder: pathlib.Path,
    *arguments: str,
    program: Sequence[str | pathlib.Path] = (ESOCTL,),
) -> Iterator[Operator]:
    """A ready operator."""
    with started(kubeconfig, aws_url, folder, *arguments, program=program) as operator:
        operator.child.wait_until(operator.ready, seconds=60)
        yield operator
