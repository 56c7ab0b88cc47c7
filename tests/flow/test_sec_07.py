"""SEC-07: nothing read from a status, an event or an annotation widens what is read or written."""

import random
from typing import Any

import pytest

from support.api import Json
from support.day import MERGE, Day, a_day

pytestmark = pytest.mark.asyncio
SYNCED = ("True", "SecretSynced", "secret synced")
ROUNDS = 40
TEXTS = ["", "shop", "theirs", "../theirs", "kube-system/theirs", "9-abc", "1-", "\u0000", "x" * 300, "*", "{{ .x }}"]
TIMES = [None, "2026-06-01T12:00:00Z", "1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z"]


def a_status(dice: random.Random) -> Json:
    """What a user with the right to patch statuses could write."""
    condition = {
        "type": dice.choice(["Ready", "Deleted", "Other"]), "status": dice.choice(["True", "False", "Unknown"]),
        "reason": dice.choice(TEXTS), "message": dice.choice(TEXTS), "lastTransitionTime": dice.choice(TIMES[1:]),
    }  # fmt: skip
    return {
        "binding": {"name": dice.choice(TEXTS)},
        "refreshTime": dice.choice(TIMES),
        "syncedResourceVersion": dice.choice(TEXTS),
        "conditions": dice.choice([[], [condition]]),
    }


def annotations(dice: random.Random) -> Json:
    """What the operator writes on a Secret, written by somebody else."""
    return {
        "reconcile.external-secrets.io/data-hash": dice.choice(TEXTS),
        "external-secrets.io/target": dice.choice(TEXTS),
        "reconcile.external-secrets.io/store": dice.choice(TEXTS),
    }


async def a_calm(day: Day) -> None:
    day.make_secret("theirs", {"keep": "me"})
    day.external_secret()
    await day.until(lambda: day.ready() == SYNCED)


async def test_sec_07_a_forged_status_changes_neither_what_is_asked_nor_what_is_written() -> None:
    dice = random.Random(7)
    async with a_day() as day:
        await a_calm(day)
        for turn in range(ROUNDS):
            day.ask("PATCH", day.path("ExternalSecret", "shop") + "/status", {"status": a_status(dice)}, MERGE)
            day.edit("ExternalSecret", "shop", {"metadata": {"annotations": {"force-sync": str(turn)}}})
            await day.settle(10)
            await day.until(lambda: is_synced(day))

        assert set(day.vault.asked) == {"db"}
        unharmed(day)


async def test_sec_07_forged_annotations_of_the_target_are_not_believed() -> None:
    dice = random.Random(8)
    async with a_day() as day:
        await a_calm(day)
        for turn in range(ROUNDS):
            day.edit(
                "Secret", "shop", {"metadata": {"annotations": annotations(dice)}, "data": {"password": "Zm9yZ2Vk"}}
            )
            day.edit("ExternalSecret", "shop", {"metadata": {"annotations": {"force-sync": str(turn)}}})
            await day.until(lambda: day.data() == {"password": b"first"})

        assert set(day.vault.asked) == {"db"}
        unharmed(day)


async def test_sec_07_a_secret_that_only_claims_to_be_an_orphan_of_ours_is_kept() -> None:
    async with a_day() as day:
        await a_calm(day)
        labels: Any = day.get("Secret", "shop")["metadata"]["labels"]

        day.edit("Secret", "theirs", {"metadata": {"labels": labels}})
        day.edit("ExternalSecret", "shop", {"spec": {"target": {"name": "till"}}})
        await day.until(lambda: day.data("till") == {"password": b"first"})
        await day.until(lambda: day.data("shop") is None)
        await day.settle(60)

        assert day.data("theirs") == {"keep": b"me"}


async def test_sec_07_forged_events_are_not_read() -> None:
    async with a_day() as day:
        await a_calm(day)
        before = len([call for call in day.transport.calls if call.method == "GET" and "/events" in call.path])
        await day.settle(3600)

        assert before == 0
        unharmed(day)


def is_synced(day: Day) -> bool:
    """Whether the Ready condition says so, wherever in the list it stands."""
    found = day.get("ExternalSecret", "shop")["status"]["conditions"]
    return any((one["type"], one["status"], one["reason"]) == ("Ready", "True", "SecretSynced") for one in found)


def unharmed(day: Day) -> None:
    """Only the target was written, and only in its namespace."""
    written = {write.split(" ", 1)[1] for write in day.transport.writes() if "/secrets/" in write}

    assert written == {day.path("Secret", "shop")}
    assert day.data("theirs") == {"keep": b"me"}
