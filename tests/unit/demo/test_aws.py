"""The demo's hands on the AWS stand-in: the calls it makes, over a real socket."""

import json

import pytest
from aiohttp import ClientSession

from esoctl.demo.aws import SecretsManager
from esoctl.errors import BadAnswer
from support.scripted import Answer, serving

pytestmark = [pytest.mark.asyncio, pytest.mark.wire]


async def test_the_calls_are_those_of_secrets_manager() -> None:
    async with serving(*(Answer(body=b"{}") for _ in range(3))) as server, ClientSession() as session:
        aws = SecretsManager(server.url, session)
        await aws.create("a", "value", "v1")
        await aws.put("a", "other", "v2")
        await aws.stage("a", "live", "v2")

    asked = [(request.headers["x-amz-target"], json.loads(request.body)) for request in server.requests]
    assert asked == [
        ("secretsmanager.CreateSecret", {"Name": "a", "SecretString": "value", "ClientRequestToken": "v1"}),
        ("secretsmanager.PutSecretValue", {"SecretId": "a", "SecretString": "other", "ClientRequestToken": "v2"}),
        (
            "secretsmanager.UpdateSecretVersionStage",
            {"SecretId": "a", "VersionStage": "live", "MoveToVersionId": "v2"},
        ),
    ]


async def test_a_refused_call_is_told_without_the_value() -> None:
    async with serving(Answer(400, b"no")) as server, ClientSession() as session:
        with pytest.raises(BadAnswer, match="CreateSecret ended with status 400") as caught:
            await SecretsManager(server.url, session).create("a", "hunter2", "v1")
    assert "hunter2" not in str(caught.value)
