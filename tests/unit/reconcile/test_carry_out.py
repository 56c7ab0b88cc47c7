"""A plan becomes calls: which, in what order, and what is told."""

from dataclasses import replace

import pytest

from esoctl.errors import Conflict, Denied, EsoctlError, Invalid, NotFound
from esoctl.model.conditions import Reason
from esoctl.model.meta import Meta
from esoctl.model.values import Values
from esoctl.plan import hashing
from esoctl.plan.observed import DATA_HASH_ANNOTATION
from esoctl.plan.secret import Apply, Leave, Remove, SecretPlan
from esoctl.reconcile.carry_out import CREATED, ORPHANED, REMOVED, UPDATED, carry_out, remove_orphans
from esoctl.reconcile.ports import Note
from support.builders import TARGET_UID, a_target
from support.memory_cluster import MemoryCluster

pytestmark = pytest.mark.asyncio

DATA = {"password": b"new"}
NEW = Apply(
    "shop",
    "Opaque",
    Values(DATA),
    {},
    {DATA_HASH_ANNOTATION: hashing.data_hash(DATA)},
    None,
    immutable=False,
    finalizers=(),
    uid="",
)
OVER = replace(NEW, uid=TARGET_UID)


def plan(write: Apply | Remove | Leave) -> SecretPlan:
    return SecretPlan(write, Reason.SECRET_SYNCED, "secret synced")


@pytest.mark.parametrize(
    ("write", "notes"),
    [
        pytest.param(NEW, [CREATED], id="made"),
        pytest.param(OVER, [UPDATED], id="changed"),
        pytest.param(replace(OVER, frozen=True), [], id="metadata of an immutable one"),
    ],
)
async def test_what_is_told_of_a_write(write: Apply, notes: list[Note]) -> None:
    cluster = MemoryCluster()

    written, told = await carry_out(plan(write), "team-a", "manager", cluster)

    assert written is not None
    assert (written.data, told) == (DATA, notes)
    assert cluster.calls == [("apply_secret", "team-a", "shop", "manager")]


async def test_nothing_to_write_is_no_call() -> None:
    cluster = MemoryCluster()

    assert await carry_out(plan(Leave()), "team-a", "m", cluster) == (None, [])
    assert cluster.calls == []


async def test_a_removal_is_of_the_very_object_that_was_seen() -> None:
    cluster = MemoryCluster()

    assert await carry_out(plan(Remove("shop", "u", "7")), "team-a", "m", cluster) == (None, [REMOVED])
    assert cluster.calls == [("remove_secret", "team-a", "shop", "u", "7")]


async def test_what_the_reference_wrote_is_taken_over_before_the_write() -> None:
    cluster = MemoryCluster()

    with cluster.only("take_over_secret", "apply_secret"):
        await carry_out(plan(replace(OVER, take_over=True)), "team-a", "m", cluster)


async def test_the_hash_is_of_what_is_there_after_the_write() -> None:
    cluster = MemoryCluster(secrets={("team-a", "shop"): a_target({"hand": b"made"})})

    with cluster.only("apply_secret", "apply_secret"):
        written, told = await carry_out(plan(NEW), "team-a", "m", cluster)

    assert written is not None
    assert written.metadata.annotations[DATA_HASH_ANNOTATION] == hashing.data_hash({"hand": b"made", **DATA})
    assert cluster.bodies[1]["metadata"]["uid"] == TARGET_UID
    assert told == [CREATED]


@pytest.mark.parametrize(
    ("write", "error", "raised"),
    [
        pytest.param(OVER, Invalid(422, "Invalid", "metadata.uid: field is immutable"), Conflict, id="replaced"),
        pytest.param(OVER, NotFound(404, "NotFound", "no such secret"), Conflict, id="deleted meanwhile"),
        pytest.param(OVER, Invalid(422, "Invalid", "data: too long"), Invalid, id="another fault of the body"),
        pytest.param(NEW, Invalid(422, "Invalid", "metadata.uid: odd"), Invalid, id="no object was expected"),
        pytest.param(NEW, Invalid(422, "Invalid", "metadata.ownerReferences: two"), Conflict, id="another was first"),
        pytest.param(NEW, NotFound(404, "NotFound", "no such namespace"), NotFound, id="no namespace"),
        pytest.param(OVER, Denied(403, "Forbidden", "no"), Denied, id="denied"),
    ],
)
async def test_a_target_that_is_another_by_now_is_a_conflict(
    write: Apply, error: EsoctlError, raised: type[EsoctlError]
) -> None:
    cluster = MemoryCluster()
    cluster.refuse("apply_secret", error)

    with pytest.raises(raised):
        await carry_out(plan(write), "team-a", "m", cluster)


async def test_a_type_that_cannot_change_is_told_with_the_remedy() -> None:
    cluster = MemoryCluster()
    cluster.refuse("apply_secret", Invalid(422, "Invalid", 'type: Invalid value: "x": field is immutable', 7.0))

    with pytest.raises(Invalid, match=r"field is immutable; .* delete shop, and it is made anew at once") as raised:
        await carry_out(plan(OVER), "team-a", "m", cluster)

    assert raised.value.after == 7.0


async def test_orphans_are_removed_as_they_were_seen_and_told_once() -> None:
    cluster = MemoryCluster()
    orphans = [Meta("a", "team-a", "u1", "1"), Meta("b", "team-a", "u2", "2")]

    assert await remove_orphans(orphans, "team-a", cluster) == [ORPHANED]
    assert await remove_orphans([], "team-a", cluster) == []
    assert cluster.calls == [("remove_secret", "team-a", "a", "u1", "1"), ("remove_secret", "team-a", "b", "u2", "2")]
