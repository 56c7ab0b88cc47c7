"""When a remote secret counts as gone."""

from datetime import timedelta

from esoctl.model.keys import Kind, StoreRef
from esoctl.model.remote import RemoteKey
from esoctl.plan.absence import proven_at, sight
from esoctl.plan.sources import Get
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
