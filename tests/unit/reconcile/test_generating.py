"""Generators are read when they are used, and every failure is an answer."""

import os

import pytest

from esoctl.errors import Denied
from esoctl.model.generators import GeneratorKey
from esoctl.model.keys import Kind
from esoctl.model.values import Payload
from esoctl.plan.sources import Answer, Failed, Found, Make
from esoctl.reconcile import generating
from support.memory_cluster import MemoryCluster

pytestmark = pytest.mark.asyncio

FAKE = GeneratorKey(Kind.FAKE, "team-a", "dummy")
WIDE = GeneratorKey(Kind.CLUSTER_GENERATOR, "", "wide")
PASSWORD = GeneratorKey(Kind.PASSWORD, "team-a", "pw")


def makes(*keys: GeneratorKey) -> list[Make]:
    return [Make(key, f"spec.dataFrom[{place}]") for place, key in enumerate(keys)]


async def made(cluster: MemoryCluster, *keys: GeneratorKey) -> list[Answer]:
    wanted = makes(*keys)
    return list(generating.make_all(wanted, await generating.read(wanted, cluster), os.urandom).values())


async def ours(cluster: MemoryCluster, *keys: GeneratorKey) -> bool:
    return generating.managed(await generating.read(makes(*keys), cluster), "mine")


async def the_failure(key: GeneratorKey, cluster: MemoryCluster) -> Failed:
    (answer,) = await made(cluster, key)
    assert isinstance(answer, Failed)
    return answer


async def test_every_entry_has_its_own_values() -> None:
    cluster = MemoryCluster(generators={FAKE: {"data": {"a": "b"}}, PASSWORD: {}})

    first, second, third = await made(cluster, FAKE, PASSWORD, PASSWORD)

    assert first == Found((("a", Payload(b"b")),))
    assert second != third
    assert cluster.names() == ["generator", "generator"], "each is read once"


async def test_a_generator_beyond_what_is_served_is_not_asked_for() -> None:
    cluster = MemoryCluster(generators={WIDE: {}})

    specs = await generating.read(makes(WIDE), cluster, lambda kind: f"{kind} is beyond")

    assert str(specs[WIDE]).endswith('"wide" cannot be read: ClusterGenerator is beyond')
    assert cluster.calls == []


async def test_a_cluster_generator_makes_what_it_wraps() -> None:
    cluster = MemoryCluster(generators={WIDE: {"kind": "Fake", "generator": {"fakeSpec": {"data": {"a": "b"}}}}})

    (answer,) = await made(cluster, WIDE)

    assert answer == Found((("a", Payload(b"b")),))


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


@pytest.mark.parametrize(("controller", "managed"), [("", True), ("mine", True), ("other", False)])
async def test_a_generator_of_another_controller_class_is_not_ours(controller: str, *, managed: bool) -> None:
    plain = MemoryCluster(generators={FAKE: {"controller": controller}})
    wrapped = MemoryCluster(generators={WIDE: {"kind": "Fake", "generator": {"fakeSpec": {"controller": controller}}}})

    assert await ours(plain, PASSWORD, FAKE) is managed
    assert await ours(wrapped, WIDE) is managed


async def test_a_generator_that_cannot_be_read_does_not_make_its_user_foreign() -> None:
    assert await ours(MemoryCluster(), FAKE, WIDE)
