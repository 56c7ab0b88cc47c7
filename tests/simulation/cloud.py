"""AWS as it is behind its API: what each secret and parameter was at every time, and what was said of it to whom.

Versions are numbers that only grow; ``wishes.value`` makes the text of one. Reads are eventually consistent while the
fault "aws stale" is on: for a while after a change some of them still see the state before it.
"""

import random
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from esoctl.clock import steady
from simulation.faults import Menu
from simulation.wishes import KEYS, PARAMETERS

LISTED = "?"
"""Before the name: what searches were told."""
LAG_SECONDS = 12.0
"""For how long after a change a machine of AWS may not have heard of it."""


class State(NamedTuple):
    """What a secret is from that time on."""

    at: float
    version: int | None
    """None: it is not there."""
    marked: bool = False
    """Scheduled for deletion: neither a value nor absence is said."""
    suffix: int = 0
    """The end of its ARN; a secret that is made again has another."""


class Heard(NamedTuple):
    """One answer about one secret."""

    at: float
    version: int | None
    process: int


@dataclass
class Cloud:
    """The truth, and what was told of it."""

    menu: Menu
    draw: random.Random
    states: dict[str, list[State]] = field(default_factory=lambda: defaultdict(list))
    heard: dict[str, list[Heard]] = field(default_factory=lambda: defaultdict(list))
    made_at: dict[tuple[str, int], float] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        for name in (*KEYS, *PARAMETERS):
            self.rotate(name)

    # What users do

    def rotate(self, name: str) -> None:
        """A new version, current at once; a secret that was gone or marked is there again."""
        number = 1 + max((known for key, known in self.made_at if key == name), default=0)
        self.made_at[name, number] = _now()
        self._become(name, version=number, marked=False, suffix=self._suffix(name))

    def remove(self, name: str) -> None:
        if self.states[name][-1].version is not None:
            self._become(name, version=None, marked=False, suffix=self.states[name][-1].suffix + 1)

    def mark(self, name: str) -> None:
        """Schedule it for deletion."""
        last = self.states[name][-1]
        if name in KEYS and last.version is not None:
            self._become(name, version=last.version, marked=True, suffix=last.suffix)

    def restore(self, name: str) -> None:
        last = self.states[name][-1]
        if last.marked:
            self._become(name, version=last.version, marked=False, suffix=last.suffix)

    def roll_back(self, name: str) -> None:
        """The label of the current version goes back to the one before, on purpose."""
        last = self.states[name][-1]
        if name in KEYS and last.version is not None and last.version > 1 and not last.marked:
            self._become(name, version=last.version - 1, marked=False, suffix=last.suffix)

    def _become(self, name: str, *, version: int | None, marked: bool, suffix: int) -> None:
        self.states[name].append(State(_now(), version, marked, suffix))
        self.changes[name] += 1

    def _suffix(self, name: str) -> int:
        return self.states[name][-1].suffix if self.states[name] else 0

    # What is true and what is seen

    def truth(self, name: str) -> State:
        return self.states[name][-1]

    def snapshot(self) -> dict[str, int | None]:
        """The versions that are current now."""
        return {name: self.truth(name).version for name in (*KEYS, *PARAMETERS)}

    def seen(self, name: str) -> State:
        """The state that a read meets."""
        states = self.states[name]
        fresh = len(states) > 1 and _now() - states[-1].at < LAG_SECONDS
        if not fresh or not self.menu.strikes("aws stale"):
            return states[-1]
        since = _now() - self.draw.random() * LAG_SECONDS
        place = bisect_right(states, since, key=lambda state: state.at)
        return states[max(0, place - 1)]

    def tell(self, name: str, version: int | None, process: int) -> None:
        """Note what was said of it; what a read says counts for searches too."""
        self.heard[name].append(Heard(_now(), version, process))
        self.list(name, version, process)

    def list(self, name: str, version: int | None, process: int) -> None:
        """Note what a list said of it, which proves nothing to those that read it by name."""
        self.heard[LISTED + name].append(Heard(_now(), version, process))

    def heard_lately(self, name: str, since: float, process: int) -> set[int | None]:
        """Everything that this process heard of it since then."""
        return {heard.version for heard in self.heard[name] if heard.at >= since and heard.process == process}

    def proven_absent(self, name: str, process: int, seconds: float) -> bool:
        """Whether this process heard twice, so many seconds apart, that it is not there, and nothing else between."""
        last = [heard for heard in self.heard[name] if heard.process == process]
        end = last[-1].at if last and last[-1].version is None else None
        for heard in reversed(last):
            if end is None or heard.version is not None:
                return False
            if end - heard.at >= seconds - 0.001:
                return True
        return False


@dataclass
class Texts:
    """The text in the ConfigMap, as the cluster had it."""

    versions: list[tuple[float, int | None]] = field(default_factory=list)

    def become(self, version: int | None) -> None:
        self.versions.append((_now(), version))

    @property
    def now(self) -> int | None:
        return self.versions[-1][1]

    def lately(self, since: float) -> set[int | None]:
        """Every version it had since then."""
        found = {self.now}
        for at, version in reversed(self.versions):
            found.add(version)
            if at < since:
                break
        return found


def _now() -> float:
    return steady()
