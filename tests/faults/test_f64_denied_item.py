"""F64: one of twenty secrets in a batch is an error; the reference drops that key and calls the rest synced."""

import pytest

from support.aws_day import MAIN, SYNCED, an_aws_day, marked
from support.aws_script import DENIED, with_errors

pytestmark = pytest.mark.asyncio

TWENTY = {f"k{number}": f"v{number}" for number in range(20)}
SAID = (
    "User: arn:aws:iam::123456789012:user/u is not authorized to perform: secretsmanager:GetSecretValue on resource:"
    " v7 because no identity-based policy allows the secretsmanager:GetSecretValue action"
)


@pytest.mark.parametrize(
    ("policy", "code", "text", "words"),
    [
        pytest.param(
            "Delete",
            "AccessDeniedException",
            SAID,
            ("allow secretsmanager:GetSecretValue on v7 to the identity of the store",),
            id="denied",
        ),
        pytest.param(
            "Merge",
            "DecryptionFailure",
            "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
            ("allow kms:Decrypt on the KMS key of 'v7'",),
            id="decrypt",
        ),
        pytest.param(
            "Retain", "InternalServiceError", "An error occurred.", ("AWS reports a fault of its own",), id="internal"
        ),
    ],
)
async def test_F64_one_denied_item_of_a_batch_fails_the_whole_and_names_it(
    policy: str, code: str, text: str, words: tuple[str, ...]
) -> None:
    async with an_aws_day() as found:
        found.put(**dict.fromkeys(TWENTY.values(), "one"), neighbour="one")
        await found.synced(data=TWENTY, refreshInterval="1m", target={"deletionPolicy": policy})
        await found.synced("neighbour", data={"a": "neighbour"}, refreshInterval="1m")
        full = dict.fromkeys(TWENTY, "one")
        assert found.data() == full
        mark = len(found.day.transport.calls)

        found.script.on("BatchGetSecretValue", with_errors(code, "v7", text=text), signer=MAIN)
        found.put(**dict.fromkeys(TWENTY.values(), "two"), neighbour="two")
        await found.day.settle(150)

        assert found.data() == full
        assert found.secret_writes(mark, "shop") == []
        status, _, message = found.day.ready()
        assert status == "False"
        assert f"spec.data[7] (key: v7), err: AWS/SecretsManager GetSecretValue: {code}: " in message
        assert all(word in message for word in words)
        # Who reads nothing that failed is not affected, even out of the same batch.
        assert found.data("neighbour") == {"a": "two"}
        assert found.day.ready("neighbour") == SYNCED

        found.script.clear()
        await found.day.until(lambda: found.data() == dict.fromkeys(TWENTY, "two"), seconds=90)
        await found.day.until(lambda: found.day.ready() == SYNCED)
        found.nothing_was_lost(mark)
        found.nothing_leaked()


async def test_F64_a_search_of_which_one_item_is_denied_keeps_every_key() -> None:
    async with an_aws_day() as found:
        found.put(app__a="one", app__b="one", app__c="one")
        search = [{"find": {"name": {"regexp": "."}, "path": "app/"}}]
        await found.searching(dataFrom=search, target={"deletionPolicy": "Delete"})
        full = found.data()
        assert len(full) == 3
        mark = len(found.day.transport.calls)

        found.script.on("BatchGetSecretValue", with_errors("AccessDeniedException", "app/b"), signer=MAIN)
        await found.day.settle(150)

        assert found.data() == full
        assert found.secret_writes(mark, "shop") == []
        status, _, message = found.day.ready()
        assert status == "False"
        assert "allow secretsmanager:GetSecretValue on 'app/b'" in message

        found.script.clear()
        await found.day.until(lambda: found.day.ready() == SYNCED, seconds=90)
        found.nothing_leaked()


async def test_F64_a_denied_parameter_that_fails_its_whole_batch_fails_nobody_else() -> None:
    async with an_aws_day() as found:
        found.store("parameters", service="ParameterStore")
        names = {f"k{number}": f"/app/{number}" for number in range(10)}
        found.world.parameters |= dict.fromkeys([*names.values(), "/neighbour"], marked("one"))
        spec = {"store": "parameters", "refreshInterval": "1m"}
        await found.synced(data=names, target={"deletionPolicy": "Delete"}, **spec)
        await found.synced("neighbour", data={"a": "/neighbour"}, **spec)
        mark = len(found.day.transport.calls)

        # Parameter Store denies a call as a whole when one of its names is not allowed.
        found.script.on("*", DENIED, key="/app/3")
        found.world.parameters |= dict.fromkeys([*names.values(), "/neighbour"], marked("two"))
        await found.day.settle(150)

        assert found.data() == dict.fromkeys(names, "one")
        assert found.secret_writes(mark, "shop") == []
        status, _, message = found.day.ready()
        assert status == "False"
        assert "(key: /app/3), err: AWS/ParameterStore GetParameter: AccessDeniedException" in message
        assert found.data("neighbour") == {"a": "two"}
        assert found.day.ready("neighbour") == SYNCED

        found.script.clear()
        await found.day.until(lambda: found.data() == dict.fromkeys(names, "two"), seconds=90)
        await found.day.until(lambda: found.day.ready() == SYNCED)
        found.nothing_was_lost(mark)
        found.nothing_leaked()
