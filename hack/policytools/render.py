"""Write the Kyverno and Gatekeeper packs from the ValidatingAdmissionPolicies, so that the three say the same.

Usage: render.py [FOLDER]        FOLDER is manifests/policies when left out

All three engines evaluate the expressions with the Kubernetes libraries of CEL; what differs is how an engine is told
what to look at, and where parameters come from: ConfigMaps, or, with Gatekeeper, the constraint itself.
"""

import pathlib
import sys
from collections.abc import Iterator
from typing import Any

import yaml

PACKS = pathlib.Path(__file__).resolve().parents[2] / "manifests" / "policies"
GROUP = "external-secrets.io"
KINDS = {
    "externalsecrets": "ExternalSecret",
    "pushsecrets": "PushSecret",
    "secretstores": "SecretStore",
    "clustersecretstores": "ClusterSecretStore",
}
FROM_CONFIG_MAP = "params.?data.orValue({})"
FROM_CONSTRAINT = "dyn(variables.params) == null ? dyn({}) : dyn(variables.params)"
LONG = 90

Manifest = dict[str, Any]


class Dumper(yaml.SafeDumper):
    """Writes long texts over several lines, and indents lists."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002  lists are indented
        super().increase_indent(flow, indentless=False)


def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else ">" if len(value) > LONG else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


Dumper.add_representer(str, text)


def sources(folder: pathlib.Path) -> list[pathlib.Path]:
    return [path for path in sorted((folder / "vap").glob("*.yaml")) if path.name != "kustomization.yaml"]


def kinds(policy: Manifest) -> list[str]:
    (rule,) = policy["spec"]["matchConstraints"]["resourceRules"]
    return [KINDS[resource] for resource in rule["resources"]]


def cluster_policy(policy: Manifest, binding: Manifest) -> Manifest:
    """Kyverno's ClusterPolicy with the same expressions and the same parameters."""
    spec = policy["spec"]
    (rule,) = spec["matchConstraints"]["resourceRules"]
    matched = {"kinds": [f"{GROUP}/*/{kind}" for kind in kinds(policy)], "operations": rule["operations"]}
    parameters = {}
    if "paramKind" in spec:
        parameters = {"paramKind": spec["paramKind"], "paramRef": binding["spec"]["paramRef"]}
    cel = parameters | {"variables": spec["variables"], "expressions": spec["validations"]}
    name = policy["metadata"]["name"]
    only = {
        "name": name.removeprefix("esoctl-"),
        "match": {"any": [{"resources": matched}]},
        "celPreconditions": spec["matchConditions"],
        "validate": {"failureAction": "Enforce", "cel": cel},
    }
    return {
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        "metadata": {"name": name},
        "spec": {"background": True, "webhookConfiguration": {"failurePolicy": spec["failurePolicy"]}, "rules": [only]},
    }


def constraint_kind(policy: Manifest) -> str:
    return "".join(word.capitalize() for word in policy["metadata"]["name"].split("-"))


def variable(one: Manifest) -> Manifest:
    return one | {"expression": FROM_CONSTRAINT} if one["expression"] == FROM_CONFIG_MAP else one


def constraint_template(policy: Manifest) -> Manifest:
    """Gatekeeper's template; parameters have the shape of the ConfigMap's data."""
    spec = policy["spec"]
    kind = constraint_kind(policy)
    source = {
        "failurePolicy": spec["failurePolicy"],
        "matchCondition": spec["matchConditions"],
        "variables": [variable(one) for one in spec["variables"]],
        "validations": [{key: one[key] for key in one if key != "reason"} for one in spec["validations"]],
    }
    schema = {"type": "object", "additionalProperties": {"type": "string"}}
    code = [{"engine": "K8sNativeValidation", "source": source}]
    return {
        "apiVersion": "templates.gatekeeper.sh/v1",
        "kind": "ConstraintTemplate",
        "metadata": {"name": kind.lower()},
        "spec": {
            "crd": {"spec": {"names": {"kind": kind}, "validation": {"openAPIV3Schema": schema}}},
            "targets": [{"target": "admission.k8s.gatekeeper.sh", "code": code}],
        },
    }


def constraint(policy: Manifest, parameters: dict[str, str] | None) -> Manifest:
    spec: Manifest = {"enforcementAction": "deny"}
    spec["match"] = {"kinds": [{"apiGroups": [GROUP], "kinds": kinds(policy)}]}
    if parameters is not None:
        spec["parameters"] = parameters
    return {
        "apiVersion": "constraints.gatekeeper.sh/v1beta1",
        "kind": constraint_kind(policy),
        "metadata": {"name": policy["metadata"]["name"]},
        "spec": spec,
    }


def comment(path: pathlib.Path) -> str:
    """The lines that open a file and explain it."""
    lines = path.read_text().splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith("# "))


def written(head: str, source: pathlib.Path, manifest: Manifest) -> str:
    made = f"# Made from {source.parent.name}/{source.name} by hack/policytools/render.py.\n"
    return head + made + yaml.dump(manifest, Dumper=Dumper, sort_keys=False, width=110)


def files(folder: pathlib.Path) -> Iterator[tuple[pathlib.Path, str]]:
    """Every file of the two packs and what belongs in it."""
    for source in sources(folder):
        policy, binding = yaml.safe_load_all(source.read_text())
        kept = folder / "parameters" / source.name
        data = yaml.safe_load(kept.read_text())["data"] if kept.exists() else None
        head, tail = comment(source), comment(kept) if kept.exists() else ""
        yield folder / "kyverno" / source.name, written(head, source, cluster_policy(policy, binding))
        yield folder / "gatekeeper" / "templates" / source.name, written(head, source, constraint_template(policy))
        yield folder / "gatekeeper" / "constraints" / source.name, written(tail, source, constraint(policy, data))
    for pack in ("kyverno", "gatekeeper/templates", "gatekeeper/constraints"):
        text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
        listed = "".join(f"  - {source.name}\n" for source in sources(folder))
        yield folder / pack / "kustomization.yaml", text + listed


def main() -> None:
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else PACKS
    for path, content in files(folder):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


if __name__ == "__main__":
    main()
