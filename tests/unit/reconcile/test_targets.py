"""What the target looks like now, when informers lag behind our own writes and others write too."""

from dataclasses import replace

import msgspec
import pytest

from esoctl.errors import Conflict, Unreachable
from esoctl.model.keys import Key, Kind
from esoctl.model.meta import OwnerRef
from esoctl.model.secret import Secret
from esoctl.model.values import Values
from esoctl.plan.observed import DATA_HASH_ANNOTATION, Applied
from esoctl.plan.secret import Apply
from esoctl.reconcile.targets import Targets
from support.builders import TARGET_UID, a_target
from support.memory_cluster import MemoryCluster, MemoryViews

pytestmark = pytest.mark.asyncio

KEY = Key(Kind.EXTERNAL_SECRET, "team-a", "shop")
PLACE = ("team-a", "shop")
PLAN = Apply("shop", "Opaque", Values(), {"l": "1"}, {"a": "2"}, OwnerRef(), False, (), "")


def at(version: int | str, name: str = "shop", value: bytes = b"x") -> Secret:
    made = a_target({"password": value}, name=name)
    return msgspec.structs.replace(made, metadata=msgspec.structs.replace(made.metadata, resource_version=str(version)))


class Scene:
    """Targets, and the two sides they look at."""

    def __init__(self) -> None:
        self.views, self.cluster = MemoryViews(), MemoryCluster()
        self.targets = Targets(self.views, self.cluster)

    def wrote(self, secret: Secret) -> None:
        self.targets.wrote(KEY, PLAN, secret)

    def metadata_informer_knows(self, secret: Secret) -> None:
        self.views.metas[PLACE] = secret.metadata
        self.views.seen = max(self.views.seen, int(secret.metadata.resource_version))

    async def see(self, name: str = "shop") -> Secret | None:
        return await self.targets.see(KEY, name)


async def test_nothing_is_there_and_nothing_is_asked() -> None:
    scene = Scene()

    with scene.cluster.only():
        assert await scene.see() is None


async def test_what_both_informers_know_costs_no_request() -> None:
    scene = Scene()
    scene.views.put(at(20))

    with scene.cluster.only():
        assert await scene.see() == at(20)


async def test_a_secret_without_our_label_is_read_once() -> None:
    scene = Scene()
    scene.metadata_informer_knows(at(20))
    scene.cluster.secrets[PLACE] = at(20)

    with scene.cluster.only("secret"):
        assert await scene.see() == at(20)


async def test_I_42_our_own_write_is_seen_before_any_informer_heard_of_it() -> None:
    scene = Scene()
    scene.views.seen = 20
    scene.wrote(at(21))

    with scene.cluster.only():
        assert await scene.see() == at(21)


async def test_I_42_our_own_write_is_seen_while_both_informers_show_the_one_before() -> None:
    scene = Scene()
    scene.views.put(at(20, value=b"old"))
    scene.wrote(at(21))

    with scene.cluster.only():
        assert await scene.see() == at(21)


async def test_a_deleted_target_is_gone_once_the_informer_is_past_our_write() -> None:
    scene = Scene()
    scene.wrote(at(21))
    scene.views.seen = 22

    assert await scene.see() is None


async def test_a_target_deleted_before_the_other_informer_heard_is_gone() -> None:
    scene = Scene()
    scene.views.managed[PLACE] = at(21)
    scene.views.seen = 22

    assert await scene.see() is None


async def test_a_newer_version_of_somebody_else_is_read_from_the_server() -> None:
    scene = Scene()
    scene.wrote(at(21))
    scene.metadata_informer_knows(at(25))
    scene.cluster.secrets[PLACE] = at(25, value=b"foreign")

    with scene.cluster.only("secret"):
        assert await scene.see() == at(25, value=b"foreign")


async def test_a_newer_version_the_managed_informer_has_is_taken_from_there() -> None:
    scene = Scene()
    scene.wrote(at(21))
    scene.views.put(at(25, value=b"foreign"))

    with scene.cluster.only():
        assert await scene.see() == at(25, value=b"foreign")
    assert scene.targets.written == {}


async def test_a_target_of_another_name_is_not_the_one_that_was_written() -> None:
    scene = Scene()
    scene.wrote(at(21, "earlier"))

    assert await scene.see("shop") is None
    assert scene.targets.written == {}


async def test_versions_that_are_no_numbers_are_read_from_the_server() -> None:
    scene = Scene()
    scene.views.metas[PLACE] = at("v2").metadata
    scene.cluster.secrets[PLACE] = at("v2")

    with scene.cluster.only("secret"):
        assert await scene.see() == at("v2")


async def test_a_write_that_met_something_else_is_followed_by_one_look_at_what_is_there() -> None:
    scene = Scene()
    scene.cluster.secrets[PLACE] = at(25, value=b"foreign")
    with pytest.raises(Conflict), scene.targets.trying(KEY, PLAN):
        raise Conflict(409, "Conflict", "the object has been modified")

    with scene.cluster.only("secret"):
        assert await scene.see() == at(25, value=b"foreign")
    with scene.cluster.only():
        assert await scene.see() is None


async def test_a_look_that_failed_is_made_again() -> None:
    scene = Scene()
    scene.targets.doubted.add(KEY)
    scene.cluster.refuse("secret", Unreachable(500, "", "away"))
    with pytest.raises(Unreachable):
        await scene.see()

    with scene.cluster.only("secret"):
        assert await scene.see() is None


async def test_a_write_is_remembered_for_drift_and_for_its_own_echo() -> None:
    scene = Scene()
    scene.wrote(at(21))

    assert scene.targets.applied[KEY] == Applied(TARGET_UID, {"l": "1"}, {"a": "2"}, owned=True)
    assert scene.targets.is_own(at(21).metadata)
    assert not scene.targets.is_own(at(22).metadata)


@pytest.mark.parametrize("caught_up", [False, True])
async def test_what_is_forgotten_leaves_nothing_behind(caught_up: bool) -> None:
    scene = Scene()
    scene.wrote(at(20, "earlier"))
    scene.wrote(at(21))
    if caught_up:
        scene.views.put(at(21))
        await scene.see()

    scene.targets.forget(KEY)
    scene.targets.forget(KEY)

    targets = scene.targets
    assert (targets.written, targets.applied, targets.versions, targets.places) == ({}, {}, {}, {})


async def test_an_echo_is_known_after_the_informers_have_caught_up() -> None:
    scene = Scene()
    scene.wrote(at(21))
    scene.views.put(at(21))
    await scene.see()

    assert scene.targets.written == {}
    assert scene.targets.is_own(at(21).metadata)


async def test_SEC_what_is_remembered_is_not_shown() -> None:
    scene = Scene()
    scene.wrote(at(21, value=b"hunter2"))

    assert "hunter2" not in repr(scene.targets.written)
    assert "written" not in repr(scene.targets)


async def test_a_write_whose_answer_was_lost_is_known_by_its_hash_once() -> None:
    scene = Scene()
    lost = msgspec.structs.replace(at(21).metadata, annotations={DATA_HASH_ANNOTATION: "h"})

    with pytest.raises(Unreachable), scene.targets.trying(KEY, replace(PLAN, annotations={DATA_HASH_ANNOTATION: "h"})):
        raise Unreachable(500, "", "the answer was lost")

    assert scene.targets.is_own(lost)
    assert scene.targets.is_own(lost)
    assert not scene.targets.is_own(msgspec.structs.replace(lost, resource_version="22"))


async def test_a_write_that_was_refused_is_not_expected() -> None:
    scene = Scene()
    other = msgspec.structs.replace(at(21).metadata, annotations={DATA_HASH_ANNOTATION: "h"})

    with pytest.raises(Conflict), scene.targets.trying(KEY, replace(PLAN, annotations={DATA_HASH_ANNOTATION: "h"})):
        raise Conflict(409, "Conflict", "no")

    assert not scene.targets.is_own(other)


async def test_a_later_write_takes_the_place_of_one_whose_answer_was_lost() -> None:
    scene = Scene()
    lost = msgspec.structs.replace(at(21).metadata, annotations={DATA_HASH_ANNOTATION: "h"})
    with pytest.raises(Unreachable), scene.targets.trying(KEY, replace(PLAN, annotations={DATA_HASH_ANNOTATION: "h"})):
        raise Unreachable(500, "", "the answer was lost")

    scene.wrote(at(22))

    assert not scene.targets.is_own(lost)
