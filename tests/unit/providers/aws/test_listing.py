"""Listing without a network: an Api whose calls are answered by a function."""

from collections.abc import Mapping

import pytest

from esoctl.errors import BadAnswer
from esoctl.providers.aws import listing
from esoctl.providers.aws.api import Answer, Api
from esoctl.providers.aws.identity import Keys
from esoctl.providers.aws.sources import Fixed


class Listed:
    """Answers with a new token for ever."""

    def __init__(self) -> None:
        self.calls = 0
        self.observed: list[tuple[str, str, bool]] = []

    async def call(self, _operation: str, _parameters: Mapping[str, object]) -> Answer:
        self.calls += 1
        return {"NextToken": f"token-{self.calls}"}

    def observe(self, provider: str, call: str, ok: bool) -> None:
        self.observed.append((provider, call, ok))


@pytest.mark.asyncio
async def test_a_list_is_given_up_after_a_thousand_pages() -> None:
    listed = Listed()
    api = Api("AWS/Test", listed.call, Fixed(Keys("id", "key")), expected=(), observe=listed.observe)

    with pytest.raises(BadAnswer, match="does not come to an end"):
        async for _ in listing.pages(api, "DescribeParameters"):
            pass

    assert listed.calls == listing.MOST_PAGES


@pytest.mark.asyncio
async def test_calls_are_counted_under_the_reference_labels() -> None:
    listed = Listed()
    api = Api("AWS/ParameterStore", listed.call, Fixed(Keys("id", "key")), expected=(), observe=listed.observe)

    await api.call("DescribeParameters")
    await api.call("GetParameter")

    assert listed.observed == [
        ("AWS/ParameterStore", "DescribeParameter", True),
        ("AWS/ParameterStore", "GetParameter", True),
    ]
