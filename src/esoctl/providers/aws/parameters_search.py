"""Finds parameters of AWS Systems Manager Parameter Store by name, path and tags.

* The path is a level of the hierarchy, not a prefix of the text. By name everything below it is read and the names are
  matched here; where IAM denies that, the parameters are described and those that match are read.
* By tags the parameters are described and read; AWS compares tags exactly. With a name, tags are left out, as in the
  reference.

Source: the reference's ``providers/v1/aws/parameterstore``, ``findByName`` and ``findByTags``.
"""

from collections.abc import AsyncIterator, Callable

from esoctl.errors import AccessDenied, ProviderError
from esoctl.model.remote import Find
from esoctl.model.values import Payload
from esoctl.providers import patterns
from esoctl.providers.aws import answers, listing, parameter_store
from esoctl.providers.aws.api import Api
from esoctl.providers.aws.planner import Planner

BY_PATH = "GetParametersByPath"
DESCRIBE = "DescribeParameters"

Matches = Callable[[str], bool]


async def search(api: Api, planner: Planner, query: Find) -> AsyncIterator[tuple[str, Payload]]:
    """Every (full name, value) that satisfies the query; raises ProviderError."""
    if query.regexp is None and not query.tags:
        raise ProviderError(api.provider, "find", "unexpected find operator; give find a name or tags")
    matches = patterns.matcher(api.provider, query.regexp)
    if query.regexp is None:
        found = await _described(api, planner, _filters(query), matches)
    else:
        found = await _by_path(api, planner, query.path or "/", matches)
    for name, payload in found.items():
        yield name, payload


async def _by_path(api: Api, planner: Planner, path: str, matches: Matches) -> dict[str, Payload]:
    found: dict[str, Payload] = {}
    try:
        async for page in listing.pages(api, BY_PATH, Path=path, Recursive=True, WithDecryption=True, MaxResults=10):
            for item in answers.page(page, "Parameters", api.provider, BY_PATH):
                name = answers.text(item, "Name")
                if matches(name):
                    found[name] = parameter_store.payload(item, BY_PATH, name)
    except AccessDenied:
        return await _described(api, planner, [_below(path)], matches)
    return found


async def _described(
    api: Api, planner: Planner, filters: list[dict[str, object]], matches: Matches
) -> dict[str, Payload]:
    names: list[str] = []
    async for page in listing.pages(api, DESCRIBE, ParameterFilters=filters, MaxResults=50):
        listed = (answers.text(item, "Name") for item in answers.page(page, "Parameters", api.provider, DESCRIBE))
        names.extend(filter(matches, listed))
    return dict(await listing.values(planner, names))


def _filters(query: Find) -> list[dict[str, object]]:
    filters: list[dict[str, object]] = [
        {"Key": f"tag:{key}", "Option": "Equals", "Values": [value]} for key, value in query.tags
    ]
    return filters if query.path is None else [*filters, _below(query.path)]


def _below(path: str) -> dict[str, object]:
    return {"Key": "Path", "Option": "Recursive", "Values": [path]}
