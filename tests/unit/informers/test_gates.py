"""Keys of a namespace that is not known yet wait, in order, and hold up no other."""

from esoctl.informers.gates import Gates
from esoctl.model.keys import Key, Kind

A, B, WIDE = (
    Key(Kind.EXTERNAL_SECRET, "team-a", "x"),
    Key(Kind.EXTERNAL_SECRET, "team-b", "x"),
    Key(Kind.CLUSTER_SECRET_STORE, "", "x"),
)


def test_keys_wait_for_their_own_namespace_and_go_in_the_order_they_came() -> None:
    out: list[tuple[Key, int]] = []
    gates: Gates[int] = Gates(lambda key, mark: out.append((key, mark)), ("team-a", "team-b"))

    for mark in (2, 1, 2):
        gates.emit(A, mark)
    gates.emit(B, 3)
    assert out == []

    gates.open("team-b")
    gates.emit(B, 4)
    assert out == [(B, 3), (B, 4)]

    gates.open("team-a")
    assert out[2:] == [(A, 2), (A, 1)]


def test_without_a_list_nothing_waits_and_opening_changes_nothing() -> None:
    out: list[tuple[Key, int]] = []
    gates: Gates[int] = Gates(lambda key, mark: out.append((key, mark)))

    gates.emit(WIDE, 1)
    gates.open("")

    assert out == [(WIDE, 1)]
