"""Targets of other kinds over a port in memory: guards, what is told, and what is remembered."""

from dataclasses import dataclass, field

import anyio.lowlevel
import msgspec
import pytest

from esoctl.errors import ClusterError, Conflict, Invalid, NotFound
from esoctl.model import generic as objects
from esoctl.model.conditions import Reason
from esoctl.model.external_secret import ManifestRef
from esoctl.model.generic import Generic
from esoctl.model.keys import Key, Kind
from esoctl.model.kinds import RESOURCES, Resource
from esoctl.model.meta import Meta
from esoctl.plan.generic import GenericPlan, Write
from esoctl.plan.observed import Observed
from esoctl.plan.secret import Leave, Remove, SecretPlan
from esoctl.reconcile.generic_targets import GenericTargets
from support.builders import an_external_secret, observed

pytestmark = pytest.mark.asyncio

MAPS = RESOURCES[Kind.CONFIG_MAP]
KEY = Key(Kind.EXTERNAL_SECRET, "team-a", "shop")
ES = an_external_secret(target={"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}})
assert ES.spec is not None
SPEC = ES.spec


def an_object(version: str = "7", uid: str = "u1", **content: object) -> Generic:
    metadata = {"name": "shop", "namespace": "team-a", "uid": uid, "resourceVersion": version}
    return objects.decode(msgspec.json.encode({"metadata": metadata, **content}))


@dataclass
class Held:
    """One object, and what was asked."""

    there: Generic | None = None
    error: ClusterError | None = None
    calls: list[str] = field(default_factory=list)

    async def resource(self, wanted: ManifestRef) -> Resource | None:
        return MAPS

    async def get(self, resource: Resource, namespace: str, name: str) -> Generic | None:
        await self._called("get")
        return self.there

    async def apply(self, resource: Resource, namespace: str, name: str, body: bytes, manager: str) -> Generic:
        await self._called("apply")
        content = {"data": msgspec.json.decode(body).get("data", {})}
        self.there = an_object("8", **content)
        return self.there

    async def take_over(self, resource: Resource, there: Generic, manager: str) -> None:
        await self._called("take_over")

    async def remove(self, resource: Resource, there: Meta) -> None:
        await self._called(f"remove {there.uid}")

    async def _called(self, what: str) -> None:
        await anyio.lowlevel.checkpoint()
        self.calls.append(what)
        if self.error is not None:
            raise self.error


def a_write(uid: str = "", value: str = "hunter2hunter2") -> GenericPlan:
    digest = {"reconcile.external-secrets.io/data-hash": "stale"}
    body: objects.Json = {"metadata": {"labels": {}, "annotations": digest}, "data": {"password": value}}
    return GenericPlan(Write(body, uid, "7", {}), SecretPlan(Leave(), Reason.RESOURCE_SYNCED, "secret synced"))


def targets(held: Held, followed: list[tuple[Key, list[Resource]]] | None = None) -> GenericTargets:
    heard = [] if followed is None else followed
    return GenericTargets(held, allowed=True, follow=lambda key, resources: heard.append((key, list(resources))))


def seen(there: Generic | None = None) -> Observed:
    found = observed(ES)
    return Observed(found.es, found.now, other=there)


async def test_a_write_is_remembered_followed_and_told() -> None:
    followed: list[tuple[Key, list[Resource]]] = []
    held = Held()
    found = targets(held, followed)

    notes = await found.carry_out(seen(), SPEC, a_write())

    assert [note.message for note in notes] == ["Created ConfigMap shop"]
    assert held.calls == ["apply", "apply"], "the second one mends the hash"
    assert followed == [(KEY, [MAPS])]
    assert found.is_own(MAPS, an_object("8").metadata)
    assert not found.is_own(MAPS, an_object("9").metadata)
    known = await found.see(observed(ES), SPEC)
    assert known.written == {"data": {"password": "hunter2hunter2"}}

    found.forget(KEY)
    assert not found.is_own(MAPS, an_object("8").metadata)
    assert followed[-1] == (KEY, [])


async def test_a_write_over_what_is_there_takes_it_over_first() -> None:
    held = Held()

    notes = await targets(held).carry_out(seen(an_object()), SPEC, a_write("u1"))

    assert held.calls[0] == "take_over"
    assert [note.message for note in notes] == ["Updated ConfigMap shop"]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(NotFound(404, "NotFound", "gone"), id="deleted meanwhile"),
        pytest.param(Invalid(422, "Invalid", "metadata.uid: field is immutable"), id="another of its name"),
    ],
)
async def test_a_target_that_is_another_now_is_a_conflict(error: ClusterError) -> None:
    with pytest.raises(Conflict):
        await targets(Held(error=error)).carry_out(seen(), SPEC, a_write("u1"))


async def test_a_refusal_that_quotes_a_value_loses_it() -> None:
    error = Invalid(422, "Invalid", "no password may be hunter2hunter2 here")

    with pytest.raises(Invalid) as caught:
        await targets(Held(error=error)).carry_out(seen(), SPEC, a_write())

    assert str(caught.value) == "no password may be <value> here"


async def test_a_removal_is_of_the_object_that_was_seen() -> None:
    held = Held()
    plan = GenericPlan(Remove("shop", "u1", "7"), SecretPlan(Leave(), Reason.RESOURCE_DELETED, "deleted"))

    notes = await targets(held).carry_out(seen(an_object()), SPEC, plan)

    assert held.calls == ["remove u1"]
    assert [note.message for note in notes] == ["Deleted ConfigMap shop"]


async def test_whoever_is_only_let_go_needs_no_look_at_the_target() -> None:
    held = Held()
    going = an_external_secret(deleting=True, target={"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}})

    await targets(held).see(observed(going), SPEC)

    assert held.calls == []


async def test_no_value_is_in_a_repr() -> None:
    held = Held()
    found = targets(held)
    await found.carry_out(seen(), SPEC, a_write())

    assert "hunter2" not in repr(found) + repr(a_write()) + repr(held.there)
