"""The operator alone: all of it on a virtual clock, with a bare API server and a provider in the same process.

  alone.py [--objects 1000] [--interval 60] [--rounds 5] [--profile]
  alone.py --objects 10000 --interval 3600 --hour counts.json     refreshes in each second of the second hour (plots.py)

Prints the CPU of a first sync and of a refresh without change, without what the bare server took. What is left out is
HTTP, TLS and the client library of AWS. The least of several rounds is the steadiest figure on a busy machine.
"""
import argparse
import asyncio
import cProfile
import json
import logging
import pathlib
import pstats
import sys
import time
from collections import Counter
from contextlib import asynccontextmanager

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import anyio
import structlog

from bareapi import BareApi
from esoctl.config import Config
from esoctl.kube.api import Api
from esoctl.metrics import Metrics
from esoctl.operating import Operator, Surroundings
from esoctl.providers.pool import ClientPool
from support.day import LoopClock
from support.memory_provider import MemoryProvider, Vault
from support.virtual_loop import VirtualLoop

GROUP = {"apiVersion": "external-secrets.io/v1"}
VALUE = b'{"username":"user","password":"pw-0","host":"db.internal","port":5432}'
NAMESPACES = 20


@asynccontextmanager
async def world(objects: int, interval: float):
    """The operator at work on so many objects, made before it starts."""
    api, vault = BareApi(), Vault()
    for number in range(NAMESPACES):
        namespace = f"bench-{number}"
        api.put("namespaces", {"metadata": {"name": namespace, "labels": {"kubernetes.io/metadata.name": namespace}}})
        api.put("secretstores", {**GROUP, "kind": "SecretStore", "metadata": {"name": "store", "namespace": namespace},
                                 "spec": {"provider": {"fake": {"data": []}}}})
    for number in range(objects):
        key = f"app/s-{number}"
        vault.values[key], vault.versions[key] = VALUE, "0" * 32
        api.put("externalsecrets", external_secret(number, key, interval))
    settings = Config(metrics_addr="", health_addr="", workers=48)
    async with ClientPool() as pool, anyio.create_task_group() as group:
        told_to_stop = anyio.Event()
        operator = Operator(settings, Api(api), pool, {"fake": MemoryProvider(vault)}, Metrics(), Surroundings(LoopClock()))
        group.start_soon(operator.run, told_to_stop.wait)
        try:
            yield api, vault
        finally:
            told_to_stop.set()


def external_secret(number: int, key: str, interval: float) -> dict:
    named = [{"secretKey": name, "remoteRef": {"key": key, "property": name}} for name in ("username", "password")]
    spec = {"refreshInterval": f"{interval:g}s", "secretStoreRef": {"kind": "SecretStore", "name": "store"},
            "target": {"name": f"es-{number}"}, "data": named, "dataFrom": [{"extract": {"key": key}}]}
    meta = {"name": f"es-{number}", "namespace": f"bench-{number % NAMESPACES}", "labels": {"bench": "1"}}
    return {**GROUP, "kind": "ExternalSecret", "metadata": meta, "spec": spec}


async def an_hour(options: argparse.Namespace) -> None:
    """Made together, synced at once; what is counted is the round after that, in which every object has its slot."""
    async with world(options.objects, options.interval) as (api, vault):
        await anyio.sleep(options.interval + 60)
        start = anyio.current_time()
        await anyio.sleep(options.interval + 1)
        moments = (int(at - start) for key in vault.asked_at.values() for at in key if at >= start)
        counted = Counter(moments)
        counts = [counted[second] for second in range(int(options.interval))]
        options.hour.write_text(json.dumps({"objects": options.objects, "counts": counts}))
        print(f"{sum(counts)} refreshes, {max(counts)} in a second at most; {time.process_time():.0f} s of CPU in all")


async def measure(options: argparse.Namespace) -> None:
    async with world(options.objects, options.interval) as (api, vault):
        profile = cProfile.Profile(time.process_time)
        began, api.spent = time.process_time(), 0.0
        await anyio.sleep(30)
        seconds = time.process_time() - began - api.spent
        print(f"first sync: {seconds * 1e3 / options.objects:.3f} ms of CPU each", flush=True)
        await anyio.sleep(2 * options.interval)
        rounds = []
        for _ in range(options.rounds):
            before, began, api.spent = api.calls["PATCH externalsecrets/status"], time.process_time(), 0.0
            if options.profile:
                profile.enable()
            await anyio.sleep(options.interval)
            profile.disable()
            seconds = time.process_time() - began - api.spent
            rounds.append(seconds * 1e3 / (api.calls["PATCH externalsecrets/status"] - before))
        print(f"refresh without change: {min(rounds):.3f} ms of CPU each (median {sorted(rounds)[len(rounds) // 2]:.3f})")
        if options.profile:
            pstats.Stats(profile).sort_stats("tottime").print_stats(60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=1000)
    parser.add_argument("--interval", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--hour", type=pathlib.Path)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING), cache_logger_on_first_use=True)
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(an_hour(options) if options.hour else measure(options))


if __name__ == "__main__":
    main()
