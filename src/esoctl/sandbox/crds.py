"""Definitions of custom resources: their checks, their status, and the resources they serve.

From k8s.io/apiextensions-apiserver (v1.36): defaults of names and conversion, names that must be free, conditions
``NamesAccepted`` and ``Established``, and the finalizer that keeps a definition until its objects are gone.
"""

from collections.abc import Iterable

from esoctl.sandbox import columns, lookup, names, problems, structural, typed
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.resources import ANY_FIELDS, Behaviour, Resource
from esoctl.sandbox.statuses import Problem
from esoctl.sandbox.topology import Topology, from_schema

GROUP, PLURAL, KIND = "apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition"
KEY = (GROUP, PLURAL)
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
_NAMES = ("plural", "singular", "kind", "listKind")
_GUARDED = (".k8s.io", ".kubernetes.io")
_APPROVAL = "api-approved.kubernetes.io"


def _prepare(new: Doc, old: Doc | None) -> None:
    typed.drop_nulls_except(new, "spec")
    spec = lookup.ensure(new, "spec")
    wanted = lookup.ensure(spec, "names")
    kind = lookup.text(wanted, "kind")
    wanted["singular"] = wanted.get("singular") or kind.lower()
    wanted["listKind"] = wanted.get("listKind") or (f"{kind}List" if kind else "")
    spec.setdefault("conversion", {"strategy": "None"})
    for version in lookup.docs(spec, "versions"):
        for column in lookup.docs(version, "additionalPrinterColumns"):
            column.setdefault("jsonPath", "")
    before = lookup.child(old, "status")
    status: Doc = dict(before) or {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}}
    stored = lookup.texts(before, "storedVersions")
    fresh = [lookup.text(one, "name") for one in lookup.docs(spec, "versions") if one.get("storage") is True]
    status["storedVersions"] = [*stored, *(name for name in fresh if name not in stored)]
    new["status"] = status


def _check(new: Doc, old: Doc | None) -> list[Problem]:
    spec = lookup.child(new, "spec")
    plural, group = lookup.text(spec, "names", "plural"), lookup.text(spec, "group")
    name = lookup.name_of(new)
    found: list[Problem] = []
    if name != f"{plural}.{group}":
        found.append(problems.invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group'))
    found += _check_spec(spec, group)
    if old is not None:
        before = lookup.child(old, "spec")
        found += [
            problems.invalid(f"spec.{member}", spec.get(member), problems.IMMUTABLE)
            for member in ("group", "scope")
            if spec.get(member) != before.get(member)
        ]
    annotated = lookup.text(new, "metadata", "annotations", _APPROVAL)
    if f".{group}".endswith(_GUARDED) and not annotated:
        words = "protected groups must have approval annotation"
        words = f'{words} "{_APPROVAL}", see https://github.com/kubernetes/enhancements/pull/1111'
        found.append(problems.required(f"metadata.annotations[{_APPROVAL}]", words))
    return [*found, *structural.problems(new)]


def _check_group(group: str) -> list[Problem]:
    if not group:
        return [problems.required("spec.group", "")]
    if wrong := names.subdomain(group):
        return [problems.invalid("spec.group", group, ",".join(wrong))]
    if "." not in group:
        return [problems.invalid("spec.group", group, "should be a domain with at least one dot")]
    return []


def _check_scope(scope: str) -> list[Problem]:
    if not scope:
        return [problems.required("spec.scope", "")]
    if scope not in ("Cluster", "Namespaced"):
        return [problems.not_supported("spec.scope", scope, ("Cluster", "Namespaced"))]
    return []


def _check_spec(spec: Doc, group: str) -> list[Problem]:
    found = [*_check_group(group), *_check_scope(lookup.text(spec, "scope"))]
    versions = list(lookup.docs(spec, "versions"))
    for at, version in enumerate(versions):
        if not lookup.child(version, "schema", "openAPIV3Schema"):
            found.append(problems.required(f"spec.versions[{at}].schema.openAPIV3Schema", ""))
    called = [lookup.text(version, "name") for version in versions]
    if len(set(called)) != len(called):
        found.append(problems.invalid("spec.versions", versions, "must contain unique version names"))
    if sum(version.get("storage") is True for version in versions) != 1:
        words = "must have exactly one version marked as storage version"
        found.append(problems.invalid("spec.versions", versions, words))
    wanted = lookup.child(spec, "names")
    return [*found, *(problems.required(f"spec.names.{one}", "") for one in _NAMES if not wanted.get(one))]


BEHAVIOUR = Behaviour(
    prepare=_prepare, check=_check, counts_generation=True, blind_update=False, known=("spec", "status")
)


def rows(definition: Doc) -> list[Resource]:
    """The resources that a definition serves."""
    spec = lookup.child(definition, "spec")
    return [_row(definition, spec, one) for one in lookup.docs(spec, "versions") if one.get("served") is True]


def _row(definition: Doc, spec: Doc, version: Doc) -> Resource:
    named = lookup.child(spec, "names")
    schema = lookup.child(version, "schema", "openAPIV3Schema")
    extra = (lookup.text(one, "jsonPath").removeprefix(".") for one in lookup.docs(version, "selectableFields"))
    subresources = lookup.child(version, "subresources")
    return Resource(
        lookup.text(spec, "group"),
        lookup.text(version, "name"),
        lookup.text(named, "plural"),
        lookup.text(named, "kind"),
        lookup.text(spec, "scope") == "Namespaced",
        singular=lookup.text(named, "singular"),
        short_names=tuple(lookup.texts(named, "shortNames")),
        categories=tuple(lookup.texts(named, "categories")),
        subresources=frozenset(one for one in ("status",) if one in subresources),
        list_kind=lookup.text(named, "listKind"),
        columns=columns.of_definition(lookup.docs(version, "additionalPrinterColumns")),
        topology=_topology(schema),
        behaviour=Behaviour(selectable=(*ANY_FIELDS, *extra), blind_update=False, counts_generation=True),
        schema=schema,
        terminating=bool(lookup.text(definition, "metadata", "deletionTimestamp")),
        deprecation=_deprecation(spec, version),
    )


def _topology(schema: Doc) -> Topology:
    return from_schema(schema)


def _deprecation(spec: Doc, version: Doc) -> str:
    """The warning that every use of a deprecated version carries."""
    if version.get("deprecated") is not True:
        return ""
    group, kind = lookup.text(spec, "group"), lookup.text(spec, "names", "kind")
    default = f"{group}/{lookup.text(version, 'name')} {kind} is deprecated"
    return lookup.text(version, "deprecationWarning") or default


def accepted(definition: Doc, others: Iterable[Doc], now: str) -> Doc:
    """The status after the names were looked at: accepted when no other definition of the group has them."""
    spec = lookup.child(definition, "spec")
    wanted = lookup.child(spec, "names")
    taken = _taken(lookup.text(spec, "group"), others)
    clash = next((one for one in _words(wanted) if one in taken), None)
    status = dict(lookup.child(definition, "status"))
    known = list(lookup.docs(status, "conditions"))
    if clash is not None:
        known = _set(known, "NamesAccepted", "False", "NameConflict", f'"{clash}" is already in use', now)
        known = _set(known, "Established", "False", "NotAccepted", "not all names are accepted", now)
    else:
        status["acceptedNames"] = dict(wanted)
        known = _set(known, "NamesAccepted", "True", "NoConflicts", "no conflicts found", now)
        words = "the initial names have been accepted"
        known = _set(known, "Established", "True", "InitialNamesAccepted", words, now)
    status["conditions"] = list(known)
    return status


def _words(named: Doc) -> list[str]:
    return [*(lookup.text(named, one) for one in _NAMES), *lookup.texts(named, "shortNames")]


def _taken(group: str, others: Iterable[Doc]) -> set[str]:
    return {
        word
        for other in others
        if lookup.text(other, "spec", "group") == group
        for word in _words(lookup.child(other, "status", "acceptedNames"))
        if word
    }


def terminating(definition: Doc, now: str) -> Doc:
    """The status of a definition whose deletion was asked for."""
    status = dict(lookup.child(definition, "status"))
    words = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"
    known = _set(list(lookup.docs(status, "conditions")), "Terminating", "True", "InstanceDeletionPending", words, now)
    status["conditions"] = list(known)
    return status


def _set(conditions: list[Doc], kind: str, value: str, reason: str, message: str, now: str) -> list[Doc]:
    """The conditions with one of them set; its transition time changes with its status only."""
    old = next((one for one in conditions if one.get("type") == kind), None)
    since = old.get("lastTransitionTime") if old and old.get("status") == value else now
    fresh: Doc = {"type": kind, "status": value, "reason": reason, "message": message, "lastTransitionTime": since}
    if old is None:
        return [*conditions, fresh]
    return [fresh if one is old else one for one in conditions]
