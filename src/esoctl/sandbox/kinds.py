"""Lists the built-in kinds the sandbox serves.

Secrets, ConfigMaps, Namespaces, service accounts, events, leases and definitions of custom resources behave as the API
server's. The rest (workloads, RBAC, policies) is kept as given, so that an installation can be applied and looked at;
nothing runs it.
"""

from esoctl.sandbox import crds, events, lookup, problems, reviews, secrets, typed
from esoctl.sandbox.columns import BUILTIN_COLUMNS
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.resources import Behaviour, Resource
from esoctl.sandbox.statuses import Problem
from esoctl.sandbox.topology import BUILTIN, Topology

_STATUS = frozenset(["status"])
_RBAC = "rbac.authorization.k8s.io"


def _prepare_plain(new: Doc, old: Doc | None) -> None:  # noqa: ARG001 - the signature of a preparation
    typed.drop_nulls_except(new)


def _prepare_namespace(new: Doc, old: Doc | None) -> None:
    typed.drop_nulls_except(new)
    if old is None:
        finalizers = lookup.texts(new, "spec", "finalizers")
        if "kubernetes" not in finalizers:
            finalizers = [*finalizers, "kubernetes"]
        new["spec"] = {"finalizers": finalizers}
        new["status"] = {"phase": "Active"}
    else:
        new["spec"] = old.get("spec", {})
    meta = lookup.ensure(new, "metadata")
    if name := lookup.text(meta, "name"):
        meta["labels"] = {**lookup.child(meta, "labels"), "kubernetes.io/metadata.name": name}


def _check_lease(new: Doc, old: Doc | None) -> list[Problem]:  # noqa: ARG001 - the signature of a check
    spec = lookup.child(new, "spec")
    found: list[Problem] = []
    if "leaseDurationSeconds" in spec and lookup.number(spec, "leaseDurationSeconds") <= 0:
        value = spec["leaseDurationSeconds"]
        found.append(problems.invalid("spec.leaseDurationSeconds", value, "must be greater than 0"))
    if lookup.number(spec, "leaseTransitions") < 0:
        value = spec["leaseTransitions"]
        found.append(problems.invalid("spec.leaseTransitions", value, "must be greater than or equal to 0"))
    return found


_NAMESPACE = Behaviour(
    prepare=_prepare_namespace,
    name_rule="label",
    selectable=("metadata.name", "status.phase"),
    returns_deleted=True,
    known=("spec", "status"),
)
_ACCOUNT = Behaviour(
    prepare=_prepare_plain,
    returns_deleted=True,
    known=("secrets", "imagePullSecrets", "automountServiceAccountToken"),
)
_LEASE = Behaviour(prepare=_prepare_plain, check=_check_lease, blind_update=False, upsert=True, known=("spec",))
_WORKLOAD = Behaviour(prepare=_prepare_plain, counts_generation=True, known=("spec", "status"))
_SERVICE = Behaviour(
    prepare=_prepare_plain,
    upsert=True,
    returns_deleted=True,
    known=("spec", "status"),
    selectable=("metadata.name", "metadata.namespace", "spec.clusterIP", "spec.type"),
)
_POD = Behaviour(
    prepare=_prepare_plain,
    returns_deleted=True,
    known=("spec", "status"),
    selectable=("metadata.name", "metadata.namespace", "spec.nodeName", "spec.serviceAccountName", "status.phase"),
)
_ROLE = Behaviour(
    prepare=_prepare_plain,
    name_rule="path",
    upsert=True,
    known=("rules", "aggregationRule", "subjects", "roleRef"),
)
_PLAIN = Behaviour(prepare=_prepare_plain)
_SPEC = Behaviour(prepare=_prepare_plain, counts_generation=True, known=("spec", "status"))


def _row(
    api_version: str, plural: str, kind: str, behaviour: Behaviour, short: str = "", *, namespaced: bool = True
) -> Resource:
    group, _, version = api_version.rpartition("/")
    return Resource(
        group,
        version,
        plural,
        kind,
        namespaced,
        short_names=tuple(short.split()),
        topology=BUILTIN.get((api_version, kind), Topology.EMPTY),
        columns=BUILTIN_COLUMNS.get(kind, ()),
        behaviour=behaviour,
        subresources=_subresources(plural),
        categories=("all",) if plural in ("pods", "services", "deployments", "replicasets") else (),
        storage_group="" if api_version == "events.k8s.io/v1" else None,
    )


def _subresources(plural: str) -> frozenset[str]:
    extra = {
        "namespaces": ("status", "finalize"),
        "serviceaccounts": ("token",),
        "secrets": (),
        "configmaps": (),
        "events": (),
        "leases": (),
        "roles": (),
        "rolebindings": (),
        "clusterroles": (),
        "clusterrolebindings": (),
        "validatingadmissionpolicybindings": (),
        "endpointslices": (),
    }
    return frozenset(extra.get(plural, ("status",)))


def builtin() -> list[Resource]:
    """A row for every built-in resource, in the order of discovery."""
    admission = "admissionregistration.k8s.io/v1"
    return [
        _row("v1", "configmaps", "ConfigMap", secrets.CONFIG_MAP, "cm"),
        _row("v1", "events", "Event", events.CORE, "ev"),
        _row("v1", "namespaces", "Namespace", _NAMESPACE, "ns", namespaced=False),
        _row("v1", "nodes", "Node", _PLAIN, "no", namespaced=False),
        _row("v1", "pods", "Pod", _POD, "po"),
        _row("v1", "secrets", "Secret", secrets.SECRET),
        _row("v1", "serviceaccounts", "ServiceAccount", _ACCOUNT, "sa"),
        _row("v1", "services", "Service", _SERVICE, "svc"),
        _row("apiextensions.k8s.io/v1", crds.PLURAL, crds.KIND, crds.BEHAVIOUR, "crd crds", namespaced=False),
        _row("apps/v1", "deployments", "Deployment", _WORKLOAD, "deploy"),
        _row("apps/v1", "replicasets", "ReplicaSet", _WORKLOAD, "rs"),
        _row("events.k8s.io/v1", "events", "Event", events.MODERN, "ev"),
        _row("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", _SPEC, "hpa"),
        _row("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", _SPEC, "pdb"),
        _row("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", _SPEC, "netpol"),
        _row(f"{_RBAC}/v1", "clusterrolebindings", "ClusterRoleBinding", _ROLE, namespaced=False),
        _row(f"{_RBAC}/v1", "clusterroles", "ClusterRole", _ROLE, namespaced=False),
        _row(f"{_RBAC}/v1", "rolebindings", "RoleBinding", _ROLE),
        _row(f"{_RBAC}/v1", "roles", "Role", _ROLE),
        _row(admission, "validatingadmissionpolicies", "ValidatingAdmissionPolicy", _SPEC, namespaced=False),
        _row(
            admission,
            "validatingadmissionpolicybindings",
            "ValidatingAdmissionPolicyBinding",
            _SPEC,
            namespaced=False,
        ),
        _row("coordination.k8s.io/v1", "leases", "Lease", _LEASE),
        _row("discovery.k8s.io/v1", "endpointslices", "EndpointSlice", _PLAIN),
        _row("scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", _PLAIN, "pc", namespaced=False),
        *reviews.REVIEWS,
    ]
