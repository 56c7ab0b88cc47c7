"""How reads spread over time: the whole operator on a virtual clock, thousands of objects made within a minute.

  spread.py [--objects 10000] [--interval 3600] [--rounds 2]

Prints the peak of reads in any second of the first minute and of each later round. Every read counts, as if nothing
were merged or batched. Nothing here depends on how fast the machine is.
"""
import argparse
import asyncio
import pathlib
import sys
from collections import Counter

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import anyio
import structlog

from support import day as days
from support.memory_provider import Vault
from support.virtual_loop import VirtualLoop

CREATED_SECONDS = 60.0
LOGGED = 50


async def spread(objects: int, interval: float, rounds: int) -> None:
    async with days.a_day() as day:
        began = anyio.current_time()
        for number in range(objects):
            day.external_secret(f"es-{number:05}", refreshInterval=f"{interval:g}s")
            await anyio.sleep(CREATED_SECONDS / objects)
        await anyio.sleep(began + interval + CREATED_SECONDS - anyio.current_time())
        show("round 1, with the creation", day.vault, began, began + interval)
        for number in range(2, rounds + 1):
            start = began + (number - 1) * interval
            await anyio.sleep(start + interval + CREATED_SECONDS - anyio.current_time())
            show(f"round {number}", day.vault, start, start + interval)


def show(name: str, vault: Vault, start: float, end: float) -> None:
    moments = (int(moment) for key in vault.asked_at.values() for moment in key if start <= moment < end)
    seconds = Counter(moments)
    after = {second: count for second, count in seconds.items() if second >= start + CREATED_SECONDS + 1}
    print(f"{name}: {sum(seconds.values())} reads, peak {max(seconds.values())} in a second, "
          f"{max(after.values(), default=0)} after the first minute", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--interval", type=float, default=3600)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(LOGGED))
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(spread(options.objects, options.interval, options.rounds))


if __name__ == "__main__":
    main()
