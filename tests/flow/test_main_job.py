"""A day in the life of an ExternalSecret: the whole operator, on a clock that jumps."""

import pytest

from esoctl.errors import AccessDenied, Throttled, Unavailable
from support.day import Day, a_day

pytestmark = pytest.mark.asyncio

SYNCED = ("True", "SecretSynced", "secret synced")


async def a_synced(day: Day, **spec: object) -> None:
    """An ExternalSecret ``shop`` whose Secret is there."""
    day.external_secret(**spec)
    await day.until(lambda: day.ready() == SYNCED)
    await day.settle()


async def test_a_secret_appears_and_says_so() -> None:
    async with a_day() as day:
        day.external_secret()

        await day.until(lambda: day.data() == {"password": b"first"})
        await day.settle()

        assert day.ready() == SYNCED
        assert day.events() == ["Normal Created secret created"]
        assert day.ready("aws", "SecretStore") == ("True", "Valid", "store validated")


async def test_a_new_external_secret_costs_three_writes_and_one_read_of_the_provider() -> None:
    async with a_day() as day:
        await day.settle()
        before = len(day.transport.calls)

        await a_synced(day)

        calls = [call.method for call in day.transport.calls[before:]]
        assert sorted(calls) == ["PATCH", "PATCH", "POST"]
        assert day.vault.asked["db"] == 1


async def test_a_changed_value_follows_within_the_interval() -> None:
    async with a_day() as day:
        await a_synced(day, refreshInterval="1h")
        day.vault.put(db="second")

        await day.until(lambda: day.data() == {"password": b"second"}, seconds=3700)

        await day.settle()
        assert day.events() == ["Normal Created secret created", "Normal Updated secret updated"]


async def test_an_unchanged_refresh_writes_the_status_and_nothing_else() -> None:
    async with a_day() as day:
        await a_synced(day, refreshInterval="1h")
        before = len(day.transport.writes())
        asked = day.vault.asked["db"]

        await day.settle(3 * 3600)

        writes = day.transport.writes()[before:]
        refreshes = day.vault.asked["db"] - asked
        assert 3 <= refreshes <= 4
        assert [write for write in writes if "secrets/shop" in write and "externalsecrets" not in write] == []
        assert len([write for write in writes if write.endswith("externalsecrets/shop/status")]) == refreshes


async def test_force_sync_by_an_annotation() -> None:
    async with a_day() as day:
        await a_synced(day)
        day.vault.put(db="second")

        day.edit("ExternalSecret", "shop", {"metadata": {"annotations": {"force-sync": "now"}}})

        await day.until(lambda: day.data() == {"password": b"second"})
        assert "force-sync" not in day.get("Secret", "shop")["metadata"]["annotations"]


@pytest.mark.parametrize("edit", [{"data": {"password": "b3RoZXI="}}, {"metadata": {"labels": None}}])
async def test_F36_an_edit_of_the_target_is_repaired(edit: object) -> None:
    async with a_day() as day:
        await a_synced(day)

        day.edit("Secret", "shop", edit)

        await day.until(lambda: day.data() == {"password": b"first"}, seconds=5)
        await day.settle()
        assert day.get("Secret", "shop")["metadata"]["labels"]["reconcile.external-secrets.io/managed"] == "true"


async def test_F37_a_deleted_target_comes_back_with_one_read() -> None:
    async with a_day() as day:
        await a_synced(day)
        asked = day.vault.asked["db"]

        day.delete("Secret", "shop")

        await day.until(lambda: day.data() == {"password": b"first"}, seconds=5)
        assert day.vault.asked["db"] == asked + 1


async def test_F37_without_a_provider_a_deleted_target_waits_and_says_so() -> None:
    async with a_day() as day:
        await a_synced(day)
        day.vault.failures["*"] = Unavailable("memory", "Get", "the provider is away")

        day.delete("Secret", "shop")
        await day.until(lambda: day.ready()[0] == "False")
        day.vault.failures.clear()

        await day.until(lambda: day.data() == {"password": b"first"}, seconds=60)
        await day.until(lambda: day.ready() == SYNCED)


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(Unavailable("memory", "Get", "the provider is away"), id="away"),
        pytest.param(Throttled("memory", "Get", "slow down", after=5.0), id="throttled"),
        pytest.param(AccessDenied("memory", "Get", "no right"), id="denied"),
    ],
)
async def test_a_failing_provider_leaves_the_last_good_secret(failure: Exception) -> None:
    async with a_day() as day:
        await a_synced(day, refreshInterval="10m")
        day.vault.failures["db"] = failure  # type: ignore[assignment]
        day.vault.put(db="second")

        await day.until(lambda: day.ready()[0] == "False", seconds=700)

        status, reason, message = day.ready()
        assert (status, reason) == ("False", "SecretSyncedError")
        assert message.startswith("could not get secret data from provider: ")
        assert str(failure) in message
        assert day.data() == {"password": b"first"}
        assert any(event.startswith("Warning UpdateFailed ") for event in day.events())

        day.vault.failures.clear()
        await day.until(lambda: day.data() == {"password": b"second"}, seconds=400)


async def test_one_failing_object_does_not_hold_up_another() -> None:
    async with a_day() as day:
        day.vault.failures["bad"] = Unavailable("memory", "Get", "away")
        day.external_secret("broken", data={"password": "bad"})
        await day.settle(60)

        day.external_secret("healthy")

        await day.until(lambda: day.data("healthy") == {"password": b"first"}, seconds=2)


async def test_Q_27_REL_31_a_store_that_hangs_does_not_hold_up_the_others() -> None:
    async with a_day() as day:
        day.vault.hanging.add("hangs")
        day.store("slow")
        for number in range(60):
            day.external_secret(f"stuck-{number}", data={"password": "hangs"}, secretStoreRef={"name": "slow"})
        await day.settle(1)

        for number in range(5):
            day.external_secret(f"healthy-{number}")
            await day.until(lambda number=number: day.data(f"healthy-{number}") == {"password": b"first"}, seconds=2)
            await day.settle(7)

        day.vault.hanging.clear()
        day.vault.put(hangs="late")
        await day.until(lambda: all(day.data(f"stuck-{n}") == {"password": b"late"} for n in range(60)), seconds=400)


async def test_a_missing_store_is_named_and_its_arrival_heals() -> None:
    async with a_day() as day:
        day.external_secret(secretStoreRef={"name": "late"})
        await day.until(lambda: day.ready()[0] == "False")

        assert 'could not get SecretStore "late"' in day.ready()[2]

        await day.settle(600)
        day.store("late")
        await day.until(lambda: day.ready() == SYNCED, seconds=5)


async def test_a_store_of_another_class_is_left_alone_in_silence() -> None:
    async with a_day() as day:
        day.store("theirs", controller="another")
        day.external_secret(secretStoreRef={"name": "theirs"})

        await day.settle(120)

        assert day.ready() == ("", "", "")
        assert day.ready("theirs", "SecretStore") == ("", "", "")
        assert day.events() == []
        assert day.data() is None


async def test_a_broken_store_tells_dependants_and_a_mended_one_heals_them() -> None:
    async with a_day() as day:
        await a_synced(day)
        day.store(refreshInterval="9999999h")
        await day.until(lambda: day.ready("aws", "SecretStore")[0] == "False")
        day.edit("ExternalSecret", "shop", {"metadata": {"annotations": {"force-sync": "1"}}})
        await day.until(lambda: day.ready()[0] == "False")

        assert 'SecretStore "aws" is not ready: unable to create client' in day.ready()[2]
        assert day.data() == {"password": b"first"}

        await day.settle(600)
        day.store(refreshInterval="5m")
        await day.until(lambda: day.ready() == SYNCED, seconds=5)


async def test_credentials_that_come_late_heal_store_and_dependants_within_seconds() -> None:
    async with a_day() as day:
        day.store("locked", provider={"fake": {"data": [{"key": "keys", "value": "id"}]}})
        day.external_secret(secretStoreRef={"name": "locked"})
        await day.until(lambda: day.ready("locked", "SecretStore")[0] == "False")
        await day.settle(900)

        day.make_secret("keys", {"id": "x"})

        await day.until(lambda: day.ready("locked", "SecretStore")[0] == "True", seconds=5)
        await day.until(lambda: day.ready() == SYNCED, seconds=5)


async def test_an_unparsable_duration_stops_that_object_and_no_other() -> None:
    async with a_day() as day:
        day.external_secret("bad", refreshInterval="9999999h")
        day.external_secret("good")

        await day.until(lambda: day.ready("good") == SYNCED, seconds=5)
        await day.until(lambda: day.ready("bad")[0] == "False", seconds=5)

        assert "spec.refreshInterval" in day.ready("bad")[2]
        assert day.events("bad") != []


async def test_I_32_a_good_object_that_turns_bad_keeps_its_secret() -> None:
    async with a_day() as day:
        await a_synced(day)

        day.edit("ExternalSecret", "shop", {"spec": {"refreshInterval": "9999999h"}})
        await day.until(lambda: day.ready()[0] == "False")

        assert day.data() == {"password": b"first"}

        day.edit("ExternalSecret", "shop", {"spec": {"refreshInterval": "24h"}})
        await day.until(lambda: day.ready() == SYNCED)


async def test_a_renamed_target_is_written_before_the_old_one_goes() -> None:
    async with a_day() as day:
        await a_synced(day)
        before = len(day.transport.writes())

        day.edit("ExternalSecret", "shop", {"spec": {"target": {"name": "till"}}})
        await day.until(lambda: day.data("till") == {"password": b"first"})
        await day.until(lambda: day.data("shop") is None)

        writes = [write for write in day.transport.writes()[before:] if "/v1/namespaces/team-a/secrets/" in write]
        assert [write.split("/")[0].strip() + " " + write.rsplit("/", 1)[1] for write in writes] == [
            "PATCH till",
            "DELETE shop",
        ]


async def test_deletion_policy_delete_removes_the_secret_after_two_reads_that_agree() -> None:
    async with a_day() as day:
        await a_synced(day, target={"deletionPolicy": "Delete"})
        finalizers = day.get("ExternalSecret", "shop")["metadata"]["finalizers"]
        asked = day.vault.asked["db"]
        del day.vault.values["db"]

        day.edit("ExternalSecret", "shop", {"metadata": {"annotations": {"force-sync": "1"}}})
        await day.settle(55)
        assert day.data() == {"password": b"first"}
        await day.until(lambda: day.data() is None, seconds=10)
        await day.settle()

        assert day.vault.asked["db"] == asked + 2
        assert finalizers == ["externalsecrets.external-secrets.io/externalsecret-cleanup"]
        assert day.ready() == ("True", "SecretDeleted", "secret deleted due to DeletionPolicy=Delete")

        day.vault.put(db="again")
        day.edit("ExternalSecret", "shop", {"metadata": {"annotations": {"force-sync": "2"}}})
        await day.until(lambda: day.data() == {"password": b"again"})


async def test_REL_22_a_deleted_external_secret_is_let_go_although_the_provider_is_away() -> None:
    async with a_day() as day:
        await a_synced(day, target={"deletionPolicy": "Delete"})
        day.vault.failures["*"] = Unavailable("memory", "Get", "away")

        day.delete("ExternalSecret", "shop")

        await day.until(lambda: day.get("ExternalSecret", "shop") is None, seconds=5)
        assert day.data() is None


async def test_an_api_server_that_is_away_delays_and_loses_nothing() -> None:
    async with a_day() as day:
        await a_synced(day, refreshInterval="10m")
        day.transport.away = True
        await day.settle(1800)
        day.transport.away = False
        day.vault.put(db="second")

        await day.until(lambda: day.data() == {"password": b"second"}, seconds=900)
        await day.until(lambda: day.ready() == SYNCED)


async def test_REL_19_two_external_secrets_with_one_target_do_not_fight_and_the_loser_recovers() -> None:
    async with a_day() as day:
        await a_synced(day)
        day.vault.put(other="theirs")
        day.external_secret("rival", data={"password": "other"}, target={"name": "shop"})
        await day.until(lambda: day.ready("rival")[0] == "False")

        assert day.ready("rival")[2].startswith("target is owned by another ExternalSecret: ")
        writes = len(day.transport.writes())
        await day.settle(1200)
        assert len([w for w in day.transport.writes()[writes:] if w.endswith("v1/namespaces/team-a/secrets/shop")]) == 0

        day.delete("ExternalSecret", "shop")
        await day.until(lambda: day.data() == {"password": b"theirs"}, seconds=30)


async def test_a_template_is_rendered_over_the_values() -> None:
    async with a_day() as day:
        template = {
            "type": "Opaque",
            "metadata": {"labels": {"tier": "{{ .tier }}"}},
            "data": {"url": "db://{{ .tier | upper }}"},
        }
        day.vault.put(tier="gold")

        await a_synced(day, data={"tier": "tier"}, target={"template": template})

        made = day.get("Secret", "shop")
        assert day.data() == {"url": b"db://GOLD"}
        assert made["metadata"]["labels"]["tier"] == "gold"


async def test_a_broken_template_leaves_the_secret_and_says_why() -> None:
    async with a_day() as day:
        await a_synced(day)

        day.edit("ExternalSecret", "shop", {"spec": {"target": {"template": {"data": {"x": "{{ .missing }}"}}}}})
        await day.until(lambda: day.ready()[0] == "False")

        assert day.ready()[2].startswith("could not update secret: ")
        assert day.data() == {"password": b"first"}


async def test_metrics_tell_of_reconciles_and_conditions() -> None:
    async with a_day() as day:
        await a_synced(day)

        text = day.metrics.exposition().decode()

    assert 'externalsecret_sync_calls_total{name="shop",namespace="team-a"}' in text
    assert 'externalsecret_status_condition{condition="Ready",name="shop",namespace="team-a",status="True"} 1.0' in text
    assert 'controller_runtime_reconcile_total{controller="externalsecret",result=' in text
    assert "workqueue_adds_total" in text


async def test_SEC_08_no_value_reaches_any_text(caplog: pytest.LogCaptureFixture) -> None:
    canary = "c4n4ry-value-that-nobody-may-print"
    async with a_day() as day:
        day.vault.put(db=f'{{"user":"{canary}"}}', plain=canary)
        day.external_secret("a", data={"x": "db", "y": "plain"})
        day.apply(
            "ExternalSecret",
            "b",
            {
                "secretStoreRef": {"name": "aws"},
                "data": [
                    {"secretKey": "x", "remoteRef": {"key": "plain", "property": "p", "decodingStrategy": "Base64"}}
                ],
            },
        )
        day.apply(
            "ExternalSecret", "c", {"secretStoreRef": {"name": "aws"}, "dataFrom": [{"extract": {"key": "plain"}}]}
        )
        day.external_secret(
            "d", data={"x": "plain"}, target={"template": {"data": {"k": "{{ .x | fromJson | fail }}"}}}
        )
        day.apply(
            "ExternalSecret",
            "e",
            {
                "secretStoreRef": {"name": "aws"},
                "data": [{"secretKey": "x", "remoteRef": {"key": "plain", "decodingStrategy": "Base64"}}],
            },
        )
        await day.settle(30)
        seen = [str(day.get("ExternalSecret", name)) for name in "abcde"]
        seen += [event for name in "abcde" for event in day.events(name)]
        seen += [day.metrics.exposition().decode(), caplog.text]

    assert all(canary not in text for text in seen)
