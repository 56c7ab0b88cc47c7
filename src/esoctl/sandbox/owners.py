"""Reads and writes ``metadata.managedFields``: who owns which fields of an object.

An owner is a manager's name with the operation, the subresource and, for updates, the API version: one manager that
applies and updates has two entries. Entries are sorted as the API server sorts them: appliers first, then by time.

From: k8s.io/apimachinery, package ``util/managedfields/internal`` (managedfields.go, capmanagers.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from esoctl.sandbox import fieldsets
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.fieldsets import FieldSet, PathError

APPLY = "Apply"
UPDATE = "Update"
_MOST_UPDATERS = 10
_ANCIENT = "ancient-changes"


class EntryError(Exception):
    """A managedFields entry that cannot be read."""


@dataclass(frozen=True, order=True)
class Owner:
    """Who owns fields. The order is the one in which conflicts are listed."""

    manager: str
    operation: str
    version: str = ""
    """Empty for appliers, so that applying another version stays the same owner."""
    subresource: str = ""

    def __str__(self) -> str:
        """As conflict messages write it."""
        name = f'"{self.manager}"'
        if self.subresource:
            name += f' with subresource "{self.subresource}"'
        return f"{name} using {self.version}" if self.operation == UPDATE else name


def owner(manager: str, operation: str, version: str, subresource: str) -> Owner:
    """The owner that a request stands for."""
    return Owner(manager or "unknown", operation, version if operation == UPDATE else "", subresource)


@dataclass(frozen=True)
class Holding:
    """The fields of one owner."""

    fields: FieldSet
    version: str
    time: str | None = None
    """When the owner last changed something; None when it never did, only agreed."""


@dataclass(frozen=True)
class Owners:
    """Every owner of an object with its fields."""

    holdings: Mapping[Owner, Holding] = field(default_factory=dict)

    def fields_of(self, who: Owner) -> FieldSet:
        """What an owner has; nothing when it is none."""
        found = self.holdings.get(who)
        return found.fields if found else fieldsets.NOTHING

    def with_fields(self, who: Owner, fields: FieldSet, version: str) -> Owners:
        """Give an owner exactly these fields; without fields it is no owner. Its time stays."""
        rest = {other: holding for other, holding in self.holdings.items() if other != who}
        if fields:
            found = self.holdings.get(who)
            rest[who] = Holding(fields, version, found.time if found else None)
        return Owners(rest)

    def less(self, fields: FieldSet, *, spare: Owner) -> Owners:
        """Take fields from everyone but one."""
        left = {
            who: holding if who == spare else replace(holding, fields=holding.fields.difference(fields))
            for who, holding in self.holdings.items()
        }
        return Owners({who: holding for who, holding in left.items() if holding.fields})

    def agrees_with(self, other: Owners) -> bool:
        """Whether both say the same, whatever the times."""
        mine, theirs = self.holdings, other.holdings
        return mine.keys() == theirs.keys() and all(
            (one.fields, one.version) == (theirs[who].fields, theirs[who].version) for who, one in mine.items()
        )

    def touched(self, who: Owner, now: str) -> Owners:
        """Note that an owner has just changed something."""
        return Owners({other: replace(h, time=now) if other == who else h for other, h in self.holdings.items()})


def read(obj: Mapping[str, object]) -> Owners:
    """The owners named in an object's metadata; ``EntryError`` when an entry makes no sense."""
    metadata = obj.get("metadata")
    entries = metadata.get("managedFields") if isinstance(metadata, dict) else None
    holdings: dict[Owner, Holding] = {}
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        who, holding = _read_entry(entry if isinstance(entry, dict) else {}, number)
        holdings[who] = holding
    return Owners(holdings)


def _read_entry(entry: Mapping[str, object], number: int) -> tuple[Owner, Holding]:
    texts = {key: value for key, value in entry.items() if isinstance(value, str)}
    operation, version = texts.get("operation", ""), texts.get("apiVersion", "")
    kind = texts.get("fieldsType", "")
    if operation not in {APPLY, UPDATE}:
        raise EntryError("operation must be `Apply` or `Update`")
    if not version:
        raise EntryError("apiVersion must not be empty")
    if kind != "FieldsV1":
        wrong = f'invalid fieldsType "{kind}"' if kind else "missing fieldsType"
        raise EntryError(f"{wrong} in managed fields entry {number}")
    try:
        fields = fieldsets.from_json(entry.get("fieldsV1"))
    except PathError as error:
        raise EntryError(f"error decoding set: {error}") from None
    who = Owner(
        texts.get("manager", ""), operation, version if operation == UPDATE else "", texts.get("subresource", "")
    )
    return who, Holding(fields, version, texts.get("time"))


def write(obj: Mapping[str, object], owners: Owners) -> Doc:
    """The object with these owners in its metadata."""
    metadata = obj.get("metadata")
    kept = {k: v for k, v in metadata.items() if k != "managedFields"} if isinstance(metadata, dict) else {}
    entries = sorted(owners.holdings.items(), key=_rank)
    if entries:
        kept["managedFields"] = [_write_entry(who, holding) for who, holding in entries]
    return {**obj, "metadata": kept}


def _rank(entry: tuple[Owner, Holding]) -> tuple[str, str, str, str, str]:
    who, holding = entry
    return who.operation, holding.time or "", who.manager, holding.version, who.subresource


def _write_entry(who: Owner, holding: Holding) -> Doc:
    entry: Doc = {
        "manager": who.manager,
        "operation": who.operation,
        "apiVersion": holding.version,
        "time": holding.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": holding.fields.to_json(),
        "subresource": who.subresource,
    }
    return {key: value for key, value in entry.items() if value is not None and value != ""}


def is_reset(obj: Mapping[str, object]) -> bool:
    """Whether the object asks to forget all owners: an empty list, or one empty entry."""
    metadata = obj.get("metadata")
    entries = metadata.get("managedFields") if isinstance(metadata, dict) else None
    return entries in ([], [{}])


def capped(owners: Owners) -> Owners:
    """At most ten owners by update: the oldest of each version are put together under one name."""
    updaters = sorted(
        (who for who in owners.holdings if who.operation == UPDATE),
        key=lambda who: (owners.holdings[who].time or "", who),
    )
    surplus = len(updaters) - _MOST_UPDATERS
    holdings = dict(owners.holdings)
    first: dict[str, Owner] = {}
    for who in updaters:
        if surplus <= 0:
            break
        bucket = Owner(_ANCIENT, UPDATE, who.version)
        if who.version not in first:
            first[who.version] = who
            continue
        if bucket not in holdings:
            holdings[bucket] = holdings.pop(first[who.version])
        holding = holdings.pop(who)
        holdings[bucket] = replace(holding, fields=holding.fields.union(holdings[bucket].fields))
        surplus -= 1
    return Owners(holdings)
