"""Turns the entries of a spec into requests, and says how a fetched answer is kept.

Pure. A request is hashable, so equal ones are made once. Mistakes in an entry raise SpecError with the path; the
reference accepts some of them silently (marked DIFFERS).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from esoctl.errors import EsoctlError, SpecError
from esoctl.model.external_secret import (
    DataEntry,
    DataFromEntry,
    ExternalSecretSpec,
    FindSpec,
    GeneratorRef,
    NamedStore,
    RemoteRef,
    SourceRef,
)
from esoctl.model.generators import SERVED, GeneratorKey
from esoctl.model.keys import Kind, StoreRef
from esoctl.model.kinds import RESOURCES
from esoctl.model.remote import Find, RemoteKey
from esoctl.model.values import Payload

NOT_SERVED = f"no generator of this kind is served; use {', '.join(SERVED)}"
EXTRACT_AND_FIND = "extract and find cannot be set at the same time; make two entries of them"
GENERATOR_AND_MORE = "a generator cannot be set together with extract or find; make two entries of them"
NO_SOURCE = "either extract, find, or sourceRef.generatorRef must be set"
GENERATOR_IN_DATA = "generatorRef is not possible under data; use dataFrom"
NOTHING_TO_FIND = "unexpected find operator; set name.regexp or at least one tag"
PROPERTY_WITH_FIND = "find takes whole secrets and no property; use extract or data for a part of one"
NO_STORE = "no store is named; name a SecretStore or ClusterSecretStore"


class Get(NamedTuple):
    """One remote secret of one store."""

    store: StoreRef
    remote: RemoteKey


class Scan(NamedTuple):
    """Every remote secret of one store that a search finds."""

    store: StoreRef
    find: Find


class Make(NamedTuple):
    """The values of a generator, made for one entry of the spec: two entries never share them."""

    generator: GeneratorKey
    where: str


Source = Get | Scan
Request = Source | Make
Entry = TypeVar("Entry", DataEntry, DataFromEntry)


class Missing(NamedTuple):
    """The provider says positively that there is no such secret."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The request failed; this is not absence."""

    error: EsoctlError


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought: full remote names and their values, in the provider's order."""

    items: tuple[tuple[str, Payload], ...]


Answer = Payload | Found | Missing | Failed


class Wants(NamedTuple):
    """All that a spec asks for, each once and in its order."""

    spec: ExternalSecretSpec
    stores: tuple[StoreRef, ...]
    makes: tuple[Make, ...]
    sources: tuple[Source, ...]


def wants(namespace: str, spec: ExternalSecretSpec) -> Wants:
    """What the spec asks for, seen from that namespace."""
    made, asked = makes(namespace, spec), sources(namespace, spec)
    return Wants(spec, tuple(store_refs(namespace, spec)), tuple(made), tuple(asked))


def sources(namespace: str, spec: ExternalSecretSpec) -> list[Source]:
    """Every request the spec needs, each once, in spec order.

    Entries that cannot be asked for are left out here; ``assemble`` reports them in their place.
    """
    many = [
        _asked(of_data_from, namespace, spec, entry, f"spec.dataFrom[{i}]") for i, entry in enumerate(spec.data_from)
    ]
    single = [_asked(of_data, namespace, spec, entry, f"spec.data[{i}]") for i, entry in enumerate(spec.data)]
    return list(dict.fromkeys(source for source in (*many, *single) if isinstance(source, Source)))


def makes(namespace: str, spec: ExternalSecretSpec) -> list[Make]:
    """Every generator the spec uses, once for each entry that does."""
    found = (
        _asked(of_data_from, namespace, spec, entry, f"spec.dataFrom[{index}]")
        for index, entry in enumerate(spec.data_from)
    )
    return [make for make in found if isinstance(make, Make)]


def of_data(namespace: str, spec: ExternalSecretSpec, entry: DataEntry, where: str) -> Get:
    """The request of one ``data`` entry."""
    if entry.source_ref and entry.source_ref.generator_ref:
        # DIFFERS: the reference looks for a store without a name.
        raise SpecError(f"{where}.sourceRef.generatorRef", GENERATOR_IN_DATA)
    return Get(store_of(namespace, spec, entry.source_ref, where), remote_key(entry.remote_ref))


def of_data_from(namespace: str, spec: ExternalSecretSpec, entry: DataFromEntry, where: str) -> Request:
    """The request of one ``dataFrom`` entry."""
    if entry.source_ref and entry.source_ref.generator_ref:
        if entry.extract or entry.find:
            # DIFFERS: the reference's controller ignores the generator; its webhook refuses the entry.
            raise SpecError(where, GENERATOR_AND_MORE)
        return Make(generator_of(namespace, entry.source_ref.generator_ref, where), where)
    if entry.extract and entry.find:
        # DIFFERS: the reference takes find and ignores extract.
        raise SpecError(where, EXTRACT_AND_FIND)
    if entry.find:
        return Scan(store_of(namespace, spec, entry.source_ref, where), find_query(entry.find, f"{where}.find"))
    if entry.extract:
        return Get(store_of(namespace, spec, entry.source_ref, where), remote_key(entry.extract))
    # DIFFERS: the reference reports such an entry as synced.
    raise SpecError(where, NO_SOURCE)


def store_of(namespace: str, spec: ExternalSecretSpec, source: SourceRef | None, where: str) -> StoreRef:
    """The store an entry reads from: its own, or else the one of the whole spec."""
    if source is not None and source.store_ref is None:
        raise SpecError(f"{where}.sourceRef", "generatorRef or storeRef must be set when using sourceRef")
    if source is not None and source.store_ref is not None:
        return named_store(namespace, source.store_ref, f"{where}.sourceRef.storeRef")
    return named_store(namespace, spec.secret_store_ref, "spec.secretStoreRef")


def generator_of(namespace: str, ref: GeneratorRef, where: str) -> GeneratorKey:
    """The generator of a reference, seen from that namespace."""
    path = f"{where}.sourceRef.generatorRef"
    if ref.kind not in SERVED:
        raise SpecError(f"{path}.kind", f'"{ref.kind}": {NOT_SERVED}')
    resource = RESOURCES[Kind(ref.kind)]
    if ref.api_version != resource.api_version:
        raise SpecError(f"{path}.apiVersion", f'"{ref.api_version}" has no generators; write {resource.api_version}')
    return GeneratorKey(Kind(ref.kind), namespace if resource.namespaced else "", ref.name)


def named_store(namespace: str, ref: NamedStore, where: str) -> StoreRef:
    """The store of a reference, seen from that namespace."""
    if not ref.name:
        raise SpecError(f"{where}.name", NO_STORE)
    if ref.kind in ("", Kind.SECRET_STORE):
        return StoreRef(Kind.SECRET_STORE, namespace, ref.name)
    if ref.kind == Kind.CLUSTER_SECRET_STORE:
        return StoreRef(Kind.CLUSTER_SECRET_STORE, "", ref.name)
    raise SpecError(f"{where}.kind", f'"{ref.kind}" is no store; use SecretStore or ClusterSecretStore')


def store_refs(namespace: str, spec: ExternalSecretSpec) -> list[StoreRef]:
    """Every store the spec names, each once; references that name none are left out."""
    named = [spec.secret_store_ref, *(ref.store_ref for ref in _source_refs(spec) if ref.store_ref)]
    found: dict[StoreRef, None] = {}
    for ref in named:
        if ref.name and ref.kind in ("", Kind.SECRET_STORE, Kind.CLUSTER_SECRET_STORE):
            found[named_store(namespace, ref, "")] = None
    return list(found)


def remote_key(ref: RemoteRef) -> RemoteKey:
    """What to ask for; property, decoding and conversion are applied to the answer later."""
    return RemoteKey(ref.key, ref.version, ref.metadata_policy)


def find_query(find: FindSpec, where: str) -> Find:
    """The search of a ``find``; a name or tags are needed."""
    regexp = find.name.regexp if find.name else None
    if regexp is None and not find.tags:
        # DIFFERS: with empty tags the reference errs in Secrets Manager and returns everything in Parameter Store.
        raise SpecError(where, NOTHING_TO_FIND)
    if find.property is not None:
        # DIFFERS: the reference prunes the field, and the entry gives whole secrets.
        raise SpecError(f"{where}.property", PROPERTY_WITH_FIND)
    return Find(regexp, find.path, tuple(sorted((find.tags or {}).items())))


def _source_refs(spec: ExternalSecretSpec) -> list[SourceRef]:
    found = [*(entry.source_ref for entry in spec.data), *(entry.source_ref for entry in spec.data_from)]
    return [ref for ref in found if ref is not None]


def _asked(
    make: Callable[[str, ExternalSecretSpec, Entry, str], Request],
    namespace: str,
    spec: ExternalSecretSpec,
    entry: Entry,
    where: str,
) -> Request | None:
    try:
        return make(namespace, spec, entry, where)
    except SpecError:
        return None
