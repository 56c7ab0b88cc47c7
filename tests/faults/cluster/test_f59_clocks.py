"""F59: the wall clock is set by an hour, or is five minutes off from AWS's."""

import pathlib
import sys
import time
from collections.abc import Iterator

import pytest

from support.aws_double import failed
from support.faults import stage as stages
from support.faults.stage import EVERY_SECONDS, Stage

STEPPED = pathlib.Path(stages.__file__).with_name("stepped.py")
HOUR = 3600.0
BOUND = 60.0
SKEWED = [
    pytest.param("InvalidSignatureException", "Signature expired: 20261124T1700Z is now earlier than", id="behind"),
    pytest.param("InvalidSignatureException", "Signature not yet current: 20261124T1700Z is still later", id="ahead"),
    pytest.param("RequestTimeTooSkewed", "The difference between the request time and ours is too large", id="named"),
]


@pytest.fixture
def ahead(stage: Stage, tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    """The operator runs with a clock that is set by writing seconds to this file."""
    file = tmp_path / "ahead"
    file.write_text("0")
    before = stage.operator.program
    stage.operator.stop()
    stage.operator.program = (sys.executable, STEPPED)
    stage.operator.start(env={"STEPPED_CLOCK": str(file)})
    yield file
    stage.operator.stop()
    stage.operator.program = before


def set_clock(file: pathlib.Path, seconds: float) -> None:
    """At once, so that no reader sees half of it."""
    new = file.with_suffix(".new")
    new.write_text(str(seconds))
    new.rename(file)


@pytest.mark.parametrize("first", [pytest.param(HOUR, id="on-and-back"), pytest.param(-HOUR, id="back-and-on")])
def test_F59_a_clock_that_is_set_by_an_hour_makes_nobody_late_and_no_herd(
    stage: Stage, ahead: pathlib.Path, first: float
) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced(refreshInterval="24h")  # what is due is spread over five minutes
    stage.check(bound=BOUND, late=None)
    steady = len(stage.bystanders) * 5 / EVERY_SECONDS

    for seconds in (first, 0.0):
        began, asked = time.monotonic(), stage.aws.reads()
        set_clock(ahead, seconds)
        time.sleep(5)
        reads = stage.aws.reads() - asked
        rate = reads / (time.monotonic() - began)
        print(f"set to {seconds:+g} s: {rate:.1f} reads a second, and {steady:.1f} when all are read in their turn")
        assert rate <= 2 * steady
        stage.rotate(stage.bystanders[:20])
        stage.check(bound=BOUND)

    reads = stage.aws.reads(room.key_id)
    room.put(db="two")
    room.force()
    room.until(lambda: room.data() == {"password": b"two"}, lambda: f"{room.data()}", 10)
    assert stage.aws.reads(room.key_id) - reads == 1
    stage.check(bound=BOUND)


def test_F59_times_that_are_in_the_future_hold_nothing_up_after_a_restart(stage: Stage, ahead: pathlib.Path) -> None:
    room = stage.room()
    room.put(db="one")
    set_clock(ahead, HOUR)
    room.synced()
    time.sleep(EVERY_SECONDS + 2)

    stage.operator.kill()
    set_clock(ahead, 0)
    stage.operator.start(env={"STEPPED_CLOCK": str(ahead)})
    stage.rotate()

    stage.check(bound=BOUND, late=None)


@pytest.mark.quick
@pytest.mark.parametrize(("code", "text"), SKEWED)
def test_F59_what_AWS_refuses_for_the_time_of_day_is_told_and_takes_nothing_away(
    stage: Stage, code: str, text: str
) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced(target={"deletionPolicy": "Delete"})

    stage.aws.script.on("*", failed(code, text), signer=room.key_id)
    room.put(db="two")
    room.force()
    room.until(lambda: room.ready()[0] == "False", lambda: f"it says so: {room.ready()}", 20)
    assert "clock" in room.ready()[2]
    time.sleep(3)
    assert room.data() == {"password": b"one"}
    stage.aws.script.clear()

    stage.check(bound=BOUND, quiet=0)
    assert room.data() == {"password": b"two"}
