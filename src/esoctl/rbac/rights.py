"""The table: every call that the operator makes, why, where, and for which feature. There is no second list of rights.

* A call that is not in here is forbidden wherever the operator is installed as documented; a row that nothing uses is a
  fault as well. The audit log of the real API server is compared with it in ``tests/cluster/test_rights.py``.
* No wildcard, nothing on definitions or webhooks, no ``update`` of a Secret and no ``deletecollection``.
* Server-side apply needs ``patch``, and ``create`` when the object is not there yet.

Source: Kubernetes documentation, "Using RBAC Authorization", "Authorization Overview" (verbs of requests), "Admission
Control" (OwnerReferencesPermissionEnforcement). The reference's ClusterRole is wider (external-secrets 2.9.0: it also
updates Secrets and ExternalSecrets, and reads every ServiceAccount).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from esoctl.model.keys import Kind
from esoctl.model.kinds import GENERATORS, GROUP, RESOURCES

READ = ("get", "list", "watch")
FOLLOW = ("list", "watch")
GENERIC = ("get", "list", "watch", "create", "patch", "delete")


class Reach(StrEnum):
    """Where a right is needed."""

    SERVED = "served"
    """In each namespace that is served."""
    CLUSTER = "cluster"
    """On kinds of cluster scope that are used only where the whole cluster is served."""
    ANYWAY = "anyway"
    """On kinds of cluster scope, whatever is served."""
    HOME = "home"
    """In the namespace of the operator."""


class Feature(StrEnum):
    """What can be left out, or added."""

    ALWAYS = "always"
    TOKENS = "tokens"
    """Stores with auth.jwt, or none: tokens of ServiceAccounts."""
    ELECTION = "election"
    METRICS_AUTH = "metrics-auth"
    GENERIC_TARGETS = "generic-targets"


@dataclass(frozen=True, slots=True)
class Right:
    """One row: verbs on resources of one group."""

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    why: str
    reach: Reach = Reach.SERVED
    feature: Feature = Feature.ALWAYS
    names: tuple[str, ...] = ()
    """The objects it is limited to; empty for all."""
    asked: bool = True
    """False where no request asks for it: an admission plugin looks it up."""

    def each(self) -> Iterator[tuple[str, str, str]]:
        """(group, resource, verb), one by one."""
        return ((self.group, resource, verb) for resource in self.resources for verb in self.verbs)


def _of(*kinds: Kind, below: str = "") -> tuple[str, ...]:
    return tuple(RESOURCES[kind].plural + (f"/{below}" if below else "") for kind in kinds)


_STORES = (Kind.SECRET_STORE, Kind.CLUSTER_SECRET_STORE)
_SECRETS = ("get", "list", "watch", "create", "patch", "delete")
LEASES = RESOURCES[Kind.LEASE].group

TABLE: tuple[Right, ...] = (
    Right(
        GROUP, _of(Kind.EXTERNAL_SECRET), (*READ, "patch"),
        "Follow the objects; patch sets and lifts the finalizer of ExternalSecrets whose deletion needs work.",
    ),
    Right(GROUP, _of(Kind.SECRET_STORE), FOLLOW, "Follow the stores."),
    Right(GROUP, _of(Kind.CLUSTER_SECRET_STORE), FOLLOW, "Follow the stores of the whole cluster.", Reach.CLUSTER),
    Right(
        GROUP, _of(Kind.EXTERNAL_SECRET, Kind.SECRET_STORE, below="status"), ("patch",),
        "Say how they are.",
    ),
    Right(GROUP, _of(Kind.CLUSTER_SECRET_STORE, below="status"), ("patch",), "Say how they are.", Reach.CLUSTER),
    Right(
        GROUP, _of(Kind.EXTERNAL_SECRET, below="finalizers"), ("update",),
        "Secrets name their ExternalSecret as an owner whose deletion they block; where the API server runs"
        " OwnerReferencesPermissionEnforcement, that needs this.", asked=False,
    ),
    Right(
        GENERATORS, _of(Kind.FAKE, Kind.PASSWORD, Kind.UUID), READ,
        "Generators, which are read when they are used, and followed while an ExternalSecret uses one.",
    ),
    Right(GENERATORS, _of(Kind.CLUSTER_GENERATOR), READ, "The same of the whole cluster.", Reach.CLUSTER),
    Right(
        "", _of(Kind.SECRET), _SECRETS,
        "Read credentials; write targets by server-side apply, which is create and patch.",
    ),
    Right(
        "", _of(Kind.CONFIG_MAP), READ,
        "Templates that ExternalSecrets keep in ConfigMaps; their versions are followed while there are any such.",
    ),
    Right(
        "", _of(Kind.NAMESPACE), FOLLOW,
        "Labels of namespaces, which the conditions of ClusterSecretStores select by.", Reach.CLUSTER,
    ),
    Right("", _of(Kind.EVENT), ("create", "patch"), "Tell what happened."),
    Right(
        "", _of(Kind.SERVICE_ACCOUNT), ("get",),
        "The role that a ServiceAccount named by auth.jwt of a store is annotated with.", feature=Feature.TOKENS,
    ),
    Right(
        "", _of(Kind.SERVICE_ACCOUNT, below="token"), ("create",),
        "Tokens of those ServiceAccounts, to be exchanged for AWS roles.", feature=Feature.TOKENS,
    ),
    Right(
        LEASES, _of(Kind.LEASE), ("create",),
        "The Lease that replicas compete for. A right to create cannot be bound to a name.",
        Reach.HOME, Feature.ELECTION,
    ),
    Right(
        LEASES, _of(Kind.LEASE), ("get", "update"), "Read and renew it.", Reach.HOME, Feature.ELECTION, ("esoctl",)
    ),
    Right(
        "authentication.k8s.io", ("tokenreviews",), ("create",),
        "Ask whose token a scrape of the metrics shows.", Reach.ANYWAY, Feature.METRICS_AUTH,
    ),
    Right(
        "authorization.k8s.io", ("subjectaccessreviews",), ("create",),
        "Ask whether its owner may get /metrics.", Reach.ANYWAY, Feature.METRICS_AUTH,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """The features of an installation."""

    features: frozenset[Feature] = frozenset({Feature.TOKENS, Feature.ELECTION})
    generic: tuple[tuple[str, str], ...] = ()
    """(group, resource) of each kind of target that is no Secret."""
    lease: str = "esoctl"

    def rights(self, *reaches: Reach) -> list[Right]:
        """The rows there, in the order of the table."""
        wanted = self.features | {Feature.ALWAYS}
        found = [self._named(right) for right in TABLE if right.reach in reaches and right.feature in wanted]
        return found + (self._targets() if Reach.SERVED in reaches else [])

    def _named(self, right: Right) -> Right:
        return replace(right, names=(self.lease,)) if right.names else right

    def _targets(self) -> list[Right]:
        """What targets of other kinds need beyond what is granted anyway."""
        granted = {one for right in TABLE if right.feature is Feature.ALWAYS for one in right.each()}
        return [
            Right(group, (resource,), verbs, "Targets of this kind.", feature=Feature.GENERIC_TARGETS)
            for group, resource in self.generic
            if (verbs := tuple(verb for verb in GENERIC if (group, resource, verb) not in granted))
        ]
