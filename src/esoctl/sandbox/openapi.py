"""Publishes schemas: OpenAPI v3 for every group and version, and the shell of OpenAPI v2.

kubectl asks them for three things: whether the server checks fields (the parameter ``fieldValidation``), what
``kubectl explain`` prints, and how lists merge. Custom resources show their own schema; built-in kinds show their
members only, and kubectl knows how theirs merge. Version 2 is empty but well formed, in JSON and in protobuf, because
clients that know version 3 need no more.
"""

from esoctl.sandbox.documents import Doc
from esoctl.sandbox.resources import Catalogue, Resource

V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
"""The answer's type. Clients ask with an ``@`` in it, which is no legal media type, so servers answer with a dot."""
_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_WORDS = {
    "apiVersion": "APIVersion defines the versioned schema of this representation of an object.",
    "kind": "Kind is a string value representing the REST resource this object represents.",
}
_META_MEMBERS = {
    "name": "Name must be unique within a namespace.",
    "namespace": "Namespace defines the space within which each name must be unique.",
    "uid": "UID is the unique in time and space value for this object.",
    "resourceVersion": "An opaque value that represents the internal version of this object.",
    "generateName": "GenerateName is an optional prefix, used by the server to generate a unique name.",
    "creationTimestamp": "The server time when this object was created.",
    "deletionTimestamp": "The time at which this resource will be deleted.",
}
_MAPS = ("labels", "annotations")


def index(catalogue: Catalogue) -> Doc:
    paths: Doc = {}
    for group, versions in catalogue.groups().items():
        for version in versions:
            path = f"apis/{group}/{version}" if group else f"api/{version}"
            paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={catalogue.edition}"}
    return {"paths": paths}


def document(catalogue: Catalogue, group: str, version: str) -> Doc | None:
    """The OpenAPI v3 document of one version of a group."""
    found = catalogue.of_version(group, version)
    if not found:
        return None
    schemas: Doc = {_META: _meta_schema()}
    paths: Doc = {}
    for resource in found:
        schemas[_name(resource)] = _schema(resource)
        paths.update(_paths(resource))
    title: Doc = {"title": "Kubernetes", "version": "v1.36.3"}
    return {"openapi": "3.0.0", "info": title, "paths": paths, "components": {"schemas": schemas}}


def v2() -> Doc:
    info: Doc = {"title": "Kubernetes", "version": "v1.36.3"}
    return {"swagger": "2.0", "info": info, "paths": {}, "definitions": {}}


def v2_protobuf() -> bytes:
    """The same as an ``openapi.v2.Document`` message: swagger (1), info (2), paths (8), definitions (9)."""
    info = _bytes_field(1, b"Kubernetes") + _bytes_field(2, b"v1.36.3")
    return _bytes_field(1, b"2.0") + _bytes_field(2, info) + _bytes_field(8, b"") + _bytes_field(9, b"")


def _bytes_field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2, len(value)]) + value


def _name(resource: Resource) -> str:
    reversed_group = ".".join(reversed(resource.group.split("."))) if resource.group else "io.k8s.api.core"
    return f"{reversed_group}.{resource.version}.{resource.kind}"


def _typed(resource: Resource) -> Doc:
    return {"group": resource.group, "kind": resource.kind, "version": resource.version}


def _schema(resource: Resource) -> Doc:
    shown: Doc = {**(resource.schema or {"type": "object"})}
    members = shown.get("properties")
    properties: Doc = {key: {"type": "string", "description": words} for key, words in _WORDS.items()}
    words = "Standard object's metadata."
    properties["metadata"] = {"allOf": [{"$ref": f"#/components/schemas/{_META}"}], "default": {}, "description": words}
    if isinstance(members, dict):
        properties |= {key: value for key, value in members.items() if key not in properties}
    for member in resource.behaviour.known or ():
        properties.setdefault(member, {"x-kubernetes-preserve-unknown-fields": True})
    shown["properties"] = properties
    shown["x-kubernetes-group-version-kind"] = [_typed(resource)]
    return shown


def _meta_schema() -> Doc:
    properties: Doc = {key: {"type": "string", "description": words} for key, words in _META_MEMBERS.items()}
    for member in _MAPS:
        properties[member] = {"type": "object", "additionalProperties": {"type": "string", "default": ""}}
    properties["finalizers"] = {"type": "array", "items": {"type": "string", "default": ""}}
    properties["generation"] = {"type": "integer", "format": "int64"}
    owner: Doc = {"type": "object", "properties": {name: {"type": "string"} for name in ("kind", "name", "uid")}}
    properties["ownerReferences"] = {"type": "array", "items": owner}
    words = "ObjectMeta is metadata that all persisted resources must have."
    return {"type": "object", "description": words, "properties": properties}


def _paths(resource: Resource) -> Doc:
    start = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    middle = "/namespaces/{namespace}" if resource.namespaced else ""
    many = f"{start}{middle}/{resource.plural}"
    paths: Doc = {many: {"get": _operation(resource, "list"), "post": _operation(resource, "post")}}
    paths[f"{many}/{{name}}"] = {
        "get": _operation(resource, "get"),
        "put": _operation(resource, "put"),
        "patch": _operation(resource, "patch"),
        "delete": _operation(resource, "delete"),
    }
    return paths


def _operation(resource: Resource, action: str) -> Doc:
    schema: Doc = {"$ref": f"#/components/schemas/{_name(resource)}"}
    content: Doc = {"application/json": {"schema": schema}}
    operation: Doc = {
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": _typed(resource),
        "responses": {"200": {"description": "OK", "content": content}},
    }
    if action in ("post", "put", "patch"):
        names = ("dryRun", "fieldManager", "fieldValidation")
        text: Doc = {"type": "string", "uniqueItems": True}
        operation["parameters"] = [{"name": name, "in": "query", "schema": text} for name in names]
    if action == "patch":
        bodies = ("application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json")
        operation["requestBody"] = {"content": {name: {"schema": {"type": "object"}} for name in bodies}}
    return operation
