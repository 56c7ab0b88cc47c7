"""The ``Views`` port over the informers' stores."""

from dataclasses import dataclass
from typing import TypeVar

from esoctl.informers.joined import Reader
from esoctl.informers.store import Broken
from esoctl.model.external_secret import ExternalSecret
from esoctl.model.keys import Kind, StoreRef
from esoctl.model.kinds import RESOURCES
from esoctl.model.meta import Bare, Meta
from esoctl.model.secret import Secret
from esoctl.model.store import Store
from esoctl.plan.access import NAME_LABEL

T = TypeVar("T")

NARROWER = {Kind.CLUSTER_SECRET_STORE: "SecretStore", Kind.CLUSTER_GENERATOR: "generator of the namespace"}
"""What takes the place of a kind of cluster scope."""
BY_STORE = "store"
"""The index of ExternalSecrets by the stores they name."""
BY_OWNER = "created-by"
"""The index of Secret metadata by (namespace, value of the created-by label)."""


@dataclass(frozen=True, slots=True)
class InformedViews:
    """What the informers know; None stands for an informer that is not running (one namespace only)."""

    external_secrets: Reader[ExternalSecret]
    stores: Reader[Store]
    cluster_stores: Reader[Store] | None
    secret_metas: Reader[Bare]
    managed_secrets: Reader[Secret]
    namespaces: Reader[Bare] | None
    served: tuple[str, ...] = ()
    """The namespaces that are served; none stands for the whole cluster."""

    def external_secret(self, namespace: str, name: str) -> ExternalSecret | None:
        return _whole(self.external_secrets.get(namespace, name))

    def store(self, ref: StoreRef) -> Store | None:
        informed = self.stores if ref.kind is Kind.SECRET_STORE else self.cluster_stores
        return _whole(informed.get(ref.namespace, ref.name)) if informed is not None else None

    def dependants(self, ref: StoreRef) -> list[ExternalSecret]:
        return self.external_secrets.by(BY_STORE, ref)

    def managed_secret(self, namespace: str, name: str) -> Secret | None:
        return _whole(self.managed_secrets.get(namespace, name))

    def secret_meta(self, namespace: str, name: str) -> Meta | None:
        found = self.secret_metas.get(namespace, name)
        return found.metadata if found is not None else None

    def beyond(self, kind: Kind) -> str:
        if not self.served or RESOURCES[kind].namespaced:
            return ""
        limits = f"this operator serves the namespaces {', '.join(self.served)} alone and reads no {kind}"
        return f"{limits}; use a {NARROWER[kind]}, or let it serve the whole cluster"

    def secrets_seen(self, namespace: str) -> int:
        version = self.secret_metas.version(namespace)
        return int(version) if version.isdigit() else 0

    def secrets_created_by(self, namespace: str, owner_hash: str) -> list[Meta]:
        return [found.metadata for found in self.secret_metas.by(BY_OWNER, (namespace, owner_hash))]

    def namespace_labels(self, namespace: str) -> dict[str, str]:
        found = self.namespaces.get("", namespace) if self.namespaces is not None else None
        return found.metadata.labels if found is not None else {NAME_LABEL: namespace}


def _whole(found: T | Broken | None) -> T | None:
    return None if isinstance(found, Broken) else found
