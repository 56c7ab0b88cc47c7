"""F50 and F52: the operator is killed, or told to stop, at every request of every scenario; the next one makes good.

There are no bystanders here: each point has a namespace and an operator of its own, and a hundred operators for 200
objects each would measure the machine. The oracle of the audit log still checks every write of all of them.
"""

from collections.abc import Iterator

import pytest

from support.faults import crashes, scenarios
from support.faults.crashes import Driver
from support.faults.stage import a_stage

FEWEST_KILLS, FEWEST_STOPS = 300, 100


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    folder = tmp_path_factory.mktemp("crashes")
    with a_stage(folder, bystanders=0, start=False) as stage, crashes.driving(stage, folder / "points") as found:
        yield found


@pytest.mark.quick
def test_F50_a_killed_operator_loses_nothing_wherever_a_creation_and_a_rename_stand(driver: Driver) -> None:
    points = [(scenarios.CREATE, number) for number in range(7, 12)] + [(scenarios.RENAME, n) for n in range(12, 19, 2)]

    tally = driver.try_all([(scenario, f"{number}:sent") for scenario, number in points])

    print(tally)
    assert tally.problems + driver.judge() == []
    assert tally.points >= len(points) - 1


def test_F50_a_killed_operator_loses_nothing_at_any_request_of_any_scenario(driver: Driver) -> None:
    tally = driver.enumerate(*scenarios.ALL)

    print(tally)
    assert tally.problems + driver.judge() == []
    assert tally.points >= FEWEST_KILLS


@pytest.mark.quick
def test_F52_an_operator_told_to_stop_in_the_middle_of_a_rename_ends_well_and_the_next_goes_on(driver: Driver) -> None:
    points = [(scenarios.RENAME, f"{number}:before") for number in range(14, 24)]

    tally = driver.try_all(points, end="term")

    print(tally)
    assert tally.problems + driver.judge() == []
    assert tally.points >= len(points) - 2


def test_F52_an_operator_told_to_stop_at_any_request_ends_well_and_the_next_goes_on(driver: Driver) -> None:
    tally = driver.enumerate(*scenarios.SHORT, end="term")

    print(tally)
    assert tally.problems + driver.judge() == []
    assert tally.points >= FEWEST_STOPS
