"""AWS Systems Manager Parameter Store, as moto plays it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from esoctl.errors import BadAnswer
from esoctl.model.remote import Find, MetadataPolicy, RemoteKey
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session, Settings
from esoctl.providers.contract import Client
from support import aws, stores
from unit.providers.contract_suite import ContractSuite, everything

pytestmark = pytest.mark.wire


@pytest.fixture
def parameters(url: str) -> Any:
    return aws.client("ssm", url)


@asynccontextmanager
async def opened(url: str, body: object) -> AsyncIterator[tuple[Client, list[str]]]:
    calls: list[str] = []

    def observe(provider: str, call: str, _ok: bool) -> None:
        assert provider == "AWS/ParameterStore"
        calls.append(call)

    async with Session(Settings(endpoints=aws.everywhere(url), observe=observe)) as session:
        backend = Aws(session).decode(stores.raw(body), stores.a_scope())
        async with backend.open(aws.credentials()) as client:
            yield client, calls


class ParametersWorld:
    """A world of the contract suite in moto."""

    def __init__(self, url: str) -> None:
        self.body = aws.a_body("ParameterStore")
        self.provider = Aws(Session())
        self._url = url
        self._parameters = aws.client("ssm", url)

    def put(self, key: str, value: str) -> None:
        self._parameters.put_parameter(Name=key, Value=value, Type="SecureString", Overwrite=True)

    def remove(self, key: str) -> None:
        self._parameters.delete_parameter(Name=key)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        async with opened(self._url, self.body) as (client, _):
            yield client


class TestParameterStoreKeepsTheContract(ContractSuite):
    @pytest.fixture
    def world(self, url: str) -> ParametersWorld:
        return ParametersWorld(url)


@pytest.mark.asyncio
@pytest.mark.parametrize(("kind", "value"), [("String", "plain"), ("StringList", "a,b,c"), ("SecureString", "hidden")])
async def test_every_type_comes_back_as_its_text(url: str, parameters: Any, kind: str, value: str) -> None:
    parameters.put_parameter(Name="/app/p", Value=value, Type=kind)

    async with opened(url, aws.a_body("ParameterStore")) as (client, _):
        payload = await client.get(RemoteKey("/app/p"))

    assert payload.value == value.encode()


@pytest.mark.asyncio
async def test_versions_are_read_by_number_and_by_label(url: str, parameters: Any) -> None:
    for value in ("one", "two", "three"):
        parameters.put_parameter(Name="/pin", Value=value, Type="String", Overwrite=True)
    parameters.label_parameter_version(Name="/pin", ParameterVersion=2, Labels=["stable"])

    async with opened(url, aws.a_body("ParameterStore")) as (client, _):
        current = await client.get(RemoteKey("/pin"))
        first = await client.get(RemoteKey("/pin", "1"))
        stable = await client.get(RemoteKey("/pin", "stable"))

    assert [(payload.value, payload.version) for payload in (current, first, stable)] == [
        (b"three", "3"),
        (b"one", "1"),
        (b"two", "2"),
    ]


@pytest.mark.asyncio
async def test_an_unknown_number_is_an_error_and_not_absence(url: str, parameters: Any) -> None:
    parameters.put_parameter(Name="/pin", Value="x", Type="String")

    async with opened(url, aws.a_body("ParameterStore")) as (client, _):
        with pytest.raises(BadAnswer, match="ParameterVersionNotFound"):
            await client.get(RemoteKey("/pin", "7"))


@pytest.mark.asyncio
async def test_tags_are_one_object_whatever_the_version(url: str, parameters: Any) -> None:
    parameters.put_parameter(
        Name="/mast", Value="x", Type="String", Tags=[{"Key": "b", "Value": "<"}, {"Key": "a", "Value": "1"}]
    )

    async with opened(url, aws.a_body("ParameterStore")) as (client, _):
        payload = await client.get(RemoteKey("/mast", "1", MetadataPolicy.FETCH))

    assert payload.value == b'{"a":"1","b":"\\u003c"}'


@pytest.mark.asyncio
async def test_tags_of_a_missing_parameter_are_an_error_and_not_absence(url: str) -> None:
    async with opened(url, aws.a_body("ParameterStore")) as (client, _):
        with pytest.raises(BadAnswer):
            await client.get(RemoteKey("/gone", metadata=MetadataPolicy.FETCH))


@pytest.mark.asyncio
async def test_the_prefix_is_glued_once(url: str, parameters: Any) -> None:
    parameters.put_parameter(Name="/team/db", Value="deep", Type="String")

    async with opened(url, aws.a_body("ParameterStore", prefix="/team/")) as (client, _):
        payload = await client.get(RemoteKey("db"))
        found = await everything(client, Find(regexp="db"))

    assert payload.value == b"deep"
    assert found == {"/team/db": b"deep"}


@pytest.mark.asyncio
async def test_ten_reads_are_one_call(url: str, parameters: Any) -> None:
    names = [f"/app/{number}" for number in range(25)]
    for name in names:
        parameters.put_parameter(Name=name, Value=name, Type="String")

    async with opened(url, aws.a_body("ParameterStore")) as (client, calls), anyio.create_task_group() as tasks:
        for name in names:
            tasks.start_soon(client.get, RemoteKey(name))

    assert calls == ["GetParameters"] * 3


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param(Find(regexp="red$"), {"/app/red", "/web/red", "/app/deep/red"}, id="name"),
        pytest.param(Find(regexp=".", path="/app"), {"/app/red", "/app/blue", "/app/deep/red"}, id="name and path"),
        pytest.param(Find(regexp=".", path="/ap"), set(), id="a path is a level and not a prefix"),
        pytest.param(Find(tags=(("team", "x"),)), {"/app/red", "/web/red"}, id="tags"),
        pytest.param(Find(path="/web", tags=(("team", "x"),)), {"/web/red"}, id="tags and path"),
        pytest.param(Find(tags=(("tea", "x"),)), set(), id="a tag is no prefix"),
    ],
)
async def test_parameters_are_found_by_name_path_and_tags(
    url: str, parameters: Any, query: Find, names: set[str]
) -> None:
    for name, team in (("/app/red", "x"), ("/app/blue", "y"), ("/web/red", "x"), ("/app/deep/red", "z")):
        parameters.put_parameter(Name=name, Value=name, Type="String", Tags=[{"Key": "team", "Value": team}])

    async with opened(url, aws.a_body("ParameterStore")) as (client, _):
        found = await everything(client, query)

    assert found == {name: name.encode() for name in names}


@pytest.mark.asyncio
async def test_a_search_goes_through_all_pages(url: str, parameters: Any) -> None:
    names = [f"/app/{number:02}" for number in range(23)]
    for name in names:
        parameters.put_parameter(Name=name, Value=name, Type="String", Tags=[{"Key": "team", "Value": "x"}])

    async with opened(url, aws.a_body("ParameterStore")) as (client, calls):
        by_name = await everything(client, Find(regexp="^/app/"))
        named = list(calls)
        by_tag = await everything(client, Find(tags=(("team", "x"),)))

    assert by_name == by_tag == {name: name.encode() for name in names}
    assert named == ["GetParametersByPath"] * 3
    assert set(calls[3:]) == {"DescribeParameter", "GetParameters"}
