"""The vectors of the rules of the definitions: for each a spec that passes and one that fails."""

import pathlib
import re
from dataclasses import dataclass

import yaml

from support.api import Json

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "data" / "cel_vectors"
_LONG = re.compile(r"\$\{(\d+)\}")


@dataclass(frozen=True)
class Vector:
    """One rule of one kind."""

    rule: str
    kind: str
    passes: Json
    fails: Json
    at: str
    """The place that is named when it fails."""
    says: str
    """A part of what is said then."""

    @property
    def id(self) -> str:
        return self.rule.replace(" ", "-")

    @property
    def path(self) -> str:
        """Where the API server keeps the objects of the kind."""
        scope = "" if self.kind == "ClusterSecretStore" else "namespaces/default/"
        return f"/apis/external-secrets.io/v1/{scope}{self.kind.lower()}s"

    def manifest(self, spec: Json, name: str = "one") -> Json:
        meta = {"name": name} if self.kind == "ClusterSecretStore" else {"name": name, "namespace": "default"}
        return {"apiVersion": "external-secrets.io/v1", "kind": self.kind, "metadata": meta, "spec": spec}


def of(file: str, kind: str) -> list[Vector]:
    """The vectors in one file; ``${253}`` stands for a text of that length."""
    text = _LONG.sub(lambda found: "a" * int(found[1]), (FOLDER / file).read_text())
    return [Vector(**({"kind": kind} | row)) for row in yaml.safe_load(text)]


EXTERNAL_SECRETS = of("external_secret.yaml", "ExternalSecret")
STORES = of("store.yaml", "SecretStore")
ALL = [*EXTERNAL_SECRETS, *STORES]
