"""Who signs, and how rarely STS is asked: roles, web identities, and keys that end."""

import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
import pytest_asyncio

from esoctl.errors import AccessDenied, BadAnswer, ProviderError, StoreError, Throttled, Unavailable
from esoctl.model.keys import Kind
from esoctl.model.remote import RemoteKey
from esoctl.model.store import RetrySettings
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session, Settings
from esoctl.providers.aws.tags import Tagging
from esoctl.providers.contract import Client, Health
from support import aws, aws_double, hosting, stores
from support.aws_double import Asked, AwsDouble, Said, failed, lent, refused, said

pytestmark = pytest.mark.wire

ROLE = "arn:aws:iam::123456789012:role/reader"
OTHER = "arn:aws:iam::210987654321:role/other"

_numbers = itertools.count()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[tuple[AwsDouble, Session]]:
    async with (
        aws_double.running() as double,
        hosting.hosted(Session(Settings(endpoints=aws.everywhere(double.url)))) as session,
    ):
        yield double, session


@pytest.fixture
def double(shared: tuple[AwsDouble, Session]) -> AwsDouble:
    double, _ = shared
    double.asked.clear()
    double.script.clear()
    double.on(
        "GetSecretValue", lambda asked: said({"Name": asked.parameters["SecretId"], "SecretString": _signer(asked)})
    )
    return double


@pytest.fixture
def session(shared: tuple[AwsDouble, Session]) -> Session:
    return shared[1]


def _signer(asked: Asked) -> str:
    """The access key id that signed."""
    found = re.search("Credential=([^/]+)/", asked.headers.get("authorization", ""))
    return found[1] if found else "nobody"


def static() -> stores.WrittenCredentials:
    """Keys that no other test uses, so that nothing is shared with it."""
    return aws.credentials(secrets={"keys": {"id": f"AKIA{next(_numbers)}".encode(), "key": b"secret"}})


@asynccontextmanager
async def opened(
    session: Session, credentials: stores.WrittenCredentials, kind: Kind = Kind.SECRET_STORE, **changes: object
) -> AsyncIterator[Client]:
    scope = stores.a_scope(kind, retry=RetrySettings(max_retries=1))
    backend = Aws(session).decode(stores.raw(aws.a_body(**changes)), scope)
    async with backend.open(credentials) as client:
        yield client


async def who(client: Client) -> str:
    return (await client.get(RemoteKey("x"))).value.decode()


@pytest.mark.asyncio(loop_scope="module")
async def test_static_keys_sign_without_asking_sts(double: AwsDouble, session: Session) -> None:
    credentials = static()

    async with opened(session, credentials) as client:
        signer = await who(client)

    assert signer == credentials.secrets["keys"]["id"].decode()
    assert {asked.operation for asked in double.asked} == {"GetSecretValue"}


@pytest.mark.asyncio(loop_scope="module")
async def test_a_role_is_assumed_once_for_many_reads_and_many_clients(double: AwsDouble, session: Session) -> None:
    double.on("AssumeRole", lent("ASIAROLE"))
    credentials = static()

    for _ in range(3):
        async with opened(session, credentials, role=ROLE) as client:
            signers = [await who(client) for _ in range(5)]

    assert signers == ["ASIAROLE"] * 5
    assert (double.count("AssumeRole"), double.count("GetSecretValue")) == (1, 15)


@pytest.mark.asyncio(loop_scope="module")
async def test_reads_at_the_same_time_share_one_assumption(double: AwsDouble, session: Session) -> None:
    double.on("AssumeRole", Said(lent("ASIAROLE").body, headers={"Content-Type": "text/xml"}, hang=0.05))

    async with opened(session, static(), role=ROLE) as client, anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(client.get, RemoteKey("x", f"stage-{number}"))

    assert (double.count("AssumeRole"), double.count("GetSecretValue")) == (1, 20)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_chain_is_assumed_in_order_each_hop_signed_by_the_one_before(
    double: AwsDouble, session: Session
) -> None:
    double.on("AssumeRole", lent("ASIAONE"), lent("ASIATWO"), lent("ASIATHREE"))
    credentials = static()
    chain = [f"{ROLE}-1", f"{ROLE}-2"]

    async with opened(session, credentials, role=ROLE, additionalRoles=chain) as client:
        signer = await who(client)

    hops = [asked for asked in double.asked if asked.operation == "AssumeRole"]
    assert [hop.parameters["RoleArn"] for hop in hops] == [*chain, ROLE]
    assert [_signer(hop) for hop in hops] == [credentials.secrets["keys"]["id"].decode(), "ASIAONE", "ASIATWO"]
    assert signer == "ASIATHREE"


@pytest.mark.asyncio(loop_scope="module")
async def test_the_last_hop_carries_external_id_and_tags(double: AwsDouble, session: Session) -> None:
    double.on("AssumeRole", lent("ASIAONE"), lent("ASIATWO"))
    settings: dict[str, object] = {
        "role": ROLE,
        "additionalRoles": [OTHER],
        "externalID": "ext",
        "sessionTags": [{"key": "team", "value": "blue"}],
        "transitiveTagKeys": ["team"],
    }

    async with opened(session, static(), **settings) as client:
        await client.check()

    first, last = (asked.parameters for asked in double.asked)
    assert "ExternalId" not in first
    assert not [name for name in first if "Tag" in name]
    assert last["ExternalId"] == "ext"
    assert (last["Tags.member.1.Key"], last["Tags.member.1.Value"]) == ("team", "blue")
    assert last["TransitiveTagKeys.member.1"] == "team"
    assert last["DurationSeconds"] == "3600"


@pytest.mark.asyncio(loop_scope="module")
async def test_the_tags_policy_tells_namespaces_apart(double: AwsDouble, session: Session) -> None:
    double.on("AssumeRole", lent("ASIAONE"), lent("ASIATWO"))
    keys = static().secrets
    signers = {}

    for namespace in ("blue", "red", "blue"):
        credentials = aws.credentials(namespace=namespace, secrets=keys)
        async with opened(
            session, credentials, Kind.CLUSTER_SECRET_STORE, role=ROLE, sessionTagsPolicy="Simple"
        ) as client:
            signers[namespace] = await who(client)

    assert signers == {"blue": "ASIAONE", "red": "ASIATWO"}
    tags = double.asked[0].parameters
    assert [tags[f"Tags.member.{number}.Value"] for number in (1, 2, 3)] == ["blue", "ClusterSecretStore", "main"]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("kind", "namespace", "health"),
    [
        pytest.param(Kind.CLUSTER_SECRET_STORE, "", Health.UNKNOWN, id="nobody asks"),
        pytest.param(Kind.CLUSTER_SECRET_STORE, "blue", None, id="somebody asks"),
        pytest.param(Kind.SECRET_STORE, "blue", None, id="a store of one namespace"),
    ],
)
async def test_a_trust_policy_for_certain_namespaces_does_not_make_a_cluster_store_invalid(
    double: AwsDouble, session: Session, kind: Kind, namespace: str, health: Health | None
) -> None:
    double.on("AssumeRole", refused("AccessDenied"))
    reference = {"name": "keys", "namespace": "infra"} if kind is Kind.CLUSTER_SECRET_STORE else {"name": "keys"}
    auth = {
        "secretRef": {
            "accessKeyIDSecretRef": {**reference, "key": "id"},
            "secretAccessKeySecretRef": {**reference, "key": "key"},
        }
    }
    credentials = aws.credentials(namespace=namespace, secrets=static().secrets)

    async with opened(session, credentials, kind, auth=auth, role=ROLE, sessionTagsPolicy="Simple") as client:
        if health is None:
            with pytest.raises(AccessDenied):
                await client.check()
        else:
            assert await client.check() is health


@pytest.mark.asyncio(loop_scope="module")
async def test_W04_sessions_are_tagged_and_named_by_the_operator(double: AwsDouble) -> None:
    double.on("AssumeRole", lent("ASIAONE"), lent("ASIATWO"))
    keys = static().secrets
    tagging = Settings(endpoints=aws.everywhere(double.url), tagging=Tagging("prod-1"))
    signers = []

    async with Session(tagging) as session:
        for namespace in ("blue", "red", "blue"):
            credentials = aws.credentials(namespace=namespace, secrets=keys)
            async with opened(session, credentials, Kind.CLUSTER_SECRET_STORE, role=ROLE) as client:
                signers.append(await who(client))

    assert signers == ["ASIAONE", "ASIATWO", "ASIAONE"]
    first = double.asked[0].parameters
    tags = {first[f"Tags.member.{n}.Key"]: first[f"Tags.member.{n}.Value"] for n in range(1, 5)}
    assert tags == {
        "esoCluster": "prod-1",
        "esoNamespace": "blue",
        "esoStoreKind": "ClusterSecretStore",
        "esoStoreName": "main",
    }
    assert first["RoleSessionName"] == "blue.main@prod-1"


@pytest.mark.asyncio(loop_scope="module")
async def test_identities_that_differ_share_nothing(double: AwsDouble, session: Session) -> None:
    double.on("AssumeRole", lent("ASIAONE"), lent("ASIATWO"), lent("ASIATHREE"))
    credentials = static()
    signers = []

    for changes in ({"role": ROLE}, {"role": OTHER}, {"role": ROLE, "externalID": "ext"}, {"role": ROLE}):
        async with opened(session, credentials, **changes) as client:
            signers.append(await who(client))

    assert signers == ["ASIAONE", "ASIATWO", "ASIATHREE", "ASIAONE"]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_rotated_key_is_another_identity(double: AwsDouble, session: Session) -> None:
    double.on("AssumeRole", lent("ASIAONE"), lent("ASIATWO"))
    credentials = static()
    async with opened(session, credentials, role=ROLE) as client:
        before = await who(client)

    credentials.secrets["keys"]["key"] = b"rotated"
    async with opened(session, credentials, role=ROLE) as client:
        after = await who(client)

    assert (before, after) == ("ASIAONE", "ASIATWO")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        pytest.param(refused("AccessDenied"), AccessDenied, "allow sts:AssumeRole", id="denied"),
        pytest.param(refused("Throttling", 400), Throttled, "fewer calls", id="throttled"),
        pytest.param(Said(b"", 500), Unavailable, "fault of its own", id="a fault of STS"),
        pytest.param(lent(""), BadAnswer, "holds no credentials", id="nothing lent"),
        pytest.param(Said(b"<html/>"), BadAnswer, "the answer is not AWS's", id="a page"),
    ],
)
async def test_a_role_that_cannot_be_assumed_says_so_in_check_and_read(
    double: AwsDouble, session: Session, answer: Said, kind: type[ProviderError], text: str
) -> None:
    double.on("AssumeRole", answer)

    async with opened(session, static(), role=ROLE) as client:
        with pytest.raises(kind, match=text):
            await client.check()
        with pytest.raises(kind, match=text):
            await client.get(RemoteKey("x"))

    assert double.count("GetSecretValue") == 0


@pytest.mark.asyncio(loop_scope="module")
async def test_keys_about_to_end_are_renewed_and_used_on_while_sts_gives_none(
    double: AwsDouble, session: Session
) -> None:
    short = lent("ASIASHORT", expiration="2026-01-01T01:00:00Z")
    dated = Said(short.body, headers=dict(short.headers) | {"Date": "Thu, 01 Jan 2026 00:59:59 GMT"})
    double.on("AssumeRole", dated, refused("AccessDenied"))

    async with opened(session, static(), role=ROLE) as client:
        first = await who(client)
        await anyio.sleep(0.75)  # past two thirds of the one second that the keys live
        second = await who(client)

    assert (first, second) == ("ASIASHORT", "ASIASHORT")
    assert double.count("AssumeRole") >= 2


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(failed("ExpiredTokenException", status=403), id="expired"),
        pytest.param(failed("UnrecognizedClientException"), id="unknown"),
        pytest.param(Said(b"", 403), id="403 without a word"),
        pytest.param(Said(b"", 401), id="401 without a word"),
    ],
)
async def test_REL_05_keys_that_aws_refuses_are_obtained_afresh_and_the_read_succeeds(
    double: AwsDouble, session: Session, answer: Said
) -> None:
    double.on("AssumeRole", lent("ASIAONE"), lent("ASIATWO"))
    double.on("GetSecretValue", answer, lambda asked: said({"Name": "x", "SecretString": _signer(asked)}))

    async with opened(session, static(), role=ROLE) as client:
        signer = await who(client)

    assert signer == "ASIATWO"
    assert (double.count("AssumeRole"), double.count("GetSecretValue")) == (2, 2)


@pytest.mark.asyncio(loop_scope="module")
async def test_REL_05_keys_that_are_refused_again_and_again_are_obtained_afresh_once(
    double: AwsDouble, session: Session
) -> None:
    double.on("AssumeRole", lent("ASIAONE"), lent("ASIATWO"), lent("ASIATHREE"))
    double.on("GetSecretValue", failed("ExpiredTokenException", status=403))

    async with opened(session, static(), role=ROLE) as client:
        for _ in range(10):
            with pytest.raises(AccessDenied, match="the session has expired"):
                await who(client)

    assert (double.count("AssumeRole"), double.count("GetSecretValue")) == (2, 11)


@pytest.mark.asyncio(loop_scope="module")
async def test_REL_05_a_chain_is_rebuilt_from_the_hop_whose_keys_are_refused(
    double: AwsDouble, session: Session
) -> None:
    double.on("AssumeRole", lent("ASIAONE"), refused("ExpiredToken"), lent("ASIATWO"), lent("ASIATHREE"))

    async with opened(session, static(), role=ROLE, additionalRoles=[OTHER]) as client:
        signer = await who(client)

    hops = [asked.parameters["RoleArn"] for asked in double.asked if asked.operation == "AssumeRole"]
    assert hops == [OTHER, ROLE, OTHER, ROLE]
    assert signer == "ASIATHREE"


@pytest.mark.asyncio(loop_scope="module")
async def test_wrong_static_keys_are_refused_without_a_second_try(double: AwsDouble, session: Session) -> None:
    double.on("GetSecretValue", failed("UnrecognizedClientException"))

    async with opened(session, static()) as client:
        with pytest.raises(AccessDenied, match="check the access key of the store"):
            await who(client)

    assert double.count("GetSecretValue") == 1


@pytest.mark.asyncio(loop_scope="module")
async def test_REL_29_a_thousand_stores_of_ten_roles_assume_each_role_once(double: AwsDouble, session: Session) -> None:
    double.on("AssumeRole", lambda asked: lent(f"ASIA{str(asked.parameters['RoleArn']).rpartition('-')[2]}"))
    credentials = static()
    signers: dict[int, set[str]] = {number: set() for number in range(10)}

    async def use(number: int) -> None:
        async with opened(session, credentials, role=f"{ROLE}-{number % 10}") as client:
            signers[number % 10].add(await who(client))

    for start in range(0, 1000, 50):
        async with anyio.create_task_group() as tasks:
            for number in range(start, start + 50):
                tasks.start_soon(use, number)

    assert double.count("AssumeRole") == 10
    assert signers == {number: {f"ASIA{number}"} for number in range(10)}


@pytest.mark.asyncio(loop_scope="module")
async def test_REL_29_chains_that_begin_alike_share_their_beginning(double: AwsDouble, session: Session) -> None:
    call = "AssumeRoleWithWebIdentity"
    double.on(call, lent("ASIAWEB", call=call))
    double.on("AssumeRole", lambda asked: lent(f"ASIA{str(asked.parameters['RoleArn']).rpartition('-')[2]}"))
    credentials = account(role_arn=ROLE)

    for number in range(5):
        chain = {"additionalRoles": [f"{OTHER}-between"], "role": f"{ROLE}-{number}"}
        async with opened(session, credentials, auth=WEB, **chain) as client:
            await who(client)

    assert (double.count(call), double.count("AssumeRole")) == (1, 1 + 5)


WEB = {"jwt": {"serviceAccountRef": {"name": "reader", "audiences": ["vault"]}}}


def account(**annotations: str) -> stores.WrittenCredentials:
    names = {name.replace("_", "-"): value for name, value in annotations.items()}
    return stores.WrittenCredentials(
        namespace=f"ns-{next(_numbers)}",
        annotations={"reader": {f"eks.amazonaws.com/{name}": value for name, value in names.items()}},
    )


@pytest.mark.asyncio(loop_scope="module")
async def test_a_service_account_is_exchanged_for_its_role(double: AwsDouble, session: Session) -> None:
    call = "AssumeRoleWithWebIdentity"
    double.on(call, lent("ASIAWEB", call=call))
    credentials = account(role_arn=ROLE)

    async with opened(session, credentials, auth=WEB) as client:
        signers = [await who(client) for _ in range(3)]

    assert signers == ["ASIAWEB"] * 3
    assert credentials.asked == [("reader", ("sts.amazonaws.com", "vault"))]
    (exchange,) = [asked for asked in double.asked if asked.operation == call]
    assert "authorization" not in exchange.headers
    assert exchange.parameters["RoleArn"] == ROLE
    assert exchange.parameters["RoleSessionName"] == "external-secrets-provider-aws"
    assert exchange.parameters["WebIdentityToken"] == "token-of-reader"


@pytest.mark.asyncio(loop_scope="module")
async def test_the_audience_of_the_account_comes_first(double: AwsDouble, session: Session) -> None:
    double.on("AssumeRoleWithWebIdentity", lent("ASIAWEB", call="AssumeRoleWithWebIdentity"))
    credentials = account(role_arn=ROLE, audience="sts.amazonaws.com.cn")

    async with opened(session, credentials, auth=WEB) as client:
        await client.check()

    assert credentials.asked == [("reader", ("sts.amazonaws.com.cn", "vault"))]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_role_is_assumed_on_top_of_a_service_account(double: AwsDouble, session: Session) -> None:
    double.on("AssumeRoleWithWebIdentity", lent("ASIAWEB", call="AssumeRoleWithWebIdentity"))
    double.on("AssumeRole", lent("ASIAROLE"))

    async with opened(session, account(role_arn=ROLE), auth=WEB, role=OTHER) as client:
        signer = await who(client)

    assert signer == "ASIAROLE"
    assert [asked.operation for asked in double.asked] == ["AssumeRoleWithWebIdentity", "AssumeRole", "GetSecretValue"]


@pytest.mark.asyncio(loop_scope="module")
async def test_another_role_on_the_account_is_another_identity(double: AwsDouble, session: Session) -> None:
    call = "AssumeRoleWithWebIdentity"
    double.on(call, lent("ASIAONE", call=call), lent("ASIATWO", call=call))
    credentials = account(role_arn=ROLE)
    async with opened(session, credentials, auth=WEB) as client:
        before = await who(client)

    credentials.annotations["reader"]["eks.amazonaws.com/role-arn"] = OTHER
    async with opened(session, credentials, auth=WEB) as client:
        after = await who(client)

    assert (before, after) == ("ASIAONE", "ASIATWO")


@pytest.mark.asyncio(loop_scope="module")
async def test_SEC_13_an_account_made_again_under_its_name_is_another_identity(
    double: AwsDouble, session: Session
) -> None:
    call = "AssumeRoleWithWebIdentity"
    double.on(call, lent("ASIAONE", call=call), lent("ASIATWO", call=call))
    credentials = account(role_arn=ROLE)
    async with opened(session, credentials, auth=WEB) as client:
        before = await who(client)

    credentials.uids["reader"] = "2"
    async with opened(session, credentials, auth=WEB) as client:
        after = await who(client)

    assert (before, after) == ("ASIAONE", "ASIATWO")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("annotations", [pytest.param({}, id="none"), pytest.param({"role_arn": ""}, id="empty")])
async def test_an_account_without_a_role_is_named(session: Session, annotations: dict[str, str]) -> None:
    credentials = account(**annotations)

    with pytest.raises(StoreError) as caught:
        async with opened(session, credentials, auth=WEB):
            pass

    assert str(caught.value).startswith(
        "unable to create session: an IAM role must be associated with service account"
        f" reader (namespace: {credentials.namespace})"
    )


@pytest.mark.asyncio(loop_scope="module")
async def test_a_missing_account_is_named(session: Session) -> None:
    with pytest.raises(StoreError, match='unable to create session: ServiceAccount "reader" not found'):
        async with opened(session, stores.WrittenCredentials(), auth=WEB):
            pass


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("changes", "account_id"),
    [
        pytest.param({"role": OTHER}, "210987654321", id="a role"),
        pytest.param({"additionalRoles": [ROLE, OTHER]}, "210987654321", id="only additional roles"),
        pytest.param({"additionalRoles": [OTHER], "role": ROLE}, "123456789012", id="and back"),
    ],
)
async def test_the_last_role_decides_whose_secrets_are_read(
    url: str, changes: dict[str, object], account_id: str
) -> None:
    sts: Any = aws.client("sts", url)
    for number in ("123456789012", "210987654321"):
        keys = sts.assume_role(RoleArn=f"arn:aws:iam::{number}:role/x", RoleSessionName="test-session")["Credentials"]
        aws.client(
            "secretsmanager",
            url,
            {
                "aws_access_key_id": keys["AccessKeyId"],
                "aws_secret_access_key": keys["SecretAccessKey"],
                "aws_session_token": keys["SessionToken"],
            },
        ).create_secret(Name="cargo", SecretString=f"of {number}")

    async with (
        Session(Settings(endpoints=aws.everywhere(url))) as session,
        opened(session, aws.credentials(), **changes) as client,
    ):
        payload = await client.get(RemoteKey("cargo"))

    assert payload.value.decode() == f"of {account_id}"
