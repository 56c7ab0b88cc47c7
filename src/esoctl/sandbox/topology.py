"""Which parts of an object are one unit and which are merged: the topology of a kind.

Server-side apply, managedFields and the strategic merge patch all ask the same questions: is this map taken whole or
key by key, does this list have keys, is a field declared by the type or a key a user chose. A ``Topology`` answers them
for one value; the value's own JSON type decides which of its answers counts, so one node can describe an
int-or-string or an untyped field.

From: the OpenAPI extensions ``x-kubernetes-list-type``, ``x-kubernetes-list-map-keys`` and ``x-kubernetes-map-type``
(Kubernetes documentation, "Server-Side Apply: Merge strategy") and, for the built-in kinds, their published schemas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import ClassVar

from esoctl.sandbox.documents import child


class Items(Enum):
    """How the items of a list are told apart."""

    ATOMIC = "atomic"
    SET = "set"
    MAP = "map"


class Rest(Enum):
    """What a key that is neither a declared field nor covered by ``element`` is taken for."""

    DEDUCED = "deduced"
    """Free-form content: maps key by key, lists whole."""
    DECLARED = "declared"
    """A field of the type that is not spelled out here; below it, the same."""
    CLOSED = "closed"
    """An unknown field."""


@dataclass(frozen=True)
class Topology:
    """How one value is merged. Fields not given mean: a map key by key, a list as a whole."""

    EMPTY: ClassVar[Topology]
    """Nothing is known: maps key by key, lists whole, every key is the user's own."""

    fields: Mapping[str, Topology] = field(default_factory=dict)
    element: Topology | None = None
    """Of the items of a list and of the values of a map whose keys users choose."""
    rest: Rest = Rest.DEDUCED
    atomic: bool = False
    """The map is one unit."""
    items: Items = Items.ATOMIC
    keys: tuple[str, ...] = ()
    defaults: Mapping[str, object] = field(default_factory=dict)
    """Values of list keys that an item may leave out."""
    patch_key: str = ""
    """The key by which a strategic merge patch tells items apart, where that is not the first of ``keys``."""
    native: bool = False
    """Root only: a built-in kind, whose objects never hold a null."""
    blank: Mapping[str, object] = field(default_factory=dict)
    """Root only: parts that every object of the kind has, even a new one."""

    @cached_property
    def plain(self) -> bool:
        """Whether no list in it, at any depth, has items that are told apart."""
        below = (*self.fields.values(), *(() if self.element is None else (self.element,)))
        return self.items is Items.ATOMIC and all(one.plain for one in below)

    def declares(self, name: str) -> bool:
        """Whether the name is a field of the type rather than a key that a user chose."""
        return name in self.fields or (self.element is None and self.rest is Rest.DECLARED)

    def knows(self, name: str) -> bool:
        """Whether the name may occur at all."""
        return name in self.fields or self.element is not None or self.rest is not Rest.CLOSED

    def at(self, name: str) -> Topology:
        """The topology of the value under a key."""
        found = self.fields.get(name) or self.element
        if found is not None:
            return found
        return _DECLARED if self.rest is Rest.DECLARED else Topology.EMPTY

    def of_item(self) -> Topology:
        """The topology of an item of the list."""
        return self.element or Topology.EMPTY


Topology.EMPTY = Topology()
_DECLARED = Topology(rest=Rest.DECLARED)
_ATOMIC = Topology(rest=Rest.DECLARED, atomic=True)
_SET = Topology(items=Items.SET)
_GRANULAR = Topology(element=Topology.EMPTY)


def _exactly(scalars: str, **fields: Topology) -> Topology:
    """A type whose fields are all named: plain ones as words, others with their topology."""
    return Topology(fields={**dict.fromkeys(scalars.split(), _DECLARED), **fields}, rest=Rest.CLOSED)


def _struct(**fields: Topology) -> Topology:
    return Topology(fields=fields, rest=Rest.DECLARED)


def _list_of(element: Topology, *keys: str, **defaults: object) -> Topology:
    """A list with keys, or a whole one without; a key that an item leaves out counts as its default, else as empty."""
    filled = {key: defaults.get(key, "") for key in keys}
    return Topology(element=element, items=Items.MAP if keys else Items.ATOMIC, keys=keys, defaults=filled)


OBJECT_META = _exactly(
    "creationTimestamp deletionGracePeriodSeconds deletionTimestamp generateName generation name namespace "
    "resourceVersion selfLink uid",
    annotations=_GRANULAR,
    labels=_GRANULAR,
    finalizers=_SET,
    managedFields=_list_of(_DECLARED),
    ownerReferences=_list_of(_ATOMIC, "uid"),
)

_CONDITIONS = _list_of(_DECLARED, "type")


def _kind(blank: Mapping[str, object] | None = None, scalars: str = "", **fields: Topology) -> Topology:
    """A built-in kind; parts that every object of it has, even a new one, are ``blank``."""
    known = _exactly(f"apiVersion kind {scalars}", metadata=OBJECT_META, **fields)
    return replace(known, native=True, blank={"metadata": {}, **(blank or {})})


def _probe() -> Topology:
    return _struct(exec=_DECLARED, httpGet=_DECLARED)


def _container() -> Topology:
    source = _struct(
        configMapKeyRef=_ATOMIC, fieldRef=_ATOMIC, fileKeyRef=_ATOMIC, resourceFieldRef=_ATOMIC, secretKeyRef=_ATOMIC
    )
    return _struct(
        env=_list_of(_struct(valueFrom=source), "name"),
        lifecycle=_struct(postStart=_probe(), preStop=_probe()),
        livenessProbe=_probe(),
        readinessProbe=_probe(),
        startupProbe=_probe(),
        ports=_list_of(_DECLARED, "containerPort", "protocol", protocol="TCP"),
        resources=_struct(claims=_list_of(_DECLARED, "name"), limits=_GRANULAR, requests=_GRANULAR),
        volumeDevices=_list_of(_DECLARED, "devicePath"),
        volumeMounts=_list_of(_DECLARED, "mountPath"),
    )


def _volume() -> Topology:
    projection = _struct(
        configMap=_DECLARED, secret=_DECLARED, downwardAPI=_DECLARED, clusterTrustBundle=_struct(labelSelector=_ATOMIC)
    )
    return _struct(projected=_struct(sources=_list_of(projection)), csi=_struct(nodePublishSecretRef=_ATOMIC))


def _pod_spec() -> Topology:
    containers = _list_of(_container(), "name")
    return _struct(
        affinity=_struct(nodeAffinity=_struct(requiredDuringSchedulingIgnoredDuringExecution=_ATOMIC)),
        containers=containers,
        initContainers=containers,
        ephemeralContainers=containers,
        hostAliases=_list_of(_DECLARED, "ip"),
        imagePullSecrets=_list_of(_ATOMIC, "name"),
        nodeSelector=_ATOMIC,
        overhead=_GRANULAR,
        resourceClaims=_list_of(_DECLARED, "name"),
        resources=_struct(limits=_GRANULAR, requests=_GRANULAR),
        schedulingGates=_list_of(_DECLARED, "name"),
        topologySpreadConstraints=_list_of(_struct(labelSelector=_ATOMIC), "topologyKey", "whenUnsatisfiable"),
        volumes=_list_of(_volume(), "name"),
    )


def _deployment() -> Topology:
    template = _struct(metadata=OBJECT_META, spec=_pod_spec())
    return _kind(
        {
            "spec": {"selector": None, "strategy": {}, "template": {"metadata": {}, "spec": {"containers": None}}},
            "status": {},
        },
        spec=_struct(selector=_ATOMIC, strategy=_struct(rollingUpdate=_DECLARED), template=template),
        status=_struct(conditions=_CONDITIONS),
    )


def _service() -> Topology:
    ports = _list_of(_DECLARED, "port", "protocol", protocol="TCP")
    return _kind(
        {"spec": {}, "status": {"loadBalancer": {}}},
        spec=_struct(ports=ports, selector=_ATOMIC),
        status=_struct(conditions=_CONDITIONS, loadBalancer=_struct(ingress=_list_of(_DECLARED))),
    )


_ROLE_REF: Mapping[str, object] = {"roleRef": {"apiGroup": "", "kind": "", "name": ""}}
_BINDING = _kind(_ROLE_REF, roleRef=_ATOMIC, subjects=_list_of(_ATOMIC))
_ROLE = _kind({"rules": None}, rules=_list_of(_DECLARED), aggregationRule=_DECLARED)

BUILTIN: dict[tuple[str, str], Topology] = {
    ("v1", "Secret"): _kind(scalars="immutable type", data=_GRANULAR, stringData=_GRANULAR),
    ("v1", "ConfigMap"): _kind(scalars="immutable", data=_GRANULAR, binaryData=_GRANULAR),
    ("v1", "Namespace"): _kind({"spec": {}, "status": {}}, spec=_DECLARED, status=_struct(conditions=_CONDITIONS)),
    ("v1", "ServiceAccount"): _kind(
        scalars="automountServiceAccountToken",
        imagePullSecrets=replace(_list_of(_ATOMIC), patch_key="name"),
        secrets=_list_of(_ATOMIC, "name"),
    ),
    ("v1", "Event"): _kind(
        {"involvedObject": {}, "source": {}, "reportingComponent": "", "reportingInstance": ""},
        "action count eventTime firstTimestamp lastTimestamp message reason reportingComponent reportingInstance type",
        involvedObject=_ATOMIC,
        related=_ATOMIC,
        series=_DECLARED,
        source=_DECLARED,
    ),
    ("coordination.k8s.io/v1", "Lease"): _kind({"spec": {}}, spec=_DECLARED),
    ("apps/v1", "Deployment"): _deployment(),
    ("v1", "Service"): _service(),
    ("rbac.authorization.k8s.io/v1", "Role"): _ROLE,
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): _ROLE,
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): _BINDING,
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): _BINDING,
}


def from_schema(openapi_schema: Mapping[str, object]) -> Topology:
    """The topology of a custom resource from its ``openAPIV3Schema``; ObjectMeta is always added."""
    root = _read(openapi_schema, preserve=False)
    return replace(root, fields={**root.fields, **_embedded()})


def _embedded() -> dict[str, Topology]:
    return {"apiVersion": _DECLARED, "kind": _DECLARED, "metadata": OBJECT_META}


def _read(schema: Mapping[str, object], *, preserve: bool) -> Topology:
    """Descendants of a field that preserves unknown fields preserve them as well, as the server reads it."""
    preserve = preserve or schema.get("x-kubernetes-preserve-unknown-fields") is True
    fields = {
        name: _read(child({"s": one}, "s"), preserve=preserve) for name, one in child(schema, "properties").items()
    }
    if schema.get("x-kubernetes-embedded-resource") is True:
        fields = {**fields, **_embedded()}
    if "items" in schema:
        return _read_list(schema, preserve)
    element, rest = _read_rest(schema, preserve)
    return Topology(fields=fields, element=element, rest=rest, atomic=schema.get("x-kubernetes-map-type") == "atomic")


def _read_rest(schema: Mapping[str, object], preserve: bool) -> tuple[Topology | None, Rest]:
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        return _read(extra, preserve=preserve), Rest.CLOSED
    free = extra is True or (extra is None and (preserve or not child(schema, "properties")))
    return None, Rest.DEDUCED if free else Rest.CLOSED


def _read_list(schema: Mapping[str, object], preserve: bool) -> Topology:
    items = child(schema, "items")
    found = schema.get("x-kubernetes-list-map-keys")
    keys = tuple(key for key in found if isinstance(key, str)) if isinstance(found, list) else ()
    columns = {key: child(child(items, "properties"), key) for key in keys}
    defaults = {key: column["default"] for key, column in columns.items() if "default" in column}
    return Topology(
        element=_read(items, preserve=preserve),
        items=Items(str(schema.get("x-kubernetes-list-type", "atomic"))),
        keys=keys,
        defaults=defaults,
    )
