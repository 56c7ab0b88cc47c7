"""The vectors of the admission policies, and what an API server must hold before it can judge them.

A vector is a request: what is applied, over what, and what is said when it is refused. Every judge gets the same ones.
"""

import copy
import json
import pathlib
import string
from dataclasses import dataclass, field

import yaml

from support.api import Api, Json
from support.cases.cluster import CLUSTER_SCOPED, PLURALS, version_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKS = ROOT / "manifests" / "policies"
VECTORS = ROOT / "tests" / "data" / "policy_vectors"
NAMES = sorted(path.stem for path in (PACKS / "vap").glob("*.yaml") if path.stem != "kustomization")
PARAMETERS_IN = "esoctl"
"""The namespace of the parameters."""
FOR = "policy"
"""A label that says which policy an object is for, so that each is judged by that one alone."""
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
FINALIZER = "example.com/held"
PLACES = {
    "Namespace": "/api/v1/namespaces",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "ValidatingAdmissionPolicy": f"{ADMISSION}/validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": f"{ADMISSION}/validatingadmissionpolicybindings",
}


@dataclass(frozen=True)
class Vector:
    policy: str
    name: str
    kind: str
    namespace: str
    spec: Json
    stored: Json = None
    """The spec before an edit; None where the object is new."""
    says: str = ""
    """A part of what is said when it is refused; empty where it passes."""
    metadata: Json = field(default_factory=dict)
    deleting: bool = False
    refused_before: bool = False
    """Our definitions refuse it already, so that the policy is not asked."""
    number: int = 0

    @property
    def id(self) -> str:
        return f"{self.policy}: {self.name}"

    @property
    def object_name(self) -> str:
        return str(self.metadata.get("name") or f"{self.policy}-{self.number}")

    @property
    def path(self) -> str:
        """The collection."""
        return collection(self.kind, self.namespace)

    def new(self) -> Json:
        """What the request asks for."""
        return self.manifest(self.spec, self.metadata)

    def old(self) -> Json | None:
        """What is stored when the request comes."""
        if self.stored is None:
            return None
        return self.manifest(self.stored, {"finalizers": [FINALIZER]} if self.deleting else {})

    def manifest(self, spec: Json, metadata: Json) -> Json:
        labels = {FOR: self.policy} | metadata.get("labels", {})
        placed = {} if self.kind in CLUSTER_SCOPED else {"namespace": self.namespace}
        meta = {"name": self.object_name} | placed | copy.deepcopy(metadata) | {"labels": labels}
        return {"apiVersion": version_of(self.kind), "kind": self.kind, "metadata": meta, "spec": copy.deepcopy(spec)}


def collection(kind: str, namespace: str) -> str:
    version = version_of(kind)
    root = "/api/v1" if version == "v1" else f"/apis/{version}"
    return f"{root}/{PLURALS[kind]}" if kind in CLUSTER_SCOPED else f"{root}/namespaces/{namespace}/{PLURALS[kind]}"


def of(policy: str) -> list[Vector]:
    """The vectors of one policy."""
    text = yaml.safe_load((VECTORS / f"{policy}.yaml").read_text())
    defaults = {"kind": text["kind"], "namespace": text.get("namespace", "")}
    return [a_vector(policy, number, defaults | row) for number, row in enumerate(text["vectors"])]


def a_vector(policy: str, number: int, row: Json) -> Vector:
    times = row.pop("repeat", 1)
    if times > 1:
        template = string.Template(json.dumps(row["spec"]["data"]))
        row["spec"]["data"] = [entry for one in range(times) for entry in json.loads(template.substitute(n=one))]
    return Vector(policy=policy, number=number, **row)


ALL = [vector for name in NAMES for vector in of(name)]


def documents(path: pathlib.Path) -> list[Json]:
    return [found for found in yaml.safe_load_all(path.read_text()) if found]


def parameters() -> list[Json]:
    """The parameters as they are shipped."""
    paths = [PACKS / "parameters" / f"{name}.yaml" for name in NAMES]
    return [one for path in paths if path.exists() for one in documents(path)]


def namespaces() -> set[str]:
    return {PARAMETERS_IN} | {vector.namespace for vector in ALL if vector.namespace}


def push_secrets() -> Json:
    """A definition of PushSecrets, which esoctl does not install: anything goes."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1alpha1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "pushsecrets", "singular": "pushsecret", "kind": "PushSecret", "listKind": "PushSecretList"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "pushsecrets.external-secrets.io"},
        "spec": {"group": "external-secrets.io", "names": names, "scope": "Namespaced", "versions": [version]},
    }


def place(api: Api, manifest: Json) -> None:
    """Apply an object of one of the kinds in ``PLACES``."""
    meta = manifest["metadata"]
    where = PLACES[manifest["kind"]].format(meta.get("namespace"))
    api.apply(f"{where}/{meta['name']}", manifest, "installer", force=True).good()


def only_for_its_vectors(manifest: Json) -> Json:
    """A binding that minds nothing but the vectors of its policy; anything else as it is."""
    manifest = copy.deepcopy(manifest)
    if manifest["kind"] == "ValidatingAdmissionPolicyBinding":
        mine = {FOR: manifest["metadata"]["name"].removeprefix("esoctl-")}
        manifest["spec"]["matchResources"] = {"objectSelector": {"matchLabels": mine}}
    return manifest
