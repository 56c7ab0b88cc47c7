"""A call whose keys AWS refuses is made once more, with keys that were borrowed afresh.

Keys can end early: a session is revoked, a role is made again, the operator slept through their end. The second
refusal stands, and nothing is dropped again for half a minute, so a key that is simply wrong causes no storm.
"""

from collections.abc import Mapping

from esoctl.providers.aws import faults
from esoctl.providers.aws.api import Answer, Caller
from esoctl.providers.aws.sources import Source

REFUSALS = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "401", "403"}
)
"""Codes of refused keys; the numbers are all that is known of an answer without a readable body."""


def renewing(caller: Caller, source: Source, expected: tuple[type[Exception], ...]) -> Caller:
    """The caller, signing with keys of that source."""

    async def call(operation: str, parameters: Mapping[str, object]) -> Answer:
        await source.keys()
        generation = source.generation
        try:
            return await caller(operation, parameters)
        except expected as error:
            if faults.code_of(error) not in REFUSALS or not source.refused(generation):
                raise
        return await caller(operation, parameters)

    return call
