"""``status.sync`` of an ExternalSecret: what was read, when and why, and what that changed.

esoctl's own; the reference's definitions prune it and its operator drops it, so nothing ever reads it. It is written by
merge patch and not decoded, which also costs no memory. Names, versions and times only: no value, no digest of one.
"""

from enum import StrEnum

from msgspec import UNSET, UnsetType

from esoctl.model.meta import Wire


class Cause(StrEnum):
    """Why values were fetched."""

    FIRST = "First"
    """The object had never been synced."""
    POLL = "Poll"
    """The refresh interval was over."""
    EDIT = "Edit"
    """The object was edited."""
    FORCED = "Forced"
    """A force-sync annotation was set, or another label or annotation beside one."""
    EVENT = "Event"
    """What it is made from was edited: a store, a generator, or the text of a template."""
    DRIFT = "Drift"
    """The target was not as it had been left."""
    RETRY = "Retry"
    """The sync before had failed."""


class Remote(Wire, frozen=True, omit_defaults=True):
    """One remote secret that was read, or one generator that was asked."""

    source: str
    """Kind and name, as in ``SecretStore/aws``."""
    key: str = ""
    """The name of the secret at its provider; empty for a generator."""
    version: str = ""
    """The provider's id of the version that was read; empty when it has none."""
    stage: str = ""
    """The provider's label of that version when it was read; empty when it has none."""


class Sync(Wire, frozen=True):
    """Of the last sync that was a success, as it is written; what is unset stays as it was.

    ``cause`` and ``change_cause`` are texts, so that a cause that a later version knows is no reason to refuse it.
    """

    cause: str = ""
    fetched_at: str | None = None
    fresh_until: str | None = None
    """None for an object that time alone never makes due."""
    changed_at: str | UnsetType = UNSET
    """Unset, as all of the change, when the sync changed nothing."""
    change_cause: str | UnsetType = UNSET
    changed_keys: list[str] | UnsetType = UNSET
    changed_count: int | UnsetType = UNSET
    """How many keys changed, those included that are not listed."""
    remotes: list[Remote] = []
    remote_count: int = 0

    @property
    def changes(self) -> bool:
        """Whether the sync changed the content of the target."""
        return self.changed_at is not UNSET
