"""F44 and F45: the ExternalSecret is deleted, or made anew, while the operator stands at any request of its sync.

The driver of the crash points freezes the operator there instead of killing it. There are no bystanders, since each
point has an operator of its own; the oracle of the audit log checks every write.
"""

from collections.abc import Iterator

import pytest

from support.faults import crashes, scenarios
from support.faults.crashes import Driver
from support.faults.stage import a_stage

BOUND = 10.0


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    folder = tmp_path_factory.mktemp("frozen")
    with a_stage(folder, bystanders=0, start=False) as stage, crashes.driving(stage, folder / "points") as found:
        yield found


def test_F44_what_is_written_for_a_deleted_object_goes_with_it(driver: Driver) -> None:
    tally = driver.enumerate(scenarios.DELETE, scenarios.DELETE_ALL, end="stop")

    print(tally)
    assert tally.problems + driver.judge() == []
    assert tally.points >= 35
    assert tally.slowest < BOUND


def test_F45_what_was_fetched_for_the_old_object_is_not_the_new_ones(driver: Driver) -> None:
    tally = driver.enumerate(scenarios.REPLACE, end="stop")

    print(tally)
    assert tally.problems + driver.judge() == []
    assert tally.points >= 25
    assert tally.slowest < BOUND
