"""Builds the informers of the operator: what is watched, how it is indexed, and which keys a change gives.

Where a list of namespaces is served, each has informers of its own and begins when they have their first lists: one
that cannot be followed holds up no other.

Part of the composition root: it knows the informers, the model and the queue's lanes, and holds no rule.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Generic

from anyio import CapacityLimiter

from esoctl.informers import predicates, triggers
from esoctl.informers.changes import Change, ChangeKind
from esoctl.informers.gates import Gates
from esoctl.informers.informer import Informer
from esoctl.informers.intake import After, Decode, Sink, Urgency
from esoctl.informers.joined import Family, family
from esoctl.informers.ondemand import OnDemand
from esoctl.informers.revival import Revival
from esoctl.informers.store import Alike, Broken, Indexer, T
from esoctl.informers.triggers import Cause, Lookups, Trigger
from esoctl.informers.watcher import Options, Streaming
from esoctl.kube.api import Api, Collection, Selection
from esoctl.metrics import CONTROLLERS, Ready
from esoctl.model import conditions, external_secret, secret, store
from esoctl.model.external_secret import ExternalSecret
from esoctl.model.keys import Key, Kind, StoreRef
from esoctl.model.kinds import GENERATORS, RESOURCES, Resource
from esoctl.model.meta import Bare, Meta, decode_bare, decode_slim
from esoctl.model.secret import Secret
from esoctl.model.store import Store
from esoctl.plan import generic, render, sources
from esoctl.plan.lateness import lateness
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


AnyInformer = Informer[ExternalSecret] | Informer[Store] | Informer[Bare] | Informer[Secret]
_AnyFamily = Family[ExternalSecret] | Family[Store] | Family[Bare] | Family[Secret]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which namespaces are served; none stands for the whole cluster."""

    served: tuple[str, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """What has informers of its own: each namespace, or the whole cluster under the empty name."""
        return self.served or ("",)

    def where(self, namespace: str) -> str | None:
        """The namespace to which a look at one of its objects is limited."""
        return namespace if self.served else None

    def sources(self, namespace: str, resources: Iterable[Resource]) -> list[Selection]:
        """What to follow of the kinds that an object in a namespace is made from, as far as it can be seen."""
        seen = (one for one in resources if one.namespaced or not self.served)
        return [Selection(one, self.where(namespace), metadata_only=True) for one in seen]


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
    now: Callable[[], datetime]
    back: Callable[[], object] = bool
    """Told when the API server answers after it did not."""


@dataclass(frozen=True, slots=True)
class Informers:
    """Every informer of the operator; None where only some namespaces are served, and a kind is of cluster scope."""

    scope: Scope
    gates: Gates[Lane]
    external_secrets: Family[ExternalSecret]
    stores: Family[Store]
    cluster_stores: Family[Store] | None
    secret_metas: Family[Bare]
    managed_secrets: Family[Secret]
    namespaces: Family[Bare] | None
    texts: OnDemand[Selection]
    """ConfigMaps that hold templates, and generators, while an ExternalSecret uses any."""
    generics: OnDemand[Selection]
    """The kinds of targets that are no Secrets, as far as they bear the managed label."""

    def each(self) -> Iterator[AnyInformer]:
        """All that run from start to end."""
        return chain.from_iterable(map(self.of, self.scope.parts))

    def of(self, part: str) -> Iterator[AnyInformer]:
        """Those of one part of what is served: a namespace, or the whole cluster under the empty name."""
        found: tuple[_AnyFamily | None, ...] = (
            self.external_secrets,
            self.stores,
            self.cluster_stores,
            self.secret_metas,
            self.managed_secrets,
            self.namespaces,
        )
        return (one.informers[part] for one in found if one is not None)

    def follow(self, key: Key, resources: Iterable[Resource]) -> None:
        """Watch these kinds of targets for the key, and no others any more."""
        where, labels = self.scope.where(key.namespace), f"{MANAGED_LABEL}=true"
        self.generics.want(key, [Selection(one, where, labels, metadata_only=True) for one in resources])

    def hold(self, key: Key) -> bool:
        """Whether there is such an ExternalSecret or store, readable or not."""
        if key.kind is Kind.EXTERNAL_SECRET:
            return self.external_secrets.store.get(key.namespace, key.name) is not None
        informer = self.stores if key.kind is Kind.SECRET_STORE else self.cluster_stores
        return informer is not None and informer.store.get(key.namespace, key.name) is not None

    def labels_of(self, controller: str, namespace: str, name: str) -> Mapping[str, str]:
        """The labels of an object that a controller, by its name in metrics, works on; none when it is gone."""
        informer = self._controllers()[controller]
        found = informer.store.get(namespace, name) if informer else None
        return found.metadata.labels if found is not None else {}

    def views(self) -> InformedViews:
        """What reconcilers read."""
        return InformedViews(
            self.external_secrets.store,
            self.stores.store,
            self.cluster_stores.store if self.cluster_stores else None,
            self.secret_metas.store,
            self.managed_secrets.store,
            self.namespaces.store if self.namespaces else None,
            self.scope.served,
        )

    def readiness(self) -> Iterator[Ready]:
        """The Ready condition of every object, for metrics."""
        for controller, informer in self._controllers().items():
            for item in informer.store.all() if informer else ():
                ready = None if isinstance(item, Broken) else conditions.find(item.status.conditions)
                if ready is not None:
                    yield Ready(controller, item.metadata.namespace, item.metadata.name, ready.status)

    def _controllers(self) -> dict[str, Family[ExternalSecret] | Family[Store] | None]:
        return dict(zip(CONTROLLERS, (self.external_secrets, self.stores, self.cluster_stores), strict=True))


@dataclass(frozen=True, slots=True)
class Sinks:
    """Turns changes into keys for the queue."""

    emit: Emit
    stale: Callable[[Key], None]
    own_generic: Callable[[Resource, Meta], bool]
    lookups: Lookups
    texts: OnDemand[Selection]
    scope: Scope

    def external_secret(self, change: Change[ExternalSecret]) -> None:
        namespace, name = change.metadata.namespace, change.metadata.name
        self.texts.want((BY_TEXT, namespace, name), self.scope.sources(namespace, _source_kinds(change.new)))
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


def _different(_one: object, _other: object) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class _Reading(Generic[T]):
    """How the objects of a kind are decoded, who hears of their changes, and how they are found again."""

    decode: Decode[T]
    sink: Sink[T]
    indexes: Mapping[str, Indexer[T]] = field(default_factory=dict)
    urgency: Urgency[T] | None = None
    after: After[T] | None = None
    alike: Alike[T] = _different


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes informers on one connection."""

    api: Api
    scope: Scope
    options: Options

    def informer(self, selection: Selection, read: _Reading[T]) -> Informer[T]:
        title = selection.resource.plural + (" (managed)" if selection.label_selector else "")
        name = f"{title} in {selection.namespace}" if self.scope.served else title
        found = Collection(self.api, selection)
        made = Informer(name, found, read.decode, read.sink, options=self.options, indexes=read.indexes)
        if read.urgency is not None:
            made.order(read.urgency)
        if read.after is not None:
            made.share(read.after, read.alike)
        return made

    def family(self, kind: Kind, read: _Reading[T], labels: str = "", *, bare: bool = False) -> Family[T]:
        def one(namespace: str) -> Informer[T]:
            return self.informer(Selection(RESOURCES[kind], namespace or None, labels, bare), read)

        return family(self.scope.served, one)


def build(api: Api, served: tuple[str, ...], hands: Hands) -> Informers:
    """All informers; a list of namespaces limits them to those, and then kinds of cluster scope are left out."""
    built: list[Informers] = []
    scope, gates = Scope(served), Gates(hands.emit, served)
    lists = CapacityLimiter(LISTS_AT_ONCE)
    options = Options(hands.draw, lists=lists, streaming=Streaming(), revival=Revival(hands.back))
    maker = _Maker(api, scope, options)

    def source(selection: Selection) -> Informer[Bare]:
        return maker.informer(selection, _source(selection.resource, sinks))

    def managed(selection: Selection) -> Informer[Bare]:
        return maker.informer(selection, _Reading(decode_bare, partial(sinks.generic, selection.resource)))

    sinks = Sinks(gates.emit, hands.stale, hands.own_generic, _lookups(built, hands.own), OnDemand(source), scope)
    stores = _Reading(store.decode, sinks.store, {BY_CREDENTIAL: hands.credentials})
    asked: dict[str, Indexer[ExternalSecret]] = {BY_TARGET: _by_target, BY_STORE: _by_store, BY_TEXT: _by_text}
    late = partial(_lateness, hands.now)
    wanted = _Reading(external_secret.decode, sinks.external_secret, asked, late, external_secret.after, _alike)
    held = f"{MANAGED_LABEL}=true"
    informers = Informers(
        scope,
        gates,
        maker.family(Kind.EXTERNAL_SECRET, wanted),
        maker.family(Kind.SECRET_STORE, stores),
        None if served else maker.family(Kind.CLUSTER_SECRET_STORE, stores),
        maker.family(Kind.SECRET, _Reading(decode_bare, sinks.secret_meta, {BY_OWNER: _by_owner}), bare=True),
        maker.family(Kind.SECRET, _Reading(secret.decode, sinks.managed_secret), held),
        None if served else maker.family(Kind.NAMESPACE, _Reading(decode_bare, sinks.namespace), bare=True),
        sinks.texts,
        OnDemand(managed),
    )
    built.append(informers)
    return informers


def _source(resource: Resource, sinks: Sinks) -> _Reading[Bare]:
    """The reading of something that ExternalSecrets are made from."""
    if resource.group == GENERATORS:
        return _Reading(decode_bare, partial(sinks.generator, Kind(resource.kind)))
    return _Reading(decode_slim, sinks.config_map)


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


def _alike(one: ExternalSecret, other: ExternalSecret) -> bool:
    """The indexes look at the spec and the name alone."""
    return one.spec is other.spec


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


def _lateness(now: Callable[[], datetime], es: ExternalSecret | Broken | None) -> float:
    return lateness(es, now()) if isinstance(es, ExternalSecret) else 0.0


def _initial(change: Change[ExternalSecret] | Change[Store] | Change[Bare]) -> bool:
    return change.kind is ChangeKind.INITIAL


def _whole(thing: Store | Broken | None) -> Store | None:
    return None if isinstance(thing, Broken) else thing
