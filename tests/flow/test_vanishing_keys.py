"""Keys that go because a provider answers less than before, and keys that go because somebody edited something."""

import json
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from support.day import Day, a_day

pytestmark = pytest.mark.asyncio

EXTRACT = {"dataFrom": [{"extract": {"key": "app"}}], "refreshInterval": "2m"}
FIND = {"dataFrom": [{"find": {"name": {"regexp": "app-"}}}], "refreshInterval": "2m"}
BOTH = {"user": b"x", "password": b"y"}
AT_ONCE = 10.0
GENERATOR = {
    "dataFrom": [{"sourceRef": {"generatorRef": {"kind": "Fake", "name": "made"}}}],
    "refreshInterval": "2m",
}
FAKES = "/apis/generators.external-secrets.io/v1alpha1/namespaces/team-a/fakes"


def document(day: Day, **properties: str) -> None:
    day.vault.values["app"] = json.dumps(properties).encode()


def wanted(day: Day, spec: Any) -> None:
    day.apply("ExternalSecret", "shop", {"secretStoreRef": {"name": "aws"}, **spec})


async def synced(day: Day, spec: Any, data: dict[str, bytes] | None = None) -> None:
    document(day, user="x", password="y")
    day.vault.put(**{"app-user": "x", "app-password": "y"})
    wanted(day, spec)
    await day.until(lambda: day.data() == (data or BOTH))


def shrink_document(day: Day) -> None:
    document(day, password="z")


def shrink_names(day: Day) -> None:
    del day.vault.values["app-user"]


@pytest.mark.parametrize(
    ("spec", "before", "shrink", "after"),
    [
        pytest.param(EXTRACT, BOTH, shrink_document, {"password": b"z"}, id="a property"),
        pytest.param(FIND, {"app-user": b"x", "app-password": b"y"}, shrink_names, {"app-password": b"y"}, id="a name"),
    ],
)
async def test_REL_14_what_a_provider_gives_no_more_goes_after_a_second_read_a_minute_later(
    spec: Any, before: dict[str, bytes], shrink: Callable[[Day], None], after: dict[str, bytes]
) -> None:
    async with a_day() as day:
        await synced(day, spec, before)
        shrink(day)

        await day.until(lambda: any("no value any more for:" in event for event in day.events()), seconds=130)
        await anyio.sleep(55)
        assert day.data() == before
        await day.until(lambda: day.data() == after, seconds=AT_ONCE)
        assert day.ready()[:2] == ("True", "SecretSynced")


async def test_REL_14_what_is_back_at_the_second_read_was_never_gone_however_often() -> None:
    async with a_day() as day:
        await synced(day, EXTRACT)
        version = day.get("Secret", "shop")["metadata"]["resourceVersion"]

        for _ in range(5):
            document(day, password="y")
            asked = day.vault.asked["app"]
            await day.until(lambda asked=asked: day.vault.asked["app"] > asked, seconds=130)
            await day.settle()
            document(day, user="x", password="y")
            await anyio.sleep(130)

        assert day.get("Secret", "shop")["metadata"]["resourceVersion"] == version


async def test_REL_14_a_store_that_points_elsewhere_takes_nothing_at_one_read() -> None:
    async with a_day() as day:
        await synced(day, EXTRACT)
        document(day, password="of another account")
        day.store(refreshInterval=77)
        await anyio.sleep(55)

        assert day.data() == BOTH


async def test_REL_14_fields_of_a_config_map_wait_too() -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap"}

    def held(day: Day) -> Any:
        return (day.get("ConfigMap", "shop") or {}).get("data")

    async with a_day(generic_targets=True) as day:
        document(day, user="x", password="y")
        wanted(day, {**EXTRACT, "target": {"manifest": manifest}})
        await day.until(lambda: held(day) == {"user": "x", "password": "y"})

        shrink_document(day)
        await day.until(lambda: any("for: data.user;" in event for event in day.events()), seconds=130)
        await anyio.sleep(55)
        assert held(day) == {"user": "x", "password": "y"}
        await day.until(lambda: held(day) == {"password": "z"}, seconds=AT_ONCE)


async def test_REL_28_a_rewrite_renames_its_keys_at_once() -> None:
    async with a_day() as day:
        await synced(day, EXTRACT)
        rewritten = {"extract": {"key": "app"}, "rewrite": [{"regexp": {"source": "^", "target": "my-"}}]}
        wanted(day, {**EXTRACT, "dataFrom": [rewritten]})

        await day.until(lambda: day.data() == {"my-user": b"x", "my-password": b"y"}, seconds=AT_ONCE)


async def test_REL_28_an_entry_that_is_taken_out_takes_its_key_at_once() -> None:
    async with a_day() as day:
        day.external_secret(data={"one": "db", "two": "db"})
        await day.until(lambda: day.data() == {"one": b"first", "two": b"first"})
        day.external_secret(data={"one": "db"})

        await day.until(lambda: day.data() == {"one": b"first"}, seconds=AT_ONCE)


async def test_REL_28_a_key_taken_out_of_a_templates_text_goes_at_once() -> None:
    text = {"target": {"template": {"templateFrom": [{"configMap": {"name": "text", "items": [{"key": "all"}]}}]}}}
    text["target"]["template"]["templateFrom"][0]["configMap"]["items"][0]["templateAs"] = "KeysAndValues"
    async with a_day() as day:
        day.make_config_map("text", {"all": "one: 1\ntwo: 2"})
        await synced(day, {**EXTRACT, **text}, {"one": b"1", "two": b"2"})
        day.edit("ConfigMap", "text", {"data": {"all": "one: 1"}})

        await day.until(lambda: day.data() == {"one": b"1"}, seconds=AT_ONCE)


async def test_REL_28_a_key_taken_out_of_a_generator_goes_at_once() -> None:
    async with a_day() as day:
        made = {
            "apiVersion": "generators.external-secrets.io/v1alpha1",
            "kind": "Fake",
            "metadata": {"name": "made"},
            "spec": {"data": {"one": "1", "two": "2"}},
        }
        day.do("POST", FAKES, made)
        await synced(day, GENERATOR, {"one": b"1", "two": b"2"})
        patch = {"spec": {"data": {"two": None}}}
        day.do("PATCH", f"{FAKES}/made", patch, "application/merge-patch+json")

        await day.until(lambda: day.data() == {"one": b"1"}, seconds=AT_ONCE)
