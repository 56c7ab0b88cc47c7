"""Generators make values on each refresh, and an edit of one reaches those that use it and nobody else."""

import re
from typing import Any

import pytest

from support.day import APPLY, MERGE, Day, a_day

pytestmark = pytest.mark.asyncio

SYNCED = ("True", "SecretSynced", "secret synced")
GENERATORS = "/apis/generators.external-secrets.io/v1alpha1"
PLURALS = {"Fake": "fakes", "Password": "passwords", "UUID": "uuids", "ClusterGenerator": "clustergenerators"}


def place(kind: str, name: str) -> str:
    scope = "" if kind == "ClusterGenerator" else "/namespaces/team-a"
    return f"{GENERATORS}{scope}/{PLURALS[kind]}/{name}"


def generator(day: Day, kind: str, name: str, /, **spec: Any) -> None:
    body = {
        "apiVersion": "generators.external-secrets.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }
    day.do("PATCH", place(kind, name), body, APPLY)


def uses(*names: tuple[str, str], **more: Any) -> dict[str, Any]:
    entries = [{"sourceRef": {"generatorRef": {"kind": kind, "name": name}}} for kind, name in names]
    return {"dataFrom": entries, **more}


def only_from(day: Day, kind: str, generated_by: str, name: str = "shop", **more: Any) -> None:
    """An ExternalSecret without any store."""
    day.apply("ExternalSecret", name, uses((kind, generated_by), **more))


async def test_an_edited_generator_reaches_its_users_within_seconds_and_nobody_else() -> None:
    async with a_day() as day:
        generator(day, "Fake", "dummy", data={"user": "gull"})
        generator(day, "Password", "pw")
        only_from(day, "Fake", "dummy")
        only_from(day, "Password", "pw", "other")
        await day.until(lambda: day.ready() == day.ready("other") == SYNCED)
        await day.settle(10)
        before = day.data("other")

        generator(day, "Fake", "dummy", data={"user": "tern"})

        await day.until(lambda: day.data() == {"user": b"tern"}, seconds=3)
        await day.settle(60)
        assert day.data("other") == before


async def test_a_label_on_a_password_generator_makes_no_new_password() -> None:
    async with a_day() as day:
        generator(day, "Password", "pw")
        only_from(day, "Password", "pw")
        await day.until(lambda: day.ready() == SYNCED)
        await day.settle(10)
        before = day.data()

        day.do("PATCH", place("Password", "pw"), {"metadata": {"labels": {"a": "b"}}}, MERGE)
        await day.settle(60)

        assert day.data() == before


async def test_each_refresh_makes_a_new_password_unless_it_is_created_once() -> None:
    async with a_day() as day:
        generator(day, "Password", "pw", length=12, digits=2, symbols=0)
        only_from(day, "Password", "pw", refreshInterval="1h")
        only_from(day, "Password", "pw", "once", refreshPolicy="CreatedOnce", refreshInterval="1h")
        await day.until(lambda: day.ready() == day.ready("once") == SYNCED)
        first, once = day.data(), day.data("once")

        await day.settle(7200)
        generator(day, "Password", "pw", length=13, digits=2, symbols=0)
        await day.settle(60)

        assert first is not None
        assert re.fullmatch(rb"[a-zA-Z0-9]{12}", first["password"])
        assert day.data() != first
        assert len((day.data() or {})["password"]) == 13
        assert day.data("once") == once


async def test_a_missing_generator_is_told_and_its_user_heals_when_it_appears() -> None:
    async with a_day() as day:
        only_from(day, "UUID", "late")
        await day.until(lambda: day.ready()[0] == "False")
        assert 'unable to get generator: UUID.generators.external-secrets.io "late" not found' in day.ready()[2]
        await day.settle(600)

        generator(day, "UUID", "late")

        await day.until(lambda: day.ready() == SYNCED, seconds=3)


async def test_a_generator_that_goes_leaves_what_it_made_until_the_next_refresh() -> None:
    async with a_day() as day:
        generator(day, "Fake", "dummy", data={"user": "gull"})
        only_from(day, "Fake", "dummy", refreshInterval="1h")
        await day.until(lambda: day.ready() == SYNCED)
        await day.settle(10)

        day.do("DELETE", place("Fake", "dummy"))
        await day.settle(60)
        assert day.ready() == SYNCED
        await day.settle(3600)

        assert day.ready()[0] == "False"
        assert day.data() == {"user": b"gull"}


async def test_a_cluster_generator_works_like_a_namespaced_one() -> None:
    async with a_day() as day:
        generator(day, "ClusterGenerator", "wide", kind="Fake", generator={"fakeSpec": {"data": {"a": "b"}}})
        only_from(day, "ClusterGenerator", "wide")
        await day.until(lambda: day.data() == {"a": b"b"})
        await day.settle(10)

        generator(day, "ClusterGenerator", "wide", kind="Fake", generator={"fakeSpec": {"data": {"a": "c"}}})

        await day.until(lambda: day.data() == {"a": b"c"}, seconds=3)


async def test_a_generator_of_another_controller_class_leaves_its_user_alone() -> None:
    async with a_day() as day:
        generator(day, "Fake", "dummy", controller="other", data={"user": "gull"})
        only_from(day, "Fake", "dummy", target={"deletionPolicy": "Delete"})
        await day.settle(60)
        assert day.ready() == ("", "", "")
        assert "finalizers" not in day.get("ExternalSecret", "shop")["metadata"]

        generator(day, "Fake", "dummy", data={"user": "gull"}, controller="default")

        await day.until(lambda: day.ready() == SYNCED, seconds=3)


async def test_drift_of_a_generated_secret_is_mended_with_a_new_value() -> None:
    async with a_day() as day:
        generator(day, "Password", "pw")
        only_from(day, "Password", "pw")
        await day.until(lambda: day.ready() == SYNCED)
        first = day.data()
        await day.settle(10)

        day.edit("Secret", "shop", {"data": {"password": "AAAA"}})

        await day.until(lambda: day.data() not in (first, {"password": b"\0\0\0"}), seconds=3)
        assert len((day.data() or {})["password"]) == 24


async def test_two_entries_that_use_one_generator_get_values_of_their_own() -> None:
    async with a_day() as day:
        generator(day, "UUID", "id")
        entries = uses(("UUID", "id"), ("UUID", "id"))["dataFrom"]
        entries[1]["rewrite"] = [{"regexp": {"source": "^uuid$", "target": "other"}}]
        day.apply("ExternalSecret", "shop", {"dataFrom": entries})

        await day.until(lambda: day.ready() == SYNCED)

        found = day.data() or {}
        assert set(found) == {"uuid", "other"}
        assert found["uuid"] != found["other"]
