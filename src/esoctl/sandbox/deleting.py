"""Answers delete calls: options, preconditions, and what is told about the object."""

from esoctl.sandbox import bodies, crds, lookup, problems, reading, removal, statuses, views
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.requests import Call, Response
from esoctl.sandbox.statuses import Problem
from esoctl.sandbox.world import NAMESPACES, World

_POLICIES = ("Foreground", "Background", "Orphan")
_IMMORTAL = frozenset(["default", "kube-system", "kube-public"])


class Deleting:
    """The deleting verbs on one world."""

    def __init__(self, world: World, lister: reading.Reading) -> None:
        self._world = world
        self._lister = lister
        self._removal = removal.Removal(world)

    def delete(self, call: Call) -> Response:
        options = _options(call)
        key = call.resource.key
        doc = self._world.store.get(key, call.place)
        if key == NAMESPACES and call.name in _IMMORTAL:
            raise statuses.forbidden(call.resource, call.name, "this namespace may not be deleted")
        if doc is None:
            raise statuses.not_found(call.resource, call.name)
        _check_preconditions(options, doc, call)
        outcome = self._carry_out(call, doc, options)
        return Response(200, self._answer(call, outcome))

    def delete_collection(self, call: Call) -> Response:
        reading.check_list_options(call.options)
        options = _options(call)
        page = self._lister.page(call)
        for shown in page.docs:
            doc = self._world.store.get(call.resource.key, lookup.place_of(shown))
            if doc is not None:
                _check_preconditions(options, doc, call)
                self._carry_out(call, doc, options)
        view = views.choose("application/json")
        return Response(200, views.many(view, call.resource, page.docs, page.meta, self._world.now()))

    def _carry_out(self, call: Call, doc: Doc, options: Doc) -> removal.Outcome:
        key = call.resource.key
        policy = _policy(options)
        if call.options.dry_run or "All" in lookup.texts(options, "dryRun"):
            return removal.plan(key, doc, policy, self._world.now())
        return self._removal.delete(key, doc, policy)

    def _answer(self, call: Call, outcome: removal.Outcome) -> Doc:
        """The object when it waits for finalizers, a Status when it is gone (some kinds answer themselves always)."""
        if not outcome.gone or call.resource.behaviour.returns_deleted:
            return self._world.present(call.resource, outcome.doc)
        details: Doc = {"name": call.name, "group": call.resource.group, "kind": call.resource.plural}
        details["uid"] = lookup.uid_of(outcome.doc)
        return statuses.success({key: value for key, value in details.items() if value})


def _options(call: Call) -> Doc:
    """DeleteOptions from the body, or from the query when there is no body."""
    if call.request.body.strip():
        options = bodies.read(call.request, bodies.TYPED)
    else:
        options = {name: value for name in ("propagationPolicy",) if (value := call.options.text(name))}
        if call.options.has("orphanDependents"):
            options["orphanDependents"] = call.options.flag("orphanDependents")
        if call.options.has("dryRun"):
            options["dryRun"] = list(call.options.all("dryRun"))
    _check(options)
    return options


def _check(options: Doc) -> None:
    found: list[Problem] = []
    policy = options.get("propagationPolicy")
    if policy is not None and options.get("orphanDependents") is not None:
        words = "orphanDependents and deletionPropagation cannot be both set"
        found.append(problems.invalid("propagationPolicy", policy, words))
    if policy is not None and policy not in _POLICIES:
        found.append(problems.not_supported("propagationPolicy", policy, (*_POLICIES, "nil")))
    dry_run = lookup.texts(options, "dryRun")
    if any(value != "All" for value in dry_run):
        found.append(problems.not_supported("dryRun", dry_run, ("All",)))
    if found:
        raise statuses.invalid("meta.k8s.io", "DeleteOptions", "", found)


def _policy(options: Doc) -> str:
    orphan = options.get("orphanDependents")
    if orphan is not None:
        return removal.ORPHAN_POLICY if orphan is True else removal.BACKGROUND_POLICY
    return lookup.text(options, "propagationPolicy")


def _check_preconditions(options: Doc, doc: Doc, call: Call) -> None:
    wanted = lookup.child(options, "preconditions")
    rows = (
        ("UID", "uid", "The object might have been deleted and then recreated"),
        ("ResourceVersion", "resourceVersion", "The object might have been modified"),
    )
    for word, member, hint in rows:
        asked, found = lookup.text(wanted, member), lookup.text(doc, "metadata", member)
        if not asked or asked == found:
            continue
        if call.resource.key in (NAMESPACES, crds.KEY):
            words = f"Precondition failed: {word} in precondition: {asked}, {word} in object meta: {found}"
            raise statuses.conflict(call.resource, call.name, words)
        words = f"the {word} in the precondition ({asked}) does not match the {word} in record ({found}). {hint}"
        raise statuses.kind_conflict(call.resource, lookup.name_of(doc), words)
