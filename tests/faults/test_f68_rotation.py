"""F68: a secret is rotated between the reads of one sync, and AWS answers with the older version afterwards."""

from collections.abc import Callable

import pytest

from support.aws_day import SYNCED, AwsDay, an_aws_day, marked
from support.aws_double import Asked, Said
from support.aws_script import Act, Edited
from support.aws_world import CURRENT

pytestmark = pytest.mark.asyncio

RENAMED = [{"regexp": {"source": "db", "target": "f"}}]
SEARCH = [{"find": {"name": {"regexp": "^db$"}, "path": "db"}, "rewrite": RENAMED}]


def moving(found: AwsDay, *texts: str) -> Callable[[Asked], Said]:
    """Answers reads; after each of the first ones the label moves on to the next text."""
    moves = iter(texts)

    def answer(asked: Asked) -> Said:
        said = found.world._GetSecretValue(asked.parameters)
        if text := next(moves, ""):
            found.put(db=text)
        return said

    return answer


async def test_F68_all_that_is_read_of_one_secret_is_of_one_version() -> None:
    async with an_aws_day(batching=False) as found:
        arn = found.world.secrets["db"].arn
        data = [{"secretKey": "name", "remoteRef": {"key": "db"}}, {"secretKey": "arn", "remoteRef": {"key": arn}}]
        await found.searching(data=data, dataFrom=SEARCH)
        assert found.data() == {"f": "first", "name": "first", "arn": "first"}
        mark = len(found.day.transport.calls)

        # The label moves while the three reads of one sync are under way, in every sync until it has been seen twice.
        found.script.on("GetSecretValue", moving(found, "second", "third"))
        found.force("shop", "now")
        await found.day.until(lambda: found.data() == dict.fromkeys(("f", "name", "arn"), "third"), seconds=30)

        for data_written in found.written("shop", mark):
            assert len(set(data_written.values())) == 1, data_written
        assert found.day.ready() == SYNCED
        found.nothing_was_lost(mark)
        found.nothing_leaked()


async def test_F68_the_current_version_and_the_one_before_it_are_of_one_moment() -> None:
    async with an_aws_day(batching=False) as found:
        found.put(db="second")
        data = [
            {"secretKey": "now", "remoteRef": {"key": "db"}},
            {"secretKey": "before", "remoteRef": {"key": "db", "version": "AWSPREVIOUS"}},
        ]
        await found.searching(data=data)
        assert found.data() == {"now": "second", "before": "first"}
        mark = len(found.day.transport.calls)

        found.script.on("GetSecretValue", moving(found, "third"))
        found.force("shop", "now")
        await found.day.until(lambda: found.data() == {"now": "third", "before": "second"}, seconds=30)

        assert [sorted(data_written.items()) for data_written in found.written("shop", mark)] == [
            [("before", "second"), ("now", "third")]
        ]


@pytest.mark.parametrize("batching", [True, False], ids=["batches", "single reads"])
async def test_F68_one_answer_with_the_older_version_is_not_written(batching: bool) -> None:
    async with an_aws_day(batching=batching) as found:
        found.put(b="one")
        await found.synced(data={"a": "db", "b": "b"}, refreshInterval="1m")
        found.put(db="second")
        await found.day.until(lambda: found.data()["a"] == "second", seconds=70)
        mark = len(found.day.transport.calls)

        for _ in range(3):
            found.script.on("*", stale(found), times=1, key="db")
            await found.day.until(lambda: found.script.rules[0].times == 0, seconds=70)
            await found.day.settle(20)

        assert found.written("shop", mark) == []
        assert found.day.ready() == SYNCED
        found.nothing_leaked()


async def test_F68_two_answers_that_agree_are_written() -> None:
    async with an_aws_day() as found:
        await found.synced(data={"a": "db"}, refreshInterval="1m")
        found.put(db="second")
        await found.day.until(lambda: found.data() == {"a": "second"}, seconds=70)

        # Somebody moves the label back on purpose.
        secret = found.world.secrets["db"]
        secret.stages[CURRENT], secret.stages["AWSPREVIOUS"] = secret.stages["AWSPREVIOUS"], secret.stages[CURRENT]

        await found.day.until(lambda: found.data() == {"a": "first"}, seconds=70)
        await found.day.until(lambda: found.day.ready() == SYNCED)
        mark = len(found.day.transport.calls)
        await found.day.settle(150)
        assert found.written("shop", mark) == []


def stale(found: AwsDay) -> Act:
    """The true answer, with the first version of ``db`` in it."""
    first = found.world.secrets["db"].versions[0]
    old = {"SecretString": marked("first"), "VersionId": first.id, "CreatedDate": 1.0}

    def change(answer: dict[str, object]) -> object:
        if "SecretValues" in answer:
            items: list[dict[str, object]] = answer["SecretValues"]  # type: ignore[assignment]
            return answer | {"SecretValues": [item | old if item["Name"] == "db" else item for item in items]}
        return answer | old if answer.get("Name") == "db" else answer

    return Edited(change)
