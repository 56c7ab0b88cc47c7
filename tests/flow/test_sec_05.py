"""SEC-05: every check of the definitions also runs in the controller, here with definitions that check nothing."""

import msgspec
import pytest

from esoctl.errors import SpecError
from esoctl.model import store
from esoctl.providers.aws.session import Session
from esoctl.providers.registry import providers
from esoctl.reconcile.stores import validate_store
from support import reference_crds, vectors
from support.api import Json
from support.day import APPLY, Day, a_day
from support.vectors import Vector

pytestmark = pytest.mark.asyncio
BY_THE_SCHEMA = {
    "two kinds of rewriting", "kind of a store", "kind of an entry's store", "a source that is neither",
    "name of a secret key", "length of a secret key", "name of the target", "schedule of a window",
    "windows that are none", "engine version", "name of a namespace",
}  # fmt: skip
"""Rules that types and patterns say, in the reference's definitions too."""
PRUNED = {"a property with find"}
"""About a field that does not exist where the definition does not declare it."""
EXTERNAL_SECRETS = pytest.mark.parametrize(
    "vector",
    [pytest.param(one, id=one.id) for one in vectors.EXTERNAL_SECRETS if one.rule not in BY_THE_SCHEMA | PRUNED],
)


async def checking_nothing(day: Day) -> None:
    for definition in reference_crds.definitions():
        day.do("PATCH", f"{reference_crds.CRDS}/{definition['metadata']['name']}", definition, APPLY)
    day.vault.values.update(json=b'{"user": "ivy"}')


@EXTERNAL_SECRETS
async def test_sec_05_the_operator_refuses_what_the_definition_refuses(vector: Vector) -> None:
    async with a_day() as day:
        await checking_nothing(day)

        day.apply("ExternalSecret", "vector", vector.fails)
        await day.until(lambda: day.ready("vector")[0] == "False")

        assert day.data("vector") is None
        assert any("UpdateFailed" in event for event in day.events("vector"))


@EXTERNAL_SECRETS
async def test_sec_05_the_operator_serves_what_the_definition_lets_pass(vector: Vector) -> None:
    async with a_day() as day:
        await checking_nothing(day)

        day.apply("ExternalSecret", "vector", vector.passes)
        await day.until(lambda: day.ready("vector")[0] != "")

        assert day.ready("vector")[0] == "True", day.ready("vector")
        assert day.data("vector") is not None


@pytest.mark.parametrize(
    "vector", [pytest.param(one, id=one.id) for one in vectors.STORES if one.rule not in BY_THE_SCHEMA]
)
async def test_sec_05_the_check_of_a_store_gives_the_verdict_of_the_definition(vector: Vector) -> None:
    judge(vector, vector.passes)
    with pytest.raises(SpecError) as refused:
        judge(vector, vector.fails)

    assert vector.at.startswith(refused.value.path) or refused.value.path.startswith(vector.at)


def judge(vector: Vector, spec: Json) -> None:
    """What the store's reconciler asks before anything else."""
    validate_store(store.decode(msgspec.json.encode(vector.manifest(spec))), providers(Session()))
