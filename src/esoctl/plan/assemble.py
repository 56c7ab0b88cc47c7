"""Folds the fetched answers into the values of the Secret, in the order of the spec.

There is one pipeline for each kind of entry; the order is the spec's, whatever order the answers came in: ``dataFrom``
first, later entries over earlier ones, then ``data`` over all (the reference's getProviderSecretData). The first entry
that fails, in spec order, fails the whole: nothing partial is ever written.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import NamedTuple, assert_never

from esoctl.errors import EntryFailed, EsoctlError, SecretMissing, SpecError
from esoctl.model.external_secret import (
    DataEntry,
    DataFromEntry,
    DeletionPolicy,
    ExternalSecretSpec,
    FindSpec,
    NullBytePolicy,
    RemoteRef,
)
from esoctl.model.keys import StoreRef
from esoctl.model.remote import Quirks
from esoctl.model.values import Payload, Values
from esoctl.plan import decoding, extract, naming, nullbytes, rewrite, sources
from esoctl.plan.sources import Answer, Failed, Found, Get, Make, Missing, Request, Scan, Source

Transform = Callable[[str, str], str]
"""Renders a ``rewrite.transform`` template for one key."""


class Absent(NamedTuple):
    """An entry whose remote secret is positively absent, and whose absence the deletion policy tolerates."""

    path: str
    key: str
    source: Request


@dataclass(frozen=True, slots=True)
class Assembled:
    """The values, and what was missing on the way."""

    values: Values
    absent: tuple[Absent, ...] = ()
    proven: bool = True
    """Whether emptiness is proof of absence: a search that finds nothing proves nothing."""
    answers: int | None = field(default=None, compare=False)
    """The same, within this process, while the stores that are asked answer the same; None when none is asked."""


@dataclass(frozen=True)
class Kitchen:
    """What the fold needs besides the spec: answers, how to read them, and the template language for keys."""

    answers: Mapping[Request, Answer]
    transform: Transform
    quirks: Mapping[StoreRef, Quirks]

    @cached_property
    def likeness(self) -> int | None:
        """Stands for the answers of stores within this process; None when none was asked.

        Generators are left out: they make something new each time.
        """
        given = frozenset((asked, answer) for asked, answer in self.answers.items() if not isinstance(asked, Make))
        return hash(given) if given else None

    def quirks_of(self, source: Source) -> Quirks:
        return self.quirks.get(source.store, Quirks())


def assemble(namespace: str, spec: ExternalSecretSpec, kitchen: Kitchen) -> Assembled:
    """The values of the Secret; raises EntryFailed for the first entry that cannot be had."""
    values: dict[str, bytes] = {}
    absent: list[Absent] = []
    proven = True
    try:
        for part in _parts(namespace, spec, kitchen):
            values.update(part.values)
            absent.extend(part.absent)
            proven = proven and part.proven
    except EntryFailed as failure:
        failure.absent = tuple((gap.path, gap.key) for gap in absent)
        failure.add_missing(_further(namespace, spec, kitchen.answers, failure))
        raise
    return Assembled(Values(values), tuple(absent), proven, kitchen.likeness)


def _parts(namespace: str, spec: ExternalSecretSpec, kitchen: Kitchen) -> Iterator[Assembled]:
    for index, many in enumerate(spec.data_from):
        path = f"spec.dataFrom[{index}]"
        with _entry(f"{path}{_kind(many)}"):
            source = sources.of_data_from(namespace, spec, many, path)
            yield _tolerating(spec, path, source, partial(_many, many, source, kitchen))
    for index, one in enumerate(spec.data):
        path = f"spec.data[{index}]"
        with _entry(f"{path} (key: {one.remote_ref.key})"):
            request = sources.of_data(namespace, spec, one, path)
            yield _tolerating(spec, path, request, partial(_one, one, request, kitchen))


def _further(
    namespace: str, spec: ExternalSecretSpec, answers: Mapping[Request, Answer], failure: EntryFailed
) -> list[str]:
    """The other entries of data whose secret is absent, where that is what failed; so that all are mended at once."""
    if not isinstance(failure.cause, SecretMissing):
        return []
    named = (
        (f"spec.data[{index}] (key: {one.remote_ref.key})", sources.of_data(namespace, spec, one, "spec.data"))
        for index, one in enumerate(spec.data)
    )
    return [where for where, source in named if where != failure.where and isinstance(answers.get(source), Missing)]


@contextmanager
def _entry(where: str) -> Iterator[None]:
    """Names the entry that failed. The pure rules of values raise ValueError; those are the user's to mend."""
    try:
        yield
    except EsoctlError as error:
        raise EntryFailed(where, error) from error
    except ValueError as error:
        raise EntryFailed(where, SpecError("", str(error))) from None


def _kind(entry: DataFromEntry) -> str:
    if entry.find or entry.extract:
        return ".find" if entry.find else ".extract"
    return ".sourceRef.generatorRef" if entry.source_ref and entry.source_ref.generator_ref else ""


def _tolerating(spec: ExternalSecretSpec, path: str, source: Request, fold: Callable[[], Assembled]) -> Assembled:
    """The part of one entry; an empty one where its secret is absent and the deletion policy tolerates that."""
    try:
        return fold()
    except SecretMissing:
        if spec.target.deletion_policy is DeletionPolicy.RETAIN:
            raise
        key = source.remote.key if isinstance(source, Get) else ""
        return Assembled(Values(), (Absent(path, key, source),))


def _one(entry: DataEntry, source: Get, kitchen: Kitchen) -> Assembled:
    ref = entry.remote_ref
    value = decoding.decode(ref.decoding_strategy, _value(ref, source, kitchen))
    values = {entry.secret_key: value}
    _check_null_bytes(ref, values)
    return Assembled(Values(values))


def _many(entry: DataFromEntry, source: Request, kitchen: Kitchen) -> Assembled:
    if isinstance(source, Make):
        return Assembled(_made(entry, source, kitchen))
    if isinstance(source, Scan):
        assert entry.find is not None
        found = _found(source, kitchen)
        values = _finish(found, entry, entry.find, kitchen)
        return Assembled(values, proven=bool(found))
    assert entry.extract is not None
    ref = entry.extract
    try:
        members = extract.as_map(_value(ref, source, kitchen))
    except ValueError as error:
        raise SpecError("", f"unable to unmarshal secret {ref.key}: {error}") from None
    return Assembled(_finish(members, entry, ref, kitchen))


def _made(entry: DataFromEntry, source: Make, kitchen: Kitchen) -> Values:
    """The output of a generator, rewritten and checked; it is neither converted nor decoded."""
    made = _found(source, kitchen)
    return Values(naming.validate(rewrite.apply(entry.rewrite, made, kitchen.transform)))


def _finish(found: Mapping[str, bytes], entry: DataFromEntry, how: RemoteRef | FindSpec, kitchen: Kitchen) -> Values:
    """Rewrite or convert keys, check them, decode values, look for null bytes: the tail of every ``dataFrom`` entry."""
    if entry.rewrite:
        keyed = rewrite.apply(entry.rewrite, found, kitchen.transform)
    else:
        keyed = naming.convert(how.conversion_strategy, found)
    values = decoding.decode_map(how.decoding_strategy, naming.validate(keyed))
    _check_null_bytes(how, values)
    return Values(values)


def _check_null_bytes(how: RemoteRef | FindSpec, values: Mapping[str, bytes]) -> None:
    if how.null_byte_policy is NullBytePolicy.FAIL:
        nullbytes.check(values)


def _value(ref: RemoteRef, source: Get, kitchen: Kitchen) -> bytes:
    """The fetched value, or the wanted property of it."""
    answer = kitchen.answers[source]
    match answer:
        case Payload(value):
            pass
        case Failed(error):
            raise error
        case Missing() | Found():
            raise SecretMissing("", "", "Secret does not exist")
        case _:
            assert_never(answer)
    if not ref.property:
        return value
    quirks = kitchen.quirks_of(source)
    found = extract.property(value, ref.property, quirks)
    if found is None and quirks.missing_property_is_absence:
        raise SecretMissing("", "", "Secret does not exist")
    if found is None:
        raise SpecError("", f"key {ref.property} does not exist in secret {ref.key}")
    return found


def _found(source: Scan | Make, kitchen: Kitchen) -> dict[str, bytes]:
    answer = kitchen.answers[source]
    match answer:
        case Found(items):
            return {name: payload.value for name, payload in items}
        case Failed(error):
            raise error
        case Missing() | Payload():
            raise SecretMissing("", "", "Secret does not exist")
        case _:
            assert_never(answer)
