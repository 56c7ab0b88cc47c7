"""B-43: every error code that the calls can end with, and bodies that are no answers, in every place of every call.

An answer of AWS is a class, a message with a remedy, and a decision between a retry and waiting for a change. It is
absence only where AWS says so of one value, and it never shows a value, a token or a signature.
"""

import itertools
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.retries.standard import ThrottledRetryableChecker

from esoctl.errors import AccessDenied, BadAnswer, BadRequest, ProviderError, SecretMissing, Throttled, Unavailable
from esoctl.model.remote import Find, MetadataPolicy, RemoteKey
from esoctl.model.store import RetrySettings
from esoctl.plan.verdict import Park, Stage, verdict
from esoctl.providers.aws import faults
from esoctl.providers.aws.identity import ROLE_ANNOTATION
from esoctl.providers.aws.provider import Aws
from esoctl.providers.contract import Client
from support import aws, stores
from support.aws_double import Asked, Said, failed, refused, said
from support.aws_memory import MemoryAws, MemorySession

pytestmark = pytest.mark.asyncio

MARK = "c4n4ry"
SIGNED = f"said Credential=AKIA/20260601/eu-west-1 X-Amz-Security-Token: {MARK} Signature={MARK}"
ROLE = "arn:aws:iam::123456789012:role/reader"

COMMON = (
    "AccessDenied", "AccessDeniedException", "AuthFailure", "ExpiredToken", "ExpiredTokenException",
    "IncompleteSignature", "InternalError", "InternalFailure", "InvalidAccessKeyId", "InvalidAction",
    "InvalidClientTokenId", "InvalidParameterCombination", "InvalidParameterValue", "InvalidSignatureException",
    "MalformedHttpRequestException", "MissingAuthenticationToken", "MissingParameter", "NotAuthorized",
    "NobodyKnowsThisOne", "OptInRequired", "RequestAbortedException", "RequestEntityTooLargeException",
    "RequestExpired", "RequestTimeout", "ServiceUnavailable", "SignatureDoesNotMatch", "UnauthorizedOperation",
    "UnrecognizedClientException", "UnknownOperationException", "ValidationError", "ValidationException",
)  # fmt: skip
THROTTLING = tuple(ThrottledRetryableChecker._THROTTLED_ERROR_CODES)
OF_KMS = (
    "KMSAccessDeniedException", "KMSDisabledException", "KMSNotFoundException", "KMSThrottlingException",
)  # fmt: skip
"""As the services pass them on; the model of KMS has the rest."""
KMS_CALLS = ("Decrypt", "GenerateDataKey")
WRITES = {
    "secretsmanager": (
        "CreateSecret", "PutSecretValue", "DeleteSecret", "TagResource", "UntagResource", "GetResourcePolicy",
        "PutResourcePolicy", "DeleteResourcePolicy", "ReplicateSecretToRegions", "RemoveRegionsFromReplication",
    ),
    "ssm": ("PutParameter", "DeleteParameter", "AddTagsToResource", "RemoveTagsFromResource"),
}  # fmt: skip
ABSENT = {
    "secretsmanager": {"ResourceNotFoundException"},
    "ssm": {"ParameterNotFound"},
    "sts": set[str](),
}

Read = Callable[[Client], Awaitable[object]]


@dataclass(frozen=True)
class Place:
    """Where an answer can stand: the call, how a user comes to make it, and whether one value is asked for."""

    name: str
    service: str
    operation: str
    read: Read
    one_value: bool = False
    before: tuple[Said, ...] = ()
    """What the same operation answers first."""


async def get(client: Client) -> object:
    return await client.get(RemoteKey("x"))


async def tags(client: Client) -> object:
    return await client.get(RemoteKey("x", metadata=MetadataPolicy.FETCH))


def find(**query: object) -> Read:
    async def found(client: Client) -> object:
        return [item async for item in client.find(Find(**query))]  # type: ignore[arg-type]

    return found


def page(name: str, *items: object) -> Said:
    return said({name: list(items), "NextToken": "more"})


A_SECRET = {"Name": "app/a", "ARN": "arn:x:app/a-AbCdEf", "SecretString": MARK, "VersionId": "v"}
A_PARAMETER = {"Name": "/app/a", "Value": MARK, "Version": 1}
BY_PATH = find(regexp=".", path="app/")
BY_NAME = find(regexp=".")
BELOW = find(regexp=".", path="/app")
TAGGED = find(regexp=None, tags=(("a", "b"),))

PLACES = (
    Place("single", "secretsmanager", "GetSecretValue", get, one_value=True),
    Place("tags", "secretsmanager", "DescribeSecret", tags, one_value=True),
    Place("page 1", "secretsmanager", "ListSecrets", BY_NAME),
    Place("page 2", "secretsmanager", "ListSecrets", BY_NAME, before=(page("SecretList", {"Name": "app/a"}),)),
    Place("single", "ssm", "GetParameter", get, one_value=True),
    Place("tags", "ssm", "ListTagsForResource", tags),
    Place("page 1", "ssm", "DescribeParameters", TAGGED),
    Place("page 2", "ssm", "DescribeParameters", TAGGED, before=(page("Parameters", {"Name": "/app/a"}),)),
    Place("assumed role", "sts", "AssumeRole", get),
    Place("web identity", "sts", "AssumeRoleWithWebIdentity", get),
)
FALLING_BACK = (
    Place("search", "secretsmanager", "BatchGetSecretValue", BY_PATH),
    Place("search page 2", "secretsmanager", "BatchGetSecretValue", BY_PATH, before=(page("SecretValues", A_SECRET),)),
    Place("search", "ssm", "GetParametersByPath", BELOW),
    Place("search page 2", "ssm", "GetParametersByPath", BELOW, before=(page("Parameters", A_PARAMETER),)),
)
"""Where a refusal makes the operator ask in another way; that way fails too here."""
OTHER_WAY = {"BatchGetSecretValue": "ListSecrets", "GetParametersByPath": "DescribeParameters"}


def ids(places: Iterable[Place]) -> list[str]:
    return [f"{place.operation} {place.name}" for place in places]


def codes_of(place: Place) -> list[str]:
    """What AWS's own model says that the call can end with, and what every call can."""
    model = botocore.session.get_session().get_service_model(place.service)
    kms = botocore.session.get_session().get_service_model("kms")
    own = [shape.error_code for shape in model.operation_model(place.operation).error_shapes]
    keys = [shape.error_code for call in KMS_CALLS for shape in kms.operation_model(call).error_shapes]
    return list(dict.fromkeys((*own, *COMMON, *THROTTLING, *OF_KMS, *keys)))


@asynccontextmanager
async def a_memory() -> AsyncIterator[tuple[MemoryAws, MemorySession]]:
    memory = MemoryAws()
    async with MemorySession(memory) as session:
        yield memory, session


AUTH: dict[str, dict[str, object]] = {
    "AssumeRole": {"role": ROLE},
    "AssumeRoleWithWebIdentity": {"auth": {"jwt": {"serviceAccountRef": {"name": "sa"}}}},
}
_numbers = itertools.count()


def signer(place: Place, code: str) -> str:
    """Keys of nobody else after a denial: that of a batch is remembered by identity."""
    return f"AKIA{next(_numbers)}" if expected(place, code) is AccessDenied else f"AKIA{place.operation}"


@asynccontextmanager
async def opened(session: MemorySession, place: Place, key_id: str = "AKIASAME") -> AsyncIterator[Client]:
    """A client under those keys."""
    service = "ParameterStore" if place.service == "ssm" else "SecretsManager"
    changes = AUTH.get(place.operation, {})
    backend = Aws(session).decode(
        stores.raw(aws.a_body(service, **changes)), stores.a_scope(retry=RetrySettings(max_retries=1))
    )
    keys = {"id": key_id.encode(), "key": MARK.encode()}
    annotations = {"sa": {ROLE_ANNOTATION: ROLE}}
    async with backend.open(aws.credentials(secrets={"keys": keys}, annotations=annotations)) as client:
        yield client


async def outcome(memory: MemoryAws, session: MemorySession, place: Place, answer: Said) -> object:
    """What the user gets when that answer stands in that place."""
    memory.script.clear()
    script = list(place.before)
    other = OTHER_WAY.get(place.operation)
    memory.script.on(place.operation, lambda _: script.pop(0) if script else answer)
    if other:
        memory.script.on(other, answer)
    # Refusals of STS are remembered for some seconds.
    await anyio.sleep(20)
    async with opened(session, place) as client:
        try:
            return await place.read(client)
        except ProviderError as error:
            return error


def refusal(place: Place, code: str) -> Said:
    status = 500 if "Internal" in code else 400
    return refused(code, status) if place.service == "sts" else failed(code, SIGNED, status)


def complaints(place: Place, code: str, got: object) -> list[str]:
    """What is wrong with the outcome of that code in that place."""
    if not isinstance(got, ProviderError):
        return [f"{code} is {got!r}"]
    text = str(got)
    absent = place.one_value and code in ABSENT[place.service]
    checks = {
        f"its class is {type(got).__name__}": type(got) is expected(place, code),
        "it is absence": isinstance(got, SecretMissing) is absent,
        f"no remedy: {text}": absent or re.search(r"; |check|correct", text) is not None,
        f"not whose: {text}": absent or text.startswith(("AWS/", "secret 'x' is marked")),
        f"it leaks: {text}": MARK not in text and "Signature=" not in text and "Credential=" not in text,
        "it is long": len(text) < 700,
        "it is parked in error": isinstance(verdict(Stage.FETCH, got).outcome, Park) is isinstance(got, BadRequest),
    }
    return [f"{code}: {what}" for what, right in checks.items() if not right]


def expected(place: Place, code: str) -> type[ProviderError]:
    """By the words of the code, so that this does not repeat the table."""
    if code in ABSENT[place.service] and place.one_value:
        return SecretMissing
    if re.search("ResourceNotFound|InProgress|DryRun|AlreadyExists|ResourceExists|Parameter\\w*LimitExceeded", code):
        return BadAnswer
    if code in THROTTLING or re.search("Throttl|TooMany(?!Tags)", code):
        return Throttled
    if re.search("Internal|ServiceUnavailable|RequestTimeout|DependencyTimeout|KeyUnavailable|Aborted|IDPComm", code):
        return Unavailable
    if re.search("InvalidRequest|Precondition|Version|InvalidResourceId|NextToken|Nobody", code):
        return BadAnswer
    if re.search("Malformed|Large|Parameter|Filter|Validation|Action|UnknownOperation|ResourceType", code):
        return BadRequest
    if re.search("Hierarchy|Pattern|PolicyType|PolicyAttribute|IncompatiblePolicy|Policies|TooManyTags|Public", code):
        return BadRequest
    return AccessDenied


@pytest.mark.parametrize("place", [*PLACES, *FALLING_BACK], ids=ids([*PLACES, *FALLING_BACK]))
async def test_B43_REL_12_every_code_of_every_call_has_a_class_a_decision_and_a_remedy(place: Place) -> None:
    async with a_memory() as (memory, session):
        found = [
            complaint
            for code in codes_of(place)
            for complaint in complaints(place, code, await outcome(memory, session, place, refusal(place, code)))
        ]

    assert found == []


@pytest.mark.parametrize("service", WRITES)
async def test_B43_every_code_of_every_write_has_a_class_a_decision_and_a_remedy(service: str) -> None:
    label = {"secretsmanager": "AWS/SecretsManager", "ssm": "AWS/ParameterStore"}[service]
    found = []
    for operation in WRITES[service]:
        place = Place("write", service, operation, get, one_value=True)
        for code in codes_of(place):
            said = {"Error": {"Code": code, "Message": SIGNED}, "ResponseMetadata": {"HTTPStatusCode": 400}}
            got = faults.translate(ClientError(said, operation), label, operation, "x")  # type: ignore[arg-type]
            found += [f"{operation} {complaint}" for complaint in complaints(place, code, got)]

    assert found == []


async def test_B43_every_code_of_an_item_of_a_batch_is_that_items_own() -> None:
    place = Place("item", "secretsmanager", "BatchGetSecretValue", get, one_value=True)
    found = []
    async with a_memory() as (memory, session):
        for code in codes_of(place):
            memory.script.clear()
            memory.script.on("BatchGetSecretValue", lambda asked, code=code: a_batch(asked, code))
            async with opened(session, place, signer(place, code)) as client:
                got = await all_of(client, ["a", "x", "c"])
            assert [got["a"], got["c"]] == [b"value of a", b"value of c"], code
            found += complaints(place, code, got["x"])

    assert found == []


@pytest.mark.parametrize("service", ["secretsmanager", "ssm"])
async def test_B43_every_code_of_a_whole_batch_is_no_items_absence(service: str) -> None:
    batch, single = {
        "secretsmanager": ("BatchGetSecretValue", "GetSecretValue"),
        "ssm": ("GetParameters", "GetParameter"),
    }[service]
    place = Place("batch", service, batch, get)
    async with a_memory() as (memory, session):
        for code in codes_of(place):
            memory.script.clear()
            memory.script.on(batch, refusal(place, code))
            memory.script.on(single, a_value)
            before = memory.script.count(single)
            async with opened(session, place, signer(place, code)) as client:
                got = await all_of(client, ["a", "b"])
            singles = memory.script.count(single) - before
            if expected(place, code) in (Throttled, Unavailable):
                assert [type(one) for one in got.values()] == [expected(place, code)] * 2, code
                assert singles == 0, f"{code}: more calls would make it worse"
            else:
                assert got == {"a": b"value of a", "b": b"value of b"}, code
                assert singles == 2


def a_batch(asked: Asked, code: str) -> Said:
    keys: Sequence[str] = asked.parameters["SecretIdList"]  # type: ignore[assignment]
    values = [A_SECRET | {"Name": key, "ARN": f"arn:{key}", "SecretString": f"value of {key}"} for key in keys]
    errors = [{"SecretId": "x", "ErrorCode": code, "Message": SIGNED}]
    return said({"SecretValues": [value for value in values if value["Name"] != "x"], "Errors": errors})


def a_value(asked: Asked) -> Said:
    if "SecretId" in asked.parameters:
        key = asked.parameters["SecretId"]
        return said(A_SECRET | {"Name": key, "SecretString": f"value of {key}"})
    key = asked.parameters["Name"]
    return said({"Parameter": {"Name": key, "Value": f"value of {key}", "Version": 1}})


async def all_of(client: Client, names: Sequence[str]) -> dict[str, object]:
    got: dict[str, object] = {}

    async def one(name: str) -> None:
        try:
            got[name] = (await client.get(RemoteKey(name))).value
        except ProviderError as error:
            got[name] = error

    async with anyio.create_task_group() as tasks:
        for name in names:
            tasks.start_soon(one, name)
    return got


HUNTED = json.dumps(A_SECRET | {"Value": MARK})
MALFORMED = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "a list of lists": b"[[1], {}]",
    "an object with nothing in it": b"{}",
    "a number": b"7",
    "a text": b'"text"',
    "true": b"true",
    "half an object": HUNTED[:60].encode(),
    "two objects": (HUNTED + HUNTED).encode(),
    "a page": f"<html><body>{MARK}</body></html>".encode(),
    "XML": f"<Error><Code>X</Code><Message>{MARK}</Message></Error>".encode(),
    "UTF-16": HUNTED.encode("utf-16"),
    "no UTF-8": b'{"SecretString": "\xff\xfe", "Value": "\xff"',
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "not a number": b'{"SecretString": NaN, "Parameter": NaN, "Parameters": NaN, "SecretList": NaN}',
    "very deep": b"[" * 3000,
    "an error with status 200": json.dumps({"__type": "ResourceNotFoundException", "message": MARK}).encode(),
    "fields of another answer": json.dumps({"Unrelated": MARK, "Count": 0}).encode(),
    "fields in another case": json.dumps({"secretString": MARK, "secretlist": [], "parameters": []}).encode(),
    "numbers for texts": json.dumps(
        {"SecretString": 7, "Name": 7, "Parameter": {"Value": 7}, "SecretList": 7, "Parameters": 7, "SecretValues": 7}
    ).encode(),
    "objects for texts": json.dumps(
        {
            "SecretString": {"a": MARK},
            "Name": {},
            "Parameter": {"Value": {}},
            "SecretList": {"a": 1},
            "Parameters": {"a": 1},
            "SecretValues": {"a": 1},
            "TagList": {"a": 1},
        }
    ).encode(),
    "nulls": json.dumps(
        {
            "SecretString": None,
            "SecretBinary": None,
            "Name": None,
            "Parameter": None,
            "SecretList": None,
            "Parameters": None,
            "SecretValues": None,
            "TagList": None,
        }
    ).encode(),
    "lists of nulls": json.dumps({"SecretList": [None], "Parameters": [None], "SecretValues": [None]}).encode(),
    "lists of numbers": json.dumps({"SecretList": [1], "Parameters": [1], "SecretValues": [1]}).encode(),
    "lists of nameless objects": json.dumps(
        {"SecretList": [{"ARN": "a"}], "Parameters": [{"Value": MARK}], "SecretValues": [{"SecretString": MARK}]}
    ).encode(),
    "binary that is no base64": json.dumps({"SecretBinary": f"{MARK}!"}).encode(),
    "a token of another type": json.dumps(
        {"SecretList": [], "Parameters": [], "SecretValues": [], "NextToken": 7}
    ).encode(),
}


@pytest.mark.parametrize("place", [*PLACES, *FALLING_BACK], ids=ids([*PLACES, *FALLING_BACK]))
async def test_B43_a_body_that_is_no_answer_is_never_absence_and_never_empty(place: Place) -> None:
    found = []
    async with a_memory() as (memory, session):
        for name, body in MALFORMED.items():
            got = await outcome(memory, session, place, Said(body))
            if not isinstance(got, BadAnswer | Unavailable):
                found.append(f"{name}: {got!r}")
            elif MARK in str(got):
                found.append(f"{name} leaks: {got}")

    assert found == []


async def test_B43_the_table_is_as_wide_as_promised() -> None:
    places = [*PLACES, *FALLING_BACK]

    codes = sum(len(codes_of(place)) for place in places)

    assert codes + len(MALFORMED) * len(places) >= 1200
