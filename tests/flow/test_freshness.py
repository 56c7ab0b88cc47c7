"""W01, W02: which version a Secret is of, since when, why, and until when; with definitions that keep it or do not."""

from typing import Any

import anyio
import msgspec
import pytest

from support import reference_crds
from support.day import ES, Day, a_day

pytestmark = pytest.mark.asyncio

CANARY = "hunter2-hunter2"


def sync(day: Day, name: str = "shop") -> Any:
    return (day.get("ExternalSecret", name) or {}).get("status", {}).get("sync") or {}


async def a_synced(day: Day, name: str = "shop", **spec: Any) -> None:
    day.external_secret(name, **spec)
    await day.until(lambda: day.ready(name)[0] == "True")
    await day.settle()


async def test_W02_one_look_tells_which_version_since_when_and_why() -> None:
    async with a_day() as day:
        day.vault.versions["db"] = "id-1"
        await a_synced(day, refreshInterval="1h")

        made = sync(day)
        assert made["remotes"] == [{"source": "SecretStore/aws", "key": "db", "version": "id-1", "stage": "AWSCURRENT"}]
        assert (made["cause"], made["changeCause"], made["changedKeys"]) == ("First", "First", ["password"])
        assert made["changedAt"] == made["fetchedAt"] == day.get("ExternalSecret", "shop")["status"]["refreshTime"]
        assert made["freshUntil"] > made["fetchedAt"]

        day.vault.put(db="second")
        day.vault.versions["db"] = "id-2"
        await day.until(lambda: day.data() == {"password": b"second"}, seconds=3700)
        await day.settle()
        polled = sync(day)
        assert (polled["cause"], polled["changeCause"], polled["changedKeys"]) == ("Poll", "Poll", ["password"])
        assert polled["remotes"][0]["version"] == "id-2"
        assert polled["changedAt"] > made["changedAt"]

        await day.until(lambda: sync(day)["fetchedAt"] > polled["fetchedAt"], seconds=3700)
        quiet = sync(day)
        assert (quiet["cause"], quiet["changedAt"]) == ("Poll", polled["changedAt"]), "nothing changed since"


async def test_a_refresh_that_changes_nothing_costs_one_request() -> None:
    async with a_day() as day:
        await a_synced(day, refreshInterval="10m")
        before, seen = len(day.transport.calls), sync(day)["fetchedAt"]

        await day.until(lambda: sync(day)["fetchedAt"] > seen, seconds=700)
        await day.settle()

        shop = [call for call in day.transport.calls[before:] if "shop" in call.path]
        assert [(call.method, call.path.rpartition("/")[2]) for call in shop] == [("PATCH", "status")]


def edit_the_spec(day: Day) -> None:
    day.edit("ExternalSecret", "shop", {"spec": {"refreshInterval": "2h"}})


def force(day: Day) -> None:
    day.edit("ExternalSecret", "shop", {"metadata": {"annotations": {"force-sync": "now"}}})


def relabel(day: Day) -> None:
    day.edit("ExternalSecret", "shop", {"metadata": {"labels": {"team": "a"}}})


def edit_the_store(day: Day) -> None:
    day.edit("SecretStore", "aws", {"spec": {"retrySettings": {"maxRetries": 2}}})


def edit_the_text(day: Day) -> None:
    path = f"/api/v1/namespaces/{day.namespace}/configmaps/texts"
    day.do("PATCH", path, {"data": {"dsn": "other:{{ .password }}"}}, "application/merge-patch+json")


def tamper(day: Day) -> None:
    day.edit("Secret", "shop", {"data": {"dsn": "YmFk"}})


@pytest.mark.parametrize(
    ("do", "cause", "changed"),
    [
        pytest.param(edit_the_spec, "Edit", False, id="an edit"),
        pytest.param(force, "Forced", False, id="the annotation that forces a sync"),
        pytest.param(relabel, "Edit", False, id="a label"),
        pytest.param(edit_the_store, "Event", False, id="the store"),
        pytest.param(edit_the_text, "Event", True, id="the text of a template"),
        pytest.param(tamper, "Drift", True, id="somebody else's hand"),
    ],
)
async def test_the_cause_of_a_sync_is_told(do: Any, cause: str, changed: bool) -> None:
    async with a_day() as day:
        day.make_config_map("texts", {"dsn": "x:{{ .password }}"})
        held = {"configMap": {"name": "texts", "items": [{"key": "dsn"}]}}
        await a_synced(day, refreshInterval="1h", target={"template": {"templateFrom": [held]}})
        await day.settle(10)
        before = sync(day)
        assert before["changedKeys"] == ["dsn"]

        do(day)
        await day.until(lambda: sync(day)["fetchedAt"] > before["fetchedAt"])
        await day.settle()

        assert sync(day)["cause"] == cause
        assert (sync(day)["changedAt"] > before["changedAt"]) is changed
        assert sync(day)["changeCause"] == (cause if changed else "First")


async def test_a_sync_after_a_failure_is_told_as_a_retry_and_a_failure_keeps_what_is_known() -> None:
    async with a_day() as day:
        await a_synced(day, refreshInterval="1m")
        known = sync(day)
        value = day.vault.values.pop("db")
        await day.until(lambda: day.ready()[0] == "False", seconds=100)
        assert sync(day)["fetchedAt"] >= known["fetchedAt"]
        assert sync(day)["remotes"] == known["remotes"]

        day.vault.values["db"] = value
        await day.until(lambda: day.ready()[0] == "True", seconds=100)

        assert sync(day)["cause"] == "Retry"


async def test_a_key_that_goes_is_named_with_the_poll_that_proved_it() -> None:
    async with a_day() as day:
        day.vault.put(other="x")
        await a_synced(
            day,
            data={"password": "db", "token": "other"},
            refreshInterval="10m",
            target={"deletionPolicy": "Merge"},
        )

        del day.vault.values["other"]
        await day.until(lambda: day.data() == {"password": b"first"}, seconds=800)
        await day.settle()

        assert (sync(day)["changeCause"], sync(day)["changedKeys"]) == ("Poll", ["token"])


async def test_what_a_provider_holds_never_gets_into_the_status() -> None:
    async with a_day() as day:
        day.vault.put(db=CANARY)
        literal = {"literal": "{{ .password }}: x"}
        await a_synced(day, target={"template": {"templateFrom": [literal]}})
        assert day.data() == {CANARY: b"x"}, "a key made of a value"

        assert CANARY not in msgspec.json.encode(day.get("ExternalSecret", "shop")).decode()
        assert (sync(day)["changedKeys"], sync(day)["changedCount"]) == ([], 1)


async def as_the_reference_defines(day: Day) -> None:
    for definition in reference_crds.definitions():
        path = f"{reference_crds.CRDS}/{definition['metadata']['name']}"
        version = day.do("GET", path)["metadata"]["resourceVersion"]
        metadata = definition["metadata"] | {"resourceVersion": version}
        day.do("PUT", path, definition | {"metadata": metadata})
    await day.settle()


async def test_with_definitions_that_prune_it_nothing_is_written_again_and_again() -> None:
    async with a_day() as day:
        await as_the_reference_defines(day)
        await a_synced(day, refreshInterval="10m")
        assert set(day.get("ExternalSecret", "shop")["status"]) == {
            "binding", "conditions", "refreshTime", "syncedResourceVersion",
        }  # fmt: skip
        before = len(day.transport.writes())

        await day.settle(3600)

        shop = [write for write in day.transport.writes()[before:] if "shop" in write]
        assert set(shop) == {f"PATCH {ES}/namespaces/team-a/externalsecrets/shop/status"}
        assert len(shop) == 6, "one for each refresh"


async def test_with_definitions_that_prune_it_edits_and_drift_are_seen_as_ever() -> None:
    async with a_day() as day:
        await as_the_reference_defines(day)
        await a_synced(day, refreshInterval="1h")

        day.edit("Secret", "shop", {"data": {"password": "YmFk"}})
        await day.until(lambda: day.data() == {"password": b"first"})
        day.vault.put(db="second")
        force(day)
        await day.until(lambda: day.data() == {"password": b"second"})
        before = len(day.transport.writes())
        await day.settle(60)

        assert day.transport.writes()[before:] == []


async def test_a_status_that_somebody_wipes_is_written_anew() -> None:
    async with a_day() as day:
        await as_the_reference_defines(day)
        await a_synced(day, refreshInterval="10m")
        path = day.path("ExternalSecret", "shop") + "/status"
        wiped = {"status": {"refreshTime": None, "syncedResourceVersion": None, "conditions": None}}
        day.do("PATCH", path, wiped, "application/merge-patch+json")
        await anyio.sleep(1)
        force(day)

        await day.until(lambda: day.ready()[0] == "True")
