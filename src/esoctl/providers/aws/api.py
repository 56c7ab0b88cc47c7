"""One client of one AWS service under one identity: calls are counted, and failures are esoctl's errors.

Counts are the reference's series ``externalsecret_provider_api_calls_count{provider,call,status}``: one a call, however
often the library tried; "not found" counts as an error. DIFFERS: DescribeSecret for tags is counted too.

Calls are made no faster than the turnstiles allow, so that throttling of many reads does not end in a storm of retries.
"""

from collections.abc import Awaitable, Callable, Mapping

from esoctl.errors import ProviderError, Throttled
from esoctl.providers.aws import faults
from esoctl.providers.aws.sources import Source
from esoctl.providers.aws.turnstile import Turnstiles

Observe = Callable[[str, str, bool], None]
"""Told of every call: provider, call, whether it succeeded."""

Answer = Mapping[str, object]
Caller = Callable[[str, Mapping[str, object]], Awaitable[Answer]]
"""Makes one call by AWS's name with AWS's parameters, and raises what the client library raises."""

_LABELS = {"DescribeParameters": "DescribeParameter"}
"""The reference's label has no s."""


class Api:
    """Calls by AWS's names; ``provider`` is the label of the metric and of errors."""

    def __init__(
        self,
        provider: str,
        caller: Caller,
        source: Source,
        turnstiles: Turnstiles | None = None,
        *,
        expected: tuple[type[Exception], ...],
        observe: Observe,
    ) -> None:
        self.provider = provider
        self.source = source
        self._caller = caller
        self._expected = expected
        self._observe = observe
        self._turnstiles = turnstiles or Turnstiles()

    async def call(self, operation: str, key: str = "", **parameters: object) -> Answer:
        """Raises ProviderError; ``key`` is the remote name to speak of."""
        await self._turnstiles.enter(operation)
        label = _LABELS.get(operation, operation)
        try:
            answer = await self._caller(operation, parameters)
        except self._expected as error:
            self._observe(self.provider, label, False)
            raise self._failure(error, operation, key) from error
        self._observe(self.provider, label, True)
        return answer

    def _failure(self, error: Exception, operation: str, key: str) -> ProviderError:
        failure = faults.translate(error, self.provider, operation, key)
        if isinstance(failure, Throttled):
            self._turnstiles.throttled(operation, failure.after)
        return failure
