"""The lowest client of AWS: it takes the calls that the library would send, and answers out of the cloud.

Above it everything is the operator's own: session, keys, planner, batches, shared answers, turnstiles, circuit. What
the library itself does between a call and the wire is played here in few lines: attempts with pauses, the read
time-out, and the errors it raises. ``asked`` counts calls.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import anyio
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from esoctl.errors import Throttled
from esoctl.providers.aws import faults as known
from esoctl.providers.aws.api import Answer, Caller
from esoctl.providers.aws.library import EXPECTED
from esoctl.providers.aws.renewing import renewing
from esoctl.providers.aws.session import Session, Settings
from esoctl.providers.aws.sources import Source
from esoctl.providers.aws.turnstile import Turnstiles
from simulation.cloud import Cloud, State
from simulation.faults import Menu
from simulation.lives import Life
from simulation.wishes import FOUND, KEYS, PARAMETERS, value

LATENCY = 0.05
READ_SECONDS = 10.0
SLOW_SECONDS = 6.0
EPOCH = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
GONE = "Secrets Manager can't find the specified secret."
MARKED = "You can't perform this operation on the secret because it was marked for deletion."
WHOLE = {
    "aws throttles": ("ThrottlingException", "Rate exceeded", 400),
    "aws broken": ("InternalServiceError", "An error occurred on the server side.", 500),
    "aws denies": ("AccessDeniedException", "User: arn:aws:iam::1:user/u is not authorized to perform this", 400),
    "aws keys expired": ("ExpiredTokenException", "The security token included in the request is expired", 400),
    "aws clock": ("RequestTimeTooSkewed", "The difference between the request time and the time is too large", 403),
    "aws kms": ("DecryptionFailure", "Secrets Manager can't decrypt the protected secret text", 400),
}
ITEM_ERRORS = ("AccessDeniedException", "DecryptionFailure", "InternalServiceError")
AGAIN = ("ThrottlingException", "InternalServiceError")


class CloudSession(Session):
    """Use like the session of the product; it belongs to one life of the operator."""

    def __init__(self, cloud: Cloud, menu: Menu, life: Life, *, batching: bool) -> None:
        super().__init__(Settings(batching=batching))
        self._calls = Calls(cloud, menu, life)

    async def __aenter__(self) -> Self:
        # Without the thread that loads the library.
        self._library = _Library(self._calls)  # type: ignore[assignment]  # it keeps the contract
        await self._stack.enter_async_context(self._connections)
        return self


class _Library:
    """Makes clients."""

    expected = EXPECTED

    def __init__(self, calls: "Calls") -> None:
        self._calls = calls

    @asynccontextmanager
    async def client(
        self,
        service: str,
        region: str,
        endpoint: str | None,
        attempts: int,
        source: Source,
        turnstiles: Turnstiles,
    ) -> AsyncIterator[Caller]:
        yield renewing(self._calls.trying(attempts, turnstiles), source, EXPECTED)


class Calls:
    """Answers."""

    def __init__(self, cloud: Cloud, menu: Menu, life: Life) -> None:
        self._cloud = cloud
        self._menu = menu
        self._life = life

    def trying(self, attempts: int, turnstiles: Turnstiles) -> Caller:
        """A caller that tries as often; as the library does, with pauses that grow."""

        async def call(operation: str, parameters: Mapping[str, object]) -> Answer:
            for attempt in range(attempts):
                try:
                    return await self._once(operation, parameters)
                except (ClientError, ReadTimeoutError, EndpointConnectionError) as error:
                    if attempt + 1 == attempts or not _worth_another(error):
                        raise
                    await self._pause(error, operation, attempt, turnstiles)
            raise AssertionError("the last attempt answers or raises")

        return call

    async def _pause(self, error: Exception, operation: str, attempt: int, turnstiles: Turnstiles) -> None:
        failure = known.translate(error, "AWS", operation)
        if isinstance(failure, Throttled):
            turnstiles.throttled(operation, failure.after)
            await turnstiles.enter(operation)
        await anyio.sleep(self._menu.upto(2.0**attempt))

    async def _once(self, operation: str, parameters: Mapping[str, Any]) -> Answer:
        await self._life.breath()
        self._life.asked += 1
        await anyio.sleep(self._menu.upto(LATENCY))
        if self._menu.strikes("aws slow"):
            await anyio.sleep(self._menu.upto(SLOW_SECONDS))
        if self._menu.strikes("aws hangs"):
            await anyio.sleep(READ_SECONDS)
            raise ReadTimeoutError(endpoint_url="http://aws.invalid", error=TimeoutError())
        if self._menu.strikes("aws away"):
            raise EndpointConnectionError(endpoint_url="http://aws.invalid", error=OSError())
        self._refuse(operation)
        answer: Answer = getattr(self, f"_{operation}")(operation, parameters)
        if self._menu.strikes("kill at aws"):
            self._life.kill()
            await self._life.breath()
        await anyio.sleep(self._menu.upto(LATENCY))
        return answer

    def _refuse(self, operation: str) -> None:
        for kind, (code, text, status) in WHOLE.items():
            if self._menu.strikes(kind):
                raise _failure(operation, code, text, status)
        if operation == "BatchGetSecretValue" and self._menu.strikes("aws denies batches"):
            raise _failure(operation, *WHOLE["aws denies"])
        if self._menu.strikes("aws nonsense"):
            raise ResponseParserError("Unable to parse response")

    # Secrets Manager

    def _GetSecretValue(self, operation: str, wanted: Mapping[str, Any]) -> Answer:
        name = str(wanted["SecretId"])
        state = self._cloud.seen(name) if name in KEYS else State(0, None)
        if state.marked:
            raise _failure(operation, "InvalidRequestException", MARKED)
        if self._menu.strikes("aws no value"):
            return {"Name": name}
        self._cloud.tell(name, state.version, self._life.number)
        if state.version is None:
            raise _failure(operation, "ResourceNotFoundException", GONE)
        return self._secret(name, state)

    def _BatchGetSecretValue(self, operation: str, wanted: Mapping[str, Any]) -> Answer:
        if "Filters" in wanted:
            return self._page(operation, wanted, "SecretValues", self._secret)
        values: list[Answer] = []
        errors: list[Answer] = []
        for name in wanted["SecretIdList"]:
            if self._menu.strikes("aws leaves out"):
                continue
            state = self._cloud.seen(name) if name in KEYS else State(0, None)
            if self._menu.strikes("aws item error"):
                errors.append(_item_error(name, self._menu.draw.choice(ITEM_ERRORS), "no"))
            elif state.marked:
                errors.append(_item_error(name, "InvalidRequestException", MARKED))
            else:
                self._cloud.tell(name, state.version, self._life.number)
                if state.version is None:
                    errors.append(_item_error(name, "ResourceNotFoundException", GONE))
                else:
                    values.append(self._secret(name, state))
        return {"SecretValues": values, "Errors": errors}

    def _ListSecrets(self, operation: str, wanted: Mapping[str, Any]) -> Answer:
        return self._page(operation, wanted, "SecretList", lambda name, _: {"Name": name})

    def _page(self, operation: str, wanted: Mapping[str, Any], field: str, shown: Any) -> Answer:
        """A page of what a search finds: one item, where pages are small, or none at all."""
        token = str(wanted.get("NextToken", ""))
        if token and self._menu.strikes("aws bad token"):
            raise _failure(operation, "InvalidNextTokenException", "The NextToken value is invalid.")
        if not token.endswith("-empty") and self._menu.strikes("aws empty page"):
            return {field: [], "NextToken": f"{token or 0}-empty"}
        place = int(token.partition("-")[0] or 0)
        states = {name: self._cloud.seen(name) for name in FOUND}
        names = FOUND[place : place + 1] if "aws empty page" in self._menu.rates else FOUND
        there: list[Answer] = []
        for name in names:
            state = states[name]
            listed = state.version is not None and not state.marked
            if listed and field == "SecretValues" and self._menu.strikes("aws item error"):
                code = self._menu.draw.choice(ITEM_ERRORS)
                return {field: there, "Errors": [_item_error(name, code, "no")]}
            if listed and field == "SecretValues":
                self._cloud.tell(name, state.version, self._life.number)
            elif not listed:
                self._cloud.list(name, None, self._life.number)
            if listed:
                there.append(shown(name, state))
        more = place + len(names) < len(FOUND)
        return {field: there, **({"NextToken": str(place + len(names))} if more else {})}

    def _secret(self, name: str, state: State) -> Answer:
        assert state.version is not None
        return {
            "Name": name,
            "ARN": f"arn:aws:secretsmanager:eu-west-1:1:secret:{name}-{state.suffix:06d}",
            "VersionId": f"{state.version:08d}-0000-4000-8000-000000000000",
            "CreatedDate": EPOCH + timedelta(seconds=self._cloud.made_at[name, state.version]),
            "VersionStages": ["AWSCURRENT"],
            "SecretString": value(name, state.version),
        }

    # Parameter Store

    def _GetParameter(self, operation: str, wanted: Mapping[str, Any]) -> Answer:
        name = str(wanted["Name"])
        state = self._cloud.seen(name) if name in PARAMETERS else State(0, None)
        if self._menu.strikes("aws no value"):
            return {"Parameter": {"Name": name}}
        self._cloud.tell(name, state.version, self._life.number)
        if state.version is None:
            raise _failure(operation, "ParameterNotFound", "")
        return {"Parameter": self._parameter(name, state)}

    def _GetParameters(self, _: str, wanted: Mapping[str, Any]) -> Answer:
        found: list[Answer] = []
        missing: list[str] = []
        for name in wanted["Names"]:
            if self._menu.strikes("aws leaves out"):
                continue
            state = self._cloud.seen(name) if name in PARAMETERS else State(0, None)
            self._cloud.tell(name, state.version, self._life.number)
            if state.version is None:
                missing.append(name)
            else:
                found.append(self._parameter(name, state))
        return {"Parameters": found, "InvalidParameters": missing}

    def _parameter(self, name: str, state: State) -> Answer:
        assert state.version is not None
        arn = f"arn:aws:ssm:eu-west-1:1:parameter{name}"
        return {"Name": name, "Value": value(name, state.version), "Version": state.version, "ARN": arn}


def _failure(operation: str, code: str, text: str, status: int = 400) -> ClientError:
    metadata = {"HTTPStatusCode": status, "HTTPHeaders": {}}
    return ClientError({"Error": {"Code": code, "Message": text}, "ResponseMetadata": metadata}, operation)


def _item_error(name: str, code: str, text: str) -> Answer:
    return {"SecretId": name, "ErrorCode": code, "Message": text}


def _worth_another(error: Exception) -> bool:
    return not isinstance(error, ClientError) or error.response["Error"]["Code"] in AGAIN
