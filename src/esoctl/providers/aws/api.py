"""One client of one AWS service under one identity: calls are counted, and failures are esoctl's errors.

Counts are the reference's series ``externalsecret_provider_api_calls_count{provider,call,status}``: one a call, however
often the library tried; "not found" counts as an error. DIFFERS: DescribeSecret for tags is counted too.
"""

from collections.abc import Awaitable, Callable, Mapping

from esoctl.providers.aws import faults
from esoctl.providers.aws.sources import Source

Observe = Callable[[str, str, bool], None]
"""Told of every call: provider, call, whether it succeeded."""

Answer = Mapping[str, object]
Caller = Callable[[str, Mapping[str, object]], Awaitable[Answer]]
"""Makes one call by AWS's name with AWS's parameters, and raises what the client library raises."""

_LABELS = {"DescribeParameters": "DescribeParameter"}
"""The reference's label has no s."""

_STALE_KEYS = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
)


class Api:
    """Calls by AWS's names; ``provider`` is the label of the metric and of errors."""

    def __init__(
        self, provider: str, caller: Caller, source: Source, *, expected: tuple[type[Exception], ...], observe: Observe
    ) -> None:
        self.provider = provider
        self.source = source
        self._caller = caller
        self._expected = expected
        self._observe = observe

    async def call(self, operation: str, key: str = "", **parameters: object) -> Answer:
        """Raises ProviderError; ``key`` is the remote name to speak of."""
        label = _LABELS.get(operation, operation)
        try:
            answer = await self._caller(operation, parameters)
        except self._expected as error:
            self._observe(self.provider, label, False)
            if faults.code_of(error) in _STALE_KEYS:
                self.source.refused()
            raise faults.translate(error, self.provider, operation, key) from error
        self._observe(self.provider, label, True)
        return answer
