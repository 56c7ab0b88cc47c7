"""What is taken in from pages and events: order, identity, poison."""

import json
from typing import Any

import msgspec
import pytest

from esoctl.errors import SpecError
from esoctl.informers import documents
from esoctl.informers.changes import Change, ChangeKind
from esoctl.informers.documents import EventType
from esoctl.informers.intake import Intake
from esoctl.informers.store import Broken, Writer
from esoctl.model.meta import Meta, Wire
from support.listwatch import an_object

ADDED, MODIFIED, DELETED = EventType.ADDED, EventType.MODIFIED, EventType.DELETED


class Thing(Wire, frozen=True):
    metadata: Meta
    size: int = 0


def raw(thing: dict[str, Any]) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(thing).encode())


class Taking:
    """One intake, what it decoded and what it told."""

    def __init__(self, kind: str = "") -> None:
        self.changes: list[Change[Thing]] = []
        self.decoded: list[str] = []
        self.writer: Writer[Thing] = Writer()
        self.intake = Intake(self.writer, self._decode, self.changes.append, kind)

    def _decode(self, document: msgspec.Raw) -> Thing:
        thing = msgspec.json.decode(document, type=Thing)
        self.decoded.append(thing.metadata.name)
        if thing.size < 0:
            raise SpecError("size", "is negative")
        return thing

    async def listing(self, *things: dict[str, Any], version: str = "10") -> None:
        self.intake.begin()
        await self.intake.page([raw(thing) for thing in things])
        await self.intake.commit(version)

    def event(self, type_: EventType, thing: dict[str, Any]) -> None:
        head = self.intake.head(raw(thing))
        if head is not None:
            self.intake.event(type_, raw(thing), head)

    def told(self) -> list[tuple[ChangeKind, str, str]]:
        return [(c.kind, c.metadata.name, c.metadata.resource_version) for c in self.changes]


@pytest.mark.asyncio
async def test_what_a_later_list_repeats_is_neither_decoded_nor_told_again() -> None:
    taking = Taking()
    await taking.listing(an_object("a", 5), an_object("b", 6))
    kept = taking.writer.store.get("shop", "a")

    await taking.listing(an_object("a", 5), an_object("b", 12))

    assert taking.decoded == ["a", "b", "b"]
    assert taking.told()[2:] == [(ChangeKind.MODIFIED, "b", "12")]
    assert taking.writer.store.get("shop", "a") is kept


@pytest.mark.asyncio
async def test_only_the_first_list_is_initial() -> None:
    taking = Taking()
    await taking.listing(an_object("a", 5))
    await taking.listing(an_object("a", 5), an_object("b", 12))

    assert taking.told() == [(ChangeKind.INITIAL, "a", "5"), (ChangeKind.ADDED, "b", "12")]


@pytest.mark.asyncio
async def test_a_list_that_was_given_up_leaves_no_trace() -> None:
    taking = Taking()
    taking.intake.begin()
    await taking.intake.page([raw(an_object("a", 5))])

    await taking.listing(an_object("b", 6))

    assert taking.told() == [(ChangeKind.INITIAL, "b", "6")]
    assert len(taking.writer.store) == 1


def test_I_36_events_are_told_in_their_order() -> None:
    taking = Taking()

    for version in range(1, 6):
        taking.event(MODIFIED if version > 1 else ADDED, an_object("a", version))

    assert [version for _, _, version in taking.told()] == ["1", "2", "3", "4", "5"]


def test_I_37_another_uid_under_the_same_name_is_seen_as_such() -> None:
    taking = Taking()
    taking.event(ADDED, an_object("a", 5))

    taking.event(ADDED, an_object("a", 9, uid="another"))
    taking.event(MODIFIED, an_object("a", 10, uid="another"))

    assert [(change.kind, change.replaced) for change in taking.changes] == [
        (ChangeKind.ADDED, False),
        (ChangeKind.MODIFIED, True),
        (ChangeKind.MODIFIED, False),
    ]


@pytest.mark.parametrize(
    ("type_", "thing", "reason"),
    [
        pytest.param(MODIFIED, an_object("a", 9), "outdated", id="older"),
        pytest.param(DELETED, an_object("a", 9), "outdated", id="older deletion"),
        pytest.param(MODIFIED, an_object("a", 10), "repeated", id="F18 repeated"),
        pytest.param(ADDED, an_object("a", 10), "repeated", id="F18 added again"),
        pytest.param(DELETED, an_object("a", 99, uid="before"), "outdated", id="deletion of another"),
    ],
)
def test_I_38_an_event_of_the_past_is_ignored_and_counted(type_: EventType, thing: dict[str, Any], reason: str) -> None:
    taking = Taking()
    taking.event(ADDED, an_object("a", 10))

    taking.event(type_, thing)

    assert len(taking.changes) == 1
    assert taking.intake.skipped == {reason: 1}
    assert taking.writer.store.get("shop", "a") is taking.changes[0].new


@pytest.mark.parametrize("version", [10, 12])
def test_a_deletion_takes_the_object_out(version: int) -> None:
    taking = Taking()
    taking.event(ADDED, an_object("a", 10))

    taking.event(DELETED, an_object("a", version))

    assert taking.told()[1:] == [(ChangeKind.DELETED, "a", "10")]
    assert not taking.changes[1].final_state_unknown
    assert len(taking.writer.store) == 0


def test_the_deletion_of_what_was_never_seen_is_not_told() -> None:
    taking = Taking()

    taking.event(DELETED, an_object("a", 10))

    assert taking.changes == []


def test_I_30_an_object_turns_broken_and_sound_again() -> None:
    taking = Taking()
    taking.event(ADDED, an_object("a", 1, size=3))
    taking.event(MODIFIED, an_object("a", 2, size="hunter2"))
    taking.event(MODIFIED, an_object("a", 3, size=-1))
    taking.event(MODIFIED, an_object("a", 4, size=4))

    states = [change.new for change in taking.changes]
    errors = [state.error if isinstance(state, Broken) else "" for state in states]
    assert errors == ["", "Expected `int`, got `str` - at `$.size`", "size: is negative", ""]


def test_I_32_what_was_good_is_handed_on_with_what_is_broken() -> None:
    taking = Taking()
    taking.event(ADDED, an_object("a", 1, size=3))
    taking.event(MODIFIED, an_object("a", 2, size="x"))

    assert taking.changes[1].old is taking.changes[0].new


@pytest.mark.parametrize(
    ("thing", "reason"),
    [
        pytest.param({"metadata": {"resourceVersion": "5"}}, "unreadable", id="no name"),
        pytest.param({"metadata": {"name": 5, "resourceVersion": "5"}}, "unreadable", id="name is a number"),
        pytest.param({"kind": "Table", "metadata": {"resourceVersion": "5"}}, "wrong kind", id="table"),
        pytest.param(an_object("a", 5, kind="ConfigMap"), "wrong kind", id="another kind"),
        pytest.param({}, "unreadable", id="no metadata"),
    ],
)
def test_I_31_what_cannot_be_one_of_ours_is_counted_and_left_out(thing: dict[str, Any], reason: str) -> None:
    taking = Taking("Secret")

    taking.event(ADDED, thing)
    taking.event(ADDED, an_object("b", 6, kind="Secret"))

    assert [change.metadata.name for change in taking.changes] == ["b"]
    assert taking.intake.skipped == {reason: 1}


def test_I_31_a_number_without_end_is_broken() -> None:
    document = b'{"metadata":{"name":"a","namespace":"shop","resourceVersion":"5"},"size":1e400}'
    taking = Taking()
    head = taking.intake.head(msgspec.Raw(document))
    assert head is not None

    taking.intake.event(ADDED, msgspec.Raw(document), head)

    assert isinstance(taking.writer.store.get("shop", "a"), Broken)


def test_I_46_managed_fields_are_not_kept() -> None:
    taking = Taking()
    thing = an_object("a", 5)
    thing["metadata"]["managedFields"] = [{"manager": "x", "fieldsV1": {"f:data": {}}}]

    taking.event(ADDED, thing)

    assert not hasattr(taking.changes[0].metadata, "managed_fields")
    assert documents.head(raw(thing)) is not None


@pytest.mark.asyncio
async def test_T_12_the_first_list_is_handed_on_by_urgency_and_later_ones_are_not() -> None:
    taking = Taking()
    taking.intake.urgency = lambda thing: float(thing.size) if isinstance(thing, Thing) else 0.0
    await taking.listing(an_object("a", 1, size=1), an_object("b", 2, size=3), an_object("c", 3), an_object("d", 4))
    await taking.listing(an_object("e", 5, size=1), an_object("f", 6, size=2))

    assert [name for _, name, _ in taking.told()][:6] == ["b", "a", "c", "d", "e", "f"]


def test_the_newer_state_of_an_object_may_share_parts_with_the_older_one() -> None:
    taking = Taking()
    taking.intake.after = lambda known, fresh: msgspec.structs.replace(fresh, size=known.size)
    taking.event(ADDED, an_object("a", 1) | {"size": 3})
    taking.event(MODIFIED, an_object("a", 2) | {"size": 4})

    found = taking.writer.store.get("shop", "a")
    assert isinstance(found, Thing)
    assert (found.metadata.resource_version, found.size) == ("2", 3)
