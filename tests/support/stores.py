"""What provider tests need of the cluster's side: store bodies, scopes, and credentials that were written down."""

import json
from dataclasses import dataclass, field

import msgspec

from esoctl.errors import StoreError
from esoctl.model.keys import Kind, StoreRef
from esoctl.model.meta import Meta
from esoctl.model.store import RetrySettings
from esoctl.providers.contract import Scope, SecretKeyRef, ServiceAccountRef

NAMESPACE = "team"


def raw(body: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(body).encode())


def a_scope(
    kind: Kind = Kind.SECRET_STORE, name: str = "main", namespace: str = NAMESPACE, retry: RetrySettings | None = None
) -> Scope:
    return Scope(StoreRef(kind, namespace if kind is Kind.SECRET_STORE else "", name), retry)


@dataclass
class WrittenCredentials:
    """Credentials from dicts; what is asked for is written down."""

    namespace: str = NAMESPACE
    secrets: dict[str, dict[str, bytes]] = field(default_factory=dict)
    annotations: dict[str, dict[str, str]] = field(default_factory=dict)
    uids: dict[str, str] = field(default_factory=dict)
    asked: list[object] = field(default_factory=list)

    async def secret_key(self, ref: SecretKeyRef) -> bytes:
        self.asked.append(ref)
        if ref.name not in self.secrets:
            raise StoreError("SecretStore/main", f'cannot get Kubernetes secret "{ref.name}"')
        if ref.key not in self.secrets[ref.name]:
            raise StoreError("SecretStore/main", f'cannot find secret data for key: "{ref.key}"')
        return self.secrets[ref.name][ref.key]

    async def service_account_token(self, ref: ServiceAccountRef, audiences: tuple[str, ...]) -> str:
        self.asked.append((ref.name, audiences))
        return f"token-of-{ref.name}"

    async def service_account(self, ref: ServiceAccountRef) -> Meta:
        if ref.name not in self.annotations:
            raise StoreError("SecretStore/main", f'ServiceAccount "{ref.name}" not found')
        return Meta(ref.name, self.namespace, self.uids.get(ref.name, "1"), annotations=self.annotations[ref.name])
