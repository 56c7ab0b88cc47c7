"""The providers' only way to the cluster, with the reference rules enforced on the way.

Secrets that stores refer to are read directly and kept by resource version: the metadata informer says when a new read
is needed, so an unchanged credential costs no request (and Secrets that no store refers to are never read).
"""

from collections.abc import Hashable
from dataclasses import dataclass, field

from esoctl.errors import StoreError
from esoctl.model.keys import StoreRef
from esoctl.model.meta import Meta
from esoctl.model.secret import Secret
from esoctl.plan import access
from esoctl.providers.contract import SecretKeyRef, ServiceAccountRef
from esoctl.reconcile.ports import Cluster, Views

KEPT = 1000


@dataclass(slots=True)
class SecretReader:
    """Reads referenced Secrets, each once per resource version."""

    views: Views
    cluster: Cluster
    kept: dict[tuple[str, str], Secret] = field(default_factory=dict, repr=False)

    async def read(self, namespace: str, name: str) -> Secret | None:
        """The Secret as it is now; None when there is none."""
        meta = self.views.secret_meta(namespace, name)
        kept = self.kept.get((namespace, name))
        if kept is not None and meta is not None and kept.metadata.resource_version == meta.resource_version:
            return kept
        secret = await self.cluster.secret(namespace, name)
        self._keep(namespace, name, secret)
        return secret

    def _keep(self, namespace: str, name: str, secret: Secret | None) -> None:
        self.kept.pop((namespace, name), None)
        if secret is not None:
            self.kept[namespace, name] = secret
        if len(self.kept) > KEPT:
            del self.kept[next(iter(self.kept))]


@dataclass(frozen=True, slots=True)
class StoreCredentials:
    """The credentials of one store, as used from one namespace."""

    store: StoreRef
    consumer: str
    """The namespace of the ExternalSecret; the store's own when the store itself is checked."""
    reader: SecretReader
    cluster: Cluster

    @property
    def namespace(self) -> str:
        """The namespace the store is used from."""
        return self.consumer

    async def secret_key(self, ref: SecretKeyRef) -> bytes:
        namespace = access.secret_namespace(self.store, self.consumer, ref.namespace)
        secret = await self.reader.read(namespace, ref.name)
        if secret is None:
            raise StoreError(
                str(self.store),
                f'cannot get Kubernetes secret "{ref.name}" from namespace "{namespace}": '
                f'secrets "{ref.name}" not found',
            )
        if ref.key not in secret.data:
            raise StoreError(
                str(self.store), f'cannot find secret data for key: "{ref.key}" in secret "{namespace}/{ref.name}"'
            )
        return secret.data[ref.key]

    def identity(self, refs: tuple[SecretKeyRef, ...], *, per_consumer: bool) -> Hashable:
        """What these credentials would say, without reading them: who reads, and the versions of what is read."""
        return (self.consumer if per_consumer else "", *(self._version(ref) for ref in refs))

    def _version(self, ref: SecretKeyRef) -> Hashable:
        namespace = access.secret_namespace(self.store, self.consumer, ref.namespace)
        meta = self.reader.views.secret_meta(namespace, ref.name)
        return (namespace, ref.name, meta.uid, meta.resource_version) if meta else (namespace, ref.name)

    async def service_account(self, ref: ServiceAccountRef) -> Meta:
        namespace = access.secret_namespace(self.store, self.consumer, ref.namespace)
        meta = await self.cluster.service_account(namespace, ref.name)
        if meta is None:
            raise StoreError(str(self.store), f'ServiceAccount "{ref.name}" not found in namespace "{namespace}"')
        return meta

    async def service_account_token(self, ref: ServiceAccountRef, audiences: tuple[str, ...]) -> str:
        namespace = access.secret_namespace(self.store, self.consumer, ref.namespace)
        return await self.cluster.service_account_token(namespace, ref.name, audiences)
