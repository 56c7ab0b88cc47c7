"""Refuses targets that would grant rights in the cluster.

The API server fills a Secret of type service-account-token with a token of the named ServiceAccount, and a bootstrap
token lets nodes join. A role grants rights, and a workload runs as any ServiceAccount of its namespace. Whoever may
create an ExternalSecret must not get those by way of the operator. Owners and finalizers decide when objects go, and
reserved annotations tell other programs what to do. The check is made on the final object, whatever produced it.

Source: the reference's template checks (privileged Secret types). DIFFERS: the type alone is enough to be refused, and
so are reserved annotations and kinds that grant rights.
"""

from collections.abc import Iterable, Mapping

from esoctl.errors import SpecError

SERVICE_ACCOUNT_TOKEN = "kubernetes.io/service-account-token"
BOOTSTRAP_TOKEN = "bootstrap.kubernetes.io/token"
SERVICE_ACCOUNT_NAME = "kubernetes.io/service-account.name"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
RESERVED_ANNOTATIONS = (SERVICE_ACCOUNT_NAME, "kubernetes.io/service-account.uid", LAST_APPLIED)

_DOMAINS = ("kubernetes.io", "k8s.io", "external-secrets.io")
"""Finalizers of these domains are answered by Kubernetes and by the operator, and those without a domain are too."""

_GROUPS = {
    "rbac.authorization.k8s.io": "grants rights",
    "authorization.k8s.io": "is about rights",
    "authentication.k8s.io": "is about identities",
    "certificates.k8s.io": "gives identities",
    "admissionregistration.k8s.io": "changes what the API server admits",
    "apiextensions.k8s.io": "changes the API",
    "apiregistration.k8s.io": "changes the API",
    "apps": "runs as any ServiceAccount of the namespace",
    "batch": "runs as any ServiceAccount of the namespace",
    "external-secrets.io": "is read by the operator itself",
    "generators.external-secrets.io": "is read by the operator itself",
}
_CORE_KINDS = {
    "Pod": "runs as any ServiceAccount of the namespace",
    "PodTemplate": "runs as any ServiceAccount of the namespace",
    "ReplicationController": "runs as any ServiceAccount of the namespace",
    "ServiceAccount": "is an identity",
    "Binding": "places Pods",
}


def refuse(type_: str, annotations: Mapping[str, str]) -> None:
    """Raise SpecError when a Secret of that type with those annotations would grant rights."""
    if type_ == SERVICE_ACCOUNT_TOKEN and SERVICE_ACCOUNT_NAME in annotations:
        raise SpecError(
            "", f'template.type="{type_}" with annotation "{SERVICE_ACCOUNT_NAME}" is not allowed; use a TokenRequest'
        )
    if type_ in (SERVICE_ACCOUNT_TOKEN, BOOTSTRAP_TOKEN):
        raise SpecError("", f'template.type="{type_}" is not allowed; choose another type')


def refuse_metadata(annotations: Iterable[str], finalizers: Iterable[str] = ()) -> None:
    """Raise SpecError for an annotation that is reserved, or a finalizer that another program answers to."""
    reserved = sorted(set(annotations).intersection(RESERVED_ANNOTATIONS))
    if reserved:
        raise SpecError("", f'annotation "{reserved[0]}" is reserved and not allowed; choose another name')
    foreign = sorted(filter(_is_foreign, finalizers))
    if foreign:
        raise SpecError("", f'finalizer "{foreign[0]}" is reserved and not allowed; use one of your own domain')


def refuse_kind(api_version: str, kind: str) -> None:
    """Raise SpecError for a kind that would grant rights as a target."""
    group = api_version.rpartition("/")[0]
    why = _GROUPS.get(group) or ("" if group else _CORE_KINDS.get(kind))
    if why:
        raise SpecError("spec.target.manifest", f"kind {kind} of {api_version} is not allowed: it {why}")


def refuse_identity(made: Mapping[str, object], metadata: Mapping[str, object], expected: tuple[str, str]) -> None:
    """Raise SpecError when templates changed what an object is, or set metadata other than labels and annotations."""
    if (made.get("apiVersion"), made.get("kind")) != expected:
        raise SpecError("spec.target.template", "a template must not change the apiVersion or kind of its target")
    odd = sorted(metadata.keys() - {"name", "namespace", "labels", "annotations"})
    if odd:
        raise SpecError(
            "spec.target.template", f"a template must not set metadata.{odd[0]}, only labels and annotations"
        )
    if "status" in made:
        raise SpecError("spec.target.template", "a template must not set the status of its target")


def _is_foreign(finalizer: str) -> bool:
    domain = finalizer.partition("/")[0] if "/" in finalizer else ""
    return not domain or any(domain == known or domain.endswith(f".{known}") for known in _DOMAINS)
