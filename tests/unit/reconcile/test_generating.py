"""Generators are read when they are used, and every failure is an answer."""

import os

import pytest

from esoctl.errors import Denied
from esoctl.model.generators import GeneratorKey
from esoctl.model.keys import Kind
from esoctl.model.values import Payload
from esoctl.plan.sources import Failed, Found, Make
from esoctl.reconcile import generating
from support.memory_cluster import MemoryCluster

pytestmark = pytest.mark.asyncio

FAKE = GeneratorKey(Kind.FAKE, "team-a", "dummy")
WIDE = GeneratorKey(Kind.CLUSTER_GENERATOR, "", "wide")
PASSWORD = GeneratorKey(Kind.PASSWORD, "team-a", "pw")


def makes(*keys: GeneratorKey) -> list[Make]:
    return [Make(key, f"spec.dataFrom[{place}]") for place, key in enumerate(keys)]


async def the_failure(key: GeneratorKey, cluster: MemoryCluster) -> Failed:
    (answer,) = (await generating.make_all(makes(key), cluster, os.urandom)).values()
    assert isinstance(answer, Failed)
    return answer


async def test_every_entry_has_its_own_values() -> None:
    cluster = MemoryCluster(generators={FAKE: {"data": {"a": "b"}}, PASSWORD: {}})

    first, second, third = (await generating.make_all(makes(FAKE, PASSWORD, PASSWORD), cluster, os.urandom)).values()

    assert first == Found((("a", Payload(b"b")),))
    assert second != third


async def test_a_generator_beyond_what_is_served_is_not_asked_for() -> None:
    cluster = MemoryCluster(generators={WIDE: {}})

    made = await generating.make_all(makes(WIDE), cluster, os.urandom, lambda kind: f"{kind} is beyond")

    (answer,) = made.values()
    assert isinstance(answer, Failed)
    assert str(answer.error).endswith('"wide" cannot be read: ClusterGenerator is beyond')
    assert cluster.calls == []


async def test_a_cluster_generator_makes_what_it_wraps() -> None:
    cluster = MemoryCluster(generators={WIDE: {"kind": "Fake", "generator": {"fakeSpec": {"data": {"a": "b"}}}}})

    (made,) = (await generating.make_all(makes(WIDE), cluster, os.urandom)).values()

    assert made == Found((("a", Payload(b"b")),))


@pytest.mark.parametrize(
    ("key", "spec", "problem"),
    [
        pytest.param(
            FAKE,
            None,
            'unable to get generator: Fake.generators.external-secrets.io "dummy" not found; '
            "create it, or correct generatorRef",
            id="missing",
        ),
        pytest.param(
            WIDE,
            {"kind": "Password", "generator": {"fakeSpec": {}}},
            "unable to get generator: invalid ClusterGenerator: when kind is Password, PasswordSpec must be set",
            id="mismatch",
        ),
        pytest.param(
            PASSWORD, {"secretKeys": [""]}, "error using generator: secretKeys must be non-empty and unique", id="spec"
        ),
    ],
)
async def test_what_is_wrong_with_a_generator_is_an_answer(key: GeneratorKey, spec: object, problem: str) -> None:
    cluster = MemoryCluster(generators={} if spec is None else {key: spec})

    assert str((await the_failure(key, cluster)).error) == problem


async def test_an_api_server_that_refuses_is_an_answer() -> None:
    cluster = MemoryCluster()
    cluster.refuse("generator", Denied(403, "Forbidden", "passwords is forbidden"))

    assert isinstance((await the_failure(PASSWORD, cluster)).error, Denied)


@pytest.mark.parametrize(("controller", "ours"), [("", True), ("mine", True), ("other", False)])
async def test_a_generator_of_another_controller_class_is_not_ours(controller: str, *, ours: bool) -> None:
    plain = MemoryCluster(generators={FAKE: {"controller": controller}})
    wrapped = MemoryCluster(generators={WIDE: {"kind": "Fake", "generator": {"fakeSpec": {"controller": controller}}}})

    assert await generating.managed(makes(PASSWORD, FAKE), plain, "mine") is ours
    assert await generating.managed(makes(WIDE), wrapped, "mine") is ours


async def test_a_generator_that_cannot_be_read_does_not_make_its_user_foreign() -> None:
    assert await generating.managed(makes(FAKE, WIDE), MemoryCluster(), "mine")
