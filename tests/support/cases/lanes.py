"""Many cases: one after another as they were recorded, or side by side, each in an AWS account of its own.

Cases that are bound to the default account (they name it, assume a role of it, or use keys of their own) and cases that
make a cluster-scoped object another case makes too share one lane, in which they run one after another.
"""

import collections
import contextlib
import json
import queue
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from support.api import Json, KeptApi
from support.cases import cloud, running
from support.cases.cloud import DEFAULT_KEYS, Cloud
from support.cases.cluster import CLUSTER_SCOPED, CREDENTIALS, Cluster
from support.kubeconfig import Access

PATIENCE = 2.0
"""Cases that share a machine settle later: a pause between two writes of the operator must not look like the end."""

KeyMaker = Callable[[], tuple[str, str]]
Report = Callable[[Json, Json], None]
"""Called with a case and its outcome, by one thread at a time."""


@dataclass(frozen=True)
class Servers:
    access: Access
    aws_url: str


def run_one_by_one(servers: Servers, cases: Sequence[Json], report: Report) -> None:
    """Every case in the default account, all of AWS reset before each."""
    for case in cases:
        cloud.reset(servers.aws_url)
        report(case, outcome(servers, case, lambda: DEFAULT_KEYS))


def run_side_by_side(servers: Servers, cases: Sequence[Json], jobs: int, report: Report) -> None:
    bound, free = split(cases)
    work: queue.SimpleQueue[tuple[KeyMaker, list[Json]]] = queue.SimpleQueue()
    work.put((lambda: DEFAULT_KEYS, bound))  # first, since it is the longest
    for case in free:
        work.put((lambda: cloud.keys_of_a_new_account(servers.aws_url), [case]))
    lock = threading.Lock()

    def serve() -> None:
        while True:
            try:
                make_keys, lane = work.get_nowait()
            except queue.Empty:
                return
            for case in lane:
                found = outcome(servers, case, make_keys, PATIENCE)
                with lock:
                    report(case, found)

    threads = [threading.Thread(target=serve) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def outcome(servers: Servers, case: Json, make_keys: KeyMaker, patience: float = 1.0) -> Json:
    """What the case came to; a crash is an outcome too."""
    try:
        account = Cloud(servers.aws_url, make_keys())
        with contextlib.closing(account), KeptApi(servers.access) as api:
            account.wipe()
            return running.run(Cluster(api), account, case, patience)
    except Exception as problem:
        return {"crashed": f"{type(problem).__name__}: {problem}"}


def split(cases: Sequence[Json]) -> tuple[list[Json], list[Json]]:
    """The cases for the one lane, and those that may run beside any other."""
    makers = collections.Counter(made for case in cases for made in cluster_scoped(case))
    bound, free = [], []
    for case in cases:
        shares = any(makers[made] > 1 for made in cluster_scoped(case))
        (bound if shares or is_bound_to_the_default_account(case) else free).append(case)
    return bound, free


def cluster_scoped(case: Json) -> set[tuple[str, str]]:
    manifests = [m for m in mappings(case) if m.get("kind") in CLUSTER_SCOPED and "metadata" in m]
    return {(m["kind"], m["metadata"]["name"]) for m in manifests if "name" in m["metadata"]}


def is_bound_to_the_default_account(case: Json) -> bool:
    written = json.dumps(case)
    if re.search(r":123456789012:", written) or DEFAULT_KEYS[0] in written:
        return True
    return any(not uses_the_keys_of_the_case(aws) for aws in mappings(case) if "region" in aws or "service" in aws)


def uses_the_keys_of_the_case(aws: Json) -> bool:
    references = ((aws.get("auth") or {}).get("secretRef") or {}).values()
    return {(reference or {}).get("name") for reference in references} == {CREDENTIALS}


def mappings(value: Json) -> Iterator[Json]:
    """Every mapping inside."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from mappings(inner)
