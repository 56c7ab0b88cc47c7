"""What the status says is so: whatever fails at whichever step, and however late the watches are."""

import base64
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from esoctl.errors import Denied, EsoctlError, Unreachable
from esoctl.kube.transport import Call
from esoctl.plan import hashing
from esoctl.plan.observed import DATA_HASH_ANNOTATION
from support.day import Day, a_day

pytestmark = pytest.mark.asyncio

STEPS = range(6)
"""A sync makes no more requests than that."""


def refused() -> EsoctlError:
    return Denied(403, "Forbidden", "refused")


def away() -> EsoctlError:
    return Unreachable(503, "ServiceUnavailable", "no answer")


def strike(day: Day, step: int, error: Callable[[], EsoctlError]) -> None:
    """Fail the request of that number from now on, events aside."""
    made = itertools.count()

    def fails(call: Call) -> bool:
        if "watch" not in call.query and "/events" not in call.path and next(made) == step:
            raise error()
        return False

    day.transport.forbidden = fails


def holds(day: Day, wanted: dict[int, dict[str, bytes]]) -> bool:
    """Whether Ready=True for the spec as it is means that its Secret is there, with the hash of what was wanted."""
    es: Any = day.get("ExternalSecret", "shop")
    generation = es["metadata"]["generation"]
    if day.ready()[0] != "True" or not es["status"]["syncedResourceVersion"].startswith(f"{generation}-"):
        return False
    made = day.get("Secret", "shop")
    data = {key: base64.b64decode(value) for key, value in made["data"].items()}
    assert data == wanted[generation]
    assert made["metadata"]["annotations"][DATA_HASH_ANNOTATION] == hashing.data_hash(data)
    return True


@pytest.mark.parametrize("error", [refused, away])
@pytest.mark.parametrize("policy", ["Retain", "Delete"])
async def test_REL_18_ready_is_never_said_without_the_secret_whatever_step_fails(
    policy: str, error: Callable[[], EsoctlError]
) -> None:
    wanted = {1: {"password": b"first"}, 2: {"other": b"first"}}
    for step in STEPS:
        async with a_day() as day:
            target = {"deletionPolicy": policy}
            strike(day, step, error)
            day.external_secret(target=target)
            await day.until(lambda day=day: holds(day, wanted), seconds=700)

            strike(day, step, error)
            day.external_secret(data={"other": "db"}, target=target)
            await day.until(lambda day=day: holds(day, wanted), seconds=700)


async def test_REL_18_ready_is_not_said_while_the_provider_fails() -> None:
    async with a_day() as day:
        day.vault.failures["db"] = away()
        day.external_secret()
        await day.until(lambda: day.ready()[0] == "False")
        del day.vault.failures["db"]

        await day.until(lambda: holds(day, {1: {"password": b"first"}}), seconds=700)


async def test_REL_20_watches_that_are_five_seconds_late_make_nothing_twice() -> None:
    async with a_day() as day:
        day.transport.lag = 5.0
        before = len(day.transport.writes())
        day.external_secret(target={"immutable": True}, refreshInterval="1h")
        # Each of the first lists takes ten seconds so, and two are read at a time.
        await day.until(lambda: day.ready()[0] == "True", seconds=90)
        await day.settle(60)

        secrets = [write for write in day.transport.writes()[before:] if "/secrets/" in write]
        assert secrets == ["PATCH /api/v1/namespaces/team-a/secrets/shop"], "one write, and none of what is immutable"
        statuses = [write for write in day.transport.writes()[before:] if write.endswith("/shop/status")]
        assert len(statuses) == 1


async def test_REL_20_the_credentials_of_a_store_that_was_replaced_are_not_used() -> None:
    async with a_day() as day:
        day.make_secret("old", {"key": "1"})
        day.store("aws", provider={"fake": {"data": [{"key": "old", "value": "key"}]}})
        day.external_secret(refreshInterval="1m")
        await day.until(lambda: day.ready()[0] == "True")

        day.delete("SecretStore", "aws")
        day.store("aws", provider={"fake": {"data": [{"key": "new", "value": "key"}]}})
        await day.until(lambda: day.ready()[0] == "False", seconds=10)
        assert '"new" not found' in day.ready()[2]
        asked = day.vault.asked["db"]
        await day.settle(120)
        assert day.vault.asked["db"] == asked
        assert day.data() == {"password": b"first"}
