"""The fake provider of the API: values written into the store itself, for trying things out and for tests.

Source: the reference's ``providers/v1/fake`` and its CRD. Of a key with several versions, ``find`` gives the one whose
version is the greatest text; of two entries alike, the later counts. DIFFERS: key and version are two things (the
reference glues them together, so that ``ab`` in version ``c`` is also ``a`` in version ``bc``), and stores of the same
name in two namespaces share nothing.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import ClassVar

import msgspec

from esoctl.errors import ProviderError, SecretMissing, SpecError
from esoctl.model.keys import StoreRef
from esoctl.model.meta import Wire
from esoctl.model.remote import Capabilities, Find, Quirks, RemoteKey
from esoctl.model.values import Payload
from esoctl.providers import patterns
from esoctl.providers.contract import Client, Credentials, Health, Scope, SecretKeyRef, ServiceAccountRef

PATH = "spec.provider.fake"
LABEL = "Fake"

_READY, _UNKNOWN, _ERROR = range(3)


@dataclass(frozen=True, slots=True)
class Entry:
    """One value under a key and a version; its repr does not show the value."""

    key: str
    version: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FakeBackend:
    """The values of one store."""

    store: StoreRef
    entries: tuple[Entry, ...]
    validation_result: int = _READY

    secret_refs: ClassVar[tuple[SecretKeyRef, ...]] = ()
    service_account_refs: ClassVar[tuple[ServiceAccountRef, ...]] = ()
    referent: ClassVar[bool] = False
    per_consumer: ClassVar[bool] = False

    @asynccontextmanager
    async def open(self, credentials: Credentials) -> AsyncIterator[Client]:  # noqa: ARG002 - it needs none
        yield FakeClient(self)


class FakeClient:
    """Reads the values of the store."""

    def __init__(self, backend: FakeBackend) -> None:
        self._backend = backend
        self._values = {(entry.key, entry.version): entry.value for entry in backend.entries}

    async def get(self, ref: RemoteKey) -> Payload:
        value = self._values.get((ref.key, ref.version))
        if value is None:
            raise SecretMissing(LABEL, "get", "Secret does not exist")
        return Payload(value.encode(), ref.version)

    async def find(self, query: Find) -> AsyncIterator[tuple[str, Payload]]:
        if query.regexp is None:
            raise ProviderError(LABEL, "find", "unsupported find operator; the fake provider finds by name only")
        matches = patterns.matcher(LABEL, query.regexp)
        newest = {key: version for key, version in sorted(self._values) if matches(key)}
        for key, version in newest.items():
            yield key, Payload(self._values[key, version].encode(), version)

    async def check(self) -> Health:
        if self._backend.validation_result == _ERROR:
            raise ProviderError(LABEL, "check", "unable to validate; validationResult of the store says so")
        return Health.UNKNOWN if self._backend.validation_result == _UNKNOWN else Health.READY


@dataclass(frozen=True, slots=True)
class Fake:
    """The provider."""

    name: ClassVar[str] = "fake"
    capabilities: ClassVar[Capabilities] = Capabilities.READ_WRITE
    maintained: ClassVar[bool] = False
    quirks: ClassVar[Quirks] = Quirks(
        missing_property_is_absence=True, literal_property_first=False, strict_properties=True
    )

    def decode(self, body: msgspec.Raw, scope: Scope) -> FakeBackend:
        try:
            wire = _decoder.decode(body)
        except msgspec.ValidationError as error:
            problem, _, place = str(error).partition(" - at `$")
            raise SpecError(PATH + place.rstrip("`"), problem) from None
        if not _READY <= wire.validation_result <= _ERROR:
            raise SpecError(f"{PATH}.validationResult", "must be 0 (ready), 1 (unknown) or 2 (error)")
        entries = tuple(Entry(entry.key, entry.version, entry.value) for entry in wire.data)
        return FakeBackend(scope.store, entries, wire.validation_result)


class _Entry(Wire, frozen=True):
    key: str = ""
    value: str = ""
    version: str = ""


class _Body(Wire, frozen=True):
    data: tuple[_Entry, ...] = ()
    validation_result: int = _READY


_decoder = msgspec.json.Decoder(_Body)
