"""Tells clients what is served: groups, versions, resources, in the classic and the aggregated form.

From the Kubernetes documentation "API discovery" and k8s.io/apiserver ``endpoints/discovery``.
"""

from esoctl.sandbox.documents import Doc
from esoctl.sandbox.resources import VERBS, Catalogue, Resource

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
VERSION: Doc = {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.3+sandbox",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "none",
    "compiler": "none",
    "platform": "python",
}
_SUBRESOURCE_VERBS = {"status": ("get", "patch", "update"), "finalize": ("update",), "token": ("create",)}
_SUBRESOURCE_KINDS = {"token": ("authentication.k8s.io", "v1", "TokenRequest")}


def wants_aggregated(accept: str) -> bool:
    parts = (part.strip().replace(" ", "") for part in accept.split(","))
    return any("as=APIGroupDiscoveryList" in part and "v=v2;" in f"{part};" for part in parts)


def core_versions(address: str) -> Doc:
    where: Doc = {"clientCIDR": "0.0.0.0/0", "serverAddress": address}
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [where]}


def groups(catalogue: Catalogue) -> Doc:
    rows = [_group(name, versions) for name, versions in catalogue.groups().items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": rows}


def group(catalogue: Catalogue, name: str) -> Doc | None:
    versions = catalogue.groups().get(name)
    return None if versions is None or not name else {"kind": "APIGroup", "apiVersion": "v1", **_group(name, versions)}


def _group(name: str, versions: list[str]) -> Doc:
    rows: list[Doc] = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": rows, "preferredVersion": rows[0]}


def resources(catalogue: Catalogue, group_name: str, version: str) -> Doc | None:
    found = catalogue.of_version(group_name, version)
    if not found:
        return None
    rows = [row for resource in found for row in _rows(resource)]
    called = f"{group_name}/{version}" if group_name else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": called, "resources": rows}


def _rows(resource: Resource) -> list[Doc]:
    main: Doc = {
        "name": resource.plural,
        "singularName": _singular(resource),
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(_verbs(resource)),
    }
    if resource.short_names:
        main["shortNames"] = list(resource.short_names)
    if resource.categories:
        main["categories"] = list(resource.categories)
    return [main, *(_subresource_row(resource, name) for name in sorted(resource.subresources))]


def _subresource_row(resource: Resource, name: str) -> Doc:
    row: Doc = {
        "name": f"{resource.plural}/{name}",
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(_SUBRESOURCE_VERBS[name]),
    }
    if name in _SUBRESOURCE_KINDS:
        row["group"], row["version"], row["kind"] = _SUBRESOURCE_KINDS[name]
    return row


def _singular(resource: Resource) -> str:
    return resource.singular or resource.kind.lower()


def _verbs(resource: Resource) -> tuple[str, ...]:
    return resource.verbs or VERBS


def aggregated(catalogue: Catalogue, *, core: bool) -> Doc:
    """Everything under ``/api`` or ``/apis`` in one document."""
    items = [
        {
            "metadata": {"name": name, "creationTimestamp": None},
            "versions": [_aggregated_version(catalogue, name, version) for version in versions],
        }
        for name, versions in catalogue.groups().items()
        if bool(name) is not core
    ]
    for item in items:
        if core:
            item["metadata"] = {"creationTimestamp": None}
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _aggregated_version(catalogue: Catalogue, name: str, version: str) -> Doc:
    rows = [_aggregated_row(resource) for resource in catalogue.of_version(name, version)]
    return {"version": version, "resources": rows, "freshness": "Current"}


def _aggregated_row(resource: Resource) -> Doc:
    scope = "Namespaced" if resource.namespaced else "Cluster"
    row: Doc = {
        "resource": resource.plural,
        "responseKind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
        "scope": scope,
        "singularResource": _singular(resource),
        "verbs": list(_verbs(resource)),
    }
    if resource.short_names:
        row["shortNames"] = list(resource.short_names)
    if resource.categories:
        row["categories"] = list(resource.categories)
    if resource.subresources:
        row["subresources"] = [_aggregated_subresource(resource, name) for name in sorted(resource.subresources)]
    return row


def _aggregated_subresource(resource: Resource, name: str) -> Doc:
    group_name, version, kind = _SUBRESOURCE_KINDS.get(name, (resource.group, resource.version, resource.kind))
    shown: Doc = {"group": group_name, "version": version, "kind": kind}
    return {"subresource": name, "responseKind": shown, "verbs": list(_SUBRESOURCE_VERBS[name])}
