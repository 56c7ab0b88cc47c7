"""F63: AWS says 200 and then nothing that makes sense."""

import pytest

from support.aws_day import MAIN, SYNCED, an_aws_day
from support.aws_double import Said
from support.aws_script import EMPTY, LIST, NO_JSON, PAGE, Act, Edited, without_values

pytestmark = pytest.mark.asyncio


NONSENSE: dict[str, Act] = {
    "empty body": EMPTY,
    "bad JSON": NO_JSON,
    "a page": PAGE,
    "wrong shape": LIST,
    "nothing in it": Said(b"{}"),
    "neither text nor binary": Edited(without_values),
}


@pytest.mark.parametrize("policy", ["Retain", "Merge", "Delete"])
async def test_F63_an_answer_that_makes_no_sense_is_never_absence_and_never_empty(policy: str) -> None:
    async with an_aws_day() as found:
        names = await found.fleet(1, target={"deletionPolicy": policy})
        mark = len(found.day.transport.calls)
        found.turn(names, "two")

        for name, fault in NONSENSE.items():
            found.script.clear()
            found.script.on("*", fault, signer=MAIN)
            found.force(names[0], name)
            await found.day.settle(10)
            found.kept(names, "one", mark)
            found.tells(names, "GetSecretValue", "answer")
            assert found.day.ready("bystander") == SYNCED

        found.script.clear()
        await found.day.until(lambda: found.all_hold(names, "two") and found.all_ready(names), seconds=90)
        found.nothing_was_lost(mark)
        found.nothing_leaked()


async def test_F63_a_search_that_is_answered_with_nothing_keeps_every_key() -> None:
    async with an_aws_day() as found:
        found.put(app__a="one", app__b="one")
        search = [{"find": {"name": {"regexp": "."}, "path": "app/"}}]
        await found.searching(dataFrom=search, target={"deletionPolicy": "Delete"})
        both = {"app_a": "one", "app_b": "one"}
        assert found.data() == both
        mark = len(found.day.transport.calls)

        for number, fault in enumerate((Said(b"{}"), LIST, Said(b'{"SecretValues": [{}], "SecretList": [{}]}'))):
            found.script.clear()
            found.script.on("*", fault, signer=MAIN)
            found.force("shop", str(number))
            await found.day.settle(10)
            assert found.data() == both
            assert found.day.ready()[0] == "False"

        found.script.clear()
        await found.day.until(lambda: found.day.ready() == SYNCED, seconds=90)
        assert found.secret_writes(mark, "shop") == []
        found.nothing_leaked()
