"""Measures what the work queue costs with many keys: microseconds of CPU for one add, lease and done, and bytes for an
idle key and one that rests, and the time a step of the wall clock takes.

Run: python bench/queue_cost.py [keys]
"""

import gc
import sys
import time
import tracemalloc
from itertools import product

import anyio

from esoctl.queue.core import QueueCore
from esoctl.queue.lanes import Lane
from esoctl.queue.limiter import Limiter
from esoctl.queue.timers import Slot
from esoctl.queue.workqueue import WorkQueue

WORKERS = 48


def the_keys(count):
    """Like the operator's: a kind, one of 500 namespaces, a name."""
    return [("ExternalSecret", f"team-{number % 500}", f"app-{number}") for number in range(count)]


def best(measure, rounds=3):
    """The best of a few rounds: what it costs when nothing else runs."""
    figures = []
    for _ in range(rounds):
        gc.collect()
        figures.append(measure())
    return min(figures)


def core_round(keys):
    """All keys added, then leased and ended one after the other."""
    core = QueueCore(group=lambda key: key[1], workers=WORKERS)
    started = time.process_time()
    for key in keys:
        core.add(key, Lane.INITIAL, 0.0)
    while leased := core.take(0.0):
        core.done(leased, 0.0)
    return (time.process_time() - started) / len(keys) * 1e6


def core_standing(keys, rounds=20_000):
    """One add, lease and done while all the others stay queued."""
    core = QueueCore(group=lambda key: key[1], workers=WORKERS)
    for key in keys:
        core.add(key, Lane.INITIAL, 0.0)
    newcomers = [("ExternalSecret", f"team-{number % 500}", f"new-{number}") for number in range(rounds)]
    started = time.process_time()
    for key in newcomers:
        core.add(key, Lane.CHANGE, 0.0)
        core.done(core.take(0.0), 0.0)
    return (time.process_time() - started) / rounds * 1e6


def core_held_back(keys, rounds=20_000):
    """One add, lease and done for the last worker, while the groups that have the others wait in every lane."""
    core = QueueCore(group=lambda key: key[1], workers=WORKERS)
    for number in range(WORKERS - 1):
        core.add(("ExternalSecret", f"full-{number // 3}", f"at-work-{number}"), Lane.DELETION, 0.0)
        core.take(0.0)
    for number, lane in product(range(WORKERS // 3), Lane):
        core.add(("ExternalSecret", f"full-{number}", f"waits-{lane}"), lane, 0.0)
    newcomers = keys[:rounds]
    started = time.process_time()
    for key in newcomers:
        core.add(key, Lane.INITIAL, 0.0)
        core.done(core.take(0.0), 0.0)
    return (time.process_time() - started) / rounds * 1e6


def core_timers(keys):
    """A refresh time for each key, replaced once, then all come due and are worked off."""
    core = QueueCore(group=lambda key: key[1], workers=WORKERS)
    started = time.process_time()
    for turn in range(2):
        for number, key in enumerate(keys):
            core.add_after(key, 1.0 + number * 7919 % len(keys), Slot.REFRESH, Lane.REFRESH, float(turn))
    now = float(len(keys) + 10)
    while leased := core.take(now):
        core.done(leased, now)
    return (time.process_time() - started) / len(keys) * 1e6


def queue_round(keys, workers=32):
    """The asynchronous queue: all keys added, 32 workers lease them and set the next refresh."""

    async def main():
        queue = WorkQueue(Limiter(random=lambda: 0.5), group=lambda key: key[1], workers=workers)
        left = len(keys)

        async def work():
            nonlocal left
            while left:
                async with queue.lease() as leased:
                    queue.forget(leased.key)
                    queue.add_after(leased.key, 3600.0)
                    left -= 1
            tasks.cancel_scope.cancel()

        started = time.process_time()
        for key in keys:
            queue.add(key, Lane.INITIAL)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(queue.drive)
            for _ in range(workers):
                tasks.start_soon(work)
        return (time.process_time() - started) / len(keys) * 1e6

    return anyio.run(main)


def bytes_for_an_idle_key(keys):
    core = QueueCore(group=lambda key: key[1], workers=WORKERS)
    gc.collect()
    tracemalloc.start()
    for number, key in enumerate(keys):
        core.add_after(key, 1000.5 + number, Slot.REFRESH, Lane.REFRESH, 0.0)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / len(keys)


def bytes_for_a_resting_key(keys):
    core = QueueCore(group=lambda key: key[1], workers=WORKERS)
    gc.collect()
    tracemalloc.start()
    for key in keys:
        core.rest(key)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / len(keys)


def clock_step(keys):
    """All refresh times come nearer by an hour, and half of them are over by then: milliseconds."""
    core = QueueCore(group=lambda key: key[1], workers=WORKERS)
    for number, key in enumerate(keys):
        core.add_after(key, 1.0 + number * 7919 % 7200, Slot.REFRESH, Lane.REFRESH, 0.0)
    started = time.process_time()
    core.bring_forward(3600.0, 300.0, 0.5)
    return (time.process_time() - started) * 1e3


def census(keys):
    """A tally of all keys, and a look for lost ones: milliseconds."""
    core = QueueCore(group=lambda key: key[1], workers=WORKERS)
    for number, key in enumerate(keys):
        core.add_after(key, 1.0 + number, Slot.REFRESH, Lane.REFRESH, 0.0)
    started = time.process_time()
    core.tally()
    lost = [key for key in keys if not core.holds(key)]
    assert not lost
    return (time.process_time() - started) * 1e3


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    keys = the_keys(count)
    print(f"{count} keys, Python {sys.version.split()[0]}")
    print(f"core, add all then lease and end all:        {best(lambda: core_round(keys)):6.1f} us a key")
    print(f"core, one round with the others still queued:{best(lambda: core_standing(keys)):6.1f} us a key")
    print(f"core, one round, 15 groups held back:        {best(lambda: core_held_back(keys)):6.1f} us a key")
    print(f"core, two timers set, due, leased, ended:    {best(lambda: core_timers(keys)):6.1f} us a key")
    print(f"queue, 32 workers, next refresh set:         {best(lambda: queue_round(keys)):6.1f} us a key")
    print(f"memory of a key that waits for its refresh:  {bytes_for_an_idle_key(keys):6.0f} bytes")
    print(f"memory of a key that rests:                  {bytes_for_a_resting_key(keys):6.0f} bytes")
    print(f"a step of the clock, 10,000 timers:          {best(lambda: clock_step(keys[:10_000])):6.1f} ms")
    print(f"tally and lost keys, 10,000 keys:            {best(lambda: census(keys[:10_000])):6.1f} ms")


main()
