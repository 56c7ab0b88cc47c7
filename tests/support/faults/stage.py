"""The stage for the rows of the fault table: a real control plane, AWS, 200 bystanders, the operator, and a judge.

A row is written so; the fixture ``stage`` gives one that is clean and at work, shared by all rows that leave it so:

    def test_F25_something_is_refused(stage: Stage) -> None:
        room = stage.room()                        # a namespace with a store of its own AWS account: a Scene
        room.put(db="one")
        room.synced()                              # an ExternalSecret "shop" with its Secret

        with something_refused(stage.api):         # the fault
            room.put(db="two")
            room.force()
            room.until(lambda: "forbidden" in room.ready()[2], lambda: str(room.ready()))
            assert room.data() == {"password": b"one"}

        stage.check(bound=60)                      # N1 to N7, and all objects are right within 60 s

A row with a control plane or flags of its own: ``with a_stage(folder, plane=Plane(kubeconfig, [audit_log])) as stage``,
where the API servers keep their log with ``oracle.AUDIT_POLICY`` (``start.py --audit-policy``). The operator is
``stage.operator``: ``start(*flags, kubeconfig=…, env=…)``, ``stop``, ``kill``, ``pause``, ``resume``; its identity is
``stage.access``, so one that goes through a proxy is ``stage.operator.start(kubeconfig=stage.config(url, authority))``.
AWS is ``stage.aws``: ``script.on("*", THROTTLED, signer=room.key_id)``, ``down()``, ``up()``, ``reads(account)``.

All values begin with ``MARK``, which no output may show; ``Room.put`` and ``Room.data`` add and take it off.
"""

import contextlib
import http.client
import json
import pathlib
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from support import controlplane, identities, installing, kubeconfig
from support.api import Api, Json, KeptApi
from support.faults import accounts, strain
from support.faults.accounts import Account, Aws
from support.faults.oracle import AUDIT_POLICY, Name, Oracle, interval, target_of
from support.faults.process import Process
from support.faults.strain import Strain
from support.kubeconfig import Access
from support.scene import Scene, let_go, ready_of, until

MARK = "kEpT-uNsEeN."
"""Twelve letters, so that its base64 is a whole part of that of a value."""
MARK_IN_BASE64 = "a0VwVC11TnNFZU4u"
BYSTANDERS = 200
ROOMS = 8
EVERY_SECONDS = 15.0
EXTERNAL_SECRETS = "/apis/external-secrets.io/v1/externalsecrets"
STORES = "/apis/external-secrets.io/v1/secretstores"
TROUBLES = (OSError, http.client.HTTPException)
"""What a client meets where no API server answers."""


@dataclass(frozen=True)
class Plane:
    """A control plane: how an administrator reaches it, and the logs of its API servers by ``AUDIT_POLICY``."""

    kubeconfig: pathlib.Path
    audit_logs: Sequence[pathlib.Path]


@dataclass(frozen=True)
class Figures:
    """What a row showed."""

    converged: float
    """Seconds until all was right."""
    late: float
    """How late the refresh of a bystander was, at worst but for one in a hundred."""
    strain: float
    """How busy the machine was with other things; see ``support.faults.strain``."""
    writes: int
    """Effective writes of the operator to ExternalSecrets and their targets."""


class Room(Scene):
    """A namespace of the stage, with an AWS account and a store of its own."""

    def put(self, **secrets: str) -> None:
        """Text values in AWS; what is JSON stays as it is, and is for the row to mark."""
        for name, value in secrets.items():
            self.account.put_secret(name, {"string": value if value.startswith("{") else MARK + value})

    def data(self, name: str = "shop") -> dict[str, bytes] | None:
        """The data of a Secret without the marks; None when there is none."""
        found = super().data(name)
        return found and {key: value.removeprefix(MARK.encode()) for key, value in found.items()}


@dataclass
class Stage:
    plane: Plane
    folder: pathlib.Path
    aws: Aws
    api: KeptApi
    access: Access
    """The operator's own."""
    operator: Process
    oracle: Oracle
    strain: Strain
    rooms: dict[str, Room] = field(default_factory=dict)
    bystanders: list[Name] = field(default_factory=list)
    turn: int = 0
    read_of_log: int = 0

    def config(self, url: str, authority: str | None = None, name: str = "elsewhere") -> pathlib.Path:
        """A kubeconfig of the operator for another way to the API server."""
        access = replace(self.access, url=url, authority=authority or self.access.authority)
        return kubeconfig.write(access, self.folder / f"{name}.kubeconfig")

    def room(self, prefix: str = "row") -> Room:
        """A new namespace with a store ``aws`` for an account that is empty."""
        tail = uuid.uuid4().hex[:8]
        namespace, key_id = f"{prefix}-{tail}", f"AKIA{tail.upper():0>16}"
        self.api.post("/api/v1/namespaces", {"metadata": {"name": namespace}}).good()
        room = Room(self.api, namespace, None, Account(self.aws, key_id))
        self.rooms[namespace] = room
        room.make_keys()
        room.store()
        return room

    def fill(self, count: int, every: float) -> None:
        """Make the bystanders; each has three values of its own."""
        rooms = [self.room("by") for _ in range(ROOMS)]
        owned = [(rooms[number % ROOMS], f"by-{number}") for number in range(count)]
        self.bystanders = [(room.namespace, name) for room, name in owned]
        self.rotate()
        self.refill(every)

    def refill(self, every: float = EVERY_SECONDS) -> None:
        """Make the ExternalSecrets of the bystanders, several at a time."""

        def make(room: Room) -> None:
            with KeptApi(self.api.access) as api:
                mine = replace(room, api=api)
                for name in (name for namespace, name in self.bystanders if namespace == room.namespace):
                    mine.external_secret(name, data={k: f"{name}-{k}" for k in "abc"}, refreshInterval=f"{every:g}s")

        with ThreadPoolExecutor(ROOMS) as pool:
            list(pool.map(make, (self.rooms[name] for name in sorted({one for one, _ in self.bystanders}))))

    def rotate(self, names: Iterable[Name] | None = None) -> None:
        """New values for bystanders, by default for all."""
        self.turn += 1
        for namespace, name in self.bystanders if names is None else names:
            self.rooms[namespace].put(**{f"{name}-{key}": f"{name}-{key}-{self.turn}" for key in "abc"})

    def account_of(self, namespace: str) -> accounts.History | None:
        room = self.rooms.get(namespace)
        return self.aws.histories[room.key_id] if room else None

    def until(self, true: Callable[[], object], what: Callable[[], str], seconds: float = 45.0) -> None:
        until(true, what, seconds)

    def allowed(self, seconds: float, since: float) -> float:
        """A bound of a few seconds on a machine of the test's own, as it is on this one since that time (of day)."""
        return seconds * self.strain.since(since)

    def begin(self) -> None:
        """A clean account for a row, with the operator at work."""
        if self.operator.alive() and not self.operator.as_usual:
            self.operator.stop()
        if not self.operator.alive():
            self.operator.start()
            self.converged(120)
        self.oracle.read()
        self.oracle.settle(faults=1_000_000, now=time.time())
        self.oracle.violations.clear()
        self.read_of_log = len(self.operator.log())

    def leave(self) -> None:
        """End the faults of AWS, and delete what a row made, without waiting for it."""
        self.aws.script.clear()
        if self.operator.alive():
            self.operator.resume()
        ours = {namespace for namespace, _ in self.bystanders}
        for namespace in [namespace for namespace in self.rooms if namespace not in ours]:
            let_go(self.rooms[namespace])
            self.api.delete(f"/api/v1/namespaces/{namespace}")

    def wrong(self, but: Iterable[Name] = ()) -> list[str]:
        """N3: the ExternalSecrets that are not as they should be, in words; empty when all is right."""
        self.oracle.read()
        secrets = {where_of(item): item.get("data") or {} for item in self.items("/api/v1/secrets")}
        found, now = [], time.time()
        for item in self.items(EXTERNAL_SECRETS):
            name = where_of(item)
            if name in set(but) or "deletionTimestamp" in item["metadata"]:
                continue
            if ready_of(item)[0] != "True":
                found.append(f"{name} is not ready: {ready_of(item)[1:]}")
            elif not self.as_wanted(name, item["spec"], secrets, now):
                found.append(f"the Secret of {name} is not what its spec and AWS say")
        return found

    def as_wanted(self, name: Name, spec: Json, secrets: dict[Name, Json], now: float) -> bool:
        policy = (spec.get("target") or {}).get("creationPolicy", "Owner")
        wanted, there = self.oracle.render(name, spec, now), secrets.get(target_of(name, spec))
        if policy == "None" or wanted is None:
            return True
        encoded = {key: accounts.base64_of(value) for key, value in wanted.items()}
        return there is not None and (encoded == there or (policy == "Merge" and encoded.items() <= there.items()))

    def items(self, path: str) -> list[Json]:
        found: list[Json] = self.api.get(path).good()["items"]
        return found

    def converged(self, bound: float, but: Iterable[Name] = ()) -> float:
        """Wait until all is right; the seconds it took, which may not be more than ``bound``."""
        began, wrong = time.monotonic(), ["nothing was looked at"]
        while wrong:
            spent, told = time.monotonic() - began, "\n".join(wrong[:5])
            assert spent < bound, f"N3: after {spent:.0f} s {len(wrong)} are wrong still:\n{told}"
            with contextlib.suppress(*TROUBLES):
                wrong = self.wrong(but)
            time.sleep(0.3 if wrong else 0)
        return time.monotonic() - began

    def quiet(self, seconds: float, but: Iterable[Name] = ()) -> None:
        """N3: while nothing is to be done, no target is written, and a status once in a refresh."""
        self.oracle.read()
        before = {name: (k.target_writes, k.status_writes) for name, k in self.oracle.known.items()}
        began = time.monotonic()
        time.sleep(seconds)
        self.oracle.read()
        spent = time.monotonic() - began
        for name, known in self.oracle.known.items():
            targets, statuses = before.get(name, (0, 0))
            every = interval(known.generations[-1].spec) if known.generations else 0
            allowed = (int(spent / every) if every else 0) + 2  # one may be of before, and late
            told = known.target_writes - targets, known.status_writes - statuses
            if name not in set(but) and (told[0] > 0 or told[1] > allowed):
                self.oracle.violations.append(f"N3: {name} is not quiet: (target, status) were written {told} times")

    def unattended(self, but: int) -> Iterator[str]:
        """N4: what the operator's own census and its log say of objects that nobody looks after."""
        overdue = self.operator.metric("esoctl_externalsecrets_overdue")
        if overdue > but:
            yield f"N4: {overdue:g} are overdue"
        if forgotten := self.operator.metric("esoctl_externalsecrets_forgotten"):
            yield f"N4: {forgotten:g} were forgotten"
        queued, there = self.operator.metric("esoctl_queue_keys"), len(self.items(EXTERNAL_SECRETS))
        if queued < there:
            yield f"N4: the queue knows {queued:g} keys, and there are {there} ExternalSecrets"
        if "was forgotten" in self.operator.log()[self.read_of_log :]:
            yield "N4: a refresh was forgotten"

    def leaks(self) -> Iterator[str]:
        """N7: whatever shows a value, or the operator's token."""
        texts = {"the log": self.operator.log()}
        texts |= {path: json.dumps(self.api.get(path).good()) for path in ("/api/v1/events", EXTERNAL_SECRETS, STORES)}
        if self.operator.alive():
            texts["metrics"] = self.operator.metrics()
        for place, text in texts.items():
            for shown in (MARK, MARK_IN_BASE64, str(self.access.token)):
                if shown in text:
                    at = text.index(shown)
                    yield f"N7: a value is in {place}, after {text[max(0, at - 80) : at]!r}"

    def check(
        self,
        *,
        bound: float = 30.0,
        quiet: float | None = None,
        late: float | None = 5.0,
        hit: Iterable[Name] = (),
        faults: int = 1,
        but: Iterable[Name] = (),
    ) -> Figures:
        """Assert N1 to N7 for what happened since the row began, or since the last check.

        * ``bound``: seconds from now within which all objects must be right, but those named by ``but``.
        * ``quiet``: how long it is watched that they stay so, by default twice the interval of the bystanders.
        * ``late``: how many seconds a bystander may have been late on a machine of the test's own; None where
          none could be served.
        * ``hit``: bystanders that the fault concerned, and which may have been late for that.
        * ``faults``: how often an object may have gone from well to failed and back, each of which costs two writes.
        """
        but = set(but)
        spent = self.converged(bound, but)
        self.quiet(2 * EVERY_SECONDS if quiet is None else quiet, but)
        found, now = self.oracle, time.time()
        waits = sorted(found.lateness(name, now) for name in set(self.bystanders) - set(hit))
        worst = waits[int(len(waits) * 0.99)] if waits else 0.0
        busy = self.strain.since(found.since)
        if late is not None and worst > late * busy:
            found.violations.append(f"N5: bystanders were up to {worst:.1f} s late, not {late} s times {busy:.1f}")
        writes = sum(k.writes + k.target_writes + k.status_writes for k in found.known.values())
        found.settle(faults=faults, now=now)
        told = [*found.violations, *self.unattended(len(but)), *self.leaks()]
        found.violations.clear()
        self.read_of_log = len(self.operator.log())
        figures = Figures(spent, worst, busy, writes)
        print(figures)  # pytest shows it when the test fails, or with -rP
        assert not told, f"{len(told)} violations:\n" + "\n".join(told[:20])
        return figures


def where_of(item: Json) -> Name:
    return item["metadata"]["namespace"], item["metadata"]["name"]


@contextlib.contextmanager
def a_plane(folder: pathlib.Path) -> Iterator[Plane]:
    """A control plane of the stage's own."""
    folder.mkdir(parents=True, exist_ok=True)
    policy = folder / "policy.yaml"
    policy.write_text(AUDIT_POLICY)
    with controlplane.required(folder / "controlplane", f"--audit-policy={policy}") as config:
        yield Plane(config, [config.parent / "audit.log"])


@contextlib.contextmanager
def a_stage(
    folder: pathlib.Path,
    *,
    plane: Plane | None = None,
    bystanders: int = BYSTANDERS,
    every: float = EVERY_SECONDS,
    flags: Sequence[str] = (),
    start: bool = True,
) -> Iterator[Stage]:
    """A stage on which the bystanders have their Secrets; with ``start=False`` the operator does not run yet."""
    with contextlib.ExitStack() as stack:
        plane = plane or stack.enter_context(a_plane(folder))
        aws, watch = stack.enter_context(accounts.running()), stack.enter_context(strain.watched())
        api = stack.enter_context(KeptApi(kubeconfig.read(plane.kubeconfig)))
        installing.install(api)
        access = installed_access(api)
        folder.mkdir(parents=True, exist_ok=True)
        process = Process(kubeconfig.write(access, folder / "operator.kubeconfig"), aws.url, folder, tuple(flags))
        stage = Stage(plane, folder, aws, api, access, process, Oracle(list(plane.audit_logs), lambda _: None), watch)
        stage.oracle.history_of = stage.account_of
        stack.callback(end, stage)
        stage.fill(bystanders, every)
        if start:
            stage.begin()
        yield stage


def installed_access(api: Api) -> Access:
    """The operator's identity, for longer than all rows take."""
    access = installing.operator_access(api)
    return access.as_user(identities.token(api, "esoctl", "esoctl", 8 * 3600), access.namespace)


def end(stage: Stage) -> None:
    """Stop the operator; on a control plane that goes on, delete everything."""
    stage.bystanders = []
    with contextlib.suppress(*TROUBLES):
        stage.leave()
    if stage.operator.alive():
        stage.operator.resume()
        stage.operator.stop()
