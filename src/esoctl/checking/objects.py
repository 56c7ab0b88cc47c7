"""Judges one object: its head, its schema, and the rules the controller applies to it.

The controller stops at the first thing it cannot live with. Here the offending field is taken away and the rules are
asked again, so that one run tells everything; what follows from a field already named is not told again.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

import msgspec

from esoctl.checking import hints, texts
from esoctl.checking.documents import Doc
from esoctl.checking.fields import UNKNOWN, Check
from esoctl.checking.hints import Schema
from esoctl.crds.fields import NAME, NAMESPACE
from esoctl.crds.generate import all_crds
from esoctl.crds.generators import MEMBERS
from esoctl.errors import GeneratorInvalid, SpecError
from esoctl.generators import passwords
from esoctl.model import external_secret, generators, store
from esoctl.model.keys import Kind
from esoctl.model.kinds import API_VERSION, GENERATORS, GROUP, RESOURCES
from esoctl.plan import unused, validate
from esoctl.plan.validate import Problem
from esoctl.providers.aws.session import Session
from esoctl.providers.registry import providers
from esoctl.reconcile.stores import unused as unused_of_store
from esoctl.reconcile.stores import validate_store

MAKERS: Final = (Kind.FAKE, Kind.PASSWORD, Kind.UUID, Kind.CLUSTER_GENERATOR)
KINDS: Final = (Kind.EXTERNAL_SECRET, Kind.SECRET_STORE, Kind.CLUSTER_SECRET_STORE, *MAKERS)
OTHERS: Final = (
    "ClusterExternalSecret", "PushSecret", "ClusterPushSecret", "GeneratorState",
    *(kind for kind in MEMBERS if kind not in KINDS),
)  # fmt: skip
"""Kinds of the groups that are not judged."""
UNNAMED: Final = "unnamed"
_TEXTS: Final = {"type": "object", "additionalProperties": {"type": "string"}}
_METADATA: Final = {
    "type": "object",
    "x-kubernetes-preserve-unknown-fields": True,
    "properties": {
        "name": {"type": "string", "description": "Name of the object.", **NAME},
        "namespace": {"type": "string", **NAMESPACE},
        "labels": _TEXTS,
        "annotations": _TEXTS,
    },
}
_STEP: Final = re.compile(r"[^.\[\]]+|\[\d+\]")


def flatten(body: Doc) -> Iterator[Doc]:
    """The objects in a document: itself, or the items of a list."""
    items = body.get("items")
    if isinstance(items, list) and str(body.get("kind")).endswith("List"):
        for item in items:
            yield from flatten(item if isinstance(item, dict) else {})
    else:
        yield body


def concerned(body: Mapping[str, object]) -> bool:
    """Whether an object is one to be judged; one of the group whose kind does not exist is."""
    kind, version = body.get("kind"), body.get("apiVersion")
    group = version.partition("/")[0] if isinstance(version, str) else GROUP if kind in KINDS else ""
    return group in (GROUP, GENERATORS) and kind not in OTHERS


def title(body: Mapping[str, object]) -> str:
    """``kind/name``."""
    kind, metadata = body.get("kind"), body.get("metadata")
    name = metadata.get("name") or metadata.get("generateName") if isinstance(metadata, dict) else None
    return f"{kind if isinstance(kind, str) else '?'}/{name if isinstance(name, str) else '?'}"


class Judge:
    """Judges any number of objects. ``namespace`` is that of objects which name none."""

    def __init__(self, namespace: str = "default") -> None:
        self._namespace = namespace
        self._schemas = dict(zip(KINDS, map(_schema, all_crds()), strict=True))
        self._providers = providers(Session())

    def problems(self, body: Doc) -> list[Problem]:
        """Everything wrong with one object."""
        wrong = list(_head(body))
        kind = next((one for one in KINDS if one == body.get("kind")), None)
        if kind is None:
            return wrong
        found = [*wrong, *Check(self._schemas[kind]).problems(body)]
        settled = self.settled(kind, body)
        for problem in found:
            if problem.problem == UNKNOWN:  # the API server would not store it
                settled = _without(settled, problem.path) or settled
        return found + self._rules(kind, settled, {problem.path for problem in found})

    def warnings(self, body: Doc) -> list[Problem]:
        """The fields of one object that have no effect; nothing of an object that cannot be read."""
        kind = next((one for one in KINDS if one == body.get("kind")), None)
        if kind is None or kind in MAKERS:
            return []
        raw = msgspec.json.encode(self.settled(kind, body))
        if kind is not Kind.EXTERNAL_SECRET:
            return unused_of_store(store.decode(raw))
        spec = external_secret.decode(raw).spec
        return unused.external_secret(spec) if spec else []

    def _rules(self, kind: Kind, body: Doc, told: Collection[str]) -> list[Problem]:
        """What the controller says beyond what was ``told`` already, by path."""
        found: list[Problem] = []
        taken: list[str] = []
        while True:
            try:
                last = [problem for problem in self._ask(kind, body) if problem.path not in told]
                return found + [each._replace(path=_place(each)) for each in last if not _above(_place(each), taken)]
            except SpecError as error:
                problem = validate.problem_of(error)
                path = _place(problem)
                if not _above(path, [*told, *taken]):
                    found.append(problem._replace(path=path))
                # Entries of a list keep their numbers, so the whole list goes.
                taken.append(path.rstrip("[0123456789]"))
                without = _without(body, taken[-1])
                if without is None:
                    return found
                body = without

    def _ask(self, kind: Kind, body: Doc) -> list[Problem]:
        """One question to the rules; raises SpecError where the controller would go no further."""
        raw = msgspec.json.encode(body)
        if kind in MAKERS:
            _check_generator(kind, raw)
            return []
        if kind is not Kind.EXTERNAL_SECRET:
            validate_store(store.decode(raw), self._providers)
            return []
        decoded = external_secret.decode(raw)
        if decoded.spec is None:
            raise validate.unfit(decoded.unfit, "spec")
        return [*validate.external_secret(decoded.metadata.namespace, decoded.spec), *texts.problems(decoded.spec)]

    def settled(self, kind: Kind, body: Doc) -> Doc:
        """The object as the controller would get it: nulls gone, with a name, and a namespace if its kind has one."""
        metadata = body.get("metadata")
        head = metadata if isinstance(metadata, dict) else {}
        named = head.get("name") if isinstance(head.get("name"), str) else UNNAMED
        place = head.get("namespace") if isinstance(head.get("namespace"), str) else self._namespace
        namespace = place if RESOURCES[kind].namespaced else ""
        settled: Doc = {"metadata": {"name": named, "namespace": namespace}}
        return settled | ({"spec": _without_nulls(body["spec"])} if body.get("spec") is not None else {})


def _check_generator(kind: Kind, raw: bytes) -> None:
    """Raise SpecError for a generator that cannot make its values."""
    try:
        spec = generators.decode(kind, raw)
        if isinstance(spec, generators.Password):
            passwords.check(spec)
    except GeneratorInvalid as error:
        raise SpecError("spec", str(error)) from None


def _place(problem: Problem) -> str:
    """Where a problem is, as a path that can be followed: never empty, and without an entry that is not named."""
    return (problem.path or "spec").partition("[...]")[0]


def _head(body: Doc) -> Iterator[Problem]:
    """What must be right for the API server to take an object as what it is."""
    kind = body.get("kind")
    if kind not in KINDS:
        near = hints.nearest(kind, [*KINDS, *OTHERS]) if isinstance(kind, str) else ""
        yield Problem("kind", f"no kind of {GROUP}", f"write {near}" if near else f"use {', '.join(KINDS)}")
    served = RESOURCES[Kind(kind)].api_version if isinstance(kind, str) and kind in KINDS else API_VERSION
    if body.get("apiVersion") != served:
        missing = body.get("apiVersion") is None
        yield Problem("apiVersion", "is missing" if missing else "is not served", f"write {served}")
    metadata = body.get("metadata")
    if not isinstance(metadata, dict) or not (metadata.get("name") or metadata.get("generateName")):
        yield Problem("metadata.name", "is missing", "name the object")
    if kind in KINDS and kind not in (Kind.FAKE, Kind.PASSWORD, Kind.UUID) and body.get("spec") is None:
        yield Problem("spec", "is missing", "say what is wanted; see the examples in the documentation")


def _schema(definition: Mapping[str, object]) -> Schema:
    """The schema of a kind; the metadata as the API server checks it, the status not at all, since it takes none."""
    version = msgspec.convert(definition["spec"], _Spec).versions[0]
    schema = dict(version.schema.whole)
    properties = schema["properties"]
    assert isinstance(properties, dict)
    return {
        **schema,
        "properties": {**properties, "metadata": _METADATA, "status": {"x-kubernetes-preserve-unknown-fields": True}},
    }


class _Validation(msgspec.Struct, frozen=True):
    whole: dict[str, object] = msgspec.field(name="openAPIV3Schema")


class _Version(msgspec.Struct, frozen=True):
    schema: _Validation


class _Spec(msgspec.Struct, frozen=True):
    versions: list[_Version]


def _above(path: str, others: Collection[str]) -> bool:
    """Whether the path is, or leads to, one of the others."""
    return any(other == path or other.startswith((f"{path}.", f"{path}[")) for other in others)


def _without(body: Doc, path: str) -> Doc | None:
    """A copy with the field at the path gone; None where there is none."""
    try:
        made = _cut(body, _STEP.findall(path))
    except (KeyError, IndexError, TypeError):
        return None
    assert isinstance(made, dict)
    return made


def _cut(value: object, steps: list[str]) -> object:
    step, *rest = steps
    if isinstance(value, list):
        index = int(step.strip("[]"))
        return [*value[:index], _cut(value[index], rest), *value[index + 1 :]]
    if not isinstance(value, dict):
        raise TypeError(step)
    below = value[step]
    others = {key: item for key, item in value.items() if key != step}
    return {**others, step: _cut(below, rest)} if rest else others


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nulls(below) for key, below in value.items() if below is not None}
    return [_without_nulls(below) for below in value] if isinstance(value, list) else value
