"""docs/aws.md: each manifest passes ``esoctl check``, each policy is what ``esoctl iam`` prints, each error is true."""

import os
import re
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from click.testing import CliRunner

from esoctl.cli import main
from esoctl.errors import EsoctlError
from esoctl.model.keys import Kind
from esoctl.model.remote import RemoteKey
from esoctl.model.store import RetrySettings
from esoctl.providers.aws import ambient
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session, Settings
from esoctl.providers.aws.tags import Tagging
from esoctl.providers.contract import Client
from support import aws, aws_double, stores
from support.aws_double import AwsDouble, Said, failed

pytestmark = pytest.mark.wire

PAGE = Path(__file__).parents[2] / "docs/aws.md"
TEXT = PAGE.read_text(encoding="utf-8")
SECTIONS = re.split(r"^## ", TEXT, flags=re.MULTILINE)
FILE = re.compile(r"^```yaml\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^```console\n\$ esoctl (iam [^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROLE = "arn:aws:iam::123456789012:role/app-reader"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/db-AbCdEf"


def _written(section: str, folder: Path) -> list[str]:
    """The files of a section and of the beginning of the page; which those of the section are."""
    for text in (SECTIONS[0], section):
        for name, content in FILE.findall(text):
            (folder / name).write_text(content)
    return [name for name, _ in FILE.findall(section)]


WITH_FILES = [
    pytest.param(each, id=each.partition("\n")[0]) for each in SECTIONS if FILE.search(each) or COMMAND.search(each)
]


def test_the_page_shows_every_way_to_log_in() -> None:
    assert len(WITH_FILES) == 7


@pytest.mark.parametrize("section", WITH_FILES)
def test_every_manifest_of_the_page_passes_check(section: str, tmp_path: Path) -> None:
    for name in _written(section, tmp_path):
        checked = CliRunner().invoke(main, ["check", "-n", "team", "-f", str(tmp_path / name)])

        assert (checked.exit_code, checked.stdout) == (0, "")


@pytest.mark.parametrize("section", WITH_FILES[1:])
def test_every_policy_of_the_page_is_what_the_command_prints(
    section: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _written(section, tmp_path)
    monkeypatch.chdir(tmp_path)
    commands = COMMAND.findall(section)
    assert commands

    for line, policy in commands:
        printed = CliRunner().invoke(main, shlex.split(line))
        assert printed.exit_code == 0, printed.stderr
        assert printed.stdout == policy


@pytest_asyncio.fixture
async def double(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[AwsDouble]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    async with aws_double.running() as double:
        yield double


@asynccontextmanager
async def opened(
    double: AwsDouble, credentials: stores.WrittenCredentials, tagging: Tagging | None = None, **changes: object
) -> AsyncIterator[Client]:
    own = ambient.from_environment(os.environ)
    settings = Settings(endpoints=aws.everywhere(double.url), own=own, tagging=tagging)
    async with Session(settings) as session:
        scope = stores.a_scope(Kind.SECRET_STORE, "aws", retry=RetrySettings(max_retries=1))
        backend = Aws(session).decode(stores.raw(aws.a_body(**changes)), scope)
        async with backend.open(credentials) as client:
            yield client


async def told(double: AwsDouble, credentials: stores.WrittenCredentials | None = None, **changes: object) -> str:
    """What a store says that cannot be checked, or whose secret cannot be read."""
    try:
        async with opened(double, credentials or aws.credentials(), **changes) as client:
            await client.check()
            await client.get(RemoteKey("app/db"))
    except EsoctlError as error:
        return str(error)
    return "nothing"


def denied(action: str, resource: str, why: str = "") -> str:
    """AWS's own words."""
    user = "arn:aws:sts::123456789012:assumed-role/app-reader/external-secrets-provider-aws"
    return f"User: {user} is not authorized to perform: {action} on resource: {resource}{why}"


def from_sts(code: str, text: str) -> Said:
    body = f"<ErrorResponse><Error><Code>{code}</Code><Message>{text}</Message></Error></ErrorResponse>"
    return Said(body.encode(), 403, {"Content-Type": "text/xml"})


@pytest.mark.asyncio
async def test_error_no_identity_of_the_operator(double: AwsDouble) -> None:
    assert await told(double, auth=None) in TEXT


@pytest.mark.asyncio
async def test_error_no_token_file(double: AwsDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/eks.amazonaws.com/serviceaccount/token")
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)

    assert await told(double, auth=None) in TEXT


@pytest.mark.asyncio
async def test_error_wrong_access_key(double: AwsDouble) -> None:
    double.on(
        "GetSecretValue",
        failed("UnrecognizedClientException", "The security token included in the request is invalid."),
    )

    assert await told(double) in TEXT


@pytest.mark.asyncio
async def test_error_access_key_with_a_newline(double: AwsDouble) -> None:
    keys = {"keys": {"id": b"AKIA1\n", "key": b"x"}}

    assert await told(double, aws.credentials(secrets=keys)) in TEXT


WEB: dict[str, object] = {"auth": {"jwt": {"serviceAccountRef": {"name": "app"}}}}


def an_account(**annotations: str) -> stores.WrittenCredentials:
    return stores.WrittenCredentials(annotations={"app": annotations})


@pytest.mark.asyncio
async def test_error_account_without_a_role(double: AwsDouble) -> None:
    assert await told(double, an_account(), **WEB) in TEXT


@pytest.mark.asyncio
async def test_error_token_not_trusted(double: AwsDouble) -> None:
    text = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    double.on("AssumeRoleWithWebIdentity", from_sts("AccessDenied", text))

    assert await told(double, an_account(**{"eks.amazonaws.com/role-arn": ROLE}), **WEB) in TEXT


@pytest.mark.asyncio
async def test_error_role_not_to_be_assumed(double: AwsDouble) -> None:
    user = "arn:aws:sts::123456789012:assumed-role/esoctl/external-secrets-provider-aws"
    text = f"User: {user} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    double.on("AssumeRole", from_sts("AccessDenied", text))

    assert await told(double, role=ROLE) in TEXT


@pytest.mark.asyncio
async def test_error_tags_not_to_be_set(double: AwsDouble) -> None:
    user = "arn:aws:sts::123456789012:assumed-role/esoctl/external-secrets-provider-aws"
    text = f"User: {user} is not authorized to perform: sts:TagSession on resource: {ROLE}"
    double.on("AssumeRole", from_sts("AccessDenied", text))

    assert await told(double, role=ROLE, tagging=Tagging("prod-1")) in TEXT


@pytest.mark.asyncio
async def test_error_tags_that_are_the_operators(double: AwsDouble) -> None:
    tags = [{"key": "esoNamespace", "value": "other"}]

    assert await told(double, role=ROLE, sessionTags=tags, tagging=Tagging("prod-1")) in TEXT


@pytest.mark.asyncio
async def test_error_secret_not_to_be_read(double: AwsDouble) -> None:
    action = "secretsmanager:GetSecretValue"
    why = f" because no identity-based policy allows the {action} action"
    double.on("GetSecretValue", failed("AccessDeniedException", denied(action, SECRET, why)))

    assert await told(double) in TEXT


@pytest.mark.asyncio
async def test_error_key_not_to_be_used(double: AwsDouble) -> None:
    double.on("GetSecretValue", failed("AccessDeniedException", "Access to KMS is not allowed"))

    assert await told(double) in TEXT


@pytest.mark.asyncio
async def test_error_parameter_not_to_be_read(double: AwsDouble) -> None:
    resource = "arn:aws:ssm:eu-west-1:123456789012:parameter/app/db"
    why = " because no identity-based policy allows the ssm:GetParameter action"
    double.on("GetParameter", failed("AccessDeniedException", denied("ssm:GetParameter", resource, why)))

    assert await told(double, service="ParameterStore") in TEXT
