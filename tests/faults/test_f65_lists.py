"""F65: a batch of errors only, empty pages, lists without an end, and page tokens that AWS does not take back."""

import pytest

from support.aws_day import MAIN, SYNCED, an_aws_day
from support.aws_double import said
from support.aws_script import BAD_TOKEN, Act, endless, with_errors

pytestmark = pytest.mark.asyncio

TWENTY = {f"k{number}": f"v{number}" for number in range(20)}
SEARCH = [{"find": {"name": {"regexp": "."}, "path": "app/"}}]
BY_NAME = [{"find": {"name": {"regexp": "^app/"}}}]


@pytest.mark.parametrize("code", ["AccessDeniedException", "InternalServiceError"])
async def test_F65_a_batch_of_errors_only_is_no_empty_result(code: str) -> None:
    async with an_aws_day() as found:
        found.put(**dict.fromkeys(TWENTY.values(), "one"))
        await found.synced(data=TWENTY, refreshInterval="1m", target={"deletionPolicy": "Delete"})
        mark = len(found.day.transport.calls)

        found.script.on("BatchGetSecretValue", with_errors(code), signer=MAIN)
        await found.day.settle(150)

        assert found.data() == dict.fromkeys(TWENTY, "one")
        assert found.secret_writes(mark, "shop") == []
        assert found.day.ready()[0] == "False"
        assert code in found.day.ready()[2]

        found.script.clear()
        await found.day.until(lambda: found.day.ready() == SYNCED, seconds=90)
        found.nothing_was_lost(mark)
        found.nothing_leaked()


@pytest.mark.parametrize(
    ("search", "faults"),
    [
        pytest.param(SEARCH, {"BatchGetSecretValue": with_errors("DecryptionFailure")}, id="every item fails"),
        pytest.param(
            SEARCH,
            {"BatchGetSecretValue": endless("SecretValues"), "ListSecrets": endless("SecretList")},
            id="no end",
        ),
        pytest.param(BY_NAME, {"ListSecrets": endless("SecretList")}, id="no end of names"),
        pytest.param(BY_NAME, {"ListSecrets": BAD_TOKEN}, id="tokens are refused from the start"),
    ],
)
async def test_F65_a_search_that_fails_is_never_an_empty_one(search: object, faults: dict[str, Act]) -> None:
    async with an_aws_day() as found:
        found.put(app__a="one", app__b="one")
        await found.searching(dataFrom=search, target={"deletionPolicy": "Delete"})
        assert found.data() == {"app_a": "one", "app_b": "one"}
        mark, calls = len(found.day.transport.calls), found.script.count()

        for operation, fault in faults.items():
            found.script.on(operation, fault, signer=MAIN)
        found.put(app__a="two")
        await found.day.settle(150)

        assert found.data() == {"app_a": "one", "app_b": "one"}
        assert found.secret_writes(mark, "shop") == []
        assert found.day.ready()[0] == "False"
        assert found.script.count() - calls <= 100

        found.script.clear()
        await found.day.until(lambda: found.data() == {"app_a": "two", "app_b": "one"}, seconds=90)
        await found.day.until(lambda: found.day.ready() == SYNCED)
        found.nothing_was_lost(mark)
        found.nothing_leaked()


async def test_F65_an_empty_page_with_a_token_is_not_the_end_and_a_refused_token_begins_again_once() -> None:
    async with an_aws_day() as found:
        found.put(app__a="one", app__b="one")
        await found.searching(dataFrom=BY_NAME, target={"deletionPolicy": "Delete"})
        mark = len(found.day.transport.calls)

        # Seen from the first call: an empty page, a refused token, an empty page again, and then the list.
        empty = said({"SecretList": [], "NextToken": "more"})
        found.script.on("ListSecrets", empty, signer=MAIN, times=1)
        found.script.on("ListSecrets", lambda asked: BAD_TOKEN if "NextToken" in asked.parameters else empty, times=2)
        found.put(app__a="two")
        found.force("shop", "now")
        await found.day.until(lambda: found.data() == {"app_a": "two", "app_b": "one"}, seconds=10)

        assert found.day.ready() == SYNCED
        assert [len(keys) for keys in found.written("shop", mark)] == [2]
        found.nothing_was_lost(mark)


async def test_a_search_without_batching_lists_names_and_asks_for_no_batch() -> None:
    async with an_aws_day(batching=False) as found:
        found.put(app__a="one", app__b="one")

        await found.searching(dataFrom=SEARCH)

        assert found.data() == {"app_a": "one", "app_b": "one"}
        assert found.script.count("BatchGetSecretValue", signer=MAIN) == 0
        assert found.script.count("ListSecrets", signer=MAIN) >= 1
