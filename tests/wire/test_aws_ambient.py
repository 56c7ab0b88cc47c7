"""Stores without ``auth``: every identity that the operator's own environment can have, from stand-ins on loopback."""

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
import pytest_asyncio

from esoctl.errors import AccessDenied, BadAnswer
from esoctl.model.remote import RemoteKey
from esoctl.model.store import RetrySettings
from esoctl.providers.aws import ambient
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session, Settings
from esoctl.providers.contract import Client
from support import aws, aws_double, metadata, stores
from support.aws_double import Asked, AwsDouble, failed, lent, said
from support.metadata import Metadata

pytestmark = pytest.mark.wire

ROLE = "arn:aws:iam::123456789012:role/operator"
READER = "arn:aws:iam::123456789012:role/reader"
EXCHANGE = "AssumeRoleWithWebIdentity"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No identity but the one that a test gives, and no metadata address of the real world."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest_asyncio.fixture
async def double() -> AsyncIterator[AwsDouble]:
    async with aws_double.running() as double:
        double.on("GetSecretValue", _told)
        yield double


@pytest_asyncio.fixture
async def place() -> AsyncIterator[Metadata]:
    async with metadata.running() as place:
        yield place


def _told(asked: Asked) -> aws_double.Said:
    """Who signed, and with which session token."""
    found = re.search("Credential=([^/]+)/", asked.headers.get("authorization", ""))
    token = asked.headers.get("x-amz-security-token", "")
    return said({"Name": "x", "SecretString": f"{found[1] if found else 'nobody'} {token}".strip()})


@asynccontextmanager
async def opened(double: AwsDouble, **changes: object) -> AsyncIterator[Client]:
    settings = Settings(endpoints=aws.everywhere(double.url), own=ambient.from_environment(os.environ))
    scope = stores.a_scope(retry=RetrySettings(max_retries=1))
    async with Session(settings) as session:
        backend = Aws(session).decode(stores.raw(aws.a_body(auth=None, **changes)), scope)
        async with backend.open(stores.WrittenCredentials()) as client:
            yield client


async def who(client: Client) -> str:
    return (await client.get(RemoteKey("x"))).value.decode()


@pytest.mark.asyncio
async def test_access_keys_of_the_environment(double: AwsDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")

    async with opened(double) as client:
        signers = [await who(client) for _ in range(3)]

    assert signers == ["AKIAENV token"] * 3
    assert {asked.operation for asked in double.asked} == {"GetSecretValue"}


@pytest.mark.asyncio
async def test_eks_pod_identity_and_its_rotated_authorization_token(
    double: AwsDouble, place: Metadata, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "eks-pod-identity-token"
    file.write_text("first")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{place.url}/v1/credentials")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(file))
    place.key_ids[:] = ["ASIAONE", "ASIATWO"]
    double.on("GetSecretValue", _told, _told, failed("ExpiredTokenException", status=403), _told)

    async with opened(double) as client:
        before = [await who(client) for _ in range(2)]
        file.write_text("second")
        after = await who(client)

    assert before == ["ASIAONE t-ASIAONE"] * 2
    assert after == "ASIATWO t-ASIATWO"
    assert place.seen == [("/v1/credentials", "first"), ("/v1/credentials", "second")]


@pytest.mark.asyncio
async def test_irsa_and_its_rotated_token_file(
    double: AwsDouble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(file))
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_ROLE_SESSION_NAME", "operator-1")
    double.on(EXCHANGE, lent("ASIAONE", call=EXCHANGE), lent("ASIATWO", call=EXCHANGE))
    double.on("GetSecretValue", _told, _told, failed("ExpiredTokenException", status=403), _told)

    async with opened(double) as client:
        before = [await who(client) for _ in range(2)]
        file.write_text("second")
        after = await who(client)

    assert (before, after) == (["ASIAONE t-ASIAONE"] * 2, "ASIATWO t-ASIATWO")
    exchanges = [asked for asked in double.asked if asked.operation == EXCHANGE]
    assert [asked.parameters["WebIdentityToken"] for asked in exchanges] == ["first", "second"]
    assert {asked.parameters["RoleSessionName"] for asked in exchanges} == {"operator-1"}
    assert {asked.parameters["RoleArn"] for asked in exchanges} == {ROLE}
    assert not [asked for asked in exchanges if "authorization" in asked.headers]


@pytest.mark.asyncio
async def test_irsa_without_its_file_says_which(
    double: AwsDouble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)

    async with opened(double) as client:
        with pytest.raises(AccessDenied) as caught:
            await client.check()

    assert str(caught.value) == (
        "the token file of the operator's web identity cannot be read:"
        f" {tmp_path / 'none'}: No such file or directory; mount it, or give the store an auth"
    )


@pytest.mark.asyncio
async def test_the_role_of_the_instance_by_imdsv2(
    double: AwsDouble, place: Metadata, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", place.url)
    place.key_ids[:] = ["ASIANODE"]

    async with opened(double) as client:
        signers = [await who(client) for _ in range(2)]

    assert signers == ["ASIANODE t-ASIANODE"] * 2
    assert place.seen == [
        ("/latest/api/token", "21600"),
        (metadata.ROLE_PATH, metadata.SESSION_TOKEN),
        (f"{metadata.ROLE_PATH}node", metadata.SESSION_TOKEN),
    ]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("profile", "signer"),
    [
        pytest.param("", "AKIADEFAULT", id="the default profile"),
        pytest.param("other", "AKIAOTHER other-token", id="a chosen profile"),
    ],
)
async def test_shared_configuration_files(
    double: AwsDouble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, profile: str, signer: str
) -> None:
    (tmp_path / "credentials").write_text(
        "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = secret\n"
        "[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = secret\naws_session_token = other-token\n"
    )
    if profile:
        monkeypatch.setenv("AWS_PROFILE", profile)

    async with opened(double) as client:
        assert await who(client) == signer


@pytest.mark.asyncio
async def test_a_role_of_a_profile(double: AwsDouble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        f"[profile reader]\nrole_arn = {READER}\nsource_profile = default\nregion = eu-west-1\n"
    )
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id = AKIA1\naws_secret_access_key = secret\n")
    monkeypatch.setenv("AWS_PROFILE", "reader")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", double.url)
    double.on("AssumeRole", lent("ASIAPROFILE"))

    async with opened(double) as client:
        assert await who(client) == "ASIAPROFILE t-ASIAPROFILE"


@pytest.mark.asyncio
async def test_a_role_is_assumed_on_top_of_the_environments_identity(
    double: AwsDouble, place: Metadata, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{place.url}/v1/credentials")
    double.on("AssumeRole", lent("ASIAROLE"))

    async with opened(double, role=READER, externalID="ext") as client:
        signers = [await who(client) for _ in range(3)]

    assert signers == ["ASIAROLE t-ASIAROLE"] * 3
    (assumed,) = [asked for asked in double.asked if asked.operation == "AssumeRole"]
    assert "Credential=ASIAMETADATA/" in assumed.headers["authorization"]
    assert (assumed.parameters["ExternalId"], assumed.parameters["RoleArn"]) == ("ext", READER)


@pytest.mark.asyncio
async def test_no_identity_at_all_says_so(double: AwsDouble) -> None:
    async with opened(double) as client, anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(_without_identity, client)

    assert double.asked == []


async def _without_identity(client: Client) -> None:
    with pytest.raises(
        AccessDenied, match="no AWS identity in the environment of the operator; give the store an auth"
    ):
        await client.check()


@pytest.mark.asyncio
async def test_an_agent_that_talks_nonsense_is_no_identity(
    double: AwsDouble, place: Metadata, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{place.url}/v1/credentials")
    place.expiration = "soon"

    async with opened(double) as client:
        with pytest.raises(BadAnswer, match="AWS credentials: ") as caught:
            await client.check()

    assert "ASIAMETADATA" not in str(caught.value)
