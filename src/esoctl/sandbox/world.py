"""The state of one sandbox cluster, and what its parts share.

The clock and the source of randomness are handed in: ``now`` answers RFC 3339 text to the second, ``entropy`` gives
that many random bytes.
"""

from collections import Counter
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass

from esoctl.sandbox import metadata
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.kinds import builtin
from esoctl.sandbox.resources import Catalogue, Resource
from esoctl.sandbox.store import Store

NAMESPACES = ("", "namespaces")
FIRST_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


@dataclass(frozen=True, slots=True)
class Settings:
    """Knobs for tests and simulations."""

    history: int = 10_000
    """Writes of one resource that a watch can go back."""
    bookmark_seconds: float = 60.0
    watch_seconds: float = 1800.0
    """How long a watch lasts that names no time itself."""


class World:
    def __init__(
        self, now: Callable[[], str], entropy: Callable[[int], bytes], settings: Settings | None = None
    ) -> None:
        self.now = now
        self.entropy = entropy
        self.settings = settings or Settings()
        self.store = Store(self.settings.history)
        self.catalogue = Catalogue(builtin())
        self.requests: Counter[tuple[str, str]] = Counter()
        """How often each verb was called on each resource (``secrets``, ``externalsecrets.external-secrets.io``)."""
        self.tokens: dict[str, str] = {}
        """The bearers that are let in: token and the user it stands for."""
        for name in FIRST_NAMESPACES:
            self._add_namespace(name)

    def twin(self, now: Callable[[], str], entropy: Callable[[int], bytes]) -> "World":
        """A world of its own that begins where this one stands: for many runs that begin alike."""
        other = copy(self)
        other.now, other.entropy = now, entropy
        other.store, other.catalogue = self.store.twin(), self.catalogue.twin()
        other.requests, other.tokens = self.requests.copy(), dict(self.tokens)
        return other

    def _add_namespace(self, name: str) -> None:
        labels: Doc = {"kubernetes.io/metadata.name": name}
        doc: Doc = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        metadata.begin(doc, self.now(), self.entropy)
        doc["spec"] = {"finalizers": ["kubernetes"]}
        doc["status"] = {"phase": "Active"}
        self.store.put(NAMESPACES, doc)

    def present(self, resource: Resource, doc: Doc) -> Doc:
        """The stored document in the version of the resource that was asked."""
        if resource.behaviour.encode is not None:
            return resource.behaviour.encode(doc)
        if doc.get("apiVersion") == resource.api_version:
            return doc
        return {**doc, "apiVersion": resource.api_version}
