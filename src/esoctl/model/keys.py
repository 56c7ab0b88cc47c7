"""Names of things: kinds, keys that travel through the queue, references to objects and stores."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """Every kind that esoctl reads or writes."""

    EXTERNAL_SECRET = "ExternalSecret"
    SECRET_STORE = "SecretStore"
    CLUSTER_SECRET_STORE = "ClusterSecretStore"
    SECRET = "Secret"
    CONFIG_MAP = "ConfigMap"
    NAMESPACE = "Namespace"
    SERVICE_ACCOUNT = "ServiceAccount"
    EVENT = "Event"
    LEASE = "Lease"
    FAKE = "Fake"
    PASSWORD = "Password"
    UUID = "UUID"
    CLUSTER_GENERATOR = "ClusterGenerator"


class Key(NamedTuple):
    """What travels from informer to queue to worker; an empty namespace means cluster scope."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}" if self.namespace else f"{self.kind}/{self.name}"


class StoreRef(NamedTuple):
    """A store as an ExternalSecret of ``namespace`` sees it; the namespace is empty for a ClusterSecretStore."""

    kind: Kind
    namespace: str
    name: str

    @property
    def key(self) -> Key:
        return Key(self.kind, self.namespace, self.name)

    def __str__(self) -> str:
        return f'{self.kind} "{self.name}"'
