"""``docs/reference/fields.md``: every field of ExternalSecret and the stores, and what becomes of it.

Fields and their words come from the schemas; what a schema cannot say is here: where esoctl differs from the reference,
where a field has no effect, and what AWS has no use for. ``esoctl crds --fields`` prints the page.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from esoctl.crds.generate import all_crds
from esoctl.crds.providers import OTHERS
from esoctl.crds.structural import Schema
from esoctl.model.keys import Kind

SUPPORTED: Final = "supported"
DIFFERS: Final = "differs"
NOT_AWS: Final = "not for AWS"
REFUSED: Final = "refused"
OWN: Final = "added"

HEAD: Final = """\
# Fields

Every field of ExternalSecret, SecretStore and ClusterSecretStore. `make fields` writes this page from the schemas.

* **supported**: as in the reference (external-secrets 2.9.0).
* **differs**: served, but not quite as in the reference; [differences.md](../differences.md) says why.
* **not for AWS**: known and stored, so that no manifest needs a change, but it means nothing to AWS.
* **added**: esoctl's own. The reference's definitions do not keep it, and nothing depends on it.
* **refused**: no field of the API; declared so that a common mistake is told and not dropped.

A field that has no effect as it is used (such as `syncWindows` with `refreshPolicy: OnChange`) is told in a Warning
event `FieldIgnored` of the object, once an edit, and by `esoctl check`.
"""


class Verdict(NamedTuple):
    """What becomes of a field."""

    word: str
    note: str = ""

    def __str__(self) -> str:
        return f"{self.word}: {self.note}" if self.note else self.word


MANY: Final = 8
ADDED: Final = "status.sync"
"""What is below it is added, too."""
_NO_EFFECT: Final = "without effect and told so"
VERDICTS: Final[Mapping[tuple[str, str], Verdict]] = {
    ("ExternalSecret", "spec.refreshInterval"): Verdict(DIFFERS, "zero still syncs after an edit"),
    ("ExternalSecret", "spec.syncWindows"): Verdict(SUPPORTED, f"{_NO_EFFECT} unless refreshPolicy is Periodic"),
    ("ExternalSecret", "spec.syncWindows.windows[].duration"): Verdict(
        DIFFERS, "a window that can never open is refused"
    ),
    ("ExternalSecret", "spec.data[].remoteRef.conversionStrategy"): Verdict(
        SUPPORTED, f"{_NO_EFFECT}, as the key is the secretKey"
    ),
    ("ExternalSecret", "spec.data[].sourceRef.generatorRef"): Verdict(DIFFERS, "refused with the place"),
    ("ExternalSecret", "spec.dataFrom[].extract.conversionStrategy"): Verdict(
        SUPPORTED, f"{_NO_EFFECT} beside rewrite"
    ),
    ("ExternalSecret", "spec.dataFrom[].find"): Verdict(DIFFERS, "not together with extract"),
    ("ExternalSecret", "spec.dataFrom[].find.conversionStrategy"): Verdict(SUPPORTED, f"{_NO_EFFECT} beside rewrite"),
    ("ExternalSecret", "spec.dataFrom[].find.property"): Verdict(REFUSED, "find takes whole secrets"),
    ("ExternalSecret", "spec.dataFrom[].find.tags"): Verdict(DIFFERS, "empty tags are refused"),
    ("ExternalSecret", "spec.dataFrom[].rewrite[].regexp"): Verdict(DIFFERS, "two keys made equal are an error"),
    ("ExternalSecret", "spec.dataFrom[].rewrite[].transform"): Verdict(
        DIFFERS, "two keys made equal and unknown fields are errors"
    ),
    ("ExternalSecret", "spec.dataFrom[].sourceRef.generatorRef.kind"): Verdict(
        DIFFERS, "Fake, Password, UUID and ClusterGenerator are served; other kinds are told in the condition"
    ),
    ("ExternalSecret", "spec.target.creationPolicy"): Verdict(DIFFERS, "foreign keys stay under every policy"),
    ("ExternalSecret", "spec.target.deletionPolicy"): Verdict(DIFFERS, "deletes only on proof, and only what is ours"),
    ("ExternalSecret", "spec.target.immutable"): Verdict(DIFFERS, "a change that cannot be written is told"),
    ("ExternalSecret", "spec.target.manifest"): Verdict(
        DIFFERS, "kinds that grant rights are refused; off unless --unsafe-allow-generic-targets is set"
    ),
    ("ExternalSecret", "spec.target.template.type"): Verdict(DIFFERS, "types that grant rights are always refused"),
    ("ExternalSecret", "spec.target.template.metadata.finalizers"): Verdict(
        SUPPORTED, f"{_NO_EFFECT} with target.manifest of another kind"
    ),
    ("ExternalSecret", "spec.target.template.mergePolicy"): Verdict(
        SUPPORTED, f"{_NO_EFFECT} with target.manifest of another kind"
    ),
    ("ExternalSecret", "status.binding"): Verdict(DIFFERS, "set only while the Secret is there"),
    ("Store", "spec.auth"): Verdict(REFUSED, "it belongs under spec.provider.aws"),
    ("Store", "spec.conditions"): Verdict(SUPPORTED, f"in a SecretStore {_NO_EFFECT}"),
    ("Store", "spec.retrySettings.maxRetries"): Verdict(DIFFERS, "the number of tries; 0 and more than 10 mean 10"),
    ("Store", "spec.retrySettings.retryInterval"): Verdict(SUPPORTED, f"checked, as in the reference, {_NO_EFFECT}"),
    ("Store", "spec.provider.aws.region"): Verdict(DIFFERS, "must be a region of a known partition"),
    ("Store", "spec.provider.aws.role"): Verdict(DIFFERS, "must be the ARN of a role"),
    ("Store", "spec.provider.aws.additionalRoles"): Verdict(DIFFERS, "must be ARNs of roles"),
    ("Store", "spec.provider.aws.auth.secretRef"): Verdict(DIFFERS, "both halves of the key must be named"),
    ("Store", "spec.provider.aws.sessionTags"): Verdict(
        SUPPORTED, f"{_NO_EFFECT} without role, or with a sessionTagsPolicy"
    ),
    ("Store", "spec.provider.aws.customSessionTags"): Verdict(
        SUPPORTED, f"{_NO_EFFECT} without role, or without sessionTagsPolicy Custom"
    ),
    ("Store", "spec.provider.aws.externalID"): Verdict(SUPPORTED, f"{_NO_EFFECT} without role"),
    ("Store", "spec.provider.aws.transitiveTagKeys"): Verdict(SUPPORTED, f"{_NO_EFFECT} without role"),
    ("Store", "spec.provider.aws.secretsManager"): Verdict(SUPPORTED, "for pushed secrets"),
    **{("Store", f"spec.provider.{name}"): Verdict(NOT_AWS, "the store says that it is not served") for name in OTHERS},
}  # fmt: skip


class Field(NamedTuple):
    """One field of a kind, by its path."""

    path: str
    type: str
    text: str


def page() -> str:
    """The whole page."""
    schemas = {str(_names(one)["kind"]): _whole(one) for one in all_crds()}
    parts = [
        HEAD,
        _table("ExternalSecret", "ExternalSecret", schemas[Kind.EXTERNAL_SECRET]),
        _table("SecretStore and ClusterSecretStore", "Store", schemas[Kind.CLUSTER_SECRET_STORE]),
    ]
    return "\n".join(parts)


def fields(schema: Schema, path: str = "") -> Iterator[Field]:
    """Every field below a schema, in the order of the schema."""
    properties = schema.get("properties")
    for name, below in properties.items() if isinstance(properties, dict) else ():
        where = f"{path}.{name}" if path else name
        yield Field(where, _type(below), str(below.get("description", "")))
        items = below.get("items")
        yield from fields(items, f"{where}[]") if isinstance(items, dict) else fields(below, where)


def _table(title: str, key: str, whole: Schema) -> str:
    rows = [
        f"| `{path}` | {kind} | {text} | {_verdict(key, path)} |"
        for path, kind, text in fields(whole)
        if path.startswith(("spec.", "status."))
    ]
    return "\n".join([f"## {title}\n", "| field | type | what it is | |", "|---|---|---|---|", *rows, ""])


def _verdict(key: str, path: str) -> Verdict:
    word = OWN if f"{path}.".startswith(f"{ADDED}.") else SUPPORTED
    return VERDICTS.get((key, path), Verdict(word))


def _type(schema: Schema) -> str:
    choices = schema.get("enum")
    if isinstance(choices, list):
        return "one of the kinds" if len(choices) > MANY else ", ".join(str(one) for one in choices)
    if schema.get("x-kubernetes-int-or-string") is True:
        return "number or text"
    words = {"array": "list", "string": "text", "boolean": "true or false", "integer": "number", "object": ""}
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return "map"
    return words.get(str(schema.get("type")), "")


def _names(definition: Mapping[str, object]) -> Schema:
    return _child(_child(definition, "spec"), "names")


def _whole(definition: Mapping[str, object]) -> Schema:
    versions = _child(definition, "spec")["versions"]
    assert isinstance(versions, list)
    return _child(_child(versions[0], "schema"), "openAPIV3Schema")


def _child(value: Mapping[str, object], key: str) -> Schema:
    below = value[key]
    assert isinstance(below, dict)
    return below
