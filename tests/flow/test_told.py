"""What the log and the audit log say of a day: one line for each reconcile that changed something, and no more."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from esoctl.log import about_subject
from esoctl.reconcile import visits
from esoctl.reconcile.visits import Act
from support.day import a_day

pytestmark = pytest.mark.asyncio
MANAGER = "externalsecrets.external-secrets.io/shop"


@contextmanager
def reconciled() -> Iterator[list[Any]]:
    """The lines that tell of a change; all lines at info while the block runs."""
    with capture_logs(processors=[about_subject]) as told:
        yield told


def changes(told: list[Any]) -> list[Any]:
    return [line for line in told if line["event"] == "reconciled" and line["key"].startswith("ExternalSecret/")]


async def test_a_change_is_one_line_with_key_id_store_cause_and_time() -> None:
    with reconciled() as told:
        async with a_day() as day:
            day.external_secret()
            await day.until(lambda: day.data() == {"password": b"first"})
            await day.settle()

    (line,) = changes(told)
    assert line.pop("reconcile_id")
    assert line.pop("seconds") >= 0
    assert line == {
        "event": "reconciled",
        "log_level": "info",
        "key": "ExternalSecret/team-a/shop",
        "store": "SecretStore/aws",
        "cause": "First",
        "did": ["created Secret shop"],
    }


async def test_an_unchanged_refresh_says_nothing_at_info() -> None:
    async with a_day() as day:
        day.external_secret(refreshInterval="1m")
        await day.until(lambda: day.ready()[0] == "True")
        await day.settle(120)
        asked = day.vault.asked["db"]
        with reconciled() as told:
            await day.settle(600)

        assert day.vault.asked["db"] >= asked + 9
    assert [line for line in told if line["log_level"] != "debug"] == []


async def test_a_failure_names_the_store_too() -> None:
    with reconciled() as told:
        async with a_day() as day:
            day.external_secret(data={"password": "nothing"})
            await day.until(lambda: day.ready()[0] == "False")

    failed = [line for line in told if line["event"].startswith("reconcile failed")]
    assert {line["store"] for line in failed} == {"SecretStore/aws"}
    assert all("seconds" in line for line in failed)


async def test_W02_every_write_of_a_secret_is_told_with_its_versions() -> None:
    acts: list[tuple[Act, dict[str, object]]] = []

    def tell(act: Act) -> None:
        acts.append((act, visits.audited(act)))

    async with a_day(tell=tell) as day:
        day.external_secret(refreshInterval="1m", target={"deletionPolicy": "Delete"})
        await day.until(lambda: day.data() == {"password": b"first"})
        day.vault.values["db"] = b"second"
        await day.until(lambda: day.data() == {"password": b"second"}, 120)
        version = day.get("Secret", "shop")["metadata"]["resourceVersion"]
        uid = day.get("Secret", "shop")["metadata"]["uid"]
        day.delete("ExternalSecret", "shop")
        await day.until(lambda: day.data() is None)

    records = [record for _, record in acts]
    assert [(record["action"], record["cause"], record["keys"]) for record in records] == [
        ("created", "First", ["password"]),
        ("updated", "Poll", ["password"]),
        ("deleted", "", []),
    ]
    assert [record["field_manager"] for record in records] == [MANAGER, MANAGER, ""]
    assert {record["for"] for record in records} == {"ExternalSecret/team-a/shop"}
    assert [record["resource_version"] for record in records[1:]] == [version, version]
    assert {record["uid"] for record in records} == {uid}
    assert records[0]["remotes"] == records[1]["remotes"]
    assert [one["key"] for one in records[1]["remotes"]] == ["db"]  # type: ignore[attr-defined]
    assert "second" not in str(acts)


async def test_SEC_a_key_that_a_template_makes_of_a_value_is_not_told() -> None:
    acts: list[dict[str, object]] = []
    template = {"data": {"plain": "x"}, "templateFrom": [{"target": "Data", "literal": "{{ .password }}: y"}]}
    async with a_day(tell=lambda act: acts.append(visits.audited(act))) as day:
        day.external_secret(target={"template": template})
        await day.until(lambda: day.data() == {"plain": b"x", "first": b"y"})

    (record,) = acts
    assert (record["keys"], record["key_count"]) == (["plain"], 2)
