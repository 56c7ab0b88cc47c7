"""The shelves of shared answers; the time is an argument."""

import pytest

from esoctl.model.remote import MetadataPolicy, RemoteKey
from esoctl.model.values import Payload
from esoctl.providers.aws.sharing import Shared

A, B, C = RemoteKey("a"), RemoteKey("b"), RemoteKey("c")


def test_an_answer_is_found_while_it_is_young_enough_for_who_asks() -> None:
    shelf = Shared(10).shelf()
    shelf.put(A, Payload(b"x"), fetched_at=100.0)

    assert shelf.find(A, 103.0, oldest_seconds=3.0) == Payload(b"x")
    assert shelf.find(A, 103.1, oldest_seconds=3.0) is None


def test_no_reader_gets_more_than_the_window_whatever_it_would_take() -> None:
    shelf = Shared(10).shelf()
    shelf.put(A, Payload(b"x"), fetched_at=100.0)

    assert shelf.find(A, 110.0, oldest_seconds=float("inf")) == Payload(b"x")
    assert shelf.find(A, 110.1, oldest_seconds=float("inf")) is None


def test_who_wants_a_fresh_answer_finds_none_even_at_the_same_moment() -> None:
    shelf = Shared(10).shelf()
    shelf.put(A, Payload(b"x"), fetched_at=100.0)

    assert shelf.find(A, 100.0, oldest_seconds=0.0) is None


def test_SEC_13_shelves_know_nothing_of_one_another() -> None:
    shared = Shared(10)
    mine, yours = shared.shelf(), shared.shelf()
    mine.put(A, Payload(b"mine"), fetched_at=0.0)

    assert yours.find(A, 0.0, 10.0) is None

    yours.put(A, Payload(b"yours"), fetched_at=0.0)
    yours.clear()

    assert mine.find(A, 0.0, 10.0) == Payload(b"mine")
    assert yours.find(A, 0.0, 10.0) is None


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(RemoteKey("b"), id="key"),
        pytest.param(RemoteKey("a", "AWSPREVIOUS"), id="stage"),
        pytest.param(RemoteKey("a", "uuid/1"), id="version"),
        pytest.param(RemoteKey("a", metadata=MetadataPolicy.FETCH), id="tags"),
    ],
)
def test_another_reference_is_another_answer(other: RemoteKey) -> None:
    shelf = Shared(10).shelf()
    shelf.put(A, Payload(b"x"), fetched_at=0.0)

    assert shelf.find(other, 0.0, 10.0) is None


def test_of_two_answers_the_one_that_was_fetched_later_stays() -> None:
    shelf = Shared(10).shelf()
    shelf.put(A, Payload(b"new"), fetched_at=2.0)
    shelf.put(A, Payload(b"old"), fetched_at=1.0)

    assert shelf.find(A, 2.0, 10.0) == Payload(b"new")


def test_a_window_of_zero_keeps_nothing() -> None:
    shared = Shared(0)
    shared.shelf().put(A, Payload(b"x"), fetched_at=0.0)

    assert (len(shared), shared.size) == (0, 0)


def test_what_is_too_old_for_everybody_is_dropped() -> None:
    shared = Shared(10)
    shelf = shared.shelf()
    shelf.put(A, Payload(b"x"), fetched_at=0.0)
    shelf.put(B, Payload(b"y"), fetched_at=5.0)

    shelf.sweep(10.1)

    assert len(shared) == 1
    assert shelf.find(B, 10.1, 10.0) == Payload(b"y")


def test_the_oldest_goes_when_there_are_too_many() -> None:
    shared = Shared(10, most_entries=2)
    shelf = shared.shelf()
    for moment, ref in enumerate((A, B, C)):
        shelf.put(ref, Payload(b"x"), fetched_at=float(moment))

    assert [shelf.find(ref, 3.0, 10.0) is not None for ref in (A, B, C)] == [False, True, True]


def test_all_shelves_together_hold_so_many_bytes() -> None:
    shared = Shared(10, most_bytes=200_000)
    for number in range(100):
        shared.shelf().put(RemoteKey(f"{number}"), Payload(b"x" * 65_536), fetched_at=float(number))

    assert 0 < shared.size <= 200_000
    assert len(shared) == 3


def test_the_size_comes_back_to_nothing() -> None:
    shared = Shared(10)
    shelf = shared.shelf()
    for value in (b"x", b"longer"):
        shelf.put(A, Payload(value), fetched_at=1.0)
    shelf.put(B, Payload(b"y"), fetched_at=1.0)
    shelf.clear()

    assert (len(shared), shared.size) == (0, 0)


def test_no_repr_shows_a_value() -> None:
    shared = Shared(10)
    shelf = shared.shelf()
    shelf.put(A, Payload(b"c4n4ry"), fetched_at=1.0)

    assert "c4n4ry" not in repr((shared, shelf, vars(shared)))
