"""Edits of what an object is made from reach the target at once, and nobody else."""

import anyio
import pytest

from support.day import a_day

pytestmark = pytest.mark.asyncio

SYNCED = ("True", "SecretSynced", "secret synced")


def from_texts(kind: str) -> dict[str, object]:
    held = {"name": "texts", "items": [{"key": "greeting"}]}
    return {"template": {"templateFrom": [{kind: held}]}}


async def test_an_edited_config_map_is_rendered_within_seconds_and_disturbs_nobody_else() -> None:
    async with a_day() as day:
        day.make_config_map("texts", {"greeting": "hello {{ .password }}"})
        day.external_secret(target=from_texts("configMap"), refreshInterval="0")
        day.external_secret("other", refreshInterval="0")
        await day.until(lambda: day.ready() == day.ready("other") == SYNCED)
        await day.settle(10)
        asked = dict(day.vault.asked)

        day.edit("ConfigMap", "texts", {"data": {"greeting": "good day {{ .password }}"}})

        await day.until(lambda: day.data() == {"greeting": b"good day first"}, seconds=3)
        await day.settle(60)
        assert day.vault.asked["db"] == asked["db"] + 1


async def test_an_edited_secret_with_templates_is_rendered_within_seconds() -> None:
    async with a_day() as day:
        day.make_secret("texts", {"greeting": "hello {{ .password }}"})
        day.external_secret(target=from_texts("secret"))
        await day.until(lambda: day.ready() == SYNCED)
        await day.settle(10)

        day.edit("Secret", "texts", {"stringData": {"greeting": "good day {{ .password }}"}})

        await day.until(lambda: day.data() == {"greeting": b"good day first"}, seconds=3)


async def test_a_config_map_that_was_missing_is_rendered_once_it_is_there() -> None:
    async with a_day() as day:
        day.external_secret(target=from_texts("configMap"))
        await day.until(lambda: day.ready()[0] == "False")
        assert 'configmaps "texts" not found' in day.ready()[2]
        await day.settle(100)

        day.make_config_map("texts", {"greeting": "hello"})

        await day.until(lambda: day.ready() == SYNCED, seconds=3)


async def test_what_is_created_once_stays_as_it_was_made() -> None:
    async with a_day() as day:
        day.make_config_map("texts", {"greeting": "hello"})
        day.external_secret(target=from_texts("configMap"), refreshPolicy="CreatedOnce")
        await day.until(lambda: day.ready() == SYNCED)
        await day.settle(10)

        day.edit("ConfigMap", "texts", {"data": {"greeting": "good day"}})
        day.store(retrySettings={"maxRetries": 2})
        await day.settle(60)

        assert day.data() == {"greeting": b"hello"}


async def test_two_edits_in_a_row_are_both_rendered() -> None:
    async with a_day() as day:
        day.make_config_map("texts", {"greeting": "0"})
        day.external_secret(target=from_texts("configMap"))
        await day.until(lambda: day.ready() == SYNCED)

        for number in "123":
            day.edit("ConfigMap", "texts", {"data": {"greeting": number}})
            await anyio.sleep(1)

        await day.until(lambda: day.data() == {"greeting": b"3"}, seconds=6)


async def test_objects_that_hold_one_anothers_templates_do_not_chase_each_other() -> None:
    async with a_day() as day:
        for mine, other in (("a", "b"), ("b", "a")):
            day.make_secret(mine, {"greeting": "{{ randAlphaNum 8 }}"})
            held = {"name": other, "items": [{"key": "greeting"}]}
            template = {"templateFrom": [{"secret": held}], "data": {"salt": "{{ randAlphaNum 8 }}"}}
            day.external_secret(mine, target={"template": template, "creationPolicy": "Merge"})
        await day.until(lambda: day.ready("a") == day.ready("b") == SYNCED)
        asked = day.vault.asked["db"]

        await day.settle(100)

        assert day.vault.asked["db"] - asked < 50


async def test_an_edited_store_makes_its_dependants_fetch_anew_and_no_others() -> None:
    async with a_day() as day:
        day.store("quiet")
        day.external_secret(refreshInterval="0")
        day.external_secret("other", data={"x": "quiet"}, secretStoreRef={"name": "quiet"}, refreshInterval="0")
        day.vault.values["quiet"] = b"q"
        await day.until(lambda: day.ready() == day.ready("other") == SYNCED)
        await day.settle(10)
        asked = dict(day.vault.asked)

        day.store(retrySettings={"maxRetries": 2})
        await day.settle(60)

        assert day.vault.asked == {**asked, "db": asked["db"] + 1}


async def test_a_store_that_is_deleted_in_use_takes_nothing_with_it_and_is_named() -> None:
    async with a_day() as day:
        day.external_secret(refreshInterval="1m")
        await day.until(lambda: day.ready() == SYNCED)

        day.delete("SecretStore", "aws")
        await day.until(lambda: day.ready()[0] == "False", seconds=180)

        assert '"aws"' in day.ready()[2]
        assert day.data() == {"password": b"first"}

        day.store()
        await day.until(lambda: day.ready() == SYNCED, seconds=3)
