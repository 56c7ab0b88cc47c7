"""The circuit of a store: a table of its steps, and a machine that tries all orders."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from esoctl.queue.circuit import (
    APART_SECONDS,
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    Admission,
    Circuit,
    return_seconds,
)


def failing(now: float = 0.0) -> Circuit:
    """One that has just opened."""
    circuit = Circuit()
    for _ in range(5):
        circuit.failed(now, 0.0, "away", probe=False)
    return circuit


def test_Q_26_five_failures_in_a_row_open_it_and_four_do_not() -> None:
    circuit = Circuit()

    opened = [circuit.failed(0.0, 0.0, "away", probe=False) for _ in range(5)]

    assert opened == [False, False, False, False, True]
    assert (circuit.open, circuit.problem) == (True, "away")


def test_an_answer_in_between_begins_the_count_anew() -> None:
    circuit = Circuit()
    for _ in range(4):
        circuit.failed(0.0, 0.0, "away", probe=False)
    circuit.answered()

    assert not circuit.failed(0.0, 0.0, "away", probe=False)


def test_one_call_that_took_long_to_fail_is_enough() -> None:
    assert Circuit().failed(0.0, 39.0, "silent", probe=False)


@pytest.mark.parametrize(
    ("seconds", "urgent", "admission"),
    [
        pytest.param(0.0, False, Admission.NONE, id="nobody asks at once"),
        pytest.param(0.0, True, Admission.NONE, id="not even a user"),
        pytest.param(APART_SECONDS, True, Admission.PROBE, id="a user may ask after a second"),
        pytest.param(APART_SECONDS, False, Admission.NONE, id="the others wait"),
        pytest.param(FIRST_PAUSE_SECONDS, False, Admission.PROBE, id="for the pause"),
    ],
)
def test_who_may_ask_an_open_circuit(seconds: float, urgent: bool, admission: Admission) -> None:
    assert failing(100.0).admit(100.0 + seconds, urgent=urgent) is admission


@pytest.mark.parametrize(("waiting", "seconds"), [(0, 0.0), (1, 0.5), (59, 29.5), (60, 30.0), (10_000, 30.0)])
def test_Q_26_few_come_back_half_a_second_apart_and_many_within_half_a_minute(waiting: int, seconds: float) -> None:
    assert return_seconds(waiting) == seconds


def test_one_probe_at_a_time() -> None:
    circuit = failing()

    assert circuit.admit(10.0, urgent=False) is Admission.PROBE
    assert circuit.admit(500.0, urgent=True) is Admission.NONE
    assert not circuit.wants_probe(500.0)


def test_pauses_double_up_to_twenty_seconds() -> None:
    circuit, now, pauses = failing(), 0.0, []
    for _ in range(4):
        start = now
        while circuit.admit(now, urgent=False) is Admission.NONE:
            now += 1.0
        pauses.append(now - start)
        circuit.failed(now, 0.0, "away", probe=True)

    assert pauses == [5.0, 10.0, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS]


def test_calls_that_were_under_way_when_it_opened_do_not_lengthen_the_pause() -> None:
    circuit = failing()
    for _ in range(20):
        circuit.failed(1.0, 0.0, "away", probe=False)

    assert circuit.wants_probe(FIRST_PAUSE_SECONDS)


def test_the_first_answer_closes_it_and_says_so_once() -> None:
    circuit = failing()
    circuit.admit(10.0, urgent=False)

    assert [circuit.answered(), circuit.answered()] == [True, False]
    assert circuit.admit(10.0, urgent=False) is Admission.FREE


def test_a_probe_that_asked_nothing_is_followed_by_another() -> None:
    circuit = failing()
    circuit.admit(10.0, urgent=False)
    circuit.abandoned(11.0)

    assert not circuit.wants_probe(15.9)
    assert circuit.wants_probe(16.0)


class CircuitMachine(RuleBasedStateMachine):
    """Whatever happens: one probe at a time, never a dead end, and free when the last word was an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.circuit = Circuit()
        self.now = 0.0
        self.probes = 0
        self.in_a_row = 0

    @rule(seconds=st.floats(0.0, 90.0), urgent=st.booleans())
    def visit(self, seconds: float, urgent: bool) -> None:
        self.now += seconds
        admission = self.circuit.admit(self.now, urgent=urgent)
        self.probes += admission is Admission.PROBE
        assert (admission is Admission.FREE) == (self.in_a_row < 5)

    @rule()
    def answer(self) -> None:
        assert self.circuit.answered() == (self.in_a_row >= 5)
        self.in_a_row = self.probes = 0

    @rule()
    def fail_freely(self) -> None:
        self.circuit.failed(self.now, 0.0, "away", probe=False)
        self.in_a_row += 1

    @precondition(lambda self: self.probes)
    @rule(abandoned=st.booleans())
    def end_probe(self, abandoned: bool) -> None:
        if abandoned:
            self.circuit.abandoned(self.now)
        else:
            self.circuit.failed(self.now, 0.0, "away", probe=True)
        self.probes -= 1

    @invariant()
    def one_probe_at_most(self) -> None:
        assert self.probes == self.circuit.probing <= 1

    @invariant()
    def somebody_may_always_ask_within_a_minute(self) -> None:
        later = self.now + LONGEST_PAUSE_SECONDS
        assert not self.circuit.open or self.circuit.probing or self.circuit.wants_probe(later)


CircuitMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestCircuit = CircuitMachine.TestCase
