"""Chooses and makes the representation a client asked for: the object, its metadata only, or a table.

From k8s.io/apiserver ``endpoints/handlers/negotiation`` and ``endpoints/handlers/response.go``: the Accept header names
the representation (``application/json;as=Table;v=v1;g=meta.k8s.io``); the first one the server knows wins.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from esoctl.sandbox import columns, lookup, statuses
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.resources import Column, Resource

_META = "meta.k8s.io/v1"
_TYPES = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
_PLAIN = frozenset(["application/json", "application/*", "*/*", "text/*"])


class Shape(Enum):
    OBJECT = "object"
    METADATA = "metadata"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class View:
    shape: Shape
    yaml: bool = False
    include: str = "Metadata"
    """What of the object a table row carries: None, Metadata or Object."""


def choose(accept: str, include: str = "") -> View:
    """The view for an Accept header; refuses when nothing in it can be served."""
    for media_type, parameters in _ranges(accept or "*/*"):
        shape = _shape(parameters)
        if shape is None:
            continue
        if media_type in _PLAIN:
            return View(shape, include=include or "Metadata")
        if media_type == "application/yaml":
            return View(shape, yaml=True, include=include or "Metadata")
    raise statuses.not_acceptable(_TYPES)


def _ranges(accept: str) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[float, str, dict[str, str]]] = []
    for part in accept.split(","):
        media_type, *rest = (piece.strip() for piece in part.split(";"))
        parameters = dict(piece.partition("=")[::2] for piece in rest)
        found.append((_quality(parameters.pop("q", "1")), media_type.lower(), parameters))
    found.sort(key=lambda one: -one[0])
    return [(media_type, parameters) for _, media_type, parameters in found]


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0


def _shape(parameters: dict[str, str]) -> Shape | None:
    wanted = parameters.get("as", "")
    if not wanted:
        return Shape.OBJECT
    if (parameters.get("g"), parameters.get("v")) != ("meta.k8s.io", "v1"):
        return None
    if wanted == "Table":
        return Shape.TABLE
    return Shape.METADATA if wanted in ("PartialObjectMetadata", "PartialObjectMetadataList") else None


def one(view: View, resource: Resource, doc: Doc, now: str) -> Doc:
    """A single object in the view."""
    if view.shape is Shape.TABLE:
        return table(view, resource, [doc], {"resourceVersion": lookup.revision_of(doc)}, now)
    return _partial(doc) if view.shape is Shape.METADATA else doc


def many(view: View, resource: Resource, docs: Iterable[Doc], meta: Doc, now: str) -> Doc:
    """A list of objects in the view; ``meta`` is the ListMeta."""
    if view.shape is Shape.TABLE:
        return table(view, resource, docs, meta, now)
    if view.shape is Shape.METADATA:
        partial = [_partial(doc) for doc in docs]
        return {"kind": "PartialObjectMetadataList", "apiVersion": _META, "metadata": meta, "items": partial}
    items = [doc if resource.custom else _untyped(doc) for doc in docs]
    return {"kind": resource.list_name, "apiVersion": resource.api_version, "metadata": meta, "items": items}


def bookmark(view: View, resource: Resource, revision: int, *, initial_end: bool) -> Doc:
    """The object of a BOOKMARK event: nothing but a revision."""
    meta: Doc = {"resourceVersion": str(revision), "creationTimestamp": None}
    if initial_end:
        meta["annotations"] = {"k8s.io/initial-events-end": "true"}
    doc: Doc = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": meta}
    return _partial(doc) if view.shape is Shape.METADATA else doc


def _untyped(doc: Doc) -> Doc:
    """Items of a typed list do not repeat their type."""
    return {key: value for key, value in doc.items() if key not in ("kind", "apiVersion")}


def _partial(doc: Doc) -> Doc:
    return {"kind": "PartialObjectMetadata", "apiVersion": _META, "metadata": doc.get("metadata", {})}


def table(view: View, resource: Resource, docs: Iterable[Doc], meta: Doc, now: str, *, headed: bool = True) -> Doc:
    shown = resource.columns or (columns.NAME, columns.AGE)
    rows = [_row(view, shown, doc, now) for doc in docs]
    heads = [_head(column) for column in shown] if headed else None
    return {"kind": "Table", "apiVersion": _META, "metadata": meta, "columnDefinitions": heads, "rows": rows}


def _head(column: Column) -> Doc:
    return {
        "name": column.name,
        "type": column.type,
        "format": column.format,
        "description": column.description,
        "priority": column.priority,
    }


def _row(view: View, shown: tuple[Column, ...], doc: Doc, now: str) -> Doc:
    row: Doc = {"cells": [columns.cell(column, doc, now) for column in shown]}
    if view.include == "Object":
        row["object"] = doc
    elif view.include != "None":
        row["object"] = _partial(doc)
    return row
