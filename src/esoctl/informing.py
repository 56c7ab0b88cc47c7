"""Builds the informers of the operator: what is watched, how it is indexed, and which keys a change gives.

Part of the composition root: it knows the informers, the model and the queue's lanes, and holds no rule.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from anyio import CapacityLimiter
from msgspec import Raw

from esoctl.informers import predicates, triggers
from esoctl.informers.changes import Change, ChangeKind
from esoctl.informers.informer import Informer
from esoctl.informers.ondemand import OnDemand
from esoctl.informers.store import Broken
from esoctl.informers.triggers import Cause, Lookups, Trigger
from esoctl.informers.watcher import Options
from esoctl.kube.api import Api, Collection, Selection
from esoctl.metrics import Ready
from esoctl.model import conditions, external_secret, secret, store
from esoctl.model.external_secret import ExternalSecret
from esoctl.model.keys import Key, Kind, StoreRef
from esoctl.model.kinds import GENERATORS, RESOURCES, Resource
from esoctl.model.meta import Bare, Meta, decode_bare, decode_slim
from esoctl.model.secret import Secret
from esoctl.model.store import Store
from esoctl.plan import generic, render, sources
from esoctl.plan.observed import CREATED_BY_LABEL, MANAGED_LABEL
from esoctl.queue.lanes import Lane
from esoctl.reconcile.views import BY_OWNER, BY_STORE, InformedViews

LISTS_AT_ONCE = 2
BY_TARGET = "target"
BY_CREDENTIAL = "credential"
BY_TEXT = "text"

LANES = {
    Cause.DELETION: Lane.DELETION,
    Cause.EDIT: Lane.CHANGE,
    Cause.DRIFT: Lane.DRIFT,
    Cause.STORE: Lane.DRIFT,
    Cause.SOURCE: Lane.DRIFT,
    Cause.INITIAL: Lane.INITIAL,
}

Emit = Callable[[Key, Lane], None]
Credentials = Callable[[Store], Iterable[tuple[str, str]]]
"""(namespace, name) of the Secrets a store's credentials come from."""


@dataclass(frozen=True, slots=True)
class Hands:
    """What the informers are given besides their connection."""

    emit: Emit
    credentials: Credentials
    own: Callable[[Meta], bool]
    """Whether a Secret is as our own last write left it."""
    own_generic: Callable[[Resource, Meta], bool]
    """The same of a target of another kind."""
    stale: Callable[[Key], None]
    """Told of every ExternalSecret whose sources were edited, before its key is emitted."""
    draw: Callable[[], float]
    """A random number from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Informers:
    """Every informer of the operator; None where the namespace mode leaves one out."""

    external_secrets: Informer[ExternalSecret]
    stores: Informer[Store]
    cluster_stores: Informer[Store] | None
    secret_metas: Informer[Bare]
    managed_secrets: Informer[Secret]
    namespaces: Informer[Bare] | None
    texts: OnDemand
    """ConfigMaps that hold templates, and generators, while an ExternalSecret uses any."""
    generics: OnDemand
    """The kinds of targets that are no Secrets, as far as they bear the managed label."""

    def each(self) -> Iterator[Informer[ExternalSecret] | Informer[Store] | Informer[Bare] | Informer[Secret]]:
        """All that run from start to end."""
        found = (
            self.external_secrets,
            self.stores,
            self.cluster_stores,
            self.secret_metas,
            self.managed_secrets,
            self.namespaces,
        )
        return (informer for informer in found if informer is not None)

    def hold(self, key: Key) -> bool:
        """Whether there is such an ExternalSecret or store, readable or not."""
        if key.kind is Kind.EXTERNAL_SECRET:
            return self.external_secrets.store.get(key.namespace, key.name) is not None
        informer = self.stores if key.kind is Kind.SECRET_STORE else self.cluster_stores
        return informer is not None and informer.store.get(key.namespace, key.name) is not None

    def views(self) -> InformedViews:
        """What reconcilers read."""
        return InformedViews(
            self.external_secrets.store,
            self.stores.store,
            self.cluster_stores.store if self.cluster_stores else None,
            self.secret_metas.store,
            self.managed_secrets.store,
            self.namespaces.store if self.namespaces else None,
        )

    def readiness(self) -> Iterator[Ready]:
        """The Ready condition of every object, for metrics."""
        for controller, informer in (
            ("externalsecret", self.external_secrets),
            ("secretstore", self.stores),
            ("clustersecretstore", self.cluster_stores),
        ):
            for item in informer.store.all() if informer else ():
                ready = None if isinstance(item, Broken) else conditions.find(item.status.conditions)
                if ready is not None:
                    yield Ready(controller, item.metadata.namespace, item.metadata.name, ready.status)


@dataclass(frozen=True, slots=True)
class Sinks:
    """Turns changes into keys for the queue."""

    emit: Emit
    stale: Callable[[Key], None]
    own_generic: Callable[[Resource, Meta], bool]
    lookups: Lookups
    texts: OnDemand

    def external_secret(self, change: Change[ExternalSecret]) -> None:
        self.texts.want((BY_TEXT, change.metadata.namespace, change.metadata.name), _source_kinds(change.new))
        if predicates.external_secret(change.old, change.new):
            new = None if isinstance(change.new, Broken) else change.new
            self._send(triggers.of_external_secret(new, change.metadata, initial=_initial(change)))

    def store(self, change: Change[Store]) -> None:
        if predicates.store(change.old, change.new):
            self._send(
                triggers.of_store(_whole(change.old), _whole(change.new), self.lookups, initial=_initial(change))
            )

    def secret_meta(self, change: Change[Bare]) -> None:
        if predicates.secret(change.old, change.new):
            self._send(
                triggers.of_secret(
                    change.new.metadata if change.new is not None else None,
                    change.metadata,
                    self.lookups,
                    initial=_initial(change),
                )
            )

    def managed_secret(self, change: Change[Secret]) -> None:
        """The metadata informer sees the same changes, and those of Secrets that lost their label too."""

    def config_map(self, change: Change[Bare]) -> None:
        if predicates.secret(change.old, change.new):
            self._send(triggers.of_config_map(change.metadata, self.lookups, initial=_initial(change)))

    def generator(self, kind: Kind, change: Change[Bare]) -> None:
        if predicates.generator(change.old, change.new):
            new = change.new.metadata if change.new is not None else None
            self._send(triggers.of_generator(kind, new, change.metadata, self.lookups, initial=_initial(change)))

    def generic(self, resource: Resource, change: Change[Bare]) -> None:
        own = change.new is not None and self.own_generic(resource, change.metadata)
        if not own and predicates.generic(change.old, change.new):
            self._send(triggers.of_generic(resource, change.metadata, self.lookups, initial=_initial(change)))

    def namespace(self, change: Change[Bare]) -> None:
        """Labels are read when a store is used; a change is noticed by the next reconcile."""

    def _send(self, found: Iterable[Trigger]) -> None:
        for key, cause in found:
            if cause is Cause.SOURCE:
                self.stale(key)
            self.emit(key, LANES[cause])


def build(api: Api, namespace: str, hands: Hands) -> Informers:
    """All informers; ``namespace`` limits them to one, and then cluster-scoped kinds are left out."""
    built: list[Informers] = []
    options = Options(draw=hands.draw, lists=CapacityLimiter(LISTS_AT_ONCE))
    where = namespace or None

    def collection(kind: Kind, *, labels: str = "", bare: bool = False) -> Collection:
        return Collection(api, Selection(RESOURCES[kind], where, labels, bare))

    def stores(kind: Kind) -> Informer[Store]:
        indexes = {BY_CREDENTIAL: hands.credentials}
        name = RESOURCES[kind].plural
        return Informer(name, collection(kind), store.decode, sinks.store, options=options, indexes=indexes)

    def source(resource: Resource) -> Informer[Bare]:
        found = Collection(api, Selection(resource, where if resource.namespaced else None, metadata_only=True))
        decode, sink = _reading(resource, sinks)
        return Informer(resource.plural, found, decode, sink, options=options)

    def managed(resource: Resource) -> Informer[Bare]:
        found = Collection(api, Selection(resource, where, f"{MANAGED_LABEL}=true", metadata_only=True))
        return Informer(resource.plural, found, decode_bare, partial(sinks.generic, resource), options=options)

    lookups = _lookups(built, hands.own)
    sinks = Sinks(hands.emit, hands.stale, hands.own_generic, lookups, OnDemand(source))
    secrets, namespaces = Kind.SECRET, Kind.NAMESPACE
    informers = Informers(
        external_secrets=Informer(
            "externalsecrets", collection(Kind.EXTERNAL_SECRET), external_secret.decode, sinks.external_secret,
            options=options, indexes={BY_TARGET: _by_target, BY_STORE: _by_store, BY_TEXT: _by_text},
        ),
        stores=stores(Kind.SECRET_STORE),
        cluster_stores=None if namespace else stores(Kind.CLUSTER_SECRET_STORE),
        secret_metas=Informer(
            "secrets", collection(secrets, bare=True), decode_bare, sinks.secret_meta,
            options=options, indexes={BY_OWNER: _by_owner},
        ),
        managed_secrets=Informer(
            "secrets (managed)", collection(secrets, labels=f"{MANAGED_LABEL}=true"), secret.decode,
            sinks.managed_secret, options=options,
        ),
        namespaces=None if namespace else Informer(
            "namespaces", collection(namespaces, bare=True), decode_bare, sinks.namespace, options=options
        ),
        texts=sinks.texts,
        generics=OnDemand(managed),
    )  # fmt: skip
    built.append(informers)
    return informers


def _reading(resource: Resource, sinks: Sinks) -> tuple[Callable[[bytes | Raw], Bare], Callable[[Change[Bare]], None]]:
    """How the objects of a source are decoded, and who hears of their changes."""
    if resource.group == GENERATORS:
        return decode_bare, partial(sinks.generator, Kind(resource.kind))
    return decode_slim, sinks.config_map


def _lookups(built: list[Informers], own: Callable[[Meta], bool]) -> Lookups:
    """Lookups into informers that are still to be built when the sinks are made."""

    def by_target(namespace: str, name: str) -> list[ExternalSecret]:
        return built[0].external_secrets.store.by(BY_TARGET, (namespace, name))

    def by_store(ref: StoreRef) -> list[ExternalSecret]:
        return built[0].external_secrets.store.by(BY_STORE, ref)

    def by_credential(namespace: str, name: str) -> list[Store]:
        cluster = built[0].cluster_stores
        own = built[0].stores.store.by(BY_CREDENTIAL, (namespace, name))
        # A cluster store without a namespace in its reference reads the namespace of each consumer.
        anywhere = cluster.store.by(BY_CREDENTIAL, ("", name)) if cluster else []
        return [*own, *(cluster.store.by(BY_CREDENTIAL, (namespace, name)) if cluster else []), *anywhere]

    def by_text(kind: Kind, namespace: str, name: str) -> list[ExternalSecret]:
        return built[0].external_secrets.store.by(BY_TEXT, (kind, namespace, name))

    def by_manifest(resource: Resource, namespace: str, name: str) -> list[ExternalSecret]:
        wanted = (resource.api_version, resource.kind, namespace, name)
        return built[0].external_secrets.store.by(BY_TARGET, wanted)

    return Lookups(by_target, by_store, by_credential, by_manifest, by_text, own)


def _by_target(es: ExternalSecret) -> list[tuple[str, ...]]:
    manifest = generic.chosen(es.spec) if es.spec else None
    if manifest is not None:
        return [(manifest.api_version, manifest.kind, es.metadata.namespace, es.target_name)]
    return [(es.metadata.namespace, es.target_name)]


def _by_store(es: ExternalSecret) -> list[StoreRef]:
    return sources.store_refs(es.metadata.namespace, es.spec) if es.spec else []


def _by_text(es: ExternalSecret) -> list[tuple[Kind, str, str]]:
    if es.spec is None:
        return []
    namespace = es.metadata.namespace
    texts = [(ref.kind, namespace, ref.name) for ref in render.needed(es.spec.target.template)]
    return texts + [(*make.generator,) for make in sources.makes(namespace, es.spec)]


def _source_kinds(es: ExternalSecret | Broken | None) -> list[Resource]:
    """The kinds it is made from that are not followed anyway."""
    found = [] if es is None or isinstance(es, Broken) else _by_text(es)
    return [RESOURCES[kind] for kind in dict.fromkeys(kind for kind, _, _ in found) if kind is not Kind.SECRET]


def _by_owner(bare: Bare) -> list[tuple[str, str]]:
    owner = bare.metadata.labels.get(CREATED_BY_LABEL)
    return [(bare.metadata.namespace, owner)] if owner else []


def _initial(change: Change[ExternalSecret] | Change[Store] | Change[Bare]) -> bool:
    return change.kind is ChangeKind.INITIAL


def _whole(thing: Store | Broken | None) -> Store | None:
    return None if isinstance(thing, Broken) else thing
