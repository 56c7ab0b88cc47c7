"""What to ask of a provider, and how its answers are to be read."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class MetadataPolicy(StrEnum):
    """Whether the value or the tags of a remote secret are wanted."""

    NONE = "None"
    FETCH = "Fetch"


class RemoteKey(NamedTuple):
    """One remote secret; equal keys are fetched once. An empty version means the current one."""

    key: str
    version: str = ""
    metadata: MetadataPolicy = MetadataPolicy.NONE


class Find(NamedTuple):
    """A search: every remote secret that satisfies all the given criteria. ``tags`` is sorted pairs."""

    regexp: str | None = None
    path: str | None = None
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Quirks:
    """Where providers differ in how their answers are read (documented divergences of the reference)."""

    missing_property_is_absence: bool = False
    """The fake provider treats a missing property like a missing secret; AWS makes it an error."""
    literal_property_first: bool = True
    """AWS tries a property with dots as one literal key before it reads it as a path."""
    strict_properties: bool = False
    """The fake provider reads a property of a document that is no JSON as absent; AWS reads leniently."""


class Capabilities(StrEnum):
    """What a provider can do; the text goes into ``status.capabilities`` of the store."""

    READ_ONLY = "ReadOnly"
    WRITE_ONLY = "WriteOnly"
    READ_WRITE = "ReadWrite"
