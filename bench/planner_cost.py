"""What the fetch planner costs a lone read, and how many calls a thousand reads are: planner_cost.py

Beside every read a timer of one millisecond is measured on the same loop: what it takes longer is the machine's doing.
"""
import asyncio
import time

from esoctl.model.remote import RemoteKey
from esoctl.model.values import Payload
from esoctl.providers.asking import Asking, Haste, asking
from esoctl.providers.aws.planner import Planner


class Instant:
    """A service that answers at once."""

    provider, batch_call, batch_size = "bench", "Batch", 20

    def __init__(self): self.calls = 0

    async def one(self, ref):
        self.calls += 1
        return Payload(b"x")

    async def many(self, keys):
        self.calls += 1
        return {key: Payload(b"x") for key in keys}


def spread(seconds):
    ordered = sorted(seconds)
    return {"p50": round(ordered[250] * 1e3, 2), "p99": round(ordered[494] * 1e3, 2)}


async def main():
    fetcher = Instant()
    async with Planner(fetcher) as planner:
        waits, timers = [], []
        for number in range(500):
            await asyncio.sleep(0.01)
            began = time.perf_counter()
            await planner.get(RemoteKey(f"{number}"))
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(0.01)
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            timers.append(time.perf_counter() - began)
        print({"lone_read_ms": spread(waits), "timer_of_1_ms": spread(timers)})
        fetcher.calls, keys, began = 0, iter(range(1000)), time.perf_counter()

        async def worker():
            for key in keys:
                with asking(Asking(Haste.QUEUED)):
                    await planner.get(RemoteKey(f"q{key}"))
                await asyncio.sleep(0.02)

        await asyncio.gather(*(worker() for _ in range(32)))
        print({"queued_reads": 1000, "calls": fetcher.calls, "seconds": round(time.perf_counter() - began, 2)})


asyncio.run(main())
