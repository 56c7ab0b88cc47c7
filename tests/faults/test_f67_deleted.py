"""F67: a secret is deleted behind our back, scheduled for deletion, restored, made anew, or gone for one read."""

import pytest

from support.aws_day import MAIN, SYNCED, AwsDay, an_aws_day
from support.aws_double import failed

pytestmark = pytest.mark.asyncio

GONE = failed("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
BOTH = {"a": "db", "b": "b"}


async def a_synced(found: AwsDay, policy: str, data: dict[str, str]) -> int:
    """A synced ExternalSecret of that policy; the number of API calls so far."""
    found.put(b="other")
    await found.synced(data=data, refreshInterval="1m", target={"deletionPolicy": policy})
    return len(found.day.transport.calls)


async def test_F67_with_retain_a_deleted_secret_changes_nothing_but_the_condition() -> None:
    async with an_aws_day() as found:
        mark = await a_synced(found, "Retain", {"a": "db"})
        del found.world.secrets["db"]
        await found.day.settle(130)

        assert found.data() == {"a": "first"}
        assert found.secret_writes(mark) == []
        status, _, message = found.day.ready()
        assert (status, "Secret does not exist" in message) == ("False", True)

        # Made anew, under the same name and another ARN.
        found.world.recreate("db", "c4n4ry-again")
        await found.day.until(lambda: found.data() == {"a": "again"}, seconds=130)
        await found.day.until(lambda: found.day.ready() == SYNCED)
        found.nothing_leaked()


async def test_F67_with_delete_a_deleted_secret_takes_the_target_with_it_after_reads_that_agree() -> None:
    async with an_aws_day() as found:
        mark = await a_synced(found, "Delete", {"a": "db"})
        before = found.script.count(key="db")
        del found.world.secrets["db"]

        await found.day.until(lambda: found.day.data("shop") is None, seconds=130)

        reads = [call.at for call in found.script.calls if "db" in call.keys][before:]
        assert len(reads) >= 2
        assert reads[-1] - reads[0] > 59.9
        assert [call.method for call in found.secret_writes(mark)] == ["DELETE"]

        found.world.recreate("db", "c4n4ry-again")
        await found.day.until(lambda: found.data() == {"a": "again"}, seconds=130)


async def test_F67_with_merge_only_the_key_of_the_deleted_secret_goes() -> None:
    async with an_aws_day() as found:
        mark = await a_synced(found, "Merge", BOTH)
        del found.world.secrets["db"]

        await found.day.until(lambda: found.data() == {"b": "other"}, seconds=130)

        assert [sorted(keys) for keys in found.written("shop", mark)] == [["b"]]


@pytest.mark.parametrize(("policy", "data"), [("Delete", {"a": "db"}), ("Merge", BOTH)])
async def test_F67_a_secret_that_looks_gone_for_one_read_is_not(policy: str, data: dict[str, str]) -> None:
    async with an_aws_day() as found:
        mark = await a_synced(found, policy, data)
        for batch in (False, True):
            operation = "BatchGetSecretValue" if batch and len(data) > 1 else "GetSecretValue"
            found.script.clear()
            found.script.on(operation, GONE, signer=MAIN, times=1)
            await found.day.settle(150)

        assert set(found.data()) == set(data)
        assert found.secret_writes(mark, "shop") == []
        assert found.day.ready() == SYNCED


@pytest.mark.parametrize("policy", ["Retain", "Merge", "Delete"])
async def test_F67_a_secret_scheduled_for_deletion_is_not_absent_and_its_restoration_is_seen(policy: str) -> None:
    async with an_aws_day() as found:
        mark = await a_synced(found, policy, BOTH)
        found.world.secrets["db"].marked = True
        await found.day.settle(130)

        assert found.data() == {"a": "first", "b": "other"}
        assert found.secret_writes(mark, "shop") == []
        status, _, message = found.day.ready()
        assert status == "False"
        assert "secret 'db' is marked for deletion in AWS; restore it" in message

        found.world.secrets["db"].marked = False
        found.put(db="second")
        await found.day.until(lambda: found.data() == {"a": "second", "b": "other"}, seconds=130)
        await found.day.until(lambda: found.day.ready() == SYNCED)
        found.nothing_was_lost(mark)
        found.nothing_leaked()


async def test_F67_a_store_of_the_wrong_region_keeps_the_data_and_the_right_one_brings_them_back() -> None:
    async with an_aws_day() as found:
        mark = await a_synced(found, "Retain", {"a": "db"})
        found.script.on("*", GONE, region="us-east-1")
        found.store("main", region="us-east-1")
        found.put(db="second")
        await found.day.settle(130)

        assert found.data() == {"a": "first"}
        assert found.secret_writes(mark) == []
        assert found.day.ready()[0] == "False"

        found.store("main")
        await found.day.until(lambda: found.data() == {"a": "second"}, seconds=130)
        await found.day.until(lambda: found.day.ready() == SYNCED)


async def test_F67_values_of_64_kib_come_through_whole() -> None:
    async with an_aws_day() as found:
        for number in range(20):
            found.world.rotate(f"big{number}", f"c4n4ry-{number}" + "x" * 65_500)
        await found.synced(data={f"k{number}": f"big{number}" for number in range(10)})

        assert {len(value) for value in found.data().values()} == {65_501}
