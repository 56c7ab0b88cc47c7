"""Plays many seeds of tests/simulation; every broken promise is shown with its seed, which plays the same again.

simulate.py [SEEDS] [FIRST] [PROCESSES]
simulate.py --seed N        one seed twice, with its story and every call of the operator

The last lines are for the record: what was run, what came of it, and how often every class of fault struck. The exit
status is 1 when a promise was broken, when a seed was not the same story twice, or when a class never struck.
"""

import gc
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from simulation.coverage import BLOCK, drawn_in, missed, table
from simulation.play import Outcome, play
from simulation.scenario import drawn

ROOT = Path(__file__).resolve().parent.parent
CHUNK = 25
PROGRESS_SECONDS = 30.0
SHOWN = 20
"""Broken promises that are shown in full."""
AGAIN = 5
"""Seeds that broke one, of those shown, that are played twice more to see that they are stories."""


@dataclass
class Part:
    """What the seeds of a chunk showed."""

    first: int
    seeds: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    drawn: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)
    broken: list[tuple[int, list[str]]] = field(default_factory=list)
    cpu: float = 0.0

    def add(self, other: "Part") -> None:
        self.seeds += other.seeds
        self.struck.update(other.struck)
        self.drawn.update(other.drawn)
        self.figures.update(other.figures)
        self.broken += other.broken
        self.cpu += other.cpu


def chunk(first: int, count: int) -> Part:
    """Play some seeds one after the other, in a process of the pool."""
    gc.freeze()
    began, part = time.process_time(), Part(first)
    for seed in range(first, first + count):
        part.add(_one(seed))
    part.cpu = time.process_time() - began
    return part


def _one(seed: int) -> Part:
    try:
        outcome = play(seed)
    except Exception as error:
        outcome = Outcome(seed, [f"crash: {error!r}: {_causes(error)}"], Counter())
    broken = [(seed, outcome.broken)] if outcome.broken else []
    return Part(seed, 1, outcome.struck, drawn_in(drawn(seed)), outcome.figures, broken)


def _causes(error: BaseException) -> str:
    """The innermost errors of a group."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_causes(each) for each in error.exceptions)
    return repr(error)


def many(seeds: range, processes: int) -> bool:
    """Play them and tell of them; whether all is well."""
    began = told = time.monotonic()
    whole, blocks = Part(seeds.start), dict[int, Part]()
    with ProcessPoolExecutor(processes) as pool:
        for part in _parts(pool, seeds, processes):
            whole.add(part)
            blocks.setdefault((part.first - seeds.start) // BLOCK, Part(part.first)).add(part)
            for seed, broken in part.broken:
                _show(seed, broken if len(whole.broken) <= SHOWN else broken[:1])
            if time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                rate = whole.seeds / (told - began)
                print(f"{whole.seeds} seeds, {rate:.1f} a second, {len(whole.broken)} broke a promise", flush=True)
    unlike = [seed for seed, _ in whole.broken[:AGAIN] if not _same_story(seed)]
    unmet = {
        number: names for number, block in blocks.items() if (names := missed(block.seeds, block.struck, block.drawn))
    }
    _tell(whole, seeds, processes, time.monotonic() - began)
    for seed in unlike:
        print(f"seed {seed} was not the same story twice")
    for number, names in sorted((number, names) for number, names in unmet.items() if names):
        print(f"never struck in block {number} of {blocks[number].seeds} seeds: {', '.join(names)}")
    return not whole.broken and not unlike and not any(unmet.values())


def _parts(pool: ProcessPoolExecutor, seeds: range, processes: int) -> Iterator[Part]:
    """The chunks as they are done; a few are waiting at any time, so that a stop is quick."""
    starts = iter(range(seeds.start, seeds.stop, CHUNK))
    running: set[Future[Part]] = set()
    while True:
        for first in starts:
            running.add(pool.submit(chunk, first, min(CHUNK, seeds.stop - first)))
            if len(running) >= 2 * processes:
                break
        if not running:
            return
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for each in done:
            yield each.result()


def _show(seed: int, broken: list[str]) -> None:
    print(f"seed {seed} at {commit()}: .venv/bin/python hack/simulate.py --seed {seed}")
    for text in broken:
        print(f"    {text}", flush=True)


def _same_story(seed: int) -> bool:
    try:
        first, second = play(seed), play(seed)
    except Exception:
        return True
    return (first.calls, first.struck) == (second.calls, second.struck)


def _tell(whole: Part, seeds: range, processes: int, seconds: float) -> None:
    print("\n".join(table(whole.struck, whole.drawn)))
    print("in all:", ", ".join(f"{number} {name}" for name, number in whole.figures.most_common()))
    command = f"PYTHONHASHSEED=0 .venv/bin/python hack/simulate.py {len(seeds)} {seeds.start} {processes}"
    print(
        f"{whole.seeds} seeds ({seeds.start} to {seeds.stop - 1}), {len(whole.broken)} broke a promise, "
        f"commit {commit()}, {seconds:.0f} s, {whole.seeds / seconds:.1f} seeds a second, "
        f"{whole.cpu / whole.seeds * 1000:.0f} ms of processor a seed: {command}",
        flush=True,
    )


def commit() -> str:
    """The commit that is played, and whether files differ from it."""
    head = _git("rev-parse", "--short=12", "HEAD")
    return (
        f"{head}{'+changes' if _git('status', '--porcelain', '--', 'src', 'tests/simulation', 'tests/support') else ''}"
    )


def _git(*words: str) -> str:
    found = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)
    return found.stdout.strip() or ("" if words[0] == "status" else "unknown")


def one(seed: int) -> bool:
    """Tell the story of one seed, and play it twice."""
    scenario = drawn(seed)
    print(f"seed {seed} at {commit()}: {scenario.replicas} replicas, shuffled {scenario.shuffled}, {scenario.ending}")
    for place, wish in scenario.objects.items():
        print(place, wish)
    for event in sorted((*scenario.steps, *scenario.windows)):
        print(event)
    first, second = play(seed), play(seed)
    print("\n".join(first.calls))
    print(dict(first.struck))
    print("\n".join(first.broken) or "nothing was lost")
    same = (first.calls, first.struck) == (second.calls, second.struck)
    print("the same story twice" if same else "NOT the same story twice")
    return same and not first.broken


def main(arguments: list[str]) -> int:
    """The exit status."""
    if arguments[:1] == ["--seed"]:
        return 0 if one(int(arguments[1])) else 1
    count, first, processes = [
        int(each) for each in (*arguments, *("2000", "0", str(os.cpu_count()))[len(arguments) :])
    ]
    return 0 if many(range(first, first + count), processes) else 1


if __name__ == "__main__":
    # The order of sets must be the same in every process, or a seed would not be the same story.
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    sys.exit(main(sys.argv[1:]))
