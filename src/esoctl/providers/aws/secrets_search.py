"""Finds secrets of AWS Secrets Manager by name, path and tags.

* The path is a prefix of the name; AWS compares it, and tags, by prefix too, keys and values apart.
* With a path or with tags alone AWS is asked for values at once; by name alone, names are listed and the values of
  those that match are read. ``prefix`` of the store plays no part.
* Where values cannot be had at once, or shall not be, names are listed instead.

Source: the reference's ``GetAllSecrets`` and ``findByName``/``findByTags``. DIFFERS: an item that AWS could not give
is an error of the search (the reference leaves it out, and keys vanish from the Secret); ``prefix`` is not added to
listed names (the reference adds it and finds nothing).
"""

from collections.abc import AsyncIterator, Callable

from esoctl.errors import ProviderError, SecretMissing, Throttled, Unavailable
from esoctl.model.remote import Find
from esoctl.model.values import Payload
from esoctl.providers import patterns
from esoctl.providers.aws import answers, listing, secrets_manager
from esoctl.providers.aws.api import Answer, Api
from esoctl.providers.aws.planner import Planner

LIST = "ListSecrets"

Matches = Callable[[str], bool]


async def search(api: Api, planner: Planner, query: Find) -> AsyncIterator[tuple[str, Payload]]:
    """Every (full name, value) that satisfies the query; raises ProviderError."""
    if query.regexp is None and not query.tags:
        raise ProviderError(api.provider, "find", "unexpected find operator; give find a name or tags")
    matches = patterns.matcher(api.provider, query.regexp)
    for name, payload in (await _search(api, planner, query, matches)).items():
        yield name, payload


async def _search(api: Api, planner: Planner, query: Find, matches: Matches) -> dict[str, Payload]:
    filters = _filters(query)
    by_name_alone = query.regexp is not None and query.path is None
    if by_name_alone or not planner.may_batch:
        return await _listed(api, planner, filters, matches)
    try:
        return await _at_once(api, filters, matches)
    except (Throttled, Unavailable):
        raise
    except _Failed as failed:
        raise failed.error from None
    except ProviderError:
        return await _listed(api, planner, filters, matches)


class _Failed(Exception):
    """One item could not be had; asking in another way would not change that."""

    def __init__(self, error: ProviderError) -> None:
        super().__init__(str(error))
        self.error = error


async def _at_once(api: Api, filters: list[dict[str, object]], matches: Matches) -> dict[str, Payload]:
    found: dict[str, Payload] = {}
    async for page in listing.pages(api, secrets_manager.BATCH, Filters=filters):
        _refuse_failures(page)
        for item in answers.page(page, "SecretValues", api.provider, secrets_manager.BATCH):
            name = answers.text(item, "Name")
            if matches(name):
                found[name] = secrets_manager.payload(item, secrets_manager.BATCH, name)
    return found


def _refuse_failures(page: Answer) -> None:
    for item in answers.items(page, "Errors"):
        error = secrets_manager.item_error(item, answers.text(item, "SecretId"))
        if not isinstance(error, SecretMissing):
            raise _Failed(error)


async def _listed(api: Api, planner: Planner, filters: list[dict[str, object]], matches: Matches) -> dict[str, Payload]:
    names: list[str] = []
    parameters: dict[str, object] = {"Filters": filters} if filters else {}
    async for page in listing.pages(api, LIST, MaxResults=100, **parameters):
        listed = (answers.text(item, "Name") for item in answers.page(page, "SecretList", api.provider, LIST))
        names.extend(filter(matches, listed))
    return dict(await listing.values(planner, names))


def _filters(query: Find) -> list[dict[str, object]]:
    filters: list[dict[str, object]] = []
    for key, value in query.tags:
        filters.append({"Key": "tag-key", "Values": [key]})
        filters.append({"Key": "tag-value", "Values": [value]})
    if query.path is not None:
        filters.append({"Key": "name", "Values": [query.path]})
    return filters
