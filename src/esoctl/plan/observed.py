"""What a rule may look at: the ExternalSecret, its target, and the time. Nothing else decides.

Pure data. ``Applied`` is what this process wrote last; after a restart it is None and the rules fall back on what the
target itself tells (label, owner, data hash).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from esoctl.model.external_secret import ExternalSecret
from esoctl.model.generic import Generic, Json
from esoctl.model.keys import Key, Kind
from esoctl.model.secret import Secret

MANAGED_LABEL = "reconcile.external-secrets.io/managed"
CREATED_BY_LABEL = "reconcile.external-secrets.io/created-by"
DATA_HASH_ANNOTATION = "reconcile.external-secrets.io/data-hash"
FINALIZER = "externalsecrets.external-secrets.io/externalsecret-cleanup"
FORCE_SYNC_ANNOTATIONS = ("force-sync", "external-secrets.io/force-sync")


@dataclass(frozen=True, slots=True)
class Applied:
    """The metadata that this process wrote to the target last; a later difference is somebody else's edit."""

    uid: str
    labels: dict[str, str]
    annotations: dict[str, str]
    owned: bool


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything *decide* and *want* may look at."""

    es: ExternalSecret
    now: datetime
    target: Secret | None = None
    applied: Applied | None = None
    other: Generic | None = None
    """The target when it is no Secret; ``target`` is then its metadata."""
    written: Json | None = None
    """Of such a target, the content that this process wrote last, as the API server took it."""
    stale: bool = False
    """What it is made from, a store or a template's text, was edited since the last sync."""
    age: timedelta = timedelta()
    """How long ago it was synced by a clock that nobody sets, as far as this process knows."""

    intact: bool = False
    """Nothing that matters for it was changed since the target was found right: it does not differ."""
    named: Key | None = field(default=None, compare=False)
    """The key, where it is known already."""

    @property
    def key(self) -> Key:
        return self.named or Key(Kind.EXTERNAL_SECRET, self.es.metadata.namespace, self.es.metadata.name)


def instant(text: str | None) -> datetime | None:
    """An RFC 3339 time of the API as an aware datetime; None for none or one that cannot be read."""
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def stamp(moment: datetime) -> str:
    """An aware datetime as the API writes it: UTC, whole seconds."""
    return f"{moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"
