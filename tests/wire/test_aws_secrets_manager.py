"""AWS Secrets Manager, as moto plays it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from esoctl.errors import AccessDenied, BadAnswer, ProviderError, SecretMissing, StoreError
from esoctl.model.keys import Kind
from esoctl.model.remote import Find, MetadataPolicy, RemoteKey
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session, Settings
from esoctl.providers.contract import Client, Health
from support import aws, stores
from unit.providers.contract_suite import ContractSuite, everything

pytestmark = pytest.mark.wire

Calls = list[tuple[str, str, bool]]


@pytest.fixture
def secrets(url: str) -> Any:
    return aws.client("secretsmanager", url)


class SecretsWorld:
    """A world of the contract suite in moto."""

    def __init__(self, url: str) -> None:
        self.body = aws.a_body()
        self.provider = Aws(Session())
        self._url = url
        self._secrets = aws.client("secretsmanager", url)

    def put(self, key: str, value: str) -> None:
        try:
            self._secrets.create_secret(Name=key, SecretString=value)
        except self._secrets.exceptions.ResourceExistsException:
            self._secrets.put_secret_value(SecretId=key, SecretString=value)

    def remove(self, key: str) -> None:
        self._secrets.delete_secret(SecretId=key, ForceDeleteWithoutRecovery=True)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        async with opened(self._url, self.body) as (client, _):
            yield client


@asynccontextmanager
async def opened(
    url: str,
    body: object,
    *,
    credentials: stores.WrittenCredentials | None = None,
    kind: Kind = Kind.SECRET_STORE,
    batching: bool = True,
) -> AsyncIterator[tuple[Client, Calls]]:
    calls: Calls = []

    def observe(provider: str, call: str, ok: bool) -> None:
        calls.append((provider, call, ok))

    settings = Settings(endpoints=aws.everywhere(url), observe=observe, batching=batching)
    async with Session(settings) as session:
        backend = Aws(session).decode(stores.raw(body), stores.a_scope(kind))
        async with backend.open(credentials or aws.credentials()) as client:
            yield client, calls


class TestSecretsManagerKeepsTheContract(ContractSuite):
    @pytest.fixture
    def world(self, url: str) -> SecretsWorld:
        return SecretsWorld(url)


@pytest.mark.asyncio
async def test_versions_are_read_by_stage_and_by_id(url: str, secrets: Any) -> None:
    first = secrets.create_secret(Name="pin", SecretString="one")["VersionId"]
    second = secrets.put_secret_value(SecretId="pin", SecretString="two")["VersionId"]

    async with opened(url, aws.a_body()) as (client, _):
        current = await client.get(RemoteKey("pin"))
        previous = await client.get(RemoteKey("pin", "AWSPREVIOUS"))
        by_id = await client.get(RemoteKey("pin", f"uuid/{first}"))

    assert (current.value, current.version) == (b"two", second)
    assert (previous.value, previous.version) == (b"one", first)
    assert (by_id.value, by_id.version) == (b"one", first)


@pytest.mark.asyncio
@pytest.mark.parametrize("version", ["NOSTAGE", "uuid/00000000-0000-0000-0000-000000000000"])
async def test_an_unknown_version_is_missing(url: str, secrets: Any, version: str) -> None:
    secrets.create_secret(Name="pin", SecretString="one")

    async with opened(url, aws.a_body()) as (client, _):
        with pytest.raises(SecretMissing):
            await client.get(RemoteKey("pin", version))


@pytest.mark.asyncio
async def test_binary_comes_back_as_it_is(url: str, secrets: Any) -> None:
    secrets.create_secret(Name="blob", SecretBinary=b"\x00\xff\n")

    async with opened(url, aws.a_body()) as (client, _):
        payload = await client.get(RemoteKey("blob"))

    assert payload.value == b"\x00\xff\n"


@pytest.mark.asyncio
async def test_tags_are_one_object_as_go_prints_it(url: str, secrets: Any) -> None:
    tags = {"zone": "b", "owner": 'a&b <x> "q" \N{SNOWMAN}'}
    secrets.create_secret(Name="mast", SecretString="x", Tags=[{"Key": key, "Value": tags[key]} for key in tags])

    async with opened(url, aws.a_body()) as (client, _):
        payload = await client.get(RemoteKey("mast", metadata=MetadataPolicy.FETCH))

    assert payload.value.decode() == ('{"owner":"a\\u0026b \\u003cx\\u003e \\"q\\" \N{SNOWMAN}","zone":"b"}')
    assert json.loads(payload.value) == tags


@pytest.mark.asyncio
async def test_the_prefix_is_glued_to_keys_but_not_to_searches(url: str, secrets: Any) -> None:
    secrets.create_secret(Name="prod/db", SecretString="deep")
    secrets.create_secret(Name="other", SecretString="elsewhere")

    async with opened(url, aws.a_body(prefix="prod/")) as (client, _):
        payload = await client.get(RemoteKey("db"))
        found = await everything(client, Find(regexp="^"))

    assert payload.value == b"deep"
    assert found == {"prod/db": b"deep", "other": b"elsewhere"}


@pytest.mark.asyncio
async def test_a_secret_marked_for_deletion_is_an_error_of_its_own(url: str, secrets: Any) -> None:
    secrets.create_secret(Name="wreck", SecretString="x")
    secrets.delete_secret(SecretId="wreck", RecoveryWindowInDays=7)

    async with opened(url, aws.a_body()) as (client, _):
        with pytest.raises(BadAnswer, match="'wreck' is marked for deletion in AWS; restore it"):
            await client.get(RemoteKey("wreck"))


@pytest.mark.asyncio
async def test_a_secret_without_a_value_is_missing_and_does_not_spoil_a_batch(url: str, secrets: Any) -> None:
    secrets.create_secret(Name="hollow")
    secrets.create_secret(Name="full", SecretString="x")
    outcome: dict[str, object] = {}

    async def read(client: Client, name: str) -> None:
        try:
            outcome[name] = (await client.get(RemoteKey(name))).value
        except ProviderError as error:
            outcome[name] = type(error)

    async with opened(url, aws.a_body()) as (client, _), anyio.create_task_group() as tasks:
        for name in ("hollow", "full"):
            tasks.start_soon(read, client, name)

    assert outcome == {"hollow": SecretMissing, "full": b"x"}


@pytest.mark.asyncio
async def test_an_arn_with_and_without_its_suffix_finds_its_secret_in_a_batch(url: str, secrets: Any) -> None:
    arn = secrets.create_secret(Name="app/db", SecretString="by arn")["ARN"]
    outcome: dict[str, bytes] = {}

    async def read(client: Client, name: str) -> None:
        outcome[name] = (await client.get(RemoteKey(name))).value

    async with opened(url, aws.a_body()) as (client, calls), anyio.create_task_group() as tasks:
        for name in (arn, arn[:-7], "app/db"):
            tasks.start_soon(read, client, name)

    assert list(outcome.values()) == [b"by arn"] * 3
    assert [call for _, call, _ in calls] == ["BatchGetSecretValue"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("batching", "made"),
    [
        pytest.param(True, {"BatchGetSecretValue": 2}, id="with batches"),
        pytest.param(False, {"GetSecretValue": 30}, id="without"),
    ],
)
async def test_reads_that_wait_are_put_together(url: str, secrets: Any, batching: bool, made: dict[str, int]) -> None:
    names = [f"app/{number}" for number in range(30)]
    for name in names:
        secrets.create_secret(Name=name, SecretString=f"value of {name}")

    async with opened(url, aws.a_body(), batching=batching) as (client, calls), anyio.create_task_group() as tasks:
        for name in names * 3:
            tasks.start_soon(client.get, RemoteKey(name))

    assert {call: sum(other == call for _, other, _ in calls) for _, call, _ in calls} == made
    assert all(provider == "AWS/SecretsManager" and ok for provider, _, ok in calls)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param(Find(regexp="^app/"), {"app/blue", "app/red"}, id="name"),
        pytest.param(Find(regexp="e", path="app/"), {"app/blue", "app/red"}, id="name and path"),
        pytest.param(Find(regexp="blue", path="app/"), {"app/blue"}, id="name within a path"),
        pytest.param(Find(tags=(("team", "x"),)), {"app/red", "web/red"}, id="tags"),
        pytest.param(Find(path="web/", tags=(("team", "x"),)), {"web/red"}, id="tags and path"),
        pytest.param(Find(regexp="app", tags=(("team", "x"),)), {"app/red"}, id="name and tags"),
        pytest.param(Find(tags=(("team", "nobody"),)), set(), id="tags of nobody"),
    ],
)
async def test_secrets_are_found_by_name_path_and_tags(url: str, secrets: Any, query: Find, names: set[str]) -> None:
    for name, team in (("app/red", "x"), ("app/blue", "y"), ("web/red", "x")):
        secrets.create_secret(Name=name, SecretString=f"value of {name}", Tags=[{"Key": "team", "Value": team}])

    async with opened(url, aws.a_body()) as (client, _):
        found = await everything(client, query)

    assert found == {name: f"value of {name}".encode() for name in names}


@pytest.mark.asyncio
async def test_a_search_goes_through_all_pages(url: str, secrets: Any) -> None:
    names = [f"app/{number:03}" for number in range(130)]
    for name in names:
        secrets.create_secret(Name=name, SecretString=name)

    async with opened(url, aws.a_body()) as (client, calls):
        found = await everything(client, Find(regexp="^app/"))

    assert found == {name: name.encode() for name in names}
    made = [call for _, call, _ in calls]
    assert (made.count("ListSecrets"), made.count("BatchGetSecretValue")) == (2, 7)


@pytest.mark.asyncio
async def test_a_search_that_moto_cannot_batch_is_done_singly(url: str, secrets: Any) -> None:
    secrets.create_secret(Name="app/full", SecretString="x")
    secrets.create_secret(Name="app/hollow")

    async with opened(url, aws.a_body()) as (client, _):
        found = await everything(client, Find(regexp=".", path="app/"))

    assert found == {"app/full": b"x"}


@pytest.mark.asyncio
async def test_a_missing_credential_says_which_one_in_the_reference_words(url: str) -> None:
    half = aws.credentials(secrets={"keys": {"id": b"AKIA"}})

    with pytest.raises(StoreError) as caught:
        async with opened(url, aws.a_body(), credentials=half):
            pass

    assert str(caught.value) == (
        'unable to create session: could not fetch SecretAccessKey secret: cannot find secret data for key: "key"'
    )


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("keys", "text"),
    [
        pytest.param({"id": b"", "key": b"k"}, "static credentials are empty", id="an empty id"),
        pytest.param({"id": b"AKIA", "key": b""}, "static credentials are empty", id="an empty key"),
        pytest.param({"id": b"AKIA\n", "key": b"k"}, "access key id holds white space", id="a newline"),
        pytest.param({"id": b"AKIA", "key": b"k \xff"}, "secret access key holds white space", id="no text"),
    ],
)
async def test_keys_that_cannot_work_fail_the_check_and_every_read(url: str, keys: dict[str, bytes], text: str) -> None:
    async with opened(url, aws.a_body(), credentials=aws.credentials(secrets={"keys": keys})) as (client, calls):
        with pytest.raises(AccessDenied, match=text):
            await client.check()
        with pytest.raises(AccessDenied, match=text):
            await client.get(RemoteKey("x"))
        with pytest.raises(AccessDenied, match=text):
            await everything(client, Find(regexp="x"))

    assert calls == []


@pytest.mark.asyncio
async def test_a_session_token_is_sent(url: str, secrets: Any) -> None:
    sts = aws.client("sts", url)
    lent = sts.assume_role(RoleArn="arn:aws:iam::210987654321:role/x", RoleSessionName="test-session")["Credentials"]
    keys = {
        "aws_access_key_id": lent["AccessKeyId"],
        "aws_secret_access_key": lent["SecretAccessKey"],
        "aws_session_token": lent["SessionToken"],
    }
    aws.client("secretsmanager", url, keys).create_secret(Name="abroad", SecretString="tea")
    names = ("accessKeyIDSecretRef", "secretAccessKeySecretRef", "sessionTokenSecretRef")
    body = aws.a_body(auth={"secretRef": {name: {"name": "keys", "key": name} for name in names}})
    credentials = aws.credentials(
        secrets={"keys": {name: value.encode() for name, value in zip(names, keys.values(), strict=True)}}
    )

    async with opened(url, body, credentials=credentials) as (client, _):
        payload = await client.get(RemoteKey("abroad"))

    assert payload.value == b"tea"


@pytest.mark.asyncio
async def test_a_cluster_store_with_open_namespaces_is_ready_unchecked_and_reads_for_nobody(url: str) -> None:
    nobody = aws.credentials(namespace="")

    async with opened(url, aws.a_body(), credentials=nobody, kind=Kind.CLUSTER_SECRET_STORE) as (client, _):
        assert await client.check() is Health.READY
        with pytest.raises(StoreError, match="only for a namespace that uses it"):
            await client.get(RemoteKey("x"))

    assert nobody.asked == []


@pytest.mark.asyncio
async def test_without_an_identity_in_the_environment_the_check_says_so(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    nothing = str(tmp_path / "nothing")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "BOTO_CONFIG"):
        monkeypatch.setenv(name, nothing)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    async with opened(url, aws.a_body(auth=None)) as (client, _):
        with pytest.raises(AccessDenied, match="no AWS identity in the environment"):
            await client.check()
        with pytest.raises(AccessDenied, match="no AWS identity in the environment"):
            await client.get(RemoteKey("x"))


@pytest.mark.asyncio
async def test_the_identity_of_the_environment_is_used_without_auth(
    url: str, secrets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets.create_secret(Name="app/db", SecretString="ambient")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", aws.KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", aws.SECRET_KEY)

    async with opened(url, aws.a_body(auth=None)) as (client, _):
        assert await client.check() is Health.READY
        payload = await client.get(RemoteKey("app/db"))

    assert payload.value == b"ambient"


@pytest.mark.asyncio
async def test_certificates_are_valid_stores_that_cannot_be_read(url: str) -> None:
    async with opened(url, aws.a_body(service="CertificateManager")) as (client, calls):
        assert await client.check() is Health.READY
        with pytest.raises(ProviderError, match="esoctl reads no certificates"):
            await client.get(RemoteKey("arn:aws:acm:eu-west-1:123456789012:certificate/x"))

    assert calls == []
