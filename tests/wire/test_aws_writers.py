"""Writing to both services, as moto plays them: what is written, what is left alone, and what it costs."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from esoctl.errors import AccessDenied, BadRequest, OwnedByAnother, ProviderError, SpecError
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session, Settings
from esoctl.providers.contract import Change, Metadata, Writer
from support import aws, aws_double, stores
from support.aws_double import Said, failed

pytestmark = pytest.mark.wire

Calls = list[str]
OURS = [{"Key": "managed-by", "Value": "external-secrets"}]
THEIRS = [{"Key": "team", "Value": "blue"}]
WRITES = {"CreateSecret", "PutSecretValue", "PutParameter", "DeleteSecret", "DeleteParameter", "TagResource"}


@pytest.fixture
def secrets(url: str) -> Any:
    return aws.client("secretsmanager", url)


@pytest.fixture
def parameters(url: str) -> Any:
    return aws.client("ssm", url)


@asynccontextmanager
async def writing(url: str, service: str = "SecretsManager", **changes: object) -> AsyncIterator[tuple[Writer, Calls]]:
    calls: Calls = []
    settings = Settings(endpoints=aws.everywhere(url), observe=lambda _provider, call, _ok: calls.append(call))
    async with Session(settings) as session:
        backend = Aws(session).decode(stores.raw(aws.a_body(service, **changes)), stores.a_scope())
        async with backend.write(aws.credentials()) as writer:
            yield writer, calls


def to(value: bytes) -> Change:
    return lambda _: value


def metadata(**spec: object) -> Metadata:
    envelope = {"apiVersion": "kubernetes.external-secrets.io/v1alpha1", "kind": "PushSecretMetadata", "spec": spec}
    return stores.raw(envelope)


def tags(described: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in described.get("Tags") or described.get("TagList") or []}


@pytest.mark.asyncio
async def test_a_secret_is_made_with_our_mark(url: str, secrets: Any) -> None:
    async with writing(url, prefix="app/") as (writer, calls):
        wrote = await writer.put("db", to(b"hunter-2"), metadata(secretPushFormat="string", tags={"team": "blue"}))

    described = secrets.describe_secret(SecretId="app/db")
    assert wrote
    assert secrets.get_secret_value(SecretId="app/db")["SecretString"] == "hunter-2"
    assert tags(described) == {"managed-by": "external-secrets", "team": "blue"}
    assert described["Description"] == "secret 'managed-by:external-secrets'"
    assert calls == ["DescribeSecret", "CreateSecret"]


@pytest.mark.asyncio
@pytest.mark.parametrize(("value", "text"), [(b"\xff\x00", None), (b"text", "string")])
async def test_REL_25_the_same_value_a_hundred_times_is_written_once(
    url: str, secrets: Any, value: bytes, text: str | None
) -> None:
    how = metadata(secretPushFormat=text) if text else None
    async with writing(url) as (writer, calls):
        wrote = [await writer.put("db", to(value), how) for _ in range(100)]

    assert wrote == [True] + [False] * 99
    assert [call for call in calls if call in WRITES] == ["CreateSecret"]
    assert len(secrets.list_secret_version_ids(SecretId="db")["Versions"]) == 1


@pytest.mark.asyncio
async def test_another_value_is_a_new_version(url: str, secrets: Any) -> None:
    async with writing(url) as (writer, calls):
        await writer.put("db", to(b"one"))
        wrote = await writer.put("db", to(b"two"))

    assert wrote
    assert secrets.get_secret_value(SecretId="db")["SecretBinary"] == b"two"
    assert calls[2:] == ["DescribeSecret", "GetSecretValue", "PutSecretValue"]


@pytest.mark.asyncio
async def test_REL_25_removing_one_property_leaves_its_siblings(url: str, secrets: Any) -> None:
    secrets.create_secret(Name="db", SecretString='{"user":"a","password":"b"}', Tags=OURS)

    def without_password(before: bytes | None) -> bytes:
        assert before is not None
        return json.dumps({key: value for key, value in json.loads(before).items() if key != "password"}).encode()

    async with writing(url) as (writer, _):
        await writer.put("db", without_password, metadata(secretPushFormat="string"))

    assert json.loads(secrets.get_secret_value(SecretId="db")["SecretString"]) == {"user": "a"}


@pytest.mark.asyncio
@pytest.mark.parametrize("held", [pytest.param(THEIRS, id="other tags"), pytest.param([], id="no tags")])
async def test_REL_25_a_secret_without_our_mark_is_never_overwritten_or_deleted(
    url: str, secrets: Any, held: list[dict[str, str]]
) -> None:
    secrets.create_secret(Name="db", SecretString="theirs", Tags=held)

    async with writing(url) as (writer, calls):
        with pytest.raises(OwnedByAnother, match="secret not managed by external-secrets: 'db' has no tag managed-by"):
            await writer.put("db", to(b"ours"))
        deleted = await writer.delete("db")

    assert not deleted
    assert secrets.get_secret_value(SecretId="db")["SecretString"] == "theirs"
    assert WRITES.isdisjoint(calls)


@pytest.mark.asyncio
async def test_a_secret_of_ours_without_a_value_gets_one(url: str, secrets: Any) -> None:
    secrets.create_secret(Name="db", Tags=OURS)

    async with writing(url) as (writer, _):
        existed = await writer.exists("db")
        await writer.put("db", to(b"x"))

    assert not existed
    assert secrets.get_secret_value(SecretId="db")["SecretBinary"] == b"x"


@pytest.mark.asyncio
async def test_tags_follow_the_settings_and_stay_where_none_are_set(url: str, secrets: Any) -> None:
    secrets.create_secret(Name="db", SecretBinary=b"x", Tags=[*OURS, *THEIRS, {"Key": "old", "Value": "1"}])

    async with writing(url) as (writer, calls):
        untouched = await writer.put("db", to(b"x"))
        after_none = tags(secrets.describe_secret(SecretId="db"))
        changed = await writer.put("db", to(b"x"), metadata(tags={"team": "red"}))

    assert (untouched, changed) == (False, True)
    assert after_none == {"managed-by": "external-secrets", "team": "blue", "old": "1"}
    assert tags(secrets.describe_secret(SecretId="db")) == {"managed-by": "external-secrets", "team": "red"}
    assert "PutSecretValue" not in calls


@pytest.mark.asyncio
async def test_a_secret_that_is_scheduled_for_deletion_is_told(url: str, secrets: Any) -> None:
    secrets.create_secret(Name="db", SecretString="x", Tags=OURS)
    secrets.delete_secret(SecretId="db")

    async with writing(url) as (writer, calls):
        with pytest.raises(BadRequest, match="marked for deletion in AWS; restore it"):
            await writer.put("db", to(b"y"))
        with pytest.raises(BadRequest, match="marked for deletion"):
            await writer.exists("db")
        deleted_again = await writer.delete("db")

    assert not deleted_again
    assert WRITES.isdisjoint(calls)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("settings", "gone_at_once"),
    [
        pytest.param({}, False, id="AWS's window"),
        pytest.param({"recoveryWindowInDays": 7}, False, id="a window"),
        pytest.param({"forceDeleteWithoutRecovery": True}, True, id="by force"),
    ],
)
async def test_a_secret_of_ours_is_deleted_as_the_store_says(
    url: str, secrets: Any, settings: dict[str, object], gone_at_once: bool
) -> None:
    secrets.create_secret(Name="db", SecretString="x", Tags=OURS)

    async with writing(url, secretsManager=settings) as (writer, _):
        first, second = await writer.delete("db"), await writer.delete("db")

    assert (first, second) == (True, False)
    listed = secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]
    assert len(listed) == (0 if gone_at_once else 1)


@pytest.mark.asyncio
async def test_replicas_go_before_their_secret(url: str, secrets: Any) -> None:
    secrets.create_secret(Name="db", SecretString="x", Tags=OURS, AddReplicaRegions=[{"Region": "us-east-1"}])

    async with writing(url, secretsManager={"forceDeleteWithoutRecovery": True}) as (writer, calls):
        assert await writer.delete("db")

    assert calls == ["DescribeSecret", "RemoveRegionsFromReplication", "DeleteSecret"]


@pytest.mark.asyncio
async def test_a_value_that_is_no_text_cannot_be_pushed_as_text(url: str) -> None:
    async with writing(url) as (writer, calls):
        with pytest.raises(BadRequest, match="is no text; leave secretPushFormat out"):
            await writer.put("db", to(b"\xff"), metadata(secretPushFormat="string"))

    assert WRITES.isdisjoint(calls)


@pytest.mark.asyncio
async def test_a_parameter_is_made_with_our_mark(url: str, parameters: Any) -> None:
    how = metadata(secretType="SecureString", tags={"team": "blue"}, description="ours")
    async with writing(url, "ParameterStore", prefix="/app/") as (writer, calls):
        assert await writer.put("db", to(b"hunter-2"), how)

    found = parameters.get_parameter(Name="/app/db", WithDecryption=True)["Parameter"]
    held = parameters.list_tags_for_resource(ResourceType="Parameter", ResourceId="/app/db")
    assert (found["Value"], found["Type"]) == ("hunter-2", "SecureString")
    assert tags(held) == {"managed-by": "external-secrets", "team": "blue"}
    assert calls == ["GetParameter", "PutParameter"]


@pytest.mark.asyncio
async def test_REL_25_the_same_parameter_a_hundred_times_is_written_once(url: str, parameters: Any) -> None:
    async with writing(url, "ParameterStore") as (writer, calls):
        wrote = [await writer.put("/db", to(b"x")) for _ in range(100)]

    assert wrote == [True] + [False] * 99
    assert [call for call in calls if call in WRITES] == ["PutParameter"]
    assert parameters.get_parameter(Name="/db")["Parameter"]["Version"] == 1


@pytest.mark.asyncio
async def test_another_parameter_value_is_a_new_version_with_the_wanted_tags(url: str, parameters: Any) -> None:
    async with writing(url, "ParameterStore") as (writer, _):
        await writer.put("/db", to(b"one"), metadata(tags={"old": "1"}))
        await writer.put("/db", to(b"two"), metadata(tags={"new": "2"}))

    held = parameters.list_tags_for_resource(ResourceType="Parameter", ResourceId="/db")
    assert parameters.get_parameter(Name="/db")["Parameter"]["Value"] == "two"
    assert tags(held) == {"managed-by": "external-secrets", "new": "2"}


@pytest.mark.asyncio
async def test_REL_25_a_parameter_without_our_mark_is_never_overwritten_or_deleted(url: str, parameters: Any) -> None:
    parameters.put_parameter(Name="/db", Value="theirs", Type="String", Tags=THEIRS)

    async with writing(url, "ParameterStore") as (writer, calls):
        with pytest.raises(OwnedByAnother, match="parameter not managed by external-secrets"):
            await writer.put("/db", to(b"ours"))
        assert not await writer.delete("/db")
        assert await writer.exists("/db")

    assert parameters.get_parameter(Name="/db")["Parameter"]["Value"] == "theirs"
    assert WRITES.isdisjoint(calls)


@pytest.mark.asyncio
async def test_a_parameter_of_ours_is_deleted_once(url: str) -> None:
    async with writing(url, "ParameterStore") as (writer, _):
        await writer.put("/db", to(b"x"))
        outcomes = [await writer.delete("/db"), await writer.delete("/db"), await writer.exists("/db")]

    assert outcomes == [True, False, False]


@pytest.mark.asyncio
async def test_a_parameter_holds_text_only(url: str) -> None:
    async with writing(url, "ParameterStore") as (writer, _):
        with pytest.raises(BadRequest, match="is no text, which is all that a parameter can hold"):
            await writer.put("/db", to(b"\xff"))


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("service", "missing", "refusal"),
    [
        pytest.param(
            "SecretsManager",
            ("DescribeSecret", failed("ResourceNotFoundException")),
            ("CreateSecret", failed("InvalidParameterException", "hunter-2 is not allowed")),
            id="a secret",
        ),
        pytest.param(
            "ParameterStore",
            ("GetParameter", failed("ParameterNotFound")),
            ("PutParameter", failed("ValidationException", "Value hunter-2 failed to satisfy constraint")),
            id="a parameter",
        ),
    ],
)
async def test_SEC_a_refused_value_is_in_no_text(
    service: str, missing: tuple[str, Said], refusal: tuple[str, Said]
) -> None:
    async with aws_double.running() as double:
        double.on(*missing)
        double.on(*refusal)
        async with writing(double.url, service) as (writer, _):
            with pytest.raises(BadRequest) as caught:
                await writer.put("db", to(b"hunter-2"))

    assert "hunter-2" not in str(caught.value)


@pytest.mark.asyncio
async def test_metadata_that_does_not_fit_is_refused_before_anything_is_asked(url: str) -> None:
    async with writing(url) as (writer, calls):
        with pytest.raises(SpecError, match=r"metadata\.spec"):
            await writer.put("db", to(b"x"), metadata(colour="red"))

    assert calls == []


@pytest.mark.asyncio
async def test_a_service_without_a_writer_and_keys_that_cannot_work_say_so(url: str) -> None:
    with pytest.raises(ProviderError, match="esoctl writes no certificates"):
        async with writing(url, "CertificateManager"):
            pytest.fail("it was opened")
    async with Session(Settings(endpoints=aws.everywhere(url))) as session:
        backend = Aws(session).decode(stores.raw(aws.a_body()), stores.a_scope())
        with pytest.raises(AccessDenied, match="static credentials are empty"):
            async with backend.write(aws.credentials(secrets={"keys": {"id": b"", "key": b""}})):
                pytest.fail("it was opened")
