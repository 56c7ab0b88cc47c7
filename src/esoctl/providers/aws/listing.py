"""Lists of AWS, page by page, and the values of what was listed.

* Only a missing token is the end: an empty page with a token is legal.
* A listing that does not end, or repeats its token, is an error. One whose token AWS refuses is begun again, once.
* What vanished between the list and the read is left out; any other failure of one item fails the whole.
"""

from collections.abc import AsyncIterator, Iterable

import anyio

from esoctl.errors import BadAnswer, ProviderError, SecretMissing
from esoctl.model.remote import RemoteKey
from esoctl.model.values import Payload
from esoctl.providers.aws import faults
from esoctl.providers.aws.api import Answer, Api
from esoctl.providers.aws.planner import Planner

MOST_PAGES = 1000

_REFUSED_TOKEN = frozenset({"InvalidNextTokenException", "InvalidNextToken"})


async def pages(api: Api, operation: str, **parameters: object) -> AsyncIterator[Answer]:
    """Every page of a listing; after a new beginning pages come twice. Raises ProviderError."""
    token, used, restarted = "", set[str](), False
    for _ in range(MOST_PAGES):
        try:
            page = await api.call(operation, "", **(parameters | {"NextToken": token} if token else parameters))
        except ProviderError as error:
            if restarted or not token or not _token_refused(error):
                raise
            token, restarted = "", True
            used.clear()
            continue
        yield page
        token = _token(api, operation, page)
        if not token:
            return
        if token in used:
            break
        used.add(token)
    raise BadAnswer(
        api.provider, operation, f"{api.provider} {operation}: the list does not come to an end; esoctl tries again"
    )


async def values(planner: Planner, names: Iterable[str]) -> list[tuple[str, Payload]]:
    """The current values under those full names, in their order; raises the first error in that order."""
    wanted = list(dict.fromkeys(names))
    outcomes: dict[str, Payload | Exception] = {}

    async def fetch(name: str) -> None:
        try:
            outcomes[name] = await planner.get(RemoteKey(name))
        except Exception as error:  # noqa: BLE001 - carried to whoever asked
            outcomes[name] = error

    async with anyio.create_task_group() as tasks:
        for name in wanted:
            tasks.start_soon(fetch, name)
    return list(_present((name, outcomes[name]) for name in wanted))


def _present(outcomes: Iterable[tuple[str, Payload | Exception]]) -> Iterable[tuple[str, Payload]]:
    for name, outcome in outcomes:
        if isinstance(outcome, Payload):
            yield name, outcome
        elif not isinstance(outcome, SecretMissing):
            raise outcome


def _token(api: Api, operation: str, page: Answer) -> str:
    """The token of the next page; an odd one is no end, for then the rest would look absent."""
    token = page.get("NextToken")
    if token is None or isinstance(token, str):
        return token or ""
    raise BadAnswer(api.provider, operation, f"{api.provider} {operation}: the page token is none; esoctl tries again")


def _token_refused(error: ProviderError) -> bool:
    return isinstance(error.__cause__, Exception) and faults.code_of(error.__cause__) in _REFUSED_TOKEN
