"""When a remote secret counts as gone."""

from datetime import timedelta

import pytest

from esoctl.model.keys import Kind, StoreRef
from esoctl.model.remote import RemoteKey
from esoctl.plan.absence import proven_at, sight, vanished
from esoctl.plan.sources import Get
from support.builders import an_external_secret, observed
from support.day import EPOCH

STORE = StoreRef(Kind.SECRET_STORE, "team-a", "aws")
A, B = Get(STORE, RemoteKey("a")), Get(STORE, RemoteKey("b"))
LATER = EPOCH + timedelta(seconds=30)


def test_the_first_read_proves_nothing_and_the_time_counts_from_it() -> None:
    first = sight(None, "uid", [A], EPOCH)
    second = sight(first, "uid", [A], LATER)

    assert proven_at(second, 60.0) == EPOCH + timedelta(seconds=60)


def test_the_youngest_absence_decides() -> None:
    seen = sight(sight(None, "uid", [A], EPOCH), "uid", [A, B], LATER)

    assert proven_at(seen, 60.0) == LATER + timedelta(seconds=60)


def test_a_value_seen_in_between_begins_the_proof_anew() -> None:
    gone = sight(sight(None, "uid", [A], EPOCH), "uid", [], EPOCH)

    assert proven_at(gone, 60.0) is None
    assert proven_at(sight(gone, "uid", [A], LATER), 60.0) == LATER + timedelta(seconds=60)


def test_a_new_object_of_the_same_name_inherits_no_proof() -> None:
    seen = sight(sight(None, "old", [A], EPOCH), "new", [A], LATER)

    assert proven_at(seen, 60.0) == LATER + timedelta(seconds=60)


def test_a_clock_that_was_set_back_holds_nothing_up() -> None:
    seen = sight(sight(None, "uid", [A], LATER), "uid", [A], EPOCH)

    assert proven_at(seen, 60.0) == EPOCH + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("synced_version", "answers", "before", "held"),
    [
        pytest.param("1-abc", 2, 1, True, id="other answers to the same spec"),
        pytest.param("1-abc", 2, None, True, id="answers of before are not known"),
        pytest.param("1-abc", 1, 1, False, id="the same answers"),
        pytest.param("1-abc", None, 1, False, id="no store is asked"),
        pytest.param("0-abc", 2, 1, False, id="an edited spec"),
        pytest.param("", 2, None, False, id="never synced"),
    ],
)
def test_keys_wait_when_a_provider_may_have_taken_them_and_go_at_once_by_an_edit(
    synced_version: str, answers: int | None, before: int | None, held: bool
) -> None:
    es = an_external_secret(status={"syncedResourceVersion": synced_version})

    found = vanished(observed(es), {"a", "b"}, answers, before)

    assert set(found) == ({"a", "b"} if held else set())


def test_the_keys_among_what_is_absent_are_told_in_order() -> None:
    assert sight(None, "uid", ["b", A, "a"], EPOCH).keys == ["a", "b"]


def test_a_spec_that_was_written_and_could_not_be_reported_is_no_edit() -> None:
    found = vanished(observed(an_external_secret(generation=2)), {"a"}, 1, None, tried=True)

    assert set(found) == {"a"}
