"""Creates, replaces, patches and applies objects.

The order of the steps is the API server's (k8s.io/apiserver ``endpoints/handlers`` and ``registry/generic``): decode,
merge, keep what a write cannot change, note owners, validate, compare revisions, store. A dry run does all but store.
"""

from dataclasses import dataclass

from esoctl.sandbox import apply as applying
from esoctl.sandbox import bodies, lookup, metadata, patching, problems, rules, schema, statuses
from esoctl.sandbox.documents import Doc, duplicate, equal
from esoctl.sandbox.field_errors import blocks_rules
from esoctl.sandbox.requests import Call, Response
from esoctl.sandbox.resources import Resource
from esoctl.sandbox.statuses import Problem
from esoctl.sandbox.typed import DecodeFault
from esoctl.sandbox.world import NAMESPACES, World

_UNCHECKED = (
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete "
    "validation"
)


@dataclass(slots=True)
class Draft:
    """An object on its way into the store."""

    doc: Doc
    unknown: list[str]
    patched: bool = False


class Writing:
    """The writing verbs on one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def create(self, call: Call) -> Response:
        _check_options(call)
        if call.resource.terminating:
            raise statuses.method_not_allowed(call.resource, "create")
        draft = self._decode(call, bodies.read_object(call.request, call.resource))
        return self._create(call, draft)

    def update(self, call: Call) -> Response:
        _check_options(call)
        draft = self._decode(call, bodies.read_object(call.request, call.resource))
        bodies.check_name(draft.doc, call)
        live = self._world.store.get(call.resource.key, call.place)
        if live is None:
            if not call.resource.behaviour.upsert or call.subresource:
                raise statuses.not_found(call.resource, call.name)
            return self._create(call, draft)
        _check_uid(draft.doc, live, call)
        return self._replace(call, draft, live)

    def patch(self, call: Call) -> Response:
        patch = patching.read(call)
        _check_options(call, is_apply=patch.is_apply)
        live = self._world.store.get(call.resource.key, call.place)
        if live is None and (not patch.is_apply or call.subresource):
            raise statuses.not_found(call.resource, call.name)
        if patch.is_apply:
            return self._apply(call, patch, live)
        served = self._world.present(call.resource, live or {})
        draft = self._decode(call, patch.onto(served, call.resource), patched=True)
        bodies.check_name(draft.doc, call)
        return self._replace(call, draft, live or {})

    def _apply(self, call: Call, patch: patching.Patch, live: Doc | None) -> Response:
        wanted = duplicate(patch.document)
        resource = call.resource
        patching.check_type(wanted, resource)
        if live is None and (uid := lookup.uid_of(wanted)):
            words = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            raise statuses.conflict(resource, call.name, words)
        served = None if live is None else self._world.present(resource, live)
        try:
            merged = applying.apply(
                served,
                wanted,
                manager=call.field_manager,
                force=call.options.flag("force"),
                topology=resource.topology,
                subresource=call.subresource,
                api_version=resource.api_version,
                now=self._world.now(),
            )
        except applying.ApplyConflict as conflict:
            raise statuses.apply_conflict(str(conflict), conflict.causes) from None
        except applying.ApplyError as error:
            raise patching.apply_refusal(error) from None
        doc = duplicate(merged)
        bodies.check_kind(doc, resource)
        bodies.settle_applied(doc, resource)
        draft = Draft(bodies.stored_form(doc, resource), [])
        bodies.set_namespace(draft.doc, call)
        bodies.check_name(draft.doc, call)
        if live is None:
            return self._create(call, draft, tracked=True)
        return self._replace(call, draft, live, tracked=True)

    # Steps

    def _decode(self, call: Call, doc: Doc, *, patched: bool = False) -> Draft:
        resource = call.resource
        bodies.check_kind(doc, resource)
        draft = Draft(doc, bodies.settle_fields(doc, resource), patched)
        if draft.unknown and call.options.text("fieldValidation") == "Strict":
            raise _refuse_decode(draft, resource, bodies.strict_words(draft.unknown))
        draft.doc = bodies.stored_form(doc, resource)
        return draft

    def _prepare(self, draft: Draft, live: Doc | None, resource: Resource) -> None:
        try:
            resource.behaviour.prepare(draft.doc, live)
        except DecodeFault as fault:
            raise _refuse_decode(draft, resource, str(fault)) from None

    def _create(self, call: Call, draft: Draft, *, tracked: bool = False) -> Response:
        resource, doc = call.resource, draft.doc
        bodies.set_namespace(doc, call)
        if call.verb != "create":
            bodies.check_name(doc, call)
        if resource.terminating:
            raise statuses.method_not_allowed(resource, "create")
        metadata.begin(doc, self._world.now(), self._world.entropy)
        self._admit(call, lookup.name_of(doc))
        if "status" in resource.subresources:
            doc.pop("status", None)
        self._prepare(draft, None, resource)
        doc = draft.doc
        _set_generation(doc, 1 if resource.behaviour.counts_generation else 0)
        if lookup.revision_of(doc) and not tracked:
            raise statuses.unknown("resourceVersion should not be set on objects to be created")
        lookup.meta(doc).pop("resourceVersion", None)
        if not tracked:
            doc = self._track(call, None, doc)
        self._validate(call, doc, None)
        if self._world.store.get(resource.key, lookup.place_of(doc)) is not None:
            raise statuses.already_exists(resource, lookup.name_of(doc))
        warnings = (*self._warnings(call, draft), *_finalizer_warnings(resource, doc, None))
        stored = doc if call.options.dry_run else self._world.store.put(resource.key, doc)
        return Response(201, self._world.present(resource, stored), warnings=warnings)

    def _replace(self, call: Call, draft: Draft, live: Doc, *, tracked: bool = False) -> Response:
        resource = call.resource
        bodies.set_namespace(draft.doc, call)
        if resource.namespaced:
            self._admit(call, call.name)
        _check_revision(draft.doc, live, call)
        doc = self._combine(call, draft, live)
        lookup.ensure(doc, "metadata")["resourceVersion"] = lookup.revision_of(live)
        if not tracked:
            doc = self._track(call, live, doc)
        self._validate(call, doc, live)
        warnings = (*self._warnings(call, draft), *_finalizer_warnings(resource, doc, live))
        if not call.options.dry_run:
            doc = self._store(resource, doc, live)
        return Response(200, self._world.present(resource, doc), warnings=warnings)

    def _combine(self, call: Call, draft: Draft, live: Doc) -> Doc:
        """The new document, with what this write cannot change taken from the stored one."""
        resource = call.resource
        if call.subresource:
            return _part(call.subresource, draft.doc, live)
        metadata.carry_over(draft.doc, live)
        if "status" in resource.subresources:
            _keep(draft.doc, live, "status")
        self._prepare(draft, live, resource)
        doc = draft.doc
        if resource.behaviour.counts_generation and not equal(_counted(doc, resource), _counted(live, resource)):
            _set_generation(doc, lookup.number(live, "metadata", "generation") + 1)
        return doc

    def _track(self, call: Call, live: Doc | None, doc: Doc) -> Doc:
        return applying.track_update(
            live,
            doc,
            manager=call.field_manager,
            subresource=call.subresource,
            topology=call.resource.topology,
            api_version=call.resource.api_version,
            now=self._world.now(),
        )

    def _store(self, resource: Resource, doc: Doc, live: Doc) -> Doc:
        """Store what changed; an object that was only waiting for its last finalizer goes."""
        if equal(doc, live):
            return live
        if _is_released(doc, live):
            last = self._world.store.remove(resource.key, lookup.place_of(live))
            return {**doc, "metadata": {**lookup.meta(doc), "resourceVersion": lookup.revision_of(last)}}
        return self._world.store.put(resource.key, doc)

    def _admit(self, call: Call, name: str) -> None:
        """The namespace must exist, and must not be going away when something new comes."""
        if not call.resource.namespaced:
            return
        namespace = self._world.store.get(NAMESPACES, ("", call.namespace))
        if namespace is None:
            raise statuses.not_found(_NAMESPACE, call.namespace)
        creating = self._world.store.get(call.resource.key, (call.namespace, name)) is None
        if creating and lookup.text(namespace, "status", "phase") == "Terminating":
            raise _terminating(call, name)

    def _validate(self, call: Call, doc: Doc, live: Doc | None) -> None:
        resource = call.resource
        found = list(metadata.check_new(doc, resource) if live is None else metadata.check_update(doc, live))
        if resource.schema is not None:
            before = live and self._world.present(resource, live)
            found += _check_custom(self._world.present(resource, doc), before, call)
        elif not call.subresource:
            found += resource.behaviour.check(doc, live)
        if found:
            raise statuses.invalid(resource.group, resource.kind, lookup.name_of(doc), found)

    def _warnings(self, call: Call, draft: Draft) -> tuple[str, ...]:
        deprecation = (call.resource.deprecation,) if call.resource.deprecation else ()
        if call.options.text("fieldValidation") in ("", "Warn"):
            return (*deprecation, *bodies.warnings(draft.unknown))
        return deprecation


class _Namespaces:
    group = ""
    plural = "namespaces"
    kind = "Namespace"


_NAMESPACE = _Namespaces()


def _check_type(doc: Doc, resource: Resource) -> list[Problem]:
    kind = doc.get("kind")
    return [] if kind == resource.kind else [problems.invalid("kind", kind, f"must be {resource.kind}")]


def _check_custom(doc: Doc, live: Doc | None, call: Call) -> list[Problem]:
    wanted = call.resource.schema
    kind_problems = _check_type(doc, call.resource)
    if kind_problems or wanted is None:
        return kind_problems
    if call.subresource and live is not None:
        found = schema.validate_status(doc, wanted, live)
    else:
        found = schema.validate(doc, wanted, live)
    if blocks_rules(found):
        return [*found, problems.unplaced(_UNCHECKED)]
    return [*found, *rules.check(doc, live, wanted)]


def _terminating(call: Call, name: str) -> statuses.Refusal:
    words = f"unable to create new content in namespace {call.namespace} because it is being terminated"
    cause: Doc = {
        "reason": "NamespaceTerminating",
        "message": f"namespace {call.namespace} is being terminated",
        "field": "metadata.namespace",
    }
    return statuses.forbidden(call.resource, name, words, [cause])


def _refuse_decode(draft: Draft, resource: Resource, why: str) -> statuses.Refusal:
    if draft.patched:
        return patching.refuse_result(draft.doc, why)
    return bodies.refuse_create(why, resource)


def _check_options(call: Call, *, is_apply: bool = False) -> None:
    kind = {"create": "CreateOptions", "update": "UpdateOptions"}.get(call.verb, "PatchOptions")
    found: list[Problem] = []
    if is_apply and not call.options.text("fieldManager"):
        found.append(problems.required("fieldManager", "is required for apply patch"))
    if call.verb == "patch" and not is_apply and call.options.has("force"):
        found.append(problems.forbidden("force", "may not be specified for non-apply patch"))
    if len(call.options.text("fieldManager").encode()) > 128:
        found.append(problems.too_long("fieldManager", 128))
    if any(value != "All" for value in call.options.all("dryRun")):
        found.append(problems.not_supported("dryRun", call.options.all("dryRun"), ("All",)))
    directive = call.options.text("fieldValidation")
    if directive not in ("", "Ignore", "Strict", "Warn"):
        found.append(problems.not_supported("fieldValidation", directive, ("", "Ignore", "Strict", "Warn")))
    if found:
        raise statuses.invalid("meta.k8s.io", kind, "", found)


def _check_uid(doc: Doc, live: Doc, call: Call) -> None:
    """A PUT that names a uid means that very object."""
    wanted, found = lookup.uid_of(doc), lookup.uid_of(live)
    if wanted and wanted != found:
        place = "/".join(part for part in ("/registry", *call.resource.key, *call.place) if part)
        words = f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}"
        words = f"StorageError: invalid object, Code: 4, Key: {place}, ResourceVersion: 0, AdditionalErrorMsg: {words}"
        raise statuses.conflict(call.resource, call.name, words)


def _check_revision(doc: Doc, live: Doc, call: Call) -> None:
    wanted = lookup.revision_of(doc)
    if not wanted or wanted == "0":
        if call.resource.behaviour.blind_update:
            return
        found = problems.invalid("metadata.resourceVersion", 0, "must be specified for an update")
        raise statuses.invalid(call.resource.group, call.resource.plural, call.name, [found])
    if not wanted.isdigit():
        words = f'strconv.ParseUint: parsing "{wanted}": invalid syntax'
        found = problems.invalid("metadata.resourceVersion", wanted, words)
        raise statuses.invalid(call.resource.group, call.resource.kind, call.name, [found])
    if wanted != lookup.revision_of(live):
        raise statuses.conflict(call.resource, call.name)


def _part(subresource: str, doc: Doc, live: Doc) -> Doc:
    """The stored document with only the part exchanged that the subresource is for."""
    result = dict(live)
    member = "spec" if subresource == "finalize" else subresource
    _keep(result, doc, member)
    meta = dict(lookup.meta(live))
    _keep(meta, lookup.meta(doc), "managedFields")
    result["metadata"] = meta
    return result


def _keep(target: Doc, source: Doc, member: str) -> None:
    """Make the member of the target what it is in the source, absence included."""
    if member in source:
        target[member] = source[member]
    else:
        target.pop(member, None)


def _counted(doc: Doc, resource: Resource) -> Doc:
    """The part of an object whose change makes a new generation."""
    ignored = {"metadata", "apiVersion", "kind"}
    if "status" in resource.subresources or not resource.custom:
        ignored.add("status")
    return {key: value for key, value in doc.items() if key not in ignored}


def _set_generation(doc: Doc, generation: int) -> None:
    meta = lookup.ensure(doc, "metadata")
    meta.pop("generation", None)
    if generation:
        meta["generation"] = generation


def _is_released(doc: Doc, live: Doc) -> bool:
    """Was the stored object being deleted, and did this write take its last finalizer?"""
    if not lookup.text(live, "metadata", "deletionTimestamp"):
        return False
    return not lookup.texts(doc, "metadata", "finalizers") and not lookup.texts(doc, "spec", "finalizers")


def _finalizer_warnings(resource: Resource, doc: Doc, live: Doc | None) -> tuple[str, ...]:
    return tuple(metadata.finalizer_warnings(doc, live)) if resource.custom else ()
