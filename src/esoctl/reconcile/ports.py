"""What reconcilers need from the world: views of the informed objects, and writes to the cluster.

Two small protocols. ``reconcile.views`` and ``reconcile.cluster`` keep them against a real API server; the tests keep
them in memory.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from esoctl.model.external_secret import ExternalSecret
from esoctl.model.generators import GeneratorKey
from esoctl.model.keys import Key, Kind, StoreRef
from esoctl.model.meta import Meta
from esoctl.model.secret import Secret
from esoctl.model.store import Store


@dataclass(frozen=True, slots=True)
class Note:
    """One event for the user."""

    reason: str
    message: str
    warning: bool = False


class Views(Protocol):
    """Read-only views of what the informers know. Nothing here waits."""

    def external_secret(self, namespace: str, name: str) -> ExternalSecret | None: ...

    def store(self, ref: StoreRef) -> Store | None: ...

    def dependants(self, ref: StoreRef) -> list[ExternalSecret]:
        """The ExternalSecrets that name that store."""
        ...

    def managed_secret(self, namespace: str, name: str) -> Secret | None:
        """The Secret with its values, if it bears the managed label."""
        ...

    def secret_meta(self, namespace: str, name: str) -> Meta | None:
        """The metadata of any Secret the operator may see."""
        ...

    def beyond(self, kind: Kind) -> str:
        """Why no object of a kind can be seen, and what to do; empty where it can."""
        ...

    def secrets_seen(self, namespace: str) -> int:
        """The newest resource version of the namespace's Secrets that is known; 0 when it is unknown."""
        ...

    def secrets_created_by(self, namespace: str, owner_hash: str) -> list[Meta]:
        """The Secrets that bear the created-by label with that value."""
        ...

    def namespace_labels(self, namespace: str) -> dict[str, str]: ...


class Cluster(Protocol):
    """Reads that bypass the informers, and every write. Errors are ClusterErrors."""

    async def secret(self, namespace: str, name: str) -> Secret | None: ...

    async def meta(self, key: Key) -> Meta | None:
        """The metadata of the object as it is now, by a read that no informer answers; None when there is none."""
        ...

    async def config_map(self, namespace: str, name: str) -> dict[str, str] | None:
        """The data of a ConfigMap; None when there is none."""
        ...

    async def generator(self, key: GeneratorKey) -> bytes | None:
        """A generator, as it is in the cluster; None when there is none."""
        ...

    async def apply_secret(self, namespace: str, name: str, body: bytes, manager: str) -> Secret:
        """Server-side apply, with force."""
        ...

    async def take_over_secret(self, namespace: str, name: str, manager: str) -> None:
        """Turn the manager's Update entry into its Apply entry, so that an apply can drop what Update wrote."""
        ...

    async def remove_secret(self, namespace: str, name: str, uid: str, resource_version: str) -> None:
        """Delete exactly that object; one that is gone already is fine."""
        ...

    async def patch_status(self, key: Key, body: bytes) -> None: ...

    async def set_finalizers(self, key: Key, finalizers: list[str], resource_version: str) -> None: ...

    async def service_account(self, namespace: str, name: str) -> Meta | None: ...

    async def service_account_token(self, namespace: str, name: str, audiences: tuple[str, ...]) -> str: ...

    def note(self, key: Key, meta: Meta, note: Note) -> None:
        """Hand an event to the recorder; it is sent in the background."""
        ...


@dataclass(frozen=True, slots=True)
class Done:
    """Well, or as well as it can be; look again at ``again``, or only on a change."""

    again: datetime | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """The object is no more: forget everything about its key."""


@dataclass(frozen=True, slots=True)
class Again:
    """Failed; try again after the key's backoff, which may grow to ``at_most``, and not before ``after`` seconds.

    ``refresh`` is the next slot.
    """

    problem: str
    after: float | None = None
    refresh: datetime | None = None
    at_most: float = math.inf


@dataclass(frozen=True, slots=True)
class Parked:
    """Failed, and trying again would give the same; look again at ``again``, or only on a change."""

    problem: str
    again: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waits:
    """Cannot be done while a store fails; look again when it answers, at ``again``, or on a change."""

    problem: str
    behind: str
    again: datetime | None = None


Outcome = Done | Gone | Again | Parked | Waits
