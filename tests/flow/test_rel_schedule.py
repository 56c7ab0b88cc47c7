"""When a refresh comes, however slow the provider is, and that an edit never waits for one."""

from typing import Any

import pytest

from support.day import a_day

pytestmark = pytest.mark.asyncio

ROUNDS = 20
ENTRY = {"secretKey": "password", "remoteRef": {"key": "db"}}


@pytest.mark.parametrize("part", [0.0, 0.4, 0.7])
async def test_REL_16_a_slow_provider_costs_no_refresh(part: float) -> None:
    async with a_day() as day:
        day.vault.delay = part * 60
        day.external_secret(refreshInterval="1m")
        await day.until(lambda: day.vault.asked["db"] == 1, seconds=60)
        await day.settle(60 * ROUNDS)

        assert abs(day.vault.asked["db"] - 1 - ROUNDS) <= 1


EDITS = [
    pytest.param({"data": [ENTRY, {"secretKey": "more", "remoteRef": {"key": "db"}}]}, {"more": b"first"}, id="data"),
    pytest.param(
        {"data": [{**ENTRY, "secretKey": "renamed"}]}, {"renamed": b"first", "password": None}, id="secretKey"
    ),
    pytest.param({"data": [{**ENTRY, "remoteRef": {"key": "other"}}]}, {"password": b'{"a":"1"}'}, id="remoteRef.key"),
    pytest.param(
        {"data": [{**ENTRY, "remoteRef": {"key": "other", "property": "a"}}]}, {"password": b"1"}, id="property"
    ),
    pytest.param(
        {"data": [{**ENTRY, "remoteRef": {"key": "encoded", "decodingStrategy": "Base64"}}]},
        {"password": b"plain"},
        id="decodingStrategy",
    ),
    pytest.param({"dataFrom": [{"extract": {"key": "other"}}]}, {"a": b"1"}, id="dataFrom.extract"),
    pytest.param({"dataFrom": [{"find": {"name": {"regexp": "oth"}}}]}, {"other": b'{"a":"1"}'}, id="dataFrom.find"),
    pytest.param(
        {
            "dataFrom": [
                {"extract": {"key": "other"}, "rewrite": [{"regexp": {"source": "^", "target": "my-"}}]},
            ]
        },
        {"my-a": b"1"},
        id="rewrite",
    ),
    pytest.param(
        {"target": {"template": {"data": {"url": "db://{{ .password }}"}}}}, {"url": b"db://first"}, id="template.data"
    ),
    pytest.param({"target": {"name": "elsewhere"}}, {"password": b"first"}, id="target.name"),
    pytest.param({"target": {"creationPolicy": "Orphan"}}, None, id="creationPolicy"),
    pytest.param({"target": {"template": {"metadata": {"labels": {"tier": "x"}}}}}, None, id="template.metadata"),
    pytest.param({"secretStoreRef": {"name": "second"}}, {"password": b"first"}, id="secretStoreRef"),
    pytest.param({"refreshInterval": "25h"}, None, id="refreshInterval"),
]
WHENS = [
    pytest.param({"refreshInterval": "24h"}, id="24h"),
    pytest.param({"refreshInterval": "0"}, id="0"),
    pytest.param({"refreshPolicy": "OnChange"}, id="OnChange"),
]


@pytest.mark.parametrize("when", WHENS)
async def test_REL_28_an_edit_of_any_field_is_carried_out_within_two_seconds(when: dict[str, Any]) -> None:
    async with a_day() as day:
        day.store("second")
        day.vault.put(other='{"a":"1"}', encoded="cGxhaW4=")
        names = [f"shop-{number}" for number in range(len(EDITS))]
        for name in names:
            day.apply("ExternalSecret", name, {"secretStoreRef": {"name": "aws"}, "data": [ENTRY], **when})
        await day.until(lambda: all(day.ready(name)[0] == "True" for name in names))
        await day.settle(60)

        for name, edit in zip(names, EDITS, strict=True):
            changes, wanted = edit.values
            spec = {"secretStoreRef": {"name": "aws"}, "data": [ENTRY], **when, **changes}
            if "dataFrom" in changes:
                del spec["data"]
            day.apply("ExternalSecret", name, spec)
            await day.settle(2)

            made = day.get("ExternalSecret", name)
            assert made["status"]["syncedResourceVersion"].startswith(f"{made['metadata']['generation']}-"), edit.id
            data = day.data(changes.get("target", {}).get("name", name))
            assert data is not None, edit.id
            assert {key: data.get(key) for key in wanted or {}} == (wanted or {}), edit.id


async def test_REL_28_what_is_created_once_is_the_exception() -> None:
    async with a_day() as day:
        day.external_secret(refreshPolicy="CreatedOnce")
        await day.until(lambda: day.ready()[0] == "True")
        day.external_secret(refreshPolicy="CreatedOnce", data={"other": "db"})
        await day.settle(60)

        assert day.data() == {"password": b"first"}
