"""What a store says about AWS, once it has been validated: frozen and hashable.

Source of the fields: the reference's ``secretstore_aws_types.go`` (CRD ``external-secrets.io/v1``). ``decoding`` makes
these out of a manifest.
"""

from dataclasses import dataclass
from enum import StrEnum

from esoctl.model.keys import Kind, StoreRef
from esoctl.providers.contract import SecretKeyRef, ServiceAccountRef

DEFAULT_ATTEMPTS = 3
RESERVED_TAGS = ("esoNamespace", "esoStoreName", "esoStoreKind")


class Service(StrEnum):
    """``service``: which AWS API holds the values."""

    SECRETS_MANAGER = "SecretsManager"
    PARAMETER_STORE = "ParameterStore"
    CERTIFICATE_MANAGER = "CertificateManager"


class TagsPolicy(StrEnum):
    """``sessionTagsPolicy``: where the tags of the assumed session come from."""

    NONE = "None"
    SIMPLE = "Simple"
    CUSTOM = "Custom"


@dataclass(frozen=True, slots=True)
class Hop:
    """One role to assume; only the last one of a chain carries an external id, tags and a session name of its own."""

    role: str
    external_id: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    transitive: tuple[str, ...] = ()
    session: str = ""


@dataclass(frozen=True, slots=True)
class StaticKeys:
    """Where the access key is kept."""

    key_id: SecretKeyRef
    secret_key: SecretKeyRef
    token: SecretKeyRef | None = None


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """The ServiceAccount whose tokens are exchanged for a role."""

    account: ServiceAccountRef


Auth = StaticKeys | WebIdentity | None
"""None: the identity of the operator's own environment."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """How a pushed secret is deleted; ``window_days`` 0 means AWS's default."""

    force: bool = False
    window_days: int = 0


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles to assume, and what the last session is called and tagged."""

    additional: tuple[str, ...] = ()
    role: str = ""
    external_id: str = ""
    policy: TagsPolicy = TagsPolicy.NONE
    tags: tuple[tuple[str, str], ...] = ()
    custom: tuple[tuple[str, str], ...] = ()
    transitive: tuple[str, ...] = ()

    def hops(self, store: StoreRef, namespace: str) -> tuple[Hop, ...]:
        """The chain to assume when the store is used from that namespace."""
        chain = [Hop(role) for role in self.additional]
        if self.role:
            chain.append(Hop(self.role, self.external_id, self._session_tags(store, namespace), self.transitive))
        return tuple(chain)

    def _session_tags(self, store: StoreRef, namespace: str) -> tuple[tuple[str, str], ...]:
        # As in the reference, a policy replaces the hand-written tags, and its own three always win.
        if self.policy is TagsPolicy.NONE:
            return self.tags
        own = dict(zip(RESERVED_TAGS, (namespace, store.name, str(store.kind)), strict=True))
        custom = dict(self.custom) if self.policy is TagsPolicy.CUSTOM else {}
        return tuple(sorted((custom | own).items()))


@dataclass(frozen=True, slots=True)
class Spec:
    """A validated store configuration."""

    store: StoreRef
    service: Service
    region: str
    auth: Auth = None
    roles: Roles = Roles()
    prefix: str = ""
    deletion: Deletion = Deletion()
    attempts: int = DEFAULT_ATTEMPTS

    @property
    def secret_refs(self) -> tuple[SecretKeyRef, ...]:
        if not isinstance(self.auth, StaticKeys):
            return ()
        named = (self.auth.secret_key, self.auth.key_id, self.auth.token)
        return tuple(ref for ref in named if ref is not None)

    @property
    def service_account_refs(self) -> tuple[ServiceAccountRef, ...]:
        return (self.auth.account,) if isinstance(self.auth, WebIdentity) else ()

    @property
    def referent(self) -> bool:
        """Whether credentials belong to the consumer's namespace (reference: ``isReferentSpec``)."""
        if self.store.kind is not Kind.CLUSTER_SECRET_STORE:
            return False
        if isinstance(self.auth, WebIdentity):
            return not self.auth.account.namespace
        return any(not ref.namespace for ref in self.secret_refs)

    @property
    def per_consumer(self) -> bool:
        """Whether the identity depends on the consumer's namespace: by its credentials, or by a tag that names it."""
        tagged = bool(self.roles.role) and self.roles.policy is not TagsPolicy.NONE
        return self.referent or (tagged and self.store.kind is Kind.CLUSTER_SECRET_STORE)
