"""Columns of the tables that clients print, for built-in and custom resources.

A server that is asked for a Table answers rows of cells, so kubectl needs no knowledge of kinds
(k8s.io/kubernetes ``pkg/printers``, k8s.io/apiextensions-apiserver ``tableconvertor``).
"""

import json
from collections.abc import Callable, Iterable

from esoctl.sandbox import jsonpaths, lookup, moments
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.resources import Column

_NAME_WORDS = "Name must be unique within a namespace."
_AGE_WORDS = "CreationTimestamp is a timestamp representing the server time when this object was created."
NAME = Column("Name", path=".metadata.name", format="name", description=_NAME_WORDS)


def _age(doc: Doc, now: str) -> str:
    return moments.age(lookup.text(doc, "metadata", "creationTimestamp"), now)


AGE = Column("Age", read=_age, description=_AGE_WORDS)
CREATED = Column("Created At", path=".metadata.creationTimestamp", description=_AGE_WORDS)


def _size(*members: str) -> Callable[[Doc, str], object]:
    return lambda doc, _now: sum(len(lookup.child(doc, member)) for member in members)


def _length(member: str) -> Callable[[Doc, str], object]:
    return lambda doc, _now: len(lookup.items(doc, member))


def _ready(doc: Doc, _now: str) -> str:
    return f"{lookup.number(doc, 'status', 'readyReplicas')}/{lookup.number(doc, 'spec', 'replicas')}"


def _seen(doc: Doc, now: str) -> str:
    last = lookup.text(doc, "lastTimestamp") or lookup.text(doc, "eventTime")
    return moments.age(last or lookup.text(doc, "metadata", "creationTimestamp"), now)


def _about(doc: Doc, _now: str) -> str:
    about = lookup.child(doc, "involvedObject") or lookup.child(doc, "regarding")
    return f"{lookup.text(about, 'kind').lower()}/{lookup.text(about, 'name')}"


def _note(doc: Doc, _now: str) -> str:
    return (lookup.text(doc, "message") or lookup.text(doc, "note")).strip()


def _number(path: str) -> Callable[[Doc, str], object]:
    steps = path.split(".")
    return lambda doc, _now: lookup.number(doc, *steps)


def _ports(doc: Doc, _now: str) -> str:
    found = (f"{one.get('port')}/{one.get('protocol', 'TCP')}" for one in lookup.docs(doc, "spec", "ports"))
    return ",".join(found) or "<none>"


BUILTIN_COLUMNS: dict[str, tuple[Column, ...]] = {
    "Secret": (NAME, Column("Type", path=".type"), Column("Data", "integer", read=_size("data")), AGE),
    "ConfigMap": (NAME, Column("Data", "integer", read=_size("data", "binaryData")), AGE),
    "Namespace": (NAME, Column("Status", path=".status.phase"), AGE),
    "ServiceAccount": (NAME, Column("Secrets", "integer", read=_length("secrets")), AGE),
    "Lease": (NAME, Column("Holder", path=".spec.holderIdentity"), AGE),
    "CustomResourceDefinition": (NAME, CREATED),
    "Role": (NAME, CREATED),
    "ClusterRole": (NAME, CREATED),
    "RoleBinding": (NAME, Column("Role", path=".roleRef.name"), AGE),
    "ClusterRoleBinding": (NAME, Column("Role", path=".roleRef.name"), AGE),
    "Pod": (NAME, Column("Status", path=".status.phase"), AGE),
    "Service": (
        NAME,
        Column("Type", path=".spec.type"),
        Column("Cluster-IP", path=".spec.clusterIP"),
        Column("Port(s)", read=_ports),
        AGE,
    ),
    "Deployment": (
        NAME,
        Column("Ready", read=_ready),
        Column("Up-to-date", "integer", read=_number("status.updatedReplicas")),
        Column("Available", "integer", read=_number("status.availableReplicas")),
        AGE,
    ),
    "Event": (
        Column("Last Seen", read=_seen),
        Column("Type", path=".type"),
        Column("Reason", path=".reason"),
        Column("Object", read=_about),
        Column("Message", read=_note),
        Column("Name", path=".metadata.name", format="name", priority=1),
    ),
}


def of_definition(columns: Iterable[Doc]) -> tuple[Column, ...]:
    """Name, then the ``additionalPrinterColumns``; Age alone when there are none."""
    extra = [
        Column(
            lookup.text(one, "name"),
            lookup.text(one, "type"),
            lookup.text(one, "jsonPath"),
            lookup.text(one, "format"),
            lookup.text(one, "description")
            or f"Custom resource definition column (in JSONPath format): {lookup.text(one, 'jsonPath')}",
            lookup.number(one, "priority"),
        )
        for one in columns
    ]
    age = Column("Age", "date", ".metadata.creationTimestamp", description=_AGE_WORDS)
    return (NAME, *(extra or [age]))


def cell(column: Column, doc: Doc, now: str) -> object:
    if column.read is not None:
        return column.read(doc, now)
    return _typed(column.type, jsonpaths.first(doc, column.path), now)


def _typed(kind: str, value: object, now: str) -> object:
    match kind:
        case "string":
            return _text(value)
        case "date":
            return moments.age(value, now) if isinstance(value, str) else None
        case "integer":
            return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        case "number":
            return value if isinstance(value, int | float) and not isinstance(value, bool) else None
        case _:
            return value if isinstance(value, bool) else None


def _text(value: object) -> object:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return str(value)
