"""When waiting reads leave; the time is an argument."""

import math

import pytest

from esoctl.providers.asking import Haste
from esoctl.providers.aws.gathering import PATIENCE, Gathering

PROMPT, QUEUED, CALM = Haste.PROMPT, Haste.QUEUED, Haste.CALM


@pytest.mark.parametrize(("haste", "due"), [(PROMPT, 100.001), (CALM, 100.05)])
def test_a_lone_read_leaves_after_a_moment(haste: Haste, due: float) -> None:
    gathering = Gathering(20)
    gathering.came(haste, 100.0)

    assert gathering.due(under_way=False) == pytest.approx(due, abs=1e-5)


def test_nothing_that_waits_is_never_due() -> None:
    assert Gathering(20).due(under_way=False) == math.inf


@pytest.mark.parametrize("haste", list(Haste))
def test_company_delays_the_departure_and_not_for_ever(haste: Haste) -> None:
    gathering, longest = Gathering(20), PATIENCE[haste].longest
    for step in range(2000):
        gathering.came(haste, 100.0 + step / 1000)

    assert gathering.due(under_way=False) == pytest.approx(100.0 + longest)


@pytest.mark.parametrize("haste", list(Haste))
def test_a_call_that_hangs_holds_the_others_up_so_long_and_no_longer(haste: Haste) -> None:
    gathering = Gathering(20)
    gathering.came(haste, 100.0)

    assert gathering.due(under_way=True) == pytest.approx(100.0 + PATIENCE[haste].longest)


def test_the_answer_to_others_is_a_reason_to_wait_for_them_once_more() -> None:
    gathering = Gathering(20)
    gathering.came(QUEUED, 100.0)
    gathering.answered(100.1)

    assert gathering.due(under_way=False) == pytest.approx(100.15)


@pytest.mark.parametrize(("answered", "due"), [(99.9, 100.001), (99.999, 100.002), (100.0, 100.003)])
def test_a_prompt_read_waits_a_moment_longer_when_somebody_was_just_answered(answered: float, due: float) -> None:
    gathering = Gathering(20)
    gathering.answered(answered)
    gathering.came(PROMPT, 100.0)

    assert gathering.due(under_way=False) == pytest.approx(due, abs=1e-5)


def test_calm_reads_leave_a_good_second_apart() -> None:
    gathering = Gathering(20)
    gathering.came(CALM, 100.0)
    gathering.left(100.001, [])
    gathering.came(CALM, 100.1)

    assert gathering.due(under_way=False) == pytest.approx(101.501)


def test_a_prompt_read_takes_the_calm_ones_along() -> None:
    gathering = Gathering(20)
    gathering.left(100.0, [])
    gathering.came(CALM, 100.1)
    gathering.came(PROMPT, 100.2)

    assert gathering.due(under_way=False) == pytest.approx(100.201)


def test_those_who_would_fill_the_batch_are_waited_for_while_they_are_expected_back() -> None:
    gathering = Gathering(5)
    for moment in (99.8, 99.9, 100.0):
        gathering.answered(moment)
    for _ in range(2):
        gathering.answered(100.1)
    gathering.came(QUEUED, 100.2)
    gathering.came(QUEUED, 100.2)

    assert gathering.due(under_way=False) == pytest.approx(101.0)


def test_too_few_to_fill_the_batch_are_not_waited_for() -> None:
    gathering = Gathering(5)
    for _ in range(4):
        gathering.answered(100.0)
    gathering.came(QUEUED, 100.2)

    assert gathering.due(under_way=False) == pytest.approx(100.25)


def test_who_does_not_come_back_within_a_second_is_forgotten() -> None:
    gathering = Gathering(2)
    for _ in range(9):
        gathering.answered(100.0)
    gathering.answered(110.0)
    gathering.came(QUEUED, 110.5)

    assert gathering.due(under_way=False) == pytest.approx(110.55)


def test_those_that_stay_go_on_waiting_from_when_they_came() -> None:
    gathering = Gathering(20)
    gathering.came(QUEUED, 99.9)
    gathering.came(QUEUED, 100.0)
    gathering.left(100.0, [(QUEUED, 99.95), (QUEUED, 99.9)])

    assert gathering.due(under_way=True) == pytest.approx(99.9 + PATIENCE[QUEUED].longest)
