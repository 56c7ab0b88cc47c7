"""Definitions of the shape that the reference installs: the same fields, its defaults and its enum of condition types.

Made from ours by taking away what is our own (rules, limits, fields that exist to be refused, ``status.sync``) and
adding what the reference's have. The operator must work with them as with ours, less the fields that they prune.
"""

import copy
from typing import Final

from esoctl.crds.generate import all_crds
from support.api import Json

CRDS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CONDITION_TYPES: Final = ["Ready", "Deleted"]
DEFAULTS: Final[dict[str, Json]] = {
    "spec.refreshInterval": "1h0m0s",
    "spec.target": {"creationPolicy": "Owner", "deletionPolicy": "Retain"},
    "spec.target.creationPolicy": "Owner",
    "spec.target.deletionPolicy": "Retain",
    "spec.target.template.engineVersion": "v2",
    "spec.target.template.mergePolicy": "Replace",
    "spec.target.template.templateFrom[].target": "Data",
    "spec.target.template.templateFrom[].configMap.items[].templateAs": "Values",
    "spec.target.template.templateFrom[].secret.items[].templateAs": "Values",
    "spec.dataFrom[].rewrite[].merge.into": "",
    "spec.dataFrom[].rewrite[].merge.strategy": "Extract",
    "spec.dataFrom[].rewrite[].merge.conflictPolicy": "Error",
    "spec.dataFrom[].rewrite[].merge.priorityPolicy": "Strict",
    "spec.dataFrom[].sourceRef.generatorRef.apiVersion": "generators.external-secrets.io/v1alpha1",
    "status.binding.name": "",
}
"""By path, as the reference's definition of ExternalSecret has them."""
OURS: Final = {"spec.auth", "spec.dataFrom[].find.property", "status.sync"}
"""Fields that the reference's definitions do not know."""
_LIMITS: Final = ("x-kubernetes-validations", "maxItems", "minimum", "maximum")
_KEPT_LENGTHS: Final = (63, 253)


def definitions() -> list[Json]:
    """The definitions of stores and ExternalSecrets as the reference would install them; ours of the other kinds."""
    return [_of(copy.deepcopy(one)) for one in all_crds()]


def _of(definition: Json) -> Json:
    names = definition["spec"]["names"]["kind"]
    if names not in ("ExternalSecret", "SecretStore", "ClusterSecretStore"):
        return definition
    version = definition["spec"]["versions"][0]
    whole = _without_ours(version["schema"]["openAPIV3Schema"], "")
    types = whole["properties"]["status"]["properties"]["conditions"]["items"]["properties"]["type"]
    if names == "ExternalSecret":
        types["enum"] = CONDITION_TYPES
        for path, value in DEFAULTS.items():
            _at(whole, path)["default"] = value
        version["additionalPrinterColumns"] = [
            column for column in version["additionalPrinterColumns"] if ".sync" not in column["jsonPath"]
        ]
    version["schema"]["openAPIV3Schema"] = whole
    return definition


def _without_ours(schema: Json, path: str) -> Json:
    kept = {key: value for key, value in schema.items() if key not in _LIMITS}
    if kept.get("maxLength") not in _KEPT_LENGTHS:
        kept.pop("maxLength", None)
    if path.endswith(".operator"):
        kept.pop("enum", None)
    if "properties" in kept:
        kept["properties"] = {
            name: _without_ours(below, f"{path}.{name}".lstrip("."))
            for name, below in kept["properties"].items()
            if f"{path}.{name}".lstrip(".") not in OURS
        }
    if "items" in kept:
        kept["items"] = _without_ours(kept["items"], f"{path}[]")
    return kept


def _at(schema: Json, path: str) -> Json:
    """The schema of a field."""
    for step in path.split("."):
        schema = schema["properties"][step.removesuffix("[]")]
        schema = schema["items"] if step.endswith("[]") else schema
    return schema
