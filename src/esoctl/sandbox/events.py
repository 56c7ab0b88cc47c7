"""Serves one collection of events under two groups: core ``v1`` and ``events.k8s.io/v1``.

Events are kept in the core form; the other group's names for the same members are translated on the way in and out
(k8s.io/kubernetes ``pkg/apis/events/v1/conversion.go``).
"""

from esoctl.sandbox import lookup, problems, typed
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.resources import Behaviour
from esoctl.sandbox.statuses import Problem

_RENAMED = {
    "regarding": "involvedObject",
    "note": "message",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
}
_BACK = {core: modern for modern, core in _RENAMED.items()}
_SHARED = ("reason", "type", "action", "eventTime", "series", "related", "reportingInstance")
_OBJECT = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_NOTE_LIMIT = 1024


def to_core(doc: Doc) -> Doc:
    return {"apiVersion": "v1", **_rename(doc, _RENAMED)}


def from_core(doc: Doc) -> Doc:
    return {"apiVersion": "events.k8s.io/v1", **_rename(doc, _BACK)}


def _rename(doc: Doc, names: dict[str, str]) -> Doc:
    return {names.get(key, key): value for key, value in doc.items() if key != "apiVersion"}


def prepare(new: Doc, old: Doc | None) -> None:  # noqa: ARG001 - the signature of a preparation
    typed.drop_nulls_except(new)


def check(new: Doc, old: Doc | None) -> list[Problem]:
    """The rules for core events; only a new one is checked."""
    if old is not None:
        return []
    namespace = lookup.namespace_of(new)
    about = lookup.text(new, "involvedObject", "namespace")
    if not new.get("eventTime"):
        fits = namespace == about if about else namespace in ("", "default")
        return [] if fits else [_other_namespace(about)]
    found = [_other_namespace(about)] if not about and namespace not in ("default", "kube-system") else []
    needed = ("reportingComponent", "reportingInstance", "action", "reason")
    found += [problems.required(member, "") for member in needed if not new.get(member)]
    if len(lookup.text(new, "message").encode()) > _NOTE_LIMIT:
        found.append(problems.invalid("message", "", f"can have at most {_NOTE_LIMIT} characters"))
    return found


def _other_namespace(namespace: str) -> Problem:
    return problems.invalid("involvedObject.namespace", namespace, "does not match event.namespace")


CORE = Behaviour(
    prepare=prepare,
    check=check,
    name_rule="path",
    selectable=(
        *(f"involvedObject.{member}" for member in _OBJECT),
        *("reason", "reportingComponent", "source", "type", "metadata.namespace", "metadata.name"),
    ),
    upsert=True,
    known=(*_BACK, *_SHARED),
)
MODERN = Behaviour(
    prepare=prepare,
    check=check,
    name_rule="path",
    selectable=(
        *(f"regarding.{member}" for member in _OBJECT),
        *("reason", "reportingController", "type", "metadata.namespace", "metadata.name"),
    ),
    upsert=True,
    known=(*_RENAMED, *_SHARED),
    decode=to_core,
    encode=from_core,
)
