from datetime import UTC, datetime

import pytest

from esoctl.kube.election import Election, Part, Timings
from esoctl.model.lease import Lease, LeaseSpec
from esoctl.model.meta import Meta

WALL = datetime(2026, 6, 1, 12, 0, 0, 250_000, UTC)


def lease(holder: str, renewed: str = "r1", seconds: int = 15, transitions: int = 3) -> Lease:
    spec = LeaseSpec(holder, seconds, "2001-01-01T00:00:00.000000Z", renewed, transitions)
    return Lease(Meta("esoctl", "system", resource_version=renewed), spec)


def candidate(identity: str = "me") -> Election:
    return Election(identity, Timings())


def leader(sent: float = 0.0) -> Election:
    election = candidate()
    election.won(lease("me"), sent)
    return election


def test_l_01_a_lease_expires_by_the_time_it_did_not_change_and_not_by_what_it_says() -> None:
    election = candidate()
    election.see(lease("other"), 100.0)
    election.see(lease("other", "r2"), 110.0)

    assert election.claim(124.9, WALL) is None
    assert election.claim(125.0, WALL) is not None


def test_l_02_a_new_candidate_waits_a_whole_duration_even_if_the_lease_looks_ancient() -> None:
    election = candidate()
    election.see(lease("other", "1999-01-01T00:00:00.000000Z"), 7.0)

    assert election.claim(7.0 + 14.9, WALL) is None
    assert election.claim(7.0 + 15.0, WALL) is not None


def test_the_duration_is_the_one_the_holder_wrote() -> None:
    election = candidate()
    election.see(lease("other", seconds=60), 0.0)

    assert election.claim(59.0, WALL) is None
    assert election.claim(60.0, WALL) is not None


def test_a_lease_that_was_let_go_is_free_at_once() -> None:
    election = candidate()
    election.see(lease(""), 0.0)

    claim = election.claim(0.0, WALL)

    assert claim is not None
    assert (claim.holder_identity, claim.lease_transitions) == ("me", 4)


def test_no_lease_is_created_as_the_first_of_its_kind() -> None:
    election = candidate()
    election.see(None, 0.0)

    claim = election.claim(0.0, WALL)

    assert claim == LeaseSpec("me", 15, "2026-06-01T12:00:00.250000Z", "2026-06-01T12:00:00.250000Z", 0)


def test_a_renewal_keeps_when_it_was_acquired_and_how_often_it_changed_hands() -> None:
    election = leader()

    claim = election.claim(2.0, WALL)

    assert claim is not None
    assert (claim.acquire_time, claim.lease_transitions) == ("2001-01-01T00:00:00.000000Z", 3)


def test_the_lease_counts_from_when_the_renewal_was_sent() -> None:
    assert leader(sent=50.0).deadline == 65.0


def test_l_04_a_leader_gives_up_when_it_could_not_renew_within_the_deadline() -> None:
    election = leader(sent=0.0)

    election.check(10.0)
    assert election.part is Part.LEADER

    election.check(10.1)
    assert election.part is Part.DEPOSED
    assert election.deadline == float("-inf")
    assert election.claim(10.2, WALL) is None


def test_a_leader_that_sees_another_holder_is_deposed_at_once() -> None:
    election = leader()

    election.see(lease("other"), 1.0)

    assert election.part is Part.DEPOSED


def test_an_answer_that_comes_after_the_deposition_changes_nothing() -> None:
    election = leader()
    election.check(100.0)

    election.won(lease("me"), 100.0)

    assert election.part is Part.DEPOSED


def test_a_candidate_waits_no_longer_than_to_the_end_of_the_lease() -> None:
    election = candidate()
    election.see(lease("other"), 0.0)

    assert election.wait(14.0, draw=0.0) == 1.0
    assert election.wait(1.0, draw=0.5) == pytest.approx(2.2)


def test_l_08_letting_go_names_no_holder_and_lasts_a_second() -> None:
    released = leader().released(WALL)

    assert released is not None
    assert (released.holder_identity, released.lease_duration_seconds, released.lease_transitions) == ("", 1, 3)
    assert candidate().released(WALL) is None


@pytest.mark.parametrize(
    ("timings", "problem"),
    [
        (Timings(), ""),
        (Timings(lease=10, renew=10), "must last longer than the renew deadline"),
        (Timings(renew=2.3), "must be longer than 1.2 retries"),
        (Timings(retry=0), "must be positive"),
    ],
)
def test_timings_that_cannot_work_are_refused(timings: Timings, problem: str) -> None:
    assert problem in timings.problem
    assert bool(timings.problem) is bool(problem)


def test_l_05_one_request_leaves_time_for_another_before_the_renewal_is_due() -> None:
    assert Timings().request == 6.0
    assert Timings(lease=3, renew=1.5, retry=1).request == 1.0


def test_a_leader_counts_its_next_try_from_the_beginning_of_the_last() -> None:
    election = Election("a", Timings())
    election.won(Lease(Meta("esoctl", "system"), LeaseSpec("a")), sent=0.0)

    assert election.wait(0.5, draw=0.0, spent=0.5) == pytest.approx(1.5)
    assert election.wait(5.0, draw=1.0, spent=5.0) == 0.0
