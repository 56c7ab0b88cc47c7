"""A provider whose values the test holds; it takes the place of the fake provider under ``spec.provider.fake``."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import anyio.lowlevel
import msgspec

from esoctl.errors import EsoctlError, SecretMissing
from esoctl.model.remote import Capabilities, Find, Quirks, RemoteKey
from esoctl.model.values import Payload
from esoctl.providers.contract import Client, Credentials, Health, Scope, SecretKeyRef


@dataclass
class Vault:
    """What the provider holds, how it fails, and what it was asked."""

    values: dict[str, bytes] = field(default_factory=dict)
    failures: dict[str, EsoctlError] = field(default_factory=dict)
    """By remote key; the key ``*`` fails everything."""
    delay: float = 0.0
    hanging: set[str] = field(default_factory=set)
    """Remote keys that are not answered while they are in here."""
    stubborn: set[str] = field(default_factory=set)
    """The same, by a provider that lets no deadline end its wait."""
    asked: Counter[str] = field(default_factory=Counter)
    asked_at: dict[str, list[float]] = field(default_factory=dict)
    """The times of reads, by remote key."""
    versions: dict[str, str] = field(default_factory=dict)
    """Ids of versions by remote key; values without one have none."""

    def put(self, **values: str) -> None:
        self.values.update({name.replace("__", "/"): value.encode() for name, value in values.items()})

    def payload(self, key: str) -> Payload:
        version = self.versions.get(key, "")
        return Payload(self.values[key], version, stages=("AWSCURRENT",) if version else ())


@dataclass(frozen=True)
class MemoryBackend:
    """A store of the memory provider; ``auth`` names a Secret it wants."""

    name: str
    vault: Vault = field(compare=False, repr=False, hash=False)
    secret_refs: tuple[SecretKeyRef, ...] = ()
    service_account_refs: tuple[()] = ()
    referent: bool = False
    per_consumer: bool = False

    @asynccontextmanager
    async def open(self, credentials: Credentials) -> AsyncIterator[Client]:
        for ref in self.secret_refs:
            await credentials.secret_key(ref)
        yield MemoryClient(self.vault)


@dataclass(frozen=True)
class MemoryClient:
    """Answers from the vault."""

    vault: Vault

    async def get(self, ref: RemoteKey) -> Payload:
        self.vault.asked[ref.key] += 1
        self.vault.asked_at.setdefault(ref.key, []).append(anyio.current_time())
        await (anyio.sleep(self.vault.delay) if self.vault.delay else anyio.lowlevel.checkpoint())
        while ref.key in self.vault.hanging:  # noqa: ASYNC110  the test lets go when it likes
            await anyio.sleep(1)
        with anyio.CancelScope(shield=True):
            while ref.key in self.vault.stubborn:  # noqa: ASYNC110  the test lets go when it likes
                await anyio.sleep(1)
        failure = self.vault.failures.get(ref.key) or self.vault.failures.get("*")
        if failure is not None:
            raise failure
        if ref.key not in self.vault.values:
            raise SecretMissing("memory", "Get", "Secret does not exist")
        return self.vault.payload(ref.key)

    async def find(self, query: Find) -> AsyncIterator[tuple[str, Payload]]:
        for name in list(self.vault.values):
            if query.regexp is None or query.regexp in name:
                yield name, self.vault.payload(name)

    async def check(self) -> Health:
        await anyio.lowlevel.checkpoint()
        return Health.READY


@dataclass(frozen=True)
class MemoryProvider:
    """Decodes ``{"data": [{"key": <Secret>, "value": <its key>}]}``: the Secrets a store wants, none by default."""

    vault: Vault
    name: str = "fake"
    capabilities: Capabilities = Capabilities.READ_ONLY
    maintained: bool = True
    quirks: Quirks = field(default_factory=Quirks)

    def decode(self, body: msgspec.Raw, scope: Scope) -> MemoryBackend:
        wanted = msgspec.json.decode(body).get("data", [])
        refs = tuple(SecretKeyRef(entry["key"], entry["value"]) for entry in wanted)
        return MemoryBackend(scope.store.name, self.vault, refs)
