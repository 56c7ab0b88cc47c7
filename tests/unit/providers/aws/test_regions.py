"""Where requests go: regions of every partition, FIPS and dual-stack endpoints, endpoints of one's own."""

import json
from typing import Any, Self

import pytest
from aiobotocore.awsrequest import AioAWSResponse

from esoctl.errors import BadAnswer
from esoctl.model.remote import RemoteKey
from esoctl.model.store import RetrySettings
from esoctl.providers.aws import endpoints
from esoctl.providers.aws.library import Library
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session, Settings
from support import aws, stores

ROLES = {
    "eu-west-1": "arn:aws:iam::123456789012:role/reader",
    "cn-north-1": "arn:aws-cn:iam::123456789012:role/reader",
    "us-gov-west-1": "arn:aws-us-gov:iam::123456789012:role/reader",
}
LENT = (
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId>"
    "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
    "</Credentials></AssumeRoleResult></AssumeRoleResponse>"
)


class Recording(Session):
    """Answers every request with nothing of use, and writes down where it went and how it was signed."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.sent: list[tuple[str, str]] = []

    def _load(self) -> Library:
        library = super()._load()
        sent = self.sent

        class Http:
            def __init__(self, **_: object) -> None:
                """Connects to nothing."""

            async def __aenter__(self) -> Self:
                return self

            async def __aexit__(self, *_: object) -> None:
                """Closes nothing."""

            async def send(self, request: Any) -> AioAWSResponse:
                scope = request.headers["Authorization"].decode().partition("Credential=")[2].split("/")
                sent.append((request.url, "/".join(scope[2:4])))
                body = LENT if "sts" in request.url else json.dumps({"Name": "x"})
                return AioAWSResponse(request.url, 200, {}, _Body(body.encode()))

        library._http = Http
        return library


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def read(self) -> bytes:
        return self._content


async def sent(settings: Settings, **changes: object) -> list[tuple[str, str]]:
    async with Recording(settings) as session:
        backend = Aws(session).decode(
            stores.raw(aws.a_body(**changes)), stores.a_scope(retry=RetrySettings(max_retries=1))
        )
        async with backend.open(aws.credentials()) as client:
            with pytest.raises(BadAnswer):
                await client.get(RemoteKey("x"))
        return session.sent


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("region", "domain"),
    [
        pytest.param("eu-west-1", "amazonaws.com", id="the classic partition"),
        pytest.param("cn-north-1", "amazonaws.com.cn", id="China"),
        pytest.param("us-gov-west-1", "amazonaws.com", id="GovCloud"),
    ],
)
@pytest.mark.parametrize(("service", "host"), [("SecretsManager", "secretsmanager"), ("ParameterStore", "ssm")])
async def test_a_region_has_its_partitions_endpoints_and_its_own_sts(
    region: str, domain: str, service: str, host: str
) -> None:
    found = await sent(Settings(), service=service, region=region, role=ROLES[region])

    assert found == [
        (f"https://sts.{region}.{domain}/", f"{region}/sts"),
        (f"https://{host}.{region}.{domain}/", f"{region}/{host}"),
    ]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("variable", "region", "hosts"),
    [
        pytest.param(
            "AWS_USE_FIPS_ENDPOINT",
            "us-east-1",
            ["sts-fips.us-east-1.amazonaws.com", "ssm-fips.us-east-1.amazonaws.com"],
            id="FIPS",
        ),
        pytest.param(
            "AWS_USE_DUALSTACK_ENDPOINT",
            "eu-west-1",
            ["sts.eu-west-1.api.aws", "ssm.eu-west-1.api.aws"],
            id="dual-stack",
        ),
    ],
)
async def test_switches_of_the_environment_choose_other_endpoints(
    variable: str, region: str, hosts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "true")

    found = await sent(Settings(), service="ParameterStore", region=region, role=ROLES["eu-west-1"])

    assert [url for url, _ in found] == [f"https://{host}/" for host in hosts]


@pytest.mark.asyncio
async def test_endpoints_of_ones_own_are_signed_for_the_stores_region() -> None:
    own = endpoints.from_environment(
        {
            "AWS_SECRETSMANAGER_ENDPOINT": "https://vpce-1.secretsmanager.example.com",
            "AWS_STS_ENDPOINT": "https://vpce-2.sts.example.com",
        }
    )

    found = await sent(Settings(endpoints=own), region="eu-west-1", role=ROLES["eu-west-1"])

    assert found == [
        ("https://vpce-2.sts.example.com/", "eu-west-1/sts"),
        ("https://vpce-1.secretsmanager.example.com/", "eu-west-1/secretsmanager"),
    ]


@pytest.mark.asyncio
async def test_the_variable_of_aws_serves_where_the_references_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "https://own.example.com")

    ((url, _),) = await sent(Settings())

    assert url == "https://own.example.com/"
