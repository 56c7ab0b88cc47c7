"""``dataFrom[].rewrite``: operations on keys, each entry exactly one of three.

Source: the reference's ExternalSecretRewrite.
"""

from enum import StrEnum

from esoctl.model.meta import Wire


class MergeStrategy(StrEnum):
    """Whether the merged members become the keys, or one key holds the merged object."""

    EXTRACT = "Extract"
    JSON = "JSON"


class ConflictPolicy(StrEnum):
    """What two inputs with one member mean."""

    ERROR = "Error"
    IGNORE = "Ignore"


class PriorityPolicy(StrEnum):
    """What a priority key that is not there means."""

    STRICT = "Strict"
    IGNORE_NOT_FOUND = "IgnoreNotFound"


class Regexp(Wire, frozen=True):
    """Replace every match of ``source`` in a key by the expansion of ``target``."""

    source: str
    target: str


class Transform(Wire, frozen=True):
    """Make each key from a template over ``.value``."""

    template: str


class Merge(Wire, frozen=True):
    """Merge the JSON objects that are the values."""

    into: str = ""
    priority: list[str] = []
    priority_policy: PriorityPolicy = PriorityPolicy.STRICT
    conflict_policy: ConflictPolicy = ConflictPolicy.ERROR
    strategy: MergeStrategy = MergeStrategy.EXTRACT


class Rewrite(Wire, frozen=True):
    """One entry of ``rewrite``."""

    regexp: Regexp | None = None
    transform: Transform | None = None
    merge: Merge | None = None
