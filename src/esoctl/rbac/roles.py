"""Roles and bindings made of the table, for one installation.

* ``cluster``: one ClusterRole, and a Role for the Lease in the operator's namespace.
* ``namespaces``: a Role in each served namespace and none elsewhere, so that no ClusterRole reaches any Secret.
  ClusterSecretStores, ClusterGenerators and the labels of namespaces are out of reach then.
* ``namespace``: the same for one namespace, as a rule the operator's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from esoctl.rbac.rights import Choice, Reach, Right

API = "rbac.authorization.k8s.io"


class Profile(StrEnum):
    """How far the operator reaches."""

    CLUSTER = "cluster"
    NAMESPACES = "namespaces"
    NAMESPACE = "namespace"


@dataclass(frozen=True, slots=True)
class Account:
    """The operator's ServiceAccount."""

    namespace: str = "esoctl"
    name: str = "esoctl"


@dataclass(frozen=True, slots=True)
class Role:
    """A Role, or with no namespace a ClusterRole, that is bound to the operator."""

    name: str
    namespace: str
    rights: Sequence[Right]

    @property
    def kind(self) -> str:
        return "Role" if self.namespace else "ClusterRole"


def roles(profile: Profile, served: Sequence[str], account: Account, choice: Choice) -> list[Role]:
    """Every role of the installation; ``served`` are the namespaces of the profiles that have a list of them."""
    if profile is Profile.CLUSTER:
        found = [Role(account.name, "", choice.rights(Reach.SERVED, Reach.CLUSTER, Reach.ANYWAY))]
    else:
        # There may be an installation in each of many namespaces, and names of this kind are for the whole cluster.
        found = [Role(f"{account.name}-{account.namespace}", "", choice.rights(Reach.ANYWAY))]
    for namespace in sorted({*served, account.namespace}):
        here = (Reach.SERVED,) if namespace in served else ()
        home = (Reach.HOME,) if namespace == account.namespace else ()
        found.append(Role(account.name, namespace, choice.rights(*here, *home)))
    return [role for role in found if role.rights]
