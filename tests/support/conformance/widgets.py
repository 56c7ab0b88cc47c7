"""The custom resource of the conformance suite: a Widget uses what the project's own CRDs use.

A structural schema with required fields, enums, patterns and limits, a map, a list keyed by a field, a part that keeps
unknown fields, CEL rules with a field path, the status subresource, printer columns and short names.
"""

from support.api import Api, Json

GROUP = "conformance.esoctl.dev"
VERSION = "v1"
GROUP_VERSION = f"{GROUP}/{VERSION}"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NAME = f"widgets.{GROUP}"

CONDITION = {
    "type": "object",
    "required": ["type", "status"],
    "properties": {
        "type": {"type": "string"},
        "status": {"type": "string", "enum": ["True", "False", "Unknown"]},
        "reason": {"type": "string"},
        "message": {"type": "string"},
        "lastTransitionTime": {"type": "string", "format": "date-time"},
    },
}
PART = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "count": {"type": "integer", "format": "int32"}},
}
SPEC = {
    "type": "object",
    "description": "What the widget shall be.",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 1, "maximum": 10, "description": "How big it is."},
        "colour": {"type": "string", "enum": ["red", "green"]},
        "code": {"type": "string", "pattern": "^[a-z]+$", "minLength": 2, "maxLength": 8},
        "tags": {"type": "object", "additionalProperties": {"type": "string"}},
        "words": {"type": "array", "maxItems": 3, "items": {"type": "string"}},
        "parts": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": PART,
        },
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "exact": {"x-kubernetes-int-or-string": True},
        "nothing": {"type": "string", "nullable": True},
        "auth": {
            "type": "object",
            "x-kubernetes-preserve-unknown-fields": True,
            "description": "Not a field: see the rule.",
        },
        "low": {"type": "integer"},
        "high": {"type": "integer"},
    },
    "x-kubernetes-validations": [
        {
            "rule": "!has(self.auth)",
            "message": "auth belongs under spec.free, not under spec",
            "fieldPath": ".auth",
            "reason": "FieldValueForbidden",
        },
        {"rule": "!has(self.low) || !has(self.high) || self.low <= self.high", "message": "low must not be above high"},
    ],
}
STATUS = {
    "type": "object",
    "properties": {
        "ready": {"type": "boolean"},
        "count": {"type": "integer"},
        "conditions": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
            "items": CONDITION,
        },
    },
}
COLUMNS = [
    {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
    {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
    {"name": "Colour", "type": "string", "jsonPath": ".spec.colour", "priority": 1},
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
]


def definition(
    plural: str = "widgets",
    kind: str = "Widget",
    short: str = "wd",
    spec: Json | None = None,
    *,
    scope: str = "Namespaced",
) -> Json:
    """A CustomResourceDefinition with the schema above, under another name if wanted."""
    schema = {
        "type": "object",
        "description": "Widget is what the conformance suite plays with.",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": spec or SPEC,
            "status": STATUS,
        },
    }
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
        "additionalPrinterColumns": COLUMNS,
    }
    names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List", "shortNames": [short]}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {"group": GROUP, "scope": scope, "names": names | {"categories": ["toys"]}, "versions": [version]},
    }


def widget(name: str, **spec: Json) -> Json:
    return {"apiVersion": GROUP_VERSION, "kind": "Widget", "metadata": {"name": name}, "spec": {"size": 1} | spec}


def established(api: Api, name: str = NAME) -> bool:
    """Whether the definition is served, that is also in discovery."""
    body = api.get(f"{CRDS}/{name}").body
    conditions = {c["type"]: c["status"] for c in body.get("status", {}).get("conditions") or []}
    if conditions.get("Established") != "True":
        return False
    plural = name.split(".", 1)[0]
    listed = api.get(f"/apis/{GROUP_VERSION}").body
    return isinstance(listed, dict) and any(r["name"] == plural for r in listed.get("resources", []))
