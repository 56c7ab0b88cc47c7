"""A provider that fails, denies, stammers or lacks one thing of many; and days on which nothing happens at all."""

import itertools

import pytest

from esoctl.errors import AccessDenied, EsoctlError, Throttled, Unavailable
from support.day import Day, a_day

pytestmark = pytest.mark.asyncio

HOURS = 2 * 3600
SYNCED = ("True", "SecretSynced", "secret synced")


async def synced(day: Day, *names: str, **spec: object) -> None:
    for name in names:
        day.external_secret(name, **spec)
    await day.until(lambda: all(day.ready(name) == SYNCED for name in names))


def version(day: Day) -> str:
    found: str = day.get("Secret", "shop")["metadata"]["resourceVersion"]
    return found


async def test_REL_13_hours_of_failures_of_any_kind_shrink_no_secret_under_any_policy() -> None:
    failures: dict[str, EsoctlError] = {
        "away": Unavailable("memory", "Get", "502"),
        "denied": AccessDenied("memory", "Get", "no"),
        "throttled": Throttled("memory", "Get", "slow down", after=30.0),
    }
    policies = ("Retain", "Delete", "Merge")
    async with a_day() as day:
        day.vault.put(**dict.fromkeys(failures, "good"))
        names = [f"{key}-{policy.lower()}" for key in failures for policy in policies]
        for name, (key, policy) in zip(names, itertools.product(failures, policies), strict=True):
            day.external_secret(name, data={"password": key}, refreshInterval="10m", target={"deletionPolicy": policy})
        await day.until(lambda: all(day.ready(name) == SYNCED for name in names))
        before = [day.get("Secret", name)["metadata"]["resourceVersion"] for name in names]
        day.vault.failures.update(failures)
        await day.settle(HOURS)

        assert [day.get("Secret", name)["metadata"]["resourceVersion"] for name in names] == before
        assert {day.ready(name)[:2] for name in names} == {("False", "SecretSyncedError")}


async def test_REL_04_after_an_hour_of_failures_all_recover_untouched() -> None:
    names = [f"shop-{number}" for number in range(10)]
    async with a_day() as day:
        await synced(day, *names, refreshInterval="10m")
        day.vault.failures["*"] = Unavailable("memory", "Get", "away")
        await day.settle(3600)
        assert all(day.ready(name)[0] == "False" for name in names)

        day.vault.failures.clear()
        await day.until(lambda: all(day.ready(name) == SYNCED for name in names), seconds=420)


async def test_REL_06_what_changes_in_an_error_wakes_nobody_and_writes_once_a_try() -> None:
    numbers = itertools.count()

    class Stammering(Unavailable):
        def __str__(self) -> str:
            return f"memory: Get: failed, request {next(numbers)}"

    async with a_day() as day:
        await synced(day, "shop", refreshInterval="1h")
        await synced(day, "calm", data={"password": "db"}, refreshInterval="1h")
        day.vault.failures["other"] = Stammering("memory", "Get", "failed")
        writes, asked = len(day.transport.writes()), day.vault.asked["other"]
        day.external_secret(data={"password": "other"})
        await day.settle(3600)

        tries = day.vault.asked["other"] - asked
        told = [write for write in day.transport.writes()[writes:] if write.endswith("/shop/status")]
        assert 5 <= tries <= 60, "the backoff of the object, and the probes of its store"
        assert len(told) <= tries
        assert day.ready("calm") == SYNCED


async def test_REL_09_a_hundred_refreshes_of_the_same_value_write_no_secret_and_no_event() -> None:
    async with a_day() as day:
        await synced(day, "shop", refreshInterval="1m")
        await day.settle(60)
        before, events, asked = version(day), day.events(), day.vault.asked["db"]
        await day.settle(60 * 101)

        assert day.vault.asked["db"] - asked >= 100
        assert (version(day), day.events()) == (before, events)


async def test_REL_07_idle_objects_are_left_alone_but_for_their_schedule() -> None:
    names = [f"shop-{number}" for number in range(200)]
    async with a_day() as day:
        await synced(day, *names, refreshInterval="24h")
        await day.settle(60)
        calls, asked = len(day.transport.calls), day.vault.asked["db"]
        await day.settle(600)

        refreshes = day.vault.asked["db"] - asked
        assert refreshes <= 6
        assert len([call for call in day.transport.calls[calls:] if "/externalsecrets" in call.path]) <= refreshes


@pytest.mark.parametrize("policy", ["Retain", "Merge"])
async def test_REL_15_one_missing_key_of_five_is_named_and_the_rest_comes_only_if_the_policy_says_so(
    policy: str,
) -> None:
    async with a_day() as day:
        day.vault.put(k0="0", k1="1", k2="2", k4="4")
        wanted = {f"key{number}": f"k{number}" for number in range(5)}
        day.external_secret(data=wanted, target={"deletionPolicy": policy})

        if policy == "Retain":
            await day.until(lambda: day.ready()[0] == "False")
            assert "spec.data[3] (key: k3)" in day.ready()[2]
            assert day.data() is None
        else:
            await day.until(lambda: day.data() is not None)
            assert set(day.data() or {}) == {"key0", "key1", "key2", "key4"}
            await day.until(lambda: any("spec.data[3] (key=k3)" in event for event in day.events()))
