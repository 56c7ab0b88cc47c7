"""Which keys a change gives, and how urgent they are."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from esoctl.informers import triggers
from esoctl.informers.triggers import Cause, Lookups, Trigger
from esoctl.model.external_secret import ExternalSecret
from esoctl.model.keys import Key, Kind, StoreRef
from esoctl.model.kinds import RESOURCES
from esoctl.model.store import Store
from support.builders import a_store, a_target, an_external_secret

SHOP = Key(Kind.EXTERNAL_SECRET, "team-a", "shop")
WAITING = Key(Kind.EXTERNAL_SECRET, "team-a", "waiting")
AWS = Key(Kind.SECRET_STORE, "team-a", "aws")
READY = {"conditions": [{"type": "Ready", "status": "True"}]}
FAILED = {"conditions": [{"type": "Ready", "status": "False"}]}
CONTENT = an_external_secret(status=READY)
WAITS = an_external_secret(name="waiting", status=FAILED)


@dataclass
class World:
    """What is known besides the change."""

    targets: list[ExternalSecret] = field(default_factory=list)
    dependants: list[ExternalSecret] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    readers: list[ExternalSecret] = field(default_factory=list)
    own: bool = False
    asked: list[object] = field(default_factory=list)

    def lookups(self) -> Lookups:
        return Lookups(
            lambda namespace, name: self._told((namespace, name), self.targets),
            lambda ref: self._told(ref, self.dependants),
            lambda namespace, name: self._told((namespace, name), self.stores),
            lambda resource, namespace, name: self._told((resource.plural, namespace, name), self.targets),
            lambda kind, namespace, name: self._told((kind, namespace, name), self.readers),
            lambda meta: self.own,
        )

    def _told(self, question: object, answer: list[Any]) -> list[Any]:
        self.asked.append(question)
        return answer


def edited(store: Store) -> Store:
    return msgspec.structs.replace(store, metadata=msgspec.structs.replace(store.metadata, generation=2))


@pytest.mark.parametrize(
    ("new", "initial", "cause"),
    [
        pytest.param(CONTENT, False, Cause.EDIT, id="edited"),
        pytest.param(CONTENT, True, Cause.INITIAL, id="in the first list"),
        pytest.param(None, False, Cause.DELETION, id="gone or broken"),
        pytest.param(an_external_secret(deleting=True), True, Cause.DELETION, id="going"),
    ],
)
def test_an_external_secret(new: ExternalSecret | None, initial: bool, cause: Cause) -> None:
    meta = (new or CONTENT).metadata

    assert list(triggers.of_external_secret(new, meta, initial=initial)) == [Trigger(SHOP, cause)]


@pytest.mark.parametrize(
    ("old", "new", "initial", "found"),
    [
        pytest.param(
            None,
            a_store(),
            False,
            [Trigger(AWS, Cause.EDIT), Trigger(SHOP, Cause.SOURCE), Trigger(WAITING, Cause.STORE)],
            id="made",
        ),
        pytest.param(None, a_store(), True, [Trigger(AWS, Cause.STORE)], id="in the first list, before its dependants"),
        pytest.param(
            a_store(),
            edited(a_store()),
            False,
            [Trigger(AWS, Cause.EDIT), Trigger(SHOP, Cause.SOURCE), Trigger(WAITING, Cause.STORE)],
            id="edited",
        ),
        pytest.param(
            a_store(status=FAILED),
            edited(a_store(status=FAILED)),
            False,
            [Trigger(AWS, Cause.EDIT), Trigger(SHOP, Cause.SOURCE), Trigger(WAITING, Cause.SOURCE)],
            id="edited while it cannot be used",
        ),
        pytest.param(
            a_store(status=FAILED), a_store(status=READY), False, [Trigger(WAITING, Cause.STORE)], id="became ready"
        ),
        pytest.param(a_store(status=READY), a_store(status=FAILED), False, [], id="failed"),
        pytest.param(
            a_store(),
            None,
            False,
            [Trigger(AWS, Cause.EDIT), Trigger(SHOP, Cause.SOURCE), Trigger(WAITING, Cause.STORE)],
            id="deleted",
        ),
    ],
)
def test_a_store(old: Store | None, new: Store | None, initial: bool, found: list[Trigger]) -> None:
    world = World(dependants=[CONTENT, WAITS])

    assert list(triggers.of_store(old, new, world.lookups(), initial=initial)) == found


def test_the_dependants_of_a_store_are_looked_up_by_its_reference() -> None:
    world = World()

    list(triggers.of_store(None, a_store(namespace=""), world.lookups(), initial=False))

    assert world.asked == [StoreRef(Kind.CLUSTER_SECRET_STORE, "", "aws")]


def test_a_changed_target_is_drift() -> None:
    world, meta = World(targets=[CONTENT, WAITS]), a_target().metadata

    found = list(triggers.of_secret(meta, meta, world.lookups(), initial=False))

    assert found == [Trigger(SHOP, Cause.DRIFT), Trigger(WAITING, Cause.DRIFT)]
    assert world.asked == [("team-a", "shop"), ("team-a", "shop"), (Kind.SECRET, "team-a", "shop")]


def test_our_own_write_is_no_drift() -> None:
    meta = a_target().metadata

    assert list(triggers.of_secret(meta, meta, World(targets=[CONTENT], own=True).lookups(), initial=False)) == []


def test_a_deleted_target_is_drift_even_when_the_last_write_was_ours() -> None:
    world = World(targets=[CONTENT], own=True)

    found = list(triggers.of_secret(None, a_target().metadata, world.lookups(), initial=False))

    assert found == [Trigger(SHOP, Cause.DRIFT)]


def test_changed_credentials_reach_the_store_and_those_that_wait_for_it() -> None:
    world, meta = World(stores=[a_store()], dependants=[CONTENT, WAITS]), a_target(name="aws-key").metadata

    found = list(triggers.of_secret(meta, meta, world.lookups(), initial=False))

    assert found == [Trigger(AWS, Cause.STORE), Trigger(WAITING, Cause.STORE)]


def test_the_first_list_of_secrets_gives_no_keys() -> None:
    world, meta = World(targets=[CONTENT], stores=[a_store()]), a_target().metadata

    assert list(triggers.of_secret(meta, meta, world.lookups(), initial=True)) == []
    assert world.asked == []


def test_an_edited_config_map_makes_those_that_render_it_out_of_date() -> None:
    world = World(readers=[CONTENT, WAITS])

    found = list(triggers.of_config_map(a_target(name="texts").metadata, world.lookups(), initial=False))

    assert found == [Trigger(SHOP, Cause.SOURCE), Trigger(WAITING, Cause.SOURCE)]
    assert world.asked == [(Kind.CONFIG_MAP, "team-a", "texts")]


def test_the_first_list_of_config_maps_gives_no_keys() -> None:
    world = World(readers=[CONTENT])

    assert list(triggers.of_config_map(a_target(name="texts").metadata, world.lookups(), initial=True)) == []


@pytest.mark.parametrize("own", [True, False])
def test_a_secret_that_holds_templates_makes_those_that_render_it_out_of_date(own: bool) -> None:
    world, meta = World(readers=[CONTENT], own=own), a_target(name="texts").metadata

    assert list(triggers.of_secret(meta, meta, world.lookups(), initial=False)) == [Trigger(SHOP, Cause.SOURCE)]


def test_our_own_write_of_a_target_that_holds_its_own_templates_wakes_nobody() -> None:
    world, meta = World(readers=[CONTENT], own=True), a_target().metadata

    assert list(triggers.of_secret(meta, meta, world.lookups(), initial=False)) == []


@pytest.mark.parametrize(("status", "waits"), [({}, True), (FAILED, True), (READY, False)])
def test_who_waits_for_a_store(status: dict[str, Any], waits: bool) -> None:
    assert triggers.waits(an_external_secret(status=status)) is waits


def test_a_changed_target_of_another_kind_is_drift() -> None:
    world, resource = World(targets=[CONTENT]), RESOURCES[Kind.CONFIG_MAP]
    meta = a_target().metadata

    assert list(triggers.of_generic(resource, meta, world.lookups(), initial=False)) == [Trigger(SHOP, Cause.DRIFT)]
    assert world.asked == [("configmaps", "team-a", "shop")]
    assert list(triggers.of_generic(resource, meta, world.lookups(), initial=True)) == []
