"""What users, AWS and the platform do in a run, and how everything is mended at its end."""

import random
from collections.abc import Callable
from datetime import timedelta

import anyio

from esoctl.kube.transport import Call
from simulation.crew import Crew
from simulation.ground import MAIN, SECRET_KEY
from simulation.hands import FOREIGN
from simulation.scenario import SIDE, Scenario, Step
from simulation.wire import Wire
from simulation.wishes import KEYS, PARAMETERS, Wish, repaired, target, wish
from simulation.witness import Place, Witness

ALL = (*KEYS, *PARAMETERS)
CLOCK_STEPS = (-3600.0, -60.0, 60.0, 3600.0, 90_000.0)
SUSPENDED = (120.0, 7200.0)
STORES = (
    ("SecretStore", "aws", "SecretsManager"),
    ("ClusterSecretStore", "shared", "SecretsManager"),
    ("SecretStore", "params", "ParameterStore"),
)

GONE_SECONDS = 3600.0
"""How long the operator may need to let go of objects that are deleted; more than any backoff."""


class Acting:
    """Acts in one run; ``objects`` are the ExternalSecrets that shall be there."""

    def __init__(self, scenario: Scenario, witness: Witness, crew: Crew, wire: Wire) -> None:
        self.objects: dict[Place, Wish] = dict(scenario.objects)
        self.foreign: set[Place] = set()
        """Targets that hold a key of somebody else."""
        self.ended: set[str] = set()
        """Namespaces that are to go."""
        self.witness = witness
        self.cloud = witness.cloud
        self.hands = witness.hands
        self._crew = crew
        self._wire = wire
        self._draw = random.Random(scenario.seed * 3 + 4)
        self._seized: set[Place] = set()
        self._occupied: set[Place] = set()
        self._made = 0
        self._hurt = False
        """Stores or their keys are not as they were."""

    def prepare(self) -> None:
        """The world as it is when the operator comes."""
        if any(space == SIDE for space, _ in self.objects):
            self.hands.namespace(SIDE)
        self._text()
        for place, wanted in list(self.objects.items()):
            self._want(place, wanted)

    # In the middle

    def act(self, step: Step) -> bool:
        """Do one step; False where it means nothing now."""
        place = (MAIN, step.name)
        remote = ALL[int(step.amount * len(ALL))]
        done = self._on_aws(step.what, remote) or self._on_platform(step.what, step.amount)
        return done or self._on_objects(step, place) or self._on_target(step.what, place)

    def _on_aws(self, what: str, remote: str) -> bool:
        deeds: dict[str, Callable[[], None]] = {
            "rotate": lambda: self.cloud.rotate(remote),
            "rotate twice": lambda: self._twice(remote),
            "remove remote": lambda: self.cloud.remove(remote),
            "mark remote": lambda: self.cloud.mark(remote),
            "restore remote": lambda: self._restore(remote),
            "roll back": lambda: self.cloud.roll_back(remote),
        }
        return _do(deeds, what)

    def _on_platform(self, what: str, amount: float) -> bool:
        kind, name, service = STORES[int(amount * len(STORES))]
        deeds: dict[str, Callable[[], None]] = {
            "break store": lambda: self.hands.store(MAIN, kind, name, "NoService"),
            "remove store": lambda: self.hands.remove_store(MAIN, kind, name),
            "mend store": lambda: self.hands.store(MAIN, kind, name, service, "eu-central-1"),
            "lose keys": lambda: _nothing(self.hands.delete_secret(MAIN, "keys")),
            "change keys": lambda: self.hands.keys(MAIN, f"{SECRET_KEY}-{amount}"),
            "text": self._text,
            "kill": lambda: self._each_life(lambda life: life.kill()),
            "stop": lambda: self._each_life(lambda life: life.stop()),
            "clock": lambda: self._set_clock(CLOCK_STEPS[int(amount * len(CLOCK_STEPS))]),
            "suspend": lambda: self._suspend(SUSPENDED[int(amount * len(SUSPENDED))]),
            "cut": self._wire.cut,
            "lose crd": self._lose_crd,
            "end namespace": self._end_namespace,
        }
        if what == "lead":
            return self._crew.change_leader()
        self._hurt = self._hurt or "store" in what or "keys" in what
        return _do(deeds, what)

    def _on_objects(self, step: Step, place: Place) -> bool:
        drawn = wish(random.Random(str(step)))
        there = place in self.objects and not self.hands.crd_is_lost
        match step.what:
            case "create" | "edit" if there or step.what == "create":
                self._want(place, drawn)
            case "edit twice" if there:
                self._want(place, wish(self._draw))
                self._want(place, drawn)
            case "delete" if there:
                self._unwant(place)
            case "make again" if there:
                self._unwant(place)
                self._want(place, drawn)
            case "force" if there:
                self.hands.force(*place, str(step.at))
                self.witness.causes[place] += 1
            case _:
                return False
        return True

    def _on_target(self, what: str, place: Place) -> bool:
        if place not in self.objects:
            return False
        space, name = place[0], target(place[1], self.objects[place])
        self.witness.causes[place] += 2
        match what:
            case "tamper":
                return self.hands.change_secret(space, name, "a", b"tampered")
            case "add foreign key":
                return self.hands.change_secret(space, name, *FOREIGN) and _nothing(self.foreign.add((space, name)))
            case "seize":
                return self.hands.seize(space, name, "a") and _nothing(self._seized.add((space, name)))
            case "delete target":
                return self._delete_target(space, name)
            case "occupy":
                self._delete_target(space, name)
                return self.hands.put_secret(space, name) and _nothing(self.foreign.add((space, name)))
            case "foreign owner":
                self._delete_target(space, name)
                return self.hands.put_owned(space, name) and _nothing(self._occupied.add((space, name)))
            case "immutable":
                return self.hands.freeze(space, name) and _nothing(self._occupied.add((space, name)))
        return False

    def meddle(self, call: Call) -> None:
        """In the middle of a reconcile: between its decision and its write."""
        if call.method == "GET" or not self.objects:
            return
        menu = self.cloud.menu
        if menu.strikes("delete at call"):
            place = menu.draw.choice(sorted(self.objects))
            if place[0] == MAIN and not self.hands.crd_is_lost:
                self._unwant(place)
        if menu.strikes("edit at call"):
            place = menu.draw.choice(sorted(self.objects))
            if place[0] == MAIN and not self.hands.crd_is_lost:
                self._want(place, wish(self._draw))
            else:
                self._hurt = True
                self.hands.store(MAIN, *menu.draw.choice(STORES), "eu-central-1")

    # One thing each

    def _twice(self, remote: str) -> None:
        self.cloud.rotate(remote)
        self.cloud.rotate(remote)

    def _restore(self, remote: str) -> None:
        """What is marked is as it was; what is gone is made again."""
        if self.cloud.truth(remote).marked:
            self.cloud.restore(remote)
        else:
            self.cloud.rotate(remote)

    def _text(self) -> None:
        self._made += 1
        self.hands.text(MAIN, self._made)
        self.witness.texts.become(self._made)

    def _want(self, place: Place, wanted: Wish) -> None:
        if wanted.creation == "Merge":
            self.hands.put_secret(place[0], target(place[1], wanted))
        if self.hands.want(*place, wanted):
            self.objects[place] = wanted
            self.witness.want(place, wanted)

    def _unwant(self, place: Place) -> None:
        wanted = self.objects.pop(place)
        if wanted.creation == "Owner":
            self.foreign.discard((place[0], target(place[1], wanted)))
        self.hands.unwant(*place)

    def _delete_target(self, space: str, name: str) -> bool:
        for known in (self.foreign, self._seized, self._occupied):
            known.discard((space, name))
        return self.hands.delete_secret(space, name)

    def _each_life(self, what: Callable[..., None]) -> None:
        for life in self._crew.lives:
            if not life.dead:
                what(life)

    def _set_clock(self, seconds: float) -> None:
        self._crew.clock.set_by += timedelta(seconds=seconds)
        self.witness.steps.append(anyio.current_time())

    def _suspend(self, seconds: float) -> None:
        """The machine sleeps: the wall clock goes on without us, and the connections do not last."""
        self._set_clock(seconds)
        self._wire.cut()

    def _lose_crd(self) -> None:
        if not self.hands.crd_is_lost:
            self.hands.lose_crd()
            self.foreign.clear()

    def _end_namespace(self) -> None:
        self.hands.end_namespace(SIDE)
        self.ended.add(SIDE)
        for place in [place for place in self.objects if place[0] == SIDE]:
            del self.objects[place]

    # At the end

    async def mend(self) -> None:
        """The faults are over, and everything that is wanted exists."""
        if self._wire.dropped:
            # Only a server that starts anew loses events, and then nobody can go on from where they were.
            self.cloud.menu.struck["list for lost events"] += 1
            self._wire.sandbox.world.store.compact()
            self._wire.cut()
        if self.hands.crd_is_lost:
            self.foreign.clear()  # What an ExternalSecret owns goes with it, whoever put a key into it.
        # It is lost only when the last object is gone, and one that has a finalizer waits for the operator.
        with anyio.fail_after(GONE_SECONDS):
            while self.hands.crd_is_lost:
                self.hands.restore_crd()
                await anyio.sleep(1)
        for remote in ALL:
            self.cloud.rotate(remote)
        self._text()
        if self._hurt:
            self.hands.keys(MAIN, f"{SECRET_KEY}-new")
            self.hands.stores(MAIN)
        for space, name in sorted(self._occupied):
            self._delete_target(space, name)
        for space, name in self._seized:
            self.hands.let_go(space, name)
        for place, wanted in list(self.objects.items()):
            if (mended := repaired(wanted)) != wanted:
                self._want(place, mended)
        self.provide()

    def provide(self) -> None:
        """What is wanted and is not there is made: an object that was still on its way out can be made again later."""
        for place, wanted in list(self.objects.items()):
            if self.hands.external_secret(*place) is None:
                self._want(place, wanted)
            elif wanted.creation == "Merge":
                self.hands.put_secret(place[0], target(place[1], wanted))


def _do(deeds: dict[str, Callable[[], None]], what: str) -> bool:
    if what not in deeds:
        return False
    deeds[what]()
    return True


def _nothing(_: object) -> bool:
    return True
