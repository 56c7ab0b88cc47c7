"""What the target looks like now: the newest of what the informers know and what we wrote ourselves.

Two informers watch Secrets (metadata of all, whole objects of the managed ones), and both may lag behind our own
writes. A reconcile that trusted the older one would write again, or take a target for lost that was just made. The
newest by resource version wins; when it has no values yet, one read from the API server settles it. So it does after
a write that met something else than was believed to be there: whoever waits for an informer could wait for long.

Source: read-your-writes as in client-go's staleness mitigation; the reference compares two caches for the same reason.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from esoctl.errors import Conflict, EsoctlError, Unreachable
from esoctl.model.keys import Key
from esoctl.model.meta import Meta
from esoctl.model.secret import Secret
from esoctl.plan.observed import DATA_HASH_ANNOTATION, Applied
from esoctl.plan.secret import Apply, Leave, Remove
from esoctl.reconcile.ports import Cluster, Views


@dataclass(slots=True)
class Targets:
    """Sees targets, and remembers what this process wrote until the informers have caught up."""

    views: Views
    cluster: Cluster
    written: dict[Key, Secret] = field(default_factory=dict, repr=False)
    applied: dict[Key, Applied] = field(default_factory=dict, repr=False)
    versions: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)
    """The resource version of our last write, by namespace and name of the Secret."""
    tried: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)
    """The hash of the data of a write without an answer, by namespace and name of the Secret."""
    places: dict[Key, tuple[str, str]] = field(default_factory=dict, repr=False)
    """Where each key's last write went."""
    doubted: set[Key] = field(default_factory=set, repr=False)
    """Whose target was not what the informers say."""

    def is_own(self, meta: Meta) -> bool:
        """Whether the Secret is as our last write left it, so that nobody else has changed it since."""
        place = (meta.namespace, meta.name)
        if self.versions.get(place) == meta.resource_version:
            return True
        if place not in self.tried or meta.annotations.get(DATA_HASH_ANNOTATION) != self.tried[place]:
            return False
        # It was carried out, whatever becomes of its answer.
        del self.tried[place]
        self.versions[place] = meta.resource_version
        return True

    @contextmanager
    def trying(self, key: Key, write: Apply | Remove | Leave) -> Iterator[None]:
        """Remember what is written, for as long as nobody knows whether it was.

        Otherwise the news of our own write would count as somebody else's when its answer is lost, and wake the key at
        once: what a generator makes is new each time, and would be written again and again without a pause.
        """
        if isinstance(write, Apply):
            self._expect(key, (key.namespace, write.name), write.annotations.get(DATA_HASH_ANNOTATION, ""))
        try:
            yield
        except Unreachable:
            raise
        except EsoctlError as error:
            if isinstance(error, Conflict):
                self.doubted.add(key)
            self.tried.pop(self.places.get(key, ("", "")), None)
            raise

    def _expect(self, key: Key, place: tuple[str, str], data_hash: str) -> None:
        if self.places.get(key) != place:
            self._forget_place(key)
        self.places[key], self.tried[place] = place, data_hash

    async def see(self, key: Key, name: str) -> Secret | None:
        """The target as it is now; None when there is none."""
        if key in self.doubted:
            live = await self.cluster.secret(key.namespace, name)
            self.doubted.discard(key)
            return live
        meta = self.views.secret_meta(key.namespace, name)
        known = self._newest(key, name)
        if meta is None:
            lagging = known is not None and _version(known) > self.views.secrets_seen(key.namespace)
            return known if lagging else None
        if known is not None and _version(known) >= _number(meta.resource_version):
            return known
        return await self.cluster.secret(key.namespace, name)

    def wrote(self, key: Key, plan: Apply, secret: Secret) -> None:
        """Remember a write of ours."""
        meta = secret.metadata
        self._forget_place(key)
        self.written[key] = secret
        self.places[key] = (meta.namespace, meta.name)
        self.versions[meta.namespace, meta.name] = meta.resource_version
        self.applied[key] = Applied(meta.uid, plan.labels, plan.annotations, plan.owner is not None)

    def forget(self, key: Key) -> None:
        """The key's object or target is gone."""
        self.written.pop(key, None)
        self.applied.pop(key, None)
        self.doubted.discard(key)
        self._forget_place(key)

    def _forget_place(self, key: Key) -> None:
        place = self.places.pop(key, None)
        if place is not None:
            self.versions.pop(place, None)
            self.tried.pop(place, None)

    def _newest(self, key: Key, name: str) -> Secret | None:
        informed = self.views.managed_secret(key.namespace, name)
        ours = self.written.get(key)
        if ours is None:
            return informed
        if ours.metadata.name != name or (informed is not None and _version(informed) >= _version(ours)):
            del self.written[key]
            return informed
        return ours


def _version(secret: Secret) -> int:
    return _number(secret.metadata.resource_version)


def _number(version: str) -> int:
    """A resource version as a number: ordered within a resource type since Kubernetes 1.35; 0 when it is none."""
    return int(version) if version.isdigit() else 0
