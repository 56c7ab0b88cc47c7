"""What AWS may do wrong (reliability rules F60 to F66), as a scripted stand-in plays it."""

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio
import pytest
import pytest_asyncio

from esoctl.errors import AccessDenied, BadAnswer, EsoctlError, ProviderError, SecretMissing, Throttled, Unavailable
from esoctl.model.remote import Find, MetadataPolicy, RemoteKey
from esoctl.model.store import RetrySettings
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session, Settings
from esoctl.providers.contract import Client
from support import aws, aws_double, hosting, stores
from support.aws_double import Asked, AwsDouble, Said, failed, said
from unit.providers.contract_suite import everything

pytestmark = pytest.mark.wire

Outcome = bytes | type[Exception]

_numbers = itertools.count()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[tuple[AwsDouble, Session]]:
    """One session for all: making one costs more than a test."""
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
    return double


@pytest.fixture
def session(shared: tuple[AwsDouble, Session]) -> Session:
    return shared[1]


@asynccontextmanager
async def opened(session: Session, service: str = "SecretsManager", *, attempts: int = 1) -> AsyncIterator[Client]:
    """A client under an identity of its own, so that tests of one session share no connection."""
    scope = stores.a_scope(retry=RetrySettings(max_retries=attempts))
    backend = Aws(session).decode(stores.raw(aws.a_body(service)), scope)
    keys = {"id": f"AKIA{next(_numbers)}".encode(), "key": b"secret"}
    async with backend.open(aws.credentials(secrets={"keys": keys})) as client:
        yield client


async def read(client: Client, names: Sequence[str]) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}

    async def one(name: str) -> None:
        try:
            outcomes[name] = (await client.get(RemoteKey(name))).value
        except EsoctlError as error:
            outcomes[name] = type(error)

    async with anyio.create_task_group() as tasks:
        for name in names:
            tasks.start_soon(one, name)
    return outcomes


def a_secret(name: str, **changes: object) -> dict[str, object]:
    return {"Name": name, "ARN": f"arn:x:{name}-AbCdEf", "VersionId": "v", "SecretString": f"value of {name}"} | changes


def single(asked: Asked) -> Said:
    return said(a_secret(str(asked.parameters["SecretId"])))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(failed("ThrottlingException"), Throttled, id="throttled"),
        pytest.param(failed("TooManyRequestsException", status=429), Throttled, id="too many"),
        pytest.param(failed("InternalServiceError", status=500), Unavailable, id="a fault of AWS"),
        pytest.param(said({}, status=503), Unavailable, id="503 without a word"),
        pytest.param(Said(b"<html>busy</html>", 502), Unavailable, id="a proxy's page"),
        pytest.param(failed("AccessDeniedException"), AccessDenied, id="denied"),
        pytest.param(failed("DecryptionFailure"), AccessDenied, id="cannot decrypt"),
        pytest.param(failed("ResourceNotFoundException"), SecretMissing, id="missing"),
        pytest.param(Said(b""), BadAnswer, id="success without a body"),
        pytest.param(said({}), BadAnswer, id="success with nothing in it"),
        pytest.param(said(a_secret("x", SecretString=None)), BadAnswer, id="success without a value"),
        pytest.param(said([1, 2]), BadAnswer, id="success of another shape"),
        pytest.param(said({"SecretString": 7}), BadAnswer, id="a value of another type"),
        pytest.param(Said(b'{"SecretString": "hunter'), BadAnswer, id="broken JSON"),
        pytest.param(Said(b"<html>hello hunter</html>"), BadAnswer, id="a page"),
        pytest.param(Said(b'{"SecretString": "hunter-2"}', cut=15), Unavailable, id="half a body"),
        pytest.param(Said(b'{"SecretString": "hunter-2"}', cut=0), Unavailable, id="no body"),
    ],
)
async def test_a_fault_is_an_error_of_its_class_and_never_absence(
    double: AwsDouble, session: Session, answer: Said, kind: type[ProviderError]
) -> None:
    double.on("GetSecretValue", answer)

    async with opened(session) as client:
        with pytest.raises(ProviderError) as caught:
            await client.get(RemoteKey("x"))

    assert type(caught.value) is kind
    assert "hunter" not in str(caught.value)


@pytest.mark.asyncio(loop_scope="module")
async def test_an_empty_value_is_a_value(double: AwsDouble, session: Session) -> None:
    double.on("GetSecretValue", said(a_secret("x", SecretString="")))

    async with opened(session) as client:
        assert (await client.get(RemoteKey("x"))).value == b""


@pytest.mark.asyncio(loop_scope="module")
async def test_an_answer_that_does_not_come_is_unavailable(double: AwsDouble) -> None:
    double.on("GetSecretValue", Said(hang=5))
    hasty = Settings(endpoints=aws.everywhere(double.url), read_seconds=0.2)

    async with Session(hasty) as session, opened(session) as client:
        with pytest.raises(Unavailable):
            await client.get(RemoteKey("x"))


@pytest.mark.asyncio(loop_scope="module")
async def test_nobody_at_the_endpoint_is_unavailable() -> None:
    closed = Settings(endpoints=aws.everywhere("http://127.0.0.1:9"))

    async with Session(closed) as session, opened(session) as client:
        with pytest.raises(Unavailable, match="cannot be reached"):
            await client.get(RemoteKey("x"))


@pytest.mark.asyncio(loop_scope="module")
async def test_an_endpoint_that_speaks_no_tls_is_unavailable(double: AwsDouble) -> None:
    wrong = Settings(endpoints=aws.everywhere(double.url.replace("http:", "https:")))

    async with Session(wrong) as session, opened(session) as client:
        with pytest.raises(Unavailable):
            await client.get(RemoteKey("x"))


@pytest.mark.asyncio(loop_scope="module")
async def test_a_passing_fault_is_tried_again(double: AwsDouble, session: Session) -> None:
    double.on("GetSecretValue", failed("InternalServiceError", status=500), single)

    async with opened(session, attempts=2) as client:
        payload = await client.get(RemoteKey("x"))

    assert payload.value == b"value of x"
    assert double.count("GetSecretValue") == 2


@pytest.mark.asyncio(loop_scope="module")
async def test_the_store_decides_how_often_a_call_is_tried(double: AwsDouble, session: Session) -> None:
    double.on("GetSecretValue", failed("ThrottlingException"))

    async with opened(session, attempts=1) as client:
        with pytest.raises(Throttled):
            await client.get(RemoteKey("x"))

    assert double.count("GetSecretValue") == 1


@pytest.mark.asyncio(loop_scope="module")
async def test_the_hint_to_wait_reaches_the_error(double: AwsDouble, session: Session) -> None:
    double.on("GetSecretValue", failed("ThrottlingException", Retry_After="12"))

    async with opened(session) as client:
        with pytest.raises(Throttled) as caught:
            await client.get(RemoteKey("x"))

    assert caught.value.after == 12.0


@pytest.mark.asyncio(loop_scope="module")
async def test_requests_say_who_makes_them(double: AwsDouble, session: Session) -> None:
    double.on("GetSecretValue", single)

    async with opened(session) as client:
        await client.get(RemoteKey("x"))

    assert double.asked[0].headers["user-agent"].startswith("esoctl/")


def batch(*found: str, errors: Sequence[tuple[str, str]] = ()) -> Said:
    failures = [{"SecretId": name, "ErrorCode": code, "Message": "said"} for name, code in errors]
    return said({"SecretValues": [a_secret(name) for name in found], "Errors": failures})


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDeniedException", AccessDenied),
        ("DecryptionFailure", AccessDenied),
        ("InternalServiceError", Unavailable),
        ("ResourceNotFoundException", SecretMissing),
        ("InvalidRequestException", BadAnswer),
        ("SomethingNew", BadAnswer),
    ],
)
async def test_one_item_of_a_batch_that_fails_is_that_items_error(
    double: AwsDouble, session: Session, code: str, kind: type[ProviderError]
) -> None:
    double.on("BatchGetSecretValue", batch("a", "c", errors=[("b", code)]))

    async with opened(session) as client:
        outcomes = await read(client, ["a", "b", "c"])

    assert outcomes == {"a": b"value of a", "b": kind, "c": b"value of c"}


@pytest.mark.asyncio(loop_scope="module")
async def test_a_batch_in_which_everything_fails_is_no_empty_result(double: AwsDouble, session: Session) -> None:
    double.on("BatchGetSecretValue", batch(errors=[("a", "InternalServiceError"), ("b", "InternalServiceError")]))

    async with opened(session) as client:
        outcomes = await read(client, ["a", "b"])

    assert outcomes == {"a": Unavailable, "b": Unavailable}


@pytest.mark.asyncio(loop_scope="module")
async def test_an_item_that_the_answer_leaves_out_is_read_by_itself(double: AwsDouble, session: Session) -> None:
    double.on("BatchGetSecretValue", batch("a"))
    double.on("GetSecretValue", single)

    async with opened(session) as client:
        outcomes = await read(client, ["a", "b"])

    assert outcomes == {"a": b"value of a", "b": b"value of b"}
    assert double.count("GetSecretValue") == 1


@pytest.mark.asyncio(loop_scope="module")
async def test_an_item_without_a_value_or_an_error_is_a_bad_answer(double: AwsDouble, session: Session) -> None:
    double.on("BatchGetSecretValue", said({"SecretValues": [a_secret("a"), a_secret("b", SecretString=None)]}))

    async with opened(session) as client:
        outcomes = await read(client, ["a", "b"])

    assert outcomes == {"a": b"value of a", "b": BadAnswer}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "denial",
    [
        pytest.param(failed("AccessDeniedException"), id="AWS"),
        pytest.param(Said(b"<Error>AccessDenied</Error>", 403), id="an XML answer"),
    ],
)
async def test_a_denied_batch_is_made_of_single_calls_from_then_on(
    double: AwsDouble, session: Session, denial: Said
) -> None:
    double.on("BatchGetSecretValue", denial)
    double.on("GetSecretValue", single)

    async with opened(session) as client:
        first = await read(client, ["a", "b"])
        second = await read(client, ["c", "d"])

    assert first | second == {name: f"value of {name}".encode() for name in "abcd"}
    assert (double.count("BatchGetSecretValue"), double.count("GetSecretValue")) == (1, 4)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_batch_that_fails_as_a_whole_is_repeated_singly(double: AwsDouble, session: Session) -> None:
    double.on("BatchGetSecretValue", failed("ResourceNotFoundException"))
    double.on(
        "GetSecretValue",
        lambda asked: single(asked) if asked.parameters["SecretId"] == "a" else failed("ResourceNotFoundException"),
    )

    async with opened(session) as client:
        outcomes = await read(client, ["a", "b"])

    assert outcomes == {"a": b"value of a", "b": SecretMissing}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("answer", [failed("ThrottlingException"), failed("InternalServiceError", status=500)])
async def test_a_batch_in_trouble_is_not_multiplied(double: AwsDouble, session: Session, answer: Said) -> None:
    double.on("BatchGetSecretValue", answer)

    async with opened(session) as client:
        outcomes = await read(client, ["a", "b"])

    assert set(outcomes.values()) <= {Throttled, Unavailable}
    assert [asked.operation for asked in double.asked] == ["BatchGetSecretValue"]


@pytest.mark.asyncio(loop_scope="module")
async def test_tags_of_a_missing_secret_are_missing(double: AwsDouble, session: Session) -> None:
    double.on("DescribeSecret", failed("ResourceNotFoundException"))

    async with opened(session) as client:
        with pytest.raises(SecretMissing):
            await client.get(RemoteKey("x", metadata=MetadataPolicy.FETCH))


BY_PATH = Find(regexp=".", path="app/")


@pytest.mark.asyncio(loop_scope="module")
async def test_an_empty_page_with_a_token_is_not_the_end(double: AwsDouble, session: Session) -> None:
    first = said({"SecretValues": [], "NextToken": "more"})
    double.on("BatchGetSecretValue", first, batch("app/a"))

    async with opened(session) as client:
        found = await everything(client, BY_PATH)

    assert found == {"app/a": b"value of app/a"}
    assert double.asked[1].parameters["NextToken"] == "more"


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("code", ["AccessDeniedException", "DecryptionFailure", "InternalServiceError"])
async def test_an_item_that_fails_fails_the_search(double: AwsDouble, session: Session, code: str) -> None:
    double.on("BatchGetSecretValue", batch("app/a", errors=[("app/b", code)]))

    async with opened(session) as client:
        with pytest.raises(ProviderError) as caught:
            await everything(client, BY_PATH)

    assert not isinstance(caught.value, SecretMissing)
    assert double.count("ListSecrets") == 0


@pytest.mark.asyncio(loop_scope="module")
async def test_an_item_that_is_gone_is_left_out_of_the_search(double: AwsDouble, session: Session) -> None:
    double.on("BatchGetSecretValue", batch("app/a", errors=[("app/b", "ResourceNotFoundException")]))

    async with opened(session) as client:
        found = await everything(client, BY_PATH)

    assert found == {"app/a": b"value of app/a"}


@pytest.mark.asyncio(loop_scope="module")
async def test_a_list_that_repeats_its_token_is_a_bad_answer(double: AwsDouble, session: Session) -> None:
    double.on("BatchGetSecretValue", said({"SecretValues": [], "NextToken": "same"}))
    double.on("ListSecrets", said({"SecretList": [], "NextToken": "same"}))

    async with opened(session) as client:
        with pytest.raises(BadAnswer, match="does not come to an end"):
            await everything(client, BY_PATH)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_list_whose_token_is_refused_is_begun_again_once(double: AwsDouble, session: Session) -> None:
    first = said({"SecretList": [{"Name": "app/a"}], "NextToken": "more"})
    double.on(
        "ListSecrets", first, failed("InvalidNextTokenException"), first, said({"SecretList": [{"Name": "app/b"}]})
    )
    double.on("BatchGetSecretValue", batch("app/a", "app/b"))

    async with opened(session) as client:
        found = await everything(client, Find(regexp="^app/"))

    assert found == {"app/a": b"value of app/a", "app/b": b"value of app/b"}
    assert double.count("ListSecrets") == 4


@pytest.mark.asyncio(loop_scope="module")
async def test_a_list_whose_token_is_refused_twice_is_an_error(double: AwsDouble, session: Session) -> None:
    first = said({"SecretList": [{"Name": "app/a"}], "NextToken": "more"})
    double.on("ListSecrets", first, failed("InvalidNextTokenException"), first, failed("InvalidNextTokenException"))

    async with opened(session) as client:
        with pytest.raises(BadAnswer):
            await everything(client, Find(regexp="^app/"))


@pytest.mark.asyncio(loop_scope="module")
async def test_a_search_that_may_not_batch_lists_and_reads(double: AwsDouble, session: Session) -> None:
    double.on("BatchGetSecretValue", failed("AccessDeniedException"))
    double.on("ListSecrets", said({"SecretList": [{"Name": "app/a"}, {"Name": "app/b"}]}))
    double.on("GetSecretValue", single)

    async with opened(session) as client:
        found = await everything(client, BY_PATH)

    assert found == {"app/a": b"value of app/a", "app/b": b"value of app/b"}
    assert double.asked[1].parameters["Filters"] == [{"Key": "name", "Values": ["app/"]}]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(
            said({"Parameters": [{"Name": "a", "Value": "x"}], "InvalidParameters": ["b"]}), SecretMissing, id="invalid"
        ),
        pytest.param(said({"Parameters": [{"Name": "a", "Value": "x"}, {"Name": "b"}]}), BadAnswer, id="hollow"),
    ],
)
async def test_an_item_of_a_parameter_batch_has_its_own_outcome(
    double: AwsDouble, session: Session, answer: Said, outcome: Outcome
) -> None:
    double.on("GetParameters", answer)

    async with opened(session, "ParameterStore") as client:
        outcomes = await read(client, ["a", "b"])

    assert outcomes == {"a": b"x", "b": outcome}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Said(b""), id="no body"),
        pytest.param(said({}), id="no parameter"),
        pytest.param(said({"Parameter": {"Name": "x"}}), id="no value"),
        pytest.param(said({"Parameter": None}), id="null"),
    ],
)
async def test_a_parameter_without_a_value_is_a_bad_answer(double: AwsDouble, session: Session, answer: Said) -> None:
    double.on("GetParameter", answer)

    async with opened(session, "ParameterStore") as client:
        with pytest.raises(BadAnswer):
            await client.get(RemoteKey("x"))


@pytest.mark.asyncio(loop_scope="module")
async def test_a_denied_hierarchy_is_described_and_read(double: AwsDouble, session: Session) -> None:
    double.on("GetParametersByPath", failed("AccessDeniedException"))
    double.on("DescribeParameters", said({"Parameters": [{"Name": "/app/a"}, {"Name": "/app/b"}]}))
    double.on("GetParameters", failed("AccessDeniedException"))
    double.on(
        "GetParameter",
        lambda asked: said({"Parameter": {"Name": asked.parameters["Name"], "Value": "x", "Version": 3}}),
    )

    async with opened(session, "ParameterStore") as client:
        found = await everything(client, Find(regexp="a$", path="/app"))

    assert found == {"/app/a": b"x"}
    filters = next(asked for asked in double.asked if asked.operation == "DescribeParameters").parameters
    assert filters["ParameterFilters"] == [{"Key": "Path", "Option": "Recursive", "Values": ["/app"]}]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        pytest.param("DecryptionFailure", AccessDenied, id="it cannot be decrypted"),
        pytest.param("ResourceNotFoundException", {"app/a": b"value of app/a"}, id="it has vanished"),
    ],
)
async def test_a_listed_item_that_cannot_be_read_fails_the_search_unless_it_has_vanished(
    double: AwsDouble, session: Session, code: str, outcome: object
) -> None:
    double.on("ListSecrets", said({"SecretList": [{"Name": "app/a"}, {"Name": "app/b"}]}))
    double.on("BatchGetSecretValue", batch("app/a", errors=[("app/b", code)]))
    found: object = None

    async with opened(session) as client:
        try:
            found = await everything(client, Find(regexp="^app/"))
        except ProviderError as error:
            found = type(error)

    assert found == outcome
