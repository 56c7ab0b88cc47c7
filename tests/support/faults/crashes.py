"""Goes through every crash point of a scenario: the operator dies at its n-th request, and the next one must make good.

    with crashes.driving(stage, folder) as driver:         # a stage of no bystanders, whose operator does not run
        tally = driver.enumerate(scenarios.EDIT)           # n = 1, 2, ... before, sent and after, until none is reached
        driver.try_one(scenarios.EDIT, "14:sent")          # one point
        driver.enumerate(scenarios.EDIT, end="term")       # SIGTERM instead of a kill
        driver.enumerate(scenarios.DELETE, end="stop")     # frozen in ``before`` while ``act`` happens

Each point has a namespace, an AWS account and an operator of its own (``ESOCTL_CRASH_AT``, ``--namespaces``), so
several are played at a time. A scenario is first played twice without a crash; of every other play it is then asserted
that

* all Secrets, ExternalSecrets and stores come to be as they were there (times, versions and ids masked), and no more
  than 30 s after the restart;
* each object was changed at most once more than there (``MORE_WRITES``), and each was deleted as often;
* with SIGTERM the operator ended with status 0 within 30 s and let its Lease go, and the next one leads within 5 s.

``stage.oracle`` judges every write besides (N1, N2); ``Driver.judge`` asks it.
"""

import base64
import contextlib
import json
import pathlib
import signal
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime

from support import operator
from support.api import Json, KeptApi
from support.faults import forks, sightings
from support.faults.forks import Fork, Forks
from support.faults.sightings import Object, Sightings
from support.faults.stage import MARK, Room, Stage
from support.scene import ready_of

MOMENTS = ("before", "sent", "after")
MORE_WRITES = 1
CONVERGED_SECONDS = 30.0
STOPPED_SECONDS = 30.0
SUCCESSOR_SECONDS = 5.0
QUIET_SECONDS = 0.7
"""Nothing was written for so long: what was to be done is done."""
PATIENCE = 90.0
"""For what has no bound of its own, such as the first start on a busy machine."""
NEVER = 999999999
KILLED, TOLD_TWICE = 137, 143
LANES = 4
FLAGS = ("--metrics-addr=", "--health-addr=", "--absence-period=1s", "--log-format=json")
ELECTION = (
    "--enable-leader-election", "--leader-election-namespace=esoctl", "--leader-election-lease-duration=8s",
    "--leader-election-renew-deadline=6s", "--leader-election-retry-period=1s",
)  # fmt: skip
LEASES = "/apis/coordination.k8s.io/v1/namespaces/esoctl/leases"
RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/esoctl"


@dataclass
class Place:
    """Where one play happens: the room to change, and what is seen there."""

    room: Room
    seen: Sightings
    stage: Stage

    def get(self, kind: str, name: str) -> Json:
        return self.seen.get(self.room.namespace, kind, name)

    def data(self, name: str = "shop") -> dict[str, bytes] | None:
        found = self.get("Secret", name)
        if found is None:
            return None
        values = {key: base64.b64decode(text) for key, text in (found.get("data") or {}).items()}
        return {key: value.removeprefix(MARK.encode()) for key, value in values.items()}

    def may_go(self, name: str) -> None:
        """The test asks for the removal of that Secret, or of what is in it."""
        self.stage.oracle.may_remove.add((self.room.namespace, name))

    def ready(self, name: str = "shop", kind: str = "ExternalSecret") -> tuple[str, str, str]:
        return ready_of(self.get(kind, name) or {})

    def synced(self, name: str = "shop") -> bool:
        """Whether the object is well, and so in its present version."""
        found = self.get("ExternalSecret", name)
        if found is None or self.ready(name)[0] != "True":
            return False
        return bool(found["status"]["syncedResourceVersion"].startswith(f"{found['metadata']['generation']}-"))


@dataclass(frozen=True)
class Scenario:
    """``before`` is done and ``prepared`` before ``act``; ``settled`` tells that the effect of ``act`` is there."""

    name: str
    act: Callable[[Place], None]
    settled: Callable[[Place], bool]
    before: Callable[[Place], None] | None = None
    prepared: Callable[[Place], bool] = Place.synced
    whole: bool = False
    """Also try the points of ``before``; such as those of a creation, to delete then what is half made."""


@dataclass(frozen=True)
class Fault:
    """What a play without a crash showed."""

    picture: dict[Object, Json]
    writes: dict[Object, int]
    deletions: dict[Object, int]
    first: int
    """The number of the first request that ``act`` caused."""
    last: int
    """How many requests there were."""


@dataclass
class Play:
    """One play of a scenario."""

    scenario: Scenario
    point: str
    place: Place
    fork: Fork | None = None
    reached: bool = False
    acted: bool = False
    restarted: float = 0.0
    first: int = 0
    converged: float = 0.0
    stopping: float = 0.0
    succession: float = 0.0


@dataclass
class Tally:
    """What an enumeration showed."""

    points: int = 0
    slowest: float = 0.0
    """Seconds from a restart until all was as it should be."""
    stopping: float = 0.0
    succession: float = 0.0
    more_writes: Counter[str] = field(default_factory=Counter)
    """How many objects were changed more often than without a crash, by kind."""
    problems: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.points += other.points
        self.slowest = max(self.slowest, other.slowest)
        self.stopping = max(self.stopping, other.stopping)
        self.succession = max(self.succession, other.succession)
        self.more_writes += other.more_writes
        self.problems += other.problems


class Driver:
    def __init__(self, stage: Stage, starts: Forks, seen: Sightings, folder: pathlib.Path) -> None:
        self.stage = stage
        self.starts = starts
        self.seen = seen
        self.folder = folder
        self.locks: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)
        self.making = threading.Lock()
        self.references: dict[tuple[str, str], Fault] = {}

    def enumerate(self, *scenarios: Scenario, end: str = "", moments: Sequence[str] = MOMENTS) -> Tally:
        """Every number and moment of each, until a number is not reached any more."""
        tally = Tally()
        with ThreadPoolExecutor(LANES) as lanes:
            references = list(lanes.map(lambda scenario: self.reference(scenario, end=end), scenarios))
            ranges = {one: (found.first, found.last + 1) for one, found in zip(scenarios, references, strict=True)}
            while ranges and not tally.problems:
                wanted = [
                    (scenario, f"{number}:{moment}")
                    for scenario, (first, last) in ranges.items()
                    for number in range(first, last + 1)
                    for moment in moments
                ]
                tried = list(lanes.map(lambda one: self.try_one(*one, end=end), wanted))
                for one in tried:
                    tally.add(one)
                reached = {wanted[place] for place, one in enumerate(tried) if one.points}
                ranges = {
                    scenario: (last + 1, last + 1)
                    for scenario, (_, last) in ranges.items()
                    if any((scenario, f"{last}:{moment}") in reached for moment in moments)
                }
        return tally

    def try_all(self, points: Sequence[tuple[Scenario, str]], *, end: str = "") -> Tally:
        """Those points."""
        tally = Tally()
        with ThreadPoolExecutor(LANES) as lanes:
            for one in lanes.map(lambda point: self.try_one(*point, end=end), points):
                tally.add(one)
        return tally

    def try_one(self, scenario: Scenario, point: str, *, end: str = "") -> Tally:
        """Play it with that crash point, and compare."""
        reference = self.reference(scenario, end=end)
        tally = Tally()
        text = f"{point}:{end}" if end else point
        try:
            play = self.play(scenario, text, reference)
        except AssertionError as error:
            tally.points = 1
            tally.problems.append(f"{scenario.name} at {text}: {error}")
            return tally
        if not play.reached:
            return tally
        tally.points, tally.slowest = 1, play.converged
        tally.stopping, tally.succession = play.stopping, play.succession
        for problem in self.compared(play, reference, tally):
            tally.problems.append(f"{scenario.name} at {text} ({self.what(play)}): {problem}")
        return tally

    def reference(self, scenario: Scenario, *, end: str = "") -> Fault:
        """Of two plays without a crash: they must end alike, and the larger counts are allowed."""
        key = (scenario.name, end)
        with self.locks[key]:
            if key not in self.references:
                one, two = (self.untouched(scenario, end=end) for _ in range(2))
                assert one.picture == two.picture, f"{scenario.name} does not end alike: {difference(one, two)}"
                assert one.deletions == two.deletions
                writes = {
                    name: max(one.writes.get(name, 0), two.writes.get(name, 0)) for name in one.writes | two.writes
                }
                self.references[key] = replace(
                    one, writes=writes, first=min(one.first, two.first), last=max(one.last, two.last)
                )
            return self.references[key]

    def untouched(self, scenario: Scenario, *, end: str) -> Fault:
        play = self.play(scenario, f"{NEVER}:sent" + (f":{end}" if end else ""), None)
        namespace = play.place.room.namespace
        seen = self.seen
        assert play.fork
        return Fault(
            seen.picture(namespace),
            seen.writes(namespace),
            seen.deletions(namespace),
            play.first if scenario.before and not scenario.whole else 1,
            # Frozen it is before the act.
            play.first - 1 if end == "stop" else requests(play.fork.log),
        )

    def play(self, scenario: Scenario, point: str, reference: Fault | None) -> Play:
        """From an empty namespace to the end of an orderly stop."""
        play = Play(scenario, point, self.place())
        try:
            self.start(play, point)
            if scenario.before:
                scenario.before(play.place)
                self.wait(play, lambda: play.acted or scenario.prepared(play.place), "is prepared")
                self.rest(play)
            assert play.fork
            play.first = requests(play.fork.log) + 1
            if not play.acted:
                scenario.act(play.place)
                play.acted = True
            self.wait(play, lambda: scenario.settled(play.place), "is settled")
            self.rest(play)
            if reference is not None:
                self.converge(play, reference)
            self.end(play)
        finally:
            if play.fork and play.fork.alive:
                play.fork.stop()
            play.place.room.api.drop()
        return play

    def place(self) -> Place:
        with self.making:
            room = self.stage.room("crash")
        return Place(replace(room, api=KeptApi(self.stage.api.access)), self.seen, self.stage)

    def start(self, play: Play, point: str) -> None:
        namespace = play.place.room.namespace
        arguments = ["run", f"--kubeconfig={self.stage.operator.kubeconfig}", f"--namespaces={namespace}", *FLAGS]
        if "term" in play.point:
            arguments += [*ELECTION, f"--leader-election-id={namespace}"]
        env = operator.environment(self.stage.operator.kubeconfig, self.stage.aws.url)
        log = self.folder / namespace / ("again.log" if play.reached else "first.log")
        play.fork = self.starts.start(arguments, log, env | ({"ESOCTL_CRASH_AT": point} if point else {}))

    def wait(self, play: Play, true: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        """Wait for the cluster; a process that ended at its point is started anew meanwhile, without one."""
        deadline = time.monotonic() + seconds
        while not true():
            self.revive(play)
            assert time.monotonic() < deadline, f"after {seconds:g} s it is not so that it {what}; {self.told(play)}"
            time.sleep(0.03)

    def rest(self, play: Play) -> None:
        """Wait until nothing was written for a moment, by an operator that has begun to work."""
        assert play.fork
        began = time.monotonic()
        namespace = play.place.room.namespace
        while time.monotonic() - max(began, self.seen.latest(namespace), play.restarted) < QUIET_SECONDS:
            if not informed(play.fork):
                began = time.monotonic()
            self.revive(play)
            time.sleep(0.05)

    def revive(self, play: Play) -> None:
        """Start it anew if it came to its end; anything but the end that was asked for fails."""
        assert play.fork
        if play.fork.alive:
            self.thaw(play)
            return
        expected = 0 if "term" in play.point else KILLED
        tail = play.fork.tail()
        assert not play.reached, f"it ended again: {play.fork.status}\n{tail}"
        assert met(play.fork), f"it ended by itself: {play.fork.status}\n{tail}"
        assert play.fork.status == expected, f"it ended with {play.fork.status}, not {expected}\n{tail}"
        play.reached = True
        if "term" in play.point:
            self.check_stop(play)
        play.restarted = time.monotonic()
        self.start(play, "")
        if "term" in play.point:
            self.check_succession(play)

    def thaw(self, play: Play) -> None:
        """Act while it is frozen, and let it go on."""
        assert play.fork
        if not play.point.endswith(":stop") or play.reached or not met(play.fork):
            return
        play.reached = True
        if not play.acted:
            play.scenario.act(play.place)
            play.acted = True
        play.restarted = time.monotonic()
        play.fork.send(signal.SIGCONT)

    def check_stop(self, play: Play) -> None:
        """It was quick, and the Lease is nobody's."""
        assert play.fork
        play.stopping = duration(play.fork.log, "signal received", "stopped")
        assert play.stopping < STOPPED_SECONDS, f"it took {play.stopping:.1f} s to stop"
        lease = play.place.room.api.get(f"{LEASES}/{play.place.room.namespace}")
        if lease.status != 404:
            holder = lease.good()["spec"].get("holderIdentity")
            assert not holder, f"the Lease is {holder}'s still"

    def check_succession(self, play: Play) -> None:
        path = f"{LEASES}/{play.place.room.namespace}"
        while True:
            spent = time.monotonic() - play.restarted
            found = play.place.room.api.get(path)
            if found.status == 200 and found.body["spec"].get("holderIdentity"):
                break
            allowed = SUCCESSOR_SECONDS * self.stage.strain.since(time.time() - spent)
            assert spent < allowed, f"after {spent:.1f} s nobody leads"
            time.sleep(0.05)
        play.succession = time.monotonic() - play.restarted

    def converge(self, play: Play, reference: Fault) -> None:
        namespace = play.place.room.namespace
        since = time.monotonic()
        while (picture := self.seen.picture(namespace)) != reference.picture:
            self.revive(play)
            began = max(since, play.restarted)
            spent = time.monotonic() - began
            assert spent < CONVERGED_SECONDS, f"after {spent:.0f} s: {diff(reference.picture, picture)}"
            time.sleep(0.1)
        if play.reached:
            play.converged = self.seen.latest(namespace) - play.restarted

    def end(self, play: Play) -> None:
        """Stop it in order; a point may lie in that too, where a second SIGTERM ends it at once."""
        assert play.fork
        if not play.reached and met(play.fork):
            if not play.point.endswith(":stop"):
                play.fork.wait(STOPPED_SECONDS)
            self.revive(play)
            self.rest(play)
        status = self.stop(play)
        if met(play.fork) and not play.fork.alive and play.fork.status == KILLED:
            self.revive(play)
            self.rest(play)
            status = play.fork.stop()
        allowed = (0, TOLD_TWICE) if met(play.fork) else (0,)
        assert status in allowed, f"a stop ended with {status}\n{play.fork.tail()}"

    def stop(self, play: Play) -> int:
        """In order, even if its point is a part of that and freezes it."""
        assert play.fork
        play.fork.send(signal.SIGTERM)
        deadline = time.monotonic() + 40
        while play.fork.alive and time.monotonic() < deadline:
            self.thaw(play)
            play.fork.wait(0.05)
        return play.fork.stop()

    def compared(self, play: Play, reference: Fault, tally: Tally) -> Iterator[str]:
        """What is not as in the reference."""
        namespace = play.place.room.namespace
        picture, writes = self.seen.picture(namespace), self.seen.writes(namespace)
        if picture != reference.picture:
            yield diff(reference.picture, picture)
        for name, made in writes.items():
            allowed = reference.writes.get(name, 0)
            if made > allowed:
                tally.more_writes[f"{name[0]} +{made - allowed}"] += 1
            if made > allowed + MORE_WRITES:
                yield f"{name} was written {made} times, and {allowed} times without a crash"
        deleted, wanted = self.seen.deletions(namespace), reference.deletions
        # What was not made yet when the operator was frozen need not be deleted.
        fewer = play.point.endswith(":stop") and all(count <= wanted.get(name, 0) for name, count in deleted.items())
        if deleted != wanted and not fewer:
            yield f"deleted: {deleted}, and without a crash: {wanted}"

    def judge(self) -> list[str]:
        """What the oracle found in the writes up to now: N1 and N2."""
        self.stage.oracle.read()
        found = list(self.stage.oracle.violations)
        self.stage.oracle.violations.clear()
        return found

    def what(self, play: Play) -> str:
        """The request of the point."""
        log = self.folder / play.place.room.namespace / "first.log"
        lines = [line for line in log.read_text().splitlines() if "crash point" in line]
        return lines[0].partition("reached: ")[2] if lines else ""

    def told(self, play: Play) -> str:
        """For a failure: how the objects are, and the end of the log."""
        assert play.fork
        states = {
            key: ready_of(sights[-1].body) if not sights[-1].deleted else "deleted"
            for key, sights in self.seen.of(play.place.room.namespace).items()
        }
        return f"{states}\n{play.fork.tail(12)}"


def met(fork: Fork) -> bool:
    """Whether it came to its point; one that was started anew has none."""
    return "esoctl: crash point" in fork.log.read_text(errors="replace")


def informed(fork: Fork) -> bool:
    """Whether it has its first lists; before that it ends at once when it is told to stop."""
    return '"event": "informed"' in fork.log.read_text(errors="replace")


def requests(log: pathlib.Path) -> int:
    """How many requests the log of a process with a crash point tells of."""
    return log.read_text(errors="replace").count('"event": "request"') if log.exists() else 0


def duration(log: pathlib.Path, begin: str, end: str) -> float:
    """Between two events of a log, in seconds."""
    times = {}
    for line in log.read_text(errors="replace").splitlines():
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            times[entry["event"]] = datetime.fromisoformat(entry["timestamp"]).timestamp()
    assert begin in times, f"{begin!r} is not in the log"
    assert end in times, f"{end!r} is not in the log"
    return times[end] - times[begin]


def difference(one: Fault, two: Fault) -> str:
    return diff(one.picture, two.picture)


def diff(wanted: dict[Object, Json], found: dict[Object, Json]) -> str:
    """The first few places at which two pictures differ; values are shown, they are the test's own."""
    told = [f"{name} is missing" for name in wanted.keys() - found.keys()]
    told += [f"{name} is there" for name in found.keys() - wanted.keys()]
    for name in wanted.keys() & found.keys():
        told += [
            f"{name}.{part}: wanted {wanted[name][part]}, found {found[name][part]}"
            for part in wanted[name]
            if wanted[name][part] != found[name][part]
        ]
    return "; ".join(told[:4])


@contextlib.contextmanager
def driving(stage: Stage, folder: pathlib.Path) -> Iterator[Driver]:
    """A driver on that stage, whose operator must not run."""
    folder.mkdir(parents=True, exist_ok=True)
    allow_leases(stage)
    with forks.running(folder / "forks.log") as starts, sightings.watching(stage.api.access) as seen:
        yield Driver(stage, starts, seen, folder)
        stage.rooms.clear()  # hundreds, which end with the control plane


def allow_leases(stage: Stage) -> None:
    """The operator may have Leases of any name: each point has one of its own."""
    rule = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]}
    group = "rbac.authorization.k8s.io"
    role = {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": {"name": "leases"}, "rules": [rule]}
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "leases"},
        "roleRef": {"apiGroup": group, "kind": "Role", "name": "leases"},
        "subjects": [{"kind": "ServiceAccount", "name": "esoctl", "namespace": "esoctl"}],
    }
    stage.api.apply(f"{RBAC}/roles/leases", role, "tests", force=True).good()
    stage.api.apply(f"{RBAC}/rolebindings/leases", binding, "tests", force=True).good()
