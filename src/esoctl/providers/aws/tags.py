"""Tags that tell AWS for whom a role is assumed, without anything written into a store: an option of the operator.

* The last role of a chain is assumed with ``esoCluster``, ``esoNamespace``, ``esoStoreName``, ``esoStoreKind`` and, for
  a store that uses a ServiceAccount, ``esoServiceAccount``. A policy can compare them with ``aws:PrincipalTag``.
* The session is called ``namespace.store@cluster``, which is what CloudTrail shows.
* Nobody can claim another's tags: a store that sets one of these itself is refused. Its other tags are kept.
* Each store, and each namespace of a ClusterSecretStore, becomes an identity of its own, and shares no keys.

The names of the three tags that the reference has for ``sessionTagsPolicy: Simple`` are kept, so that the same policies
serve both. EKS's own names (``kubernetes-namespace``) are not used: where the operator itself has an EKS Pod Identity
they are transitive, and AWS refuses to set them again.

Source: AWS's STS API reference, ``AssumeRole``; AWS compares tag keys without regard to case.
"""

import hashlib
import re
from dataclasses import dataclass, replace

from esoctl.errors import SpecError
from esoctl.model.keys import Kind
from esoctl.providers.aws.decoding import PATH
from esoctl.providers.aws.spec import RESERVED_TAGS, Hop, Spec, WebIdentity

CLUSTER = "esoCluster"
ACCOUNT = "esoServiceAccount"
OWN = (CLUSTER, *RESERVED_TAGS, ACCOUNT)
MOST_TAGS = 50
LONGEST_SESSION = 64

_CLUSTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True, slots=True)
class Tagging:
    """The option, switched on, for a cluster of that name; raises SpecError for a name that AWS would not take."""

    cluster: str

    def __post_init__(self) -> None:
        if not _CLUSTER.fullmatch(self.cluster):
            problem = f"{self.cluster!r} cannot tag a session; use up to 100 letters, digits, '.', '_' and '-'"
            raise SpecError("--cluster-name", problem)

    def check(self, spec: Spec) -> None:
        """Raise SpecError when the store sets tags that are the operator's, or too many."""
        own = {key.lower() for key in OWN}
        for index, (key, _) in enumerate(spec.roles.tags):
            if key.lower() in own:
                raise SpecError(f"{PATH}.sessionTags[{index}].key", _taken(key))
        for key, _ in spec.roles.custom:
            if key.lower() in own:
                raise SpecError(f"{PATH}.customSessionTags.{key}", _taken(key))
        if max(len(spec.roles.tags), len(spec.roles.custom)) + len(OWN) > MOST_TAGS:
            problem = f"AWS takes {MOST_TAGS} tags a session, and this operator sets {len(OWN)}; remove some"
            raise SpecError(f"{PATH}.sessionTags", problem)

    def tells_apart(self, spec: Spec) -> bool:
        """Whether namespaces that use the store get sessions of their own."""
        return spec.store.kind is Kind.CLUSTER_SECRET_STORE and bool(spec.roles.role or spec.roles.additional)

    def tagged(self, hops: tuple[Hop, ...], spec: Spec, namespace: str) -> tuple[Hop, ...]:
        """The chain with its last hop tagged and named; a store that assumes no role has nothing to tag."""
        if not hops:
            return ()
        last = hops[-1]
        tags = tuple(sorted((dict(last.tags) | self._own(spec, namespace)).items()))
        return (*hops[:-1], replace(last, tags=tags, session=self._session(spec, namespace)))

    def _own(self, spec: Spec, namespace: str) -> dict[str, str]:
        store = spec.store
        own = {CLUSTER: self.cluster} | dict(zip(RESERVED_TAGS, (namespace, store.name, str(store.kind)), strict=True))
        if isinstance(spec.auth, WebIdentity):
            account = spec.auth.account
            own[ACCOUNT] = f"{account.namespace or namespace}/{account.name}"
        return own

    def _session(self, spec: Spec, namespace: str) -> str:
        """At most 64 characters; a longer name is cut and made distinct again."""
        name = ".".join(filter(None, (namespace, spec.store.name))) + f"@{self.cluster}"
        if len(name) <= LONGEST_SESSION:
            return name
        mark = hashlib.sha256(name.encode()).hexdigest()[:8]
        return f"{name[: LONGEST_SESSION - len(mark) - 1]}-{mark}"


def _taken(key: str) -> str:
    return f"the operator tags sessions itself and sets {key!r}; remove it here, or choose another key"
