"""F51: the operator is killed every two to ten seconds for ten minutes, while objects are edited.

It starts from a fork, in a tenth of a second, so that also on a slow machine it lives for most of that time. The seed
is printed; ``F51_SEED`` and ``F51_SECONDS`` set it and the length.
"""

import base64
import os
import pathlib
import random
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from support import operator
from support.api import KeptApi
from support.faults import forks, sightings
from support.faults.forks import Fork
from support.faults.sightings import Sightings
from support.faults.stage import MARK, Room, Stage

SECONDS = float(os.environ.get("F51_SECONDS", "600"))
SEED = int(os.environ.get("F51_SEED", "51"))
OBJECTS = 20
STARVED = 60.0
BOUND = 30.0


class Editor(threading.Thread):
    """Gives one object after the other a new value, one a second, and asks for a sync of it."""

    def __init__(self, room: Room) -> None:
        super().__init__(daemon=True)
        self.room = room
        self.edits: dict[int, list[tuple[float, str]]] = {number: [] for number in range(OBJECTS)}
        self.over = threading.Event()

    def run(self) -> None:
        with KeptApi(self.room.api.access) as api:
            turn = 0
            while not self.over.wait(1.0):
                number = turn % OBJECTS
                self.room.put(**{f"v{number}": f"turn-{turn}"})
                patch = {"metadata": {"annotations": {"force-sync": str(turn)}}}
                api.patch(self.room.path("ExternalSecret", f"shop-{number}"), patch).good()
                self.edits[number].append((time.monotonic(), f"turn-{turn}"))
                turn += 1


def lags(editor: Editor, seen: Sightings) -> Iterator[float]:
    """How long each edit, or a later one of the same object, took to be in the Secret."""
    shown = seen.of(editor.room.namespace)
    for number, edits in editor.edits.items():
        turns = [text for _, text in edits]
        held = [
            (sight.time, base64.b64decode(sight.body["data"]["password"]).decode().removeprefix(MARK))
            for sight in shown[("Secret", f"shop-{number}")]
            if not sight.deleted
        ]
        for place, (at, _) in enumerate(edits):
            later = [when for when, text in held if text in turns[place:]]
            yield min(later, default=float("inf")) - at


@pytest.mark.timeout(3600)
def test_F51_an_operator_that_is_killed_every_few_seconds_makes_progress_and_starves_nobody(
    stage: Stage, tmp_path: pathlib.Path
) -> None:
    room, chance = stage.room(), random.Random(SEED)
    room.put(**{f"v{number}": "begun" for number in range(OBJECTS)})
    for number in range(OBJECTS):
        room.external_secret(f"shop-{number}", data={"password": f"v{number}"})
    stage.converged(60)
    stage.operator.stop()
    kills, editor = 0, Editor(room)

    with forks.running(tmp_path / "forks.log") as starts, sightings.watching(stage.api.access) as seen:

        def start() -> Fork:
            command = ["run", f"--kubeconfig={stage.operator.kubeconfig}", "--metrics-addr=", "--health-addr="]
            around = operator.environment(stage.operator.kubeconfig, stage.aws.url)
            return starts.start(command, tmp_path / "operator.log", around)

        fork = start()
        editor.start()
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            time.sleep(chance.uniform(2, 10))
            assert fork.alive, f"it ended by itself\n{fork.tail()}"
            fork.send(signal.SIGKILL)
            assert fork.wait(10) == 137
            fork, kills = start(), kills + 1
        editor.over.set()
        editor.join()
        deadline = time.monotonic() + BOUND
        while max(lags(editor, seen)) == float("inf") and time.monotonic() < deadline:
            time.sleep(0.2)
        found = sorted(lags(editor, seen))
        fork.stop()

    print(f"seed {SEED}: {kills} kills, {len(found)} edits, in the Secret after {found[len(found) // 2]:.1f} s")
    print(f"the slowest after {found[-1]:.1f} s")
    assert found[-1] <= STARVED
    stage.operator.start()
    stage.check(bound=BOUND * stage.strain.since(time.time() - 30), late=None, faults=kills)
