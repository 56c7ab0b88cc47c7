"""Puts secrets into the AWS stand-in, as a person would with the AWS command line."""

import msgspec
from aiohttp import ClientSession, ClientTimeout

from esoctl.errors import BadAnswer

KEYS = {"access-key": "AKIAIOSFODNN7EXAMPLE", "secret-access-key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
"""AWS's own example credentials; the stand-in takes any."""
SIGNED = (
    "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=0"
)


class SecretsManager:
    """The few calls that the demo needs."""

    def __init__(self, url: str, session: ClientSession) -> None:
        self._url = url
        self._session = session

    async def create(self, name: str, value: str, version: str) -> None:
        """A new secret; ``version`` is its version id, a UUID."""
        await self._call("CreateSecret", {"Name": name, "SecretString": value, "ClientRequestToken": version})

    async def put(self, name: str, value: str, version: str) -> None:
        """A new value of a secret that exists."""
        await self._call("PutSecretValue", {"SecretId": name, "SecretString": value, "ClientRequestToken": version})

    async def stage(self, name: str, stage: str, version: str) -> None:
        """Move a staging label to a version."""
        await self._call(
            "UpdateSecretVersionStage", {"SecretId": name, "VersionStage": stage, "MoveToVersionId": version}
        )

    async def _call(self, operation: str, body: dict[str, str]) -> None:
        headers = {
            "X-Amz-Target": f"secretsmanager.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": SIGNED.format(KEYS["access-key"]),
        }
        timeout = ClientTimeout(total=10)
        async with self._session.post(
            self._url, data=msgspec.json.encode(body), headers=headers, timeout=timeout
        ) as answer:
            if answer.status != 200:
                raise BadAnswer("AWS stand-in", operation, f"{operation} ended with status {answer.status}")
