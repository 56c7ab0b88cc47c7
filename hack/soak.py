"""A soak: the operator on a real control plane for hours, with a random fault every half minute and an edit a second.

soak.py [--minutes 120] [--objects 1000] [--seed 0] [--folder DIR]

Every ten minutes faults and edits pause, and all Secrets must be what the newest spec and version make within
`CALM_SECONDS`. The judge reads every write of the operator from the API server's audit log. Exit status 1 when anything
was wrong. Prints a line for each fault and each calm, and a summary.
"""

import argparse
import pathlib
import random
import sys
import tempfile
import threading
import time
from collections import Counter

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

from support.soak import judge, menu, world
from support.soak.world import World

BETWEEN_SECONDS = 30.0
CALM_EVERY = 600.0
CALM_SECONDS = 150.0
"""A refresh of 60 s, the longest pause of a circuit, a lease, and a busy machine."""
QUIET_SECONDS = 180.0
"""Three refreshes without a write to any Secret, at the end."""


def editing(place: World, pause: threading.Event, over: threading.Event) -> None:
    """An edit a second."""
    while not over.wait(1.0):
        if not pause.is_set():
            place.edit()


def minding(place: World, over: threading.Event) -> None:
    """What the kubelet does."""
    while not over.wait(0.5):
        place.keep_running()


def calm(place: World, pause: threading.Event) -> list[str]:
    """What is still not right when everybody had time; prints how long it took."""
    pause.set()
    time.sleep(2)
    place.mend()
    began, left = time.monotonic(), ["not looked yet"]
    while left and time.monotonic() - began < CALM_SECONDS:
        time.sleep(2)
        left = place.judge.behind(place.api)
    place.judge.read()
    forgotten = sum(place.forgotten())
    told = f"all right after {time.monotonic() - began:.0f} s" if not left else f"{len(left)} WRONG: {left[:5]}"
    told += f"; {forgotten:.0f} forgotten; wrong writes {len(place.judge.wrongs)}; MiB {place.memory()}"
    print(f"{stamp()} calm: {told}; edits {place.edits}", flush=True)
    left += [f"{forgotten:.0f} objects forgotten"] if forgotten else []
    pause.clear()
    return left


def quiet(place: World) -> list[str]:
    """Three refreshes more: nothing is written to a Secret that is right."""
    before = sum(count for name, count in place.judge.writes.items() if " secrets 2xx" in name)
    time.sleep(QUIET_SECONDS)
    place.judge.read()
    more = sum(count for name, count in place.judge.writes.items() if " secrets 2xx" in name) - before
    return [f"{more} writes to Secrets in {QUIET_SECONDS:.0f} quiet seconds"] if more else []


def stamp() -> str:
    return time.strftime("%H:%M:%S")


def soak(place: World, minutes: float, draw: random.Random) -> list[str]:
    pause, over, struck, wrong = threading.Event(), threading.Event(), Counter[str](), list[str]()
    threads = [
        threading.Thread(target=editing, args=(place, pause, over), daemon=True),
        threading.Thread(target=minding, args=(place, over), daemon=True),
    ]
    for thread in threads:
        thread.start()
    end, next_calm = time.monotonic() + minutes * 60, time.monotonic()
    while time.monotonic() < end:
        if time.monotonic() >= next_calm:
            wrong += calm(place, pause)
            next_calm = time.monotonic() + CALM_EVERY
        began, name, seconds = time.monotonic(), draw.choice(sorted(menu.MENU)), draw.uniform(4, 20)
        print(f"{stamp()} {name} for {seconds:.0f} s", flush=True)
        menu.strike(place, name, seconds)
        struck[name] += 1
        time.sleep(max(0.0, BETWEEN_SECONDS - (time.monotonic() - began)))
    wrong += calm(place, pause)
    pause.set()
    wrong += quiet(place)
    over.set()
    for thread in threads:
        thread.join(60)
    print("struck:", ", ".join(f"{name} {count}" for name, count in sorted(struck.items())))
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--objects", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=pathlib.Path)
    options = parser.parse_args()
    folder = options.folder or pathlib.Path(tempfile.mkdtemp(prefix="soak-"))
    draw = random.Random(options.seed)
    with world.at_work(folder, options.objects, draw) as place:
        wrong = soak(place, options.minutes, random.Random(options.seed + 1))
        logs = [folder / f"operator-{number}" / "operator.log" for number in range(world.REPLICAS)]
        wrong += [f"a value in {name}" for name in judge.leaks(place.api, logs, place.metrics())]
        wrong += place.judge.wrongs
        print(f"{place.edits} edits, {place.trouble} refused or lost on the way; {place.remote.calls} calls to AWS")
        print("writes:", dict(sorted(place.judge.writes.items())))
    print(f"{options.minutes:.0f} minutes, {options.objects} objects, seed {options.seed}: {len(wrong)} wrong")
    print("\n".join(wrong[:50]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
