"""Turns an identity into a source of keys: the base, then one AssumeRole for each hop.

* A hop is signed with the keys of the hop before. Sessions last an hour, AWS's limit for chained roles, and every
  role allows it. DIFFERS: the reference asks for 15 minutes, and asks again for every request.
* A ServiceAccount's token, and that in a token file, is exchanged by AssumeRoleWithWebIdentity, which is not signed.

Source: the reference's ``providers/v1/aws/auth``, and AWS's STS API reference.
"""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING

import anyio

from esoctl.errors import AccessDenied, BadAnswer
from esoctl.providers.aws import faults
from esoctl.providers.aws.ambient import TokenFile
from esoctl.providers.aws.api import Answer
from esoctl.providers.aws.identity import Account, Ambient, Identity, Keys, Static
from esoctl.providers.aws.sources import Fixed, Lent, Loan, Source
from esoctl.providers.aws.spec import Hop

if TYPE_CHECKING:
    from esoctl.providers.aws.library import Library

STS = "AWS/STS"
LIFE_SECONDS = 3600
ATTEMPTS = 3
SESSION_NAME = "external-secrets-provider-aws"
"""The reference's name for web identities; audit trails and trust policies may go by it."""


NO_IDENTITY = (
    "failed to refresh cached credentials, no AWS identity in the environment of the operator;"
    " give the store an auth, or the operator a role"
)


class Lender:
    """Makes sources that ask STS, at ``endpoint`` or where AWS has it; ``own`` is the operator's web identity."""

    def __init__(self, library: "Library", endpoint: str | None, own: TokenFile | None = None) -> None:
        self._library = library
        self._endpoint = endpoint
        self._own = own

    def base(self, identity: Identity) -> Source:
        """The source that the identity begins with."""
        match identity.base:
            case Static(keys=keys):
                return Fixed(keys)
            case Account() as account:
                return Lent(partial(self._exchange, identity.region, account))
            case Ambient() if self._own is not None:
                return Lent(partial(self._exchange_file, identity.region, self._own))
            case Ambient():
                return Lent(self._surroundings, self._library.forget_ambient)

    def hop(self, region: str, source: Source, hop: Hop) -> Source:
        """The source of that role, assumed with the keys of another source."""
        return Lent(partial(self._assume, region, source, hop))

    async def _assume(self, region: str, source: Source, hop: Hop) -> Loan:
        parameters: dict[str, object] = {
            "RoleArn": hop.role,
            "RoleSessionName": hop.session or SESSION_NAME,
            "DurationSeconds": LIFE_SECONDS,
        }
        if hop.external_id:
            parameters["ExternalId"] = hop.external_id
        if hop.tags:
            parameters["Tags"] = [{"Key": key, "Value": value} for key, value in hop.tags]
        if hop.transitive:
            parameters["TransitiveTagKeys"] = list(hop.transitive)
        return _loan("AssumeRole", await self._ask("AssumeRole", region, source, parameters))

    async def _exchange(self, region: str, account: Account) -> Loan:
        token = await account.credentials.service_account_token(account.ref, account.audiences)
        return await self._for_token(region, account.role, SESSION_NAME, token)

    async def _exchange_file(self, region: str, own: TokenFile) -> Loan:
        try:
            token = await anyio.Path(own.path).read_text()
        except (OSError, ValueError) as error:
            problem = (
                f"the token file of the operator's web identity cannot be read: {own.path}: {_reason(error)};"
                " mount it, or give the store an auth"
            )
            raise AccessDenied("AWS", "credentials", problem) from None
        return await self._for_token(region, own.role, own.session or SESSION_NAME, token.strip())

    async def _for_token(self, region: str, role: str, session: str, token: str) -> Loan:
        call = "AssumeRoleWithWebIdentity"
        parameters = {"RoleArn": role, "RoleSessionName": session, "WebIdentityToken": token}
        return _loan(call, await self._ask(call, region, None, parameters))

    async def _surroundings(self) -> Loan:
        try:
            loan = await self._library.ambient()
        except self._library.expected as error:
            raise faults.translate(error, "AWS", "credentials") from error
        if loan is None:
            raise AccessDenied("AWS", "credentials", NO_IDENTITY)
        return loan

    async def _ask(self, call: str, region: str, source: Source | None, parameters: Mapping[str, object]) -> Answer:
        try:
            async with self._library.client("sts", region, self._endpoint, ATTEMPTS, source) as caller:
                return await caller(call, parameters)
        except self._library.expected as error:
            raise faults.translate(error, STS, call, str(parameters["RoleArn"])) from error


def _reason(error: OSError | ValueError) -> str:
    return error.strerror or "no reason given" if isinstance(error, OSError) else "it holds no text"


def _loan(call: str, answer: Answer) -> Loan:
    lent = answer.get("Credentials")
    if isinstance(lent, Mapping):
        parts = [lent.get(name) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
        if all(isinstance(part, str) and part for part in parts):
            return Loan(Keys(*map(str, parts)), _life(answer, lent.get("Expiration")))
    raise BadAnswer(STS, call, f"{STS} {call}: the answer holds no credentials; esoctl tries again")


def _life(answer: Answer, expiration: object) -> float:
    """Seconds that lent keys live: both times are AWS's, so that our own clock does not matter."""
    metadata = answer.get("ResponseMetadata")
    headers = metadata.get("HTTPHeaders") if isinstance(metadata, Mapping) else None
    date = headers.get("date") if isinstance(headers, Mapping) else None
    if not isinstance(expiration, datetime) or not isinstance(date, str):
        return float(LIFE_SECONDS)
    try:
        return max(0.0, (expiration - parsedate_to_datetime(date)).total_seconds())
    except (ValueError, TypeError):
        return float(LIFE_SECONDS)
