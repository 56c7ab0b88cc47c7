"""The definitions as the API server takes them: names, columns, schema. ``esoctl crds`` prints them.

Columns, short names and selectable fields are the reference's, so users see what they know; columns of ours come after.
"""

from typing import Final, NamedTuple

import yaml

from esoctl.crds import generators, providers
from esoctl.crds.structural import Schema, of_type
from esoctl.model.external_secret import ExternalSecretSpec, ExternalSecretStatus
from esoctl.model.keys import Kind
from esoctl.model.kinds import GENERATORS, RESOURCES
from esoctl.model.provenance import Sync
from esoctl.model.store import StoreSpec, StoreStatus

READY: Final = '.status.conditions[?(@.type=="Ready")]'
SYNC: Final = ".status.sync"
SYNC_TEXT: Final = "Where the content of the target comes from, since when, and why."
LABEL: Final = {"external-secrets.io/component": "controller"}


class Column(NamedTuple):
    """One printer column."""

    name: str
    path: str
    type: str = "string"
    priority: int = 0
    """Above 0: with ``-o wide`` only."""


class Names(NamedTuple):
    """How a kind is called; an empty short name is none."""

    kind: Kind
    short: str
    description: str


GENERATED: Final = (
    Names(Kind.FAKE, "", "Makes values that are written down in it, for tests."),
    Names(Kind.PASSWORD, "", "Makes random passwords."),
    Names(Kind.UUID, "", "Makes random UUIDs."),
    Names(Kind.CLUSTER_GENERATOR, "", "A generator of any kind, for every namespace."),
)


EXTERNAL_SECRET_COLUMNS: Final = (
    Column("StoreType", ".spec.secretStoreRef.kind"),
    Column("Store", ".spec.secretStoreRef.name"),
    Column("Refresh Interval", ".spec.refreshInterval"),
    Column("Status", f"{READY}.reason"),
    Column("Ready", f"{READY}.status"),
    Column("Last Sync", ".status.refreshTime", "date"),
    Column("Last Change", f"{SYNC}.changedAt", "date"),
    Column("Fresh Until", f"{SYNC}.freshUntil", priority=1),
    Column("Cause", f"{SYNC}.changeCause", priority=1),
    Column("Changed Keys", f"{SYNC}.changedKeys", priority=1),
    Column("Version", f"{SYNC}.remotes[0].version", priority=1),
)
STORE_COLUMNS: Final = (
    Column("AGE", ".metadata.creationTimestamp", "date"),
    Column("Status", f"{READY}.reason"),
    Column("Capabilities", ".status.capabilities"),
    Column("Ready", f"{READY}.status"),
)
SELECTABLE: Final = (
    ".spec.secretStoreRef.name",
    ".spec.secretStoreRef.kind",
    ".spec.target.name",
    ".spec.refreshInterval",
)


def all_crds() -> list[dict[str, object]]:
    """Every definition, in the order in which they are installed."""
    external_secret = Names(Kind.EXTERNAL_SECRET, "es", "Keeps a Secret true to values of an external source.")
    store = Names(Kind.SECRET_STORE, "ss", "Says where values come from, for one namespace.")
    cluster_store = Names(Kind.CLUSTER_SECRET_STORE, "css", "Says where values come from, for many namespaces.")
    store_spec, store_status = of_type(StoreSpec), of_type(StoreStatus)
    _properties(store_spec)["provider"] = {
        "description": _description(store_spec),
        "type": "object",
        **providers.provider(),
    }
    status = of_type(ExternalSecretStatus)
    _properties(status)["sync"] = {"description": SYNC_TEXT, **of_type(Sync)}
    version = _version(external_secret, of_type(ExternalSecretSpec), status, EXTERNAL_SECRET_COLUMNS)
    version["selectableFields"] = [{"jsonPath": path} for path in SELECTABLE]
    return [
        _definition(external_secret, version),
        _definition(store, _version(store, store_spec, store_status, STORE_COLUMNS)),
        _definition(cluster_store, _version(cluster_store, store_spec, store_status, STORE_COLUMNS)),
        *(
            _definition(names, _version(names, generators.spec(names.kind), {"type": "object"}, ()))
            for names in GENERATED
        ),
    ]


def as_yaml(definition: dict[str, object]) -> str:
    """One definition as a YAML document."""
    return yaml.dump(definition, Dumper=_Plain, sort_keys=False, width=120, allow_unicode=True)


class _Plain(yaml.SafeDumper):
    """Without anchors: what is said twice is written twice."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  the parent's signature
        return True


def _definition(names: Names, version: dict[str, object]) -> dict[str, object]:
    resource = RESOURCES[names.kind]
    categories = ["external-secrets", *(["external-secrets-generators"] if resource.group == GENERATORS else [])]
    short = {"shortNames": [names.short]} if names.short else {}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{resource.plural}.{resource.group}", "labels": dict(LABEL)},
        "spec": {
            "group": resource.group,
            "names": {
                "kind": names.kind.value, "listKind": f"{names.kind}List", "plural": resource.plural,
                "singular": names.kind.lower(), **short, "categories": categories,
            },
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "versions": [version],
        },
    }  # fmt: skip


def _version(names: Names, spec: Schema, status: Schema, columns: tuple[Column, ...]) -> dict[str, object]:
    properties = {
        "apiVersion": {"type": "string", "description": "Version of the API that this object is written for."},
        "kind": {"type": "string", "description": "Kind of this object."},
        "metadata": {"type": "object"},
        "spec": {"description": "What is wanted.", **spec},
        "status": {"description": "What was observed.", **status},
    }
    shown = [_shown(column) for column in columns]
    return {
        "name": RESOURCES[names.kind].version,
        "served": True,
        "storage": True,
        **({"additionalPrinterColumns": shown} if shown else {}),
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": {"type": "object", "description": names.description, "properties": properties}},
    }


def _shown(column: Column) -> dict[str, object]:
    shown: dict[str, object] = {"name": column.name, "type": column.type, "jsonPath": column.path}
    return shown | ({"priority": column.priority} if column.priority else {})


def _properties(schema: Schema) -> dict[str, object]:
    properties = schema["properties"]
    assert isinstance(properties, dict)
    return properties


def _description(schema: Schema) -> object:
    below = _properties(schema)["provider"]
    assert isinstance(below, dict)
    return below["description"]
