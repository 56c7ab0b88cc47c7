"""Says what a served resource is, and keeps the list of those that are served now.

A resource is one row of API discovery together with what its kind does differently from a plain object. The rows of
custom resources come and go with their definitions.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from esoctl.sandbox.documents import Doc
from esoctl.sandbox.statuses import Problem
from esoctl.sandbox.topology import Topology

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
ANY_FIELDS = ("metadata.name", "metadata.namespace")


def _unchanged(_new: Doc, _old: Doc | None) -> None:
    """Leave the document as it is."""


def _nothing_wrong(_new: Doc, _old: Doc | None) -> list[Problem]:
    return []


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a Table; ``path`` is a JSON path of the object, "" when ``read`` gives the cell."""

    name: str
    type: str = "string"
    path: str = ""
    format: str = ""
    description: str = ""
    priority: int = 0
    read: Callable[[Doc, str], object] | None = None
    """From the object and the time now."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What one kind does differently."""

    prepare: Callable[[Doc, Doc | None], None] = _unchanged
    """Normalises the new document in place, after decoding, given the stored one."""
    check: Callable[[Doc, Doc | None], Sequence[Problem]] = _nothing_wrong
    name_rule: str = "subdomain"
    """How names must look: subdomain, label, or path (a path segment)."""
    selectable: tuple[str, ...] = ANY_FIELDS
    blind_update: bool = True
    """May a PUT come without a resource version?"""
    upsert: bool = False
    """Does a PUT create what is missing?"""
    counts_generation: bool = False
    known: tuple[str, ...] | None = None
    """The members of the type besides apiVersion, kind and metadata; None when anything is kept."""
    returns_deleted: bool = False
    """Is the deleted object the answer to a delete, instead of a Status?"""
    decode: Callable[[Doc], Doc] | None = None
    """From the served version to the stored form, where they differ."""
    encode: Callable[[Doc], Doc] | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and what the server knows of bearers of tokens."""

    user: str
    whose: Callable[[str], str | None]
    """The user a token belongs to."""


@dataclass(frozen=True, slots=True)
class Resource:
    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: frozenset[str] = frozenset()
    verbs: tuple[str, ...] = VERBS
    list_kind: str = ""
    columns: tuple[Column, ...] = ()
    topology: Topology = Topology.EMPTY
    behaviour: Behaviour = field(default_factory=Behaviour)
    schema: Doc | None = None
    """The OpenAPI schema of a custom resource; None for a built-in kind."""
    terminating: bool = False
    """A custom resource whose definition is being deleted takes no new objects."""
    answer: Callable[[Doc, Asking], Doc] | None = None
    """Answers a create that stores nothing, such as an access review."""
    deprecation: str = ""
    """A warning that every answer carries."""
    storage_group: str | None = None
    """The group it is stored under, when one collection is served under two groups."""

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def key(self) -> tuple[str, str]:
        return (self.group if self.storage_group is None else self.storage_group, self.plural)

    @property
    def custom(self) -> bool:
        return self.schema is not None

    @property
    def list_name(self) -> str:
        return self.list_kind or f"{self.kind}List"


class Catalogue:
    """The resources that are served now."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._rows: dict[tuple[str, str, str], Resource] = {}
        self.edition = 0
        """Grows with every change, so that what is computed from the list can be kept until then."""
        for resource in resources:
            self.add(resource)

    def add(self, resource: Resource) -> None:
        self._rows[(resource.group, resource.version, resource.plural)] = resource
        self.edition += 1

    def remove(self, group: str, plural: str) -> None:
        gone = [key for key in self._rows if key[0] == group and key[2] == plural]
        for key in gone:
            del self._rows[key]
        self.edition += bool(gone)

    def twin(self) -> "Catalogue":
        """A list of its own with the same rows."""
        return Catalogue(self._rows.values())

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        return self._rows.get((group, version, plural))

    def all(self) -> list[Resource]:
        return list(self._rows.values())

    def of_key(self, key: tuple[str, str]) -> Resource | None:
        """Any served version of what is stored under the key; the one of the same group first."""
        rows = [row for row in self._rows.values() if row.key == key]
        rows.sort(key=lambda row: row.group != key[0])
        return rows[0] if rows else None

    def groups(self) -> dict[str, list[str]]:
        """Versions by group, in order of preference as far as names tell it."""
        found: dict[str, list[str]] = {}
        for group, version, _ in self._rows:
            versions = found.setdefault(group, [])
            if version not in versions:
                versions.append(version)
        return {group: sorted(versions, key=priority) for group, versions in found.items()}

    def of_version(self, group: str, version: str) -> list[Resource]:
        return [row for row in self._rows.values() if (row.group, row.version) == (group, version)]


def priority(version: str) -> tuple[int, int, int, str]:
    """Sorts v2 before v1 before v1beta2 before v1alpha1 before anything else, as discovery does."""
    digits, stage, minor = _split(version)
    rank = {"": 0, "beta": 1, "alpha": 2}.get(stage)
    if rank is None or not digits:
        return (3, 0, 0, version)
    return (rank, -int(digits), -int(minor or 0), version)


def _split(version: str) -> tuple[str, str, str]:
    rest = version.removeprefix("v")
    major = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    tail = rest[len(major) :]
    stage = tail.rstrip("0123456789")
    return (major if rest != version else "", stage, tail[len(stage) :])
