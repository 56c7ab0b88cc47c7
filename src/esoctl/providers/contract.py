"""What a provider is: three small protocols, and the only way from a provider to the cluster.

A ``Provider`` decodes the body under ``spec.provider.<name>`` of a store into a ``Backend``: a frozen, hashable,
validated configuration. A backend opens a ``Client`` with ``Credentials``. A client fetches. What becomes of the
answers (properties, decoding, key conversion, deletion policies) is not the provider's business: see ``plan``.

To add a provider, write one folder and one line in ``registry``; the contract tests in
``tests/unit/providers/contract_suite.py`` say what must hold.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec

from esoctl.model.keys import StoreRef
from esoctl.model.meta import Meta
from esoctl.model.remote import Capabilities, Find, Quirks, RemoteKey
from esoctl.model.store import RetrySettings
from esoctl.model.values import Payload


class SecretKeyRef(NamedTuple):
    """One key of a Secret; an empty namespace means the namespace the store is used from."""

    name: str
    key: str
    namespace: str = ""


class ServiceAccountRef(NamedTuple):
    """A ServiceAccount whose tokens are wanted; an empty namespace means the namespace the store is used from."""

    name: str
    namespace: str = ""
    audiences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom a store is decoded: which store it is, and its retry settings."""

    store: StoreRef
    retry: RetrySettings | None = None


class Health(StrEnum):
    """The outcome of a check that did not fail."""

    READY = "Ready"
    UNKNOWN = "Unknown"
    """The provider cannot tell; the store is usable all the same."""


class Credentials(Protocol):
    """The only way from a provider to the cluster. Reference rules (which namespace may be read) are enforced here."""

    @property
    def namespace(self) -> str:
        """The namespace the store is used from; empty while a ClusterSecretStore itself is validated."""
        ...

    async def secret_key(self, ref: SecretKeyRef) -> bytes:
        """The value of one key; raises StoreError when the Secret or the key is missing or not allowed."""
        ...

    async def service_account_token(self, ref: ServiceAccountRef, audiences: tuple[str, ...]) -> str:
        """A fresh token of that ServiceAccount for those audiences; raises StoreError."""
        ...

    async def service_account(self, ref: ServiceAccountRef) -> Meta:
        """The metadata of that ServiceAccount as it is now; raises StoreError."""
        ...


class Client(Protocol):
    """An open connection to one backend under one identity. Safe for concurrent calls."""

    async def get(self, ref: RemoteKey) -> Payload:
        """Fetch one value whole; raises SecretMissing only when the provider says positively that it is absent."""
        ...

    def find(self, query: Find) -> AsyncIterator[tuple[str, Payload]]:
        """Every (full remote name, value) that satisfies the query; an error of one item is an error of all."""
        ...

    async def check(self) -> Health:
        """Are the credentials usable? Raises ProviderError when they are not. Reads no secret."""
        ...


Metadata = msgspec.Raw | None
"""``metadata`` of an entry to push, which every provider decodes for itself."""

Change = Callable[[bytes | None], bytes]
"""From the current value, None where there is none, to the wanted one; changing one property leaves the others."""


class Writer(Protocol):
    """Keeps values in one backend under one identity. What does not carry our mark is never overwritten or deleted."""

    async def put(self, key: str, change: Change, metadata: Metadata = None) -> bool:
        """Make the value what ``change`` makes of it; whether anything had to be written.

        Raises OwnedByAnother for what is not ours, SpecError for metadata that does not fit, and ProviderError.
        """
        ...

    async def delete(self, key: str) -> bool:
        """Delete a value that is ours; False, and nothing done, for one that is not, or is not there."""
        ...

    async def exists(self, key: str) -> bool:
        """Whether there is a value, whoever's it is."""
        ...


class WritableBackend(Protocol):
    """A backend that can also be written to."""

    def write(self, credentials: Credentials) -> AbstractAsyncContextManager[Writer]:
        """Read the credentials and connect, as ``open`` does."""
        ...


class Backend(Protocol):
    """A validated store configuration; equal ones share clients."""

    @property
    def secret_refs(self) -> tuple[SecretKeyRef, ...]:
        """The Secret keys it will ask its Credentials for; their changes must reach the store."""
        ...

    @property
    def service_account_refs(self) -> tuple[ServiceAccountRef, ...]:
        """The ServiceAccounts it will ask its Credentials for; their changes must reach the store."""
        ...

    @property
    def referent(self) -> bool:
        """Whether credentials come from the namespace of the consumer, so that the store itself cannot be checked."""
        ...

    @property
    def per_consumer(self) -> bool:
        """Whether what a client may read depends on the namespace it is opened for, so that namespaces share none.

        True for every referent backend, and for one that tells its provider which namespace asks.
        """
        ...

    def open(self, credentials: Credentials) -> AbstractAsyncContextManager[Client]:
        """Read the credentials and connect; the client lives until the block ends."""
        ...


class Provider(Protocol):
    """One family of backends, such as AWS."""

    @property
    def name(self) -> str:
        """The key under ``spec.provider``."""
        ...

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def maintained(self) -> bool:
        """Whether the reference calls the provider maintained; stores of the others get a warning event."""
        ...

    @property
    def quirks(self) -> Quirks: ...

    def decode(self, body: msgspec.Raw, scope: Scope) -> Backend:
        """Validate a store's body; pure. Raises SpecError with the path of what the user must change."""
        ...
