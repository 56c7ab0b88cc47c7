from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from esoctl.errors import ProviderError, SecretMissing, SpecError
from esoctl.model.remote import Find, Quirks, RemoteKey
from esoctl.providers.contract import Client, Health
from esoctl.providers.fake import Fake
from support import stores
from unit.providers.contract_suite import ContractSuite, everything


class FakeWorld:
    def __init__(self) -> None:
        self.provider = Fake()
        self._values: dict[str, str] = {}

    @property
    def body(self) -> object:
        return {"data": [{"key": key, "value": value} for key, value in self._values.items()]}

    def put(self, key: str, value: str) -> None:
        self._values[key] = value

    def remove(self, key: str) -> None:
        del self._values[key]

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        async with opened(self.body) as client:
            yield client


@asynccontextmanager
async def opened(body: object) -> AsyncIterator[Client]:
    backend = Fake().decode(stores.raw(body), stores.a_scope())
    async with backend.open(stores.WrittenCredentials()) as client:
        yield client


class TestFakeKeepsTheContract(ContractSuite):
    @pytest.fixture
    def world(self) -> FakeWorld:
        return FakeWorld()


VERSIONS = {
    "data": [
        {"key": "pin", "value": "first", "version": "v1"},
        {"key": "pin", "value": "tenth", "version": "v10"},
        {"key": "pin", "value": "second", "version": "v2"},
        {"key": "plain", "value": "only"},
    ]
}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("ref", "value"),
    [
        pytest.param(RemoteKey("pin", "v1"), b"first", id="a version"),
        pytest.param(RemoteKey("pin", "v10"), b"tenth", id="another version"),
        pytest.param(RemoteKey("plain"), b"only", id="no version"),
    ],
)
async def test_a_version_is_matched_exactly(ref: RemoteKey, value: bytes) -> None:
    async with opened(VERSIONS) as client:
        payload = await client.get(ref)

    assert payload.value == value


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "ref",
    [
        pytest.param(RemoteKey("pin"), id="a key that only has versions"),
        pytest.param(RemoteKey("pinv", "1"), id="key and version glued elsewhere"),
        pytest.param(RemoteKey("plain", "v1"), id="a version that does not exist"),
    ],
)
async def test_another_version_is_missing(ref: RemoteKey) -> None:
    async with opened(VERSIONS) as client:
        with pytest.raises(SecretMissing):
            await client.get(ref)


@pytest.mark.asyncio
async def test_find_gives_the_version_that_is_the_greatest_text() -> None:
    async with opened(VERSIONS) as client:
        found = await everything(client, Find(regexp="."))

    assert found == {"pin": b"second", "plain": b"only"}


@pytest.mark.asyncio
async def test_of_two_entries_alike_the_later_counts() -> None:
    async with opened({"data": [{"key": "a", "value": "one"}, {"key": "a", "value": "two"}]}) as client:
        payload = await client.get(RemoteKey("a"))

    assert payload.value == b"two"


@pytest.mark.asyncio
async def test_find_by_tags_is_an_error() -> None:
    async with opened(VERSIONS) as client:
        with pytest.raises(ProviderError, match="unsupported find operator"):
            await everything(client, Find(tags=(("team", "x"),)))


@pytest.mark.asyncio
async def test_the_validation_result_decides_the_check() -> None:
    async with opened({"validationResult": 1}) as client:
        assert await client.check() is Health.UNKNOWN
    async with opened({"validationResult": 2}) as client:
        with pytest.raises(ProviderError, match="unable to validate"):
            await client.check()


@pytest.mark.parametrize(
    ("body", "path"),
    [
        pytest.param({"validationResult": 3}, "spec.provider.fake.validationResult", id="no such result"),
        pytest.param({"data": [{"key": 1}]}, "spec.provider.fake.data[0].key", id="a key that is a number"),
        pytest.param({"data": {}}, "spec.provider.fake.data", id="data that is no list"),
    ],
)
def test_a_bad_body_is_refused_with_the_place(body: object, path: str) -> None:
    with pytest.raises(SpecError) as caught:
        Fake().decode(stores.raw(body), stores.a_scope())

    assert caught.value.path == path


def test_the_fake_reads_properties_in_its_own_way() -> None:
    assert Fake().quirks == Quirks(
        missing_property_is_absence=True, literal_property_first=False, strict_properties=True
    )
