"""Gets and lists objects.

Revisions in requests mean what the Kubernetes API concepts say under "Resource versions": unset is the newest state, 0
any, N not older than N or, with ``resourceVersionMatch=Exact``, the state at N. Pages of one list show one state.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from esoctl.sandbox import lookup, problems, selectors, statuses, views
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.requests import Call, Options, Response
from esoctl.sandbox.resources import Resource
from esoctl.sandbox.selectors import Selector, SelectorError
from esoctl.sandbox.statuses import Problem
from esoctl.sandbox.store import Place, Shelf
from esoctl.sandbox.world import World

_TOKEN_VERSION = "meta.k8s.io/v1"
_EXACT, _NOT_OLDER = "Exact", "NotOlderThan"
_ALIASES = {"source": "source.component"}


@dataclass(frozen=True, slots=True)
class Page:
    docs: list[Doc]
    meta: Doc


class Reading:
    """The reading verbs on one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def get(self, call: Call) -> Response:
        view = views.choose(call.request.header("accept"), call.options.text("includeObject"))
        asked = revision(call.options, "resourceVersion")
        if asked > self._world.store.revision:
            raise statuses.future_version(asked, self._world.store.revision)
        doc = self._world.store.get(call.resource.key, call.place)
        if doc is None:
            raise statuses.not_found(call.resource, call.name)
        shown = self._world.present(call.resource, doc)
        return Response(200, views.one(view, call.resource, shown, self._world.now()))

    def list(self, call: Call) -> Response:
        view = views.choose(call.request.header("accept"), call.options.text("includeObject"))
        check_list_options(call.options)
        page = self.page(call)
        warnings = (call.resource.deprecation,) if call.resource.deprecation else ()
        body = views.many(view, call.resource, page.docs, page.meta, self._world.now())
        return Response(200, body, warnings=warnings)

    def page(self, call: Call) -> Page:
        """The objects a list call selects, and the ListMeta for them."""
        selector = select(call)
        limit = call.options.number("limit") or 0
        shelf = self._world.store.shelf(call.resource.key)
        at, start = self._position(call.options, shelf)
        docs: list[Doc] = []
        rest = 0
        for place, doc in self._objects(shelf, at, call.namespace if call.resource.namespaced else ""):
            if start and _key(place, call) < start:
                continue
            shown = self._world.present(call.resource, doc)
            if not selector.admits(shown):
                continue
            if limit and len(docs) == limit:
                rest += 1
            else:
                docs.append(shown)
        return Page(docs, _list_meta(at, docs, rest, call, selector))

    def _objects(self, shelf: Shelf, at: int, namespace: str) -> Iterator[tuple[Place, Doc]]:
        """The objects at a revision, in order of their keys."""
        if not shelf.changes or at >= shelf.changes[-1].revision:
            places, objects = shelf.places(), shelf.objects
        else:
            objects = shelf.at(at)
            places = sorted(objects, key="/".join)
        return ((place, objects[place]) for place in places if not namespace or place[0] == namespace)

    def _position(self, options: Options, shelf: Shelf) -> tuple[int, str]:
        """The revision to read at, and the key to begin with."""
        newest = self._world.store.revision
        token = options.text("continue")
        if token:
            if options.text("resourceVersion") not in ("", "0"):
                raise statuses.bad_request("specifying resource version is not allowed when using continue")
            return self._continued(token, shelf)
        asked = revision(options, "resourceVersion")
        if asked > newest:
            raise statuses.future_version(asked, newest)
        match = options.text("resourceVersionMatch")
        if match == _EXACT or (not match and asked and options.number("limit")):
            if asked < shelf.floor:
                raise statuses.expired(statuses.EXACT_TOO_OLD)
            return asked, ""
        return newest, ""

    def _continued(self, token: str, shelf: Shelf) -> tuple[int, str]:
        at, start = decode_token(token)
        if at < 0:
            return self._world.store.revision, start
        if at < shelf.floor:
            raise statuses.expired_continue(encode_token(-1, start))
        return at, start


def _key(place: Place, call: Call) -> str:
    """What continues a list: the key below the prefix that the list covers."""
    namespace, name = place
    return name if call.namespace or not call.resource.namespaced else f"{namespace}/{name}"


def _list_meta(at: int, docs: list[Doc], rest: int, call: Call, selector: Selector) -> Doc:
    meta: Doc = {"resourceVersion": str(at)}
    if rest:
        last = _key(lookup.place_of(docs[-1]), call)
        meta["continue"] = encode_token(at, last + "\0")
        if not selector:
            meta["remainingItemCount"] = rest
    return meta


def encode_token(at: int, start: str) -> str:
    raw = json.dumps({"v": _TOKEN_VERSION, "rv": at, "start": start}, separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def decode_token(token: str) -> tuple[int, str]:
    try:
        found = msgspec.json.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, msgspec.DecodeError):
        raise statuses.bad_request("invalid continue token: continue key is not valid") from None
    start = lookup.text(found, "start")
    if lookup.text(found, "v") != _TOKEN_VERSION or not start:
        raise statuses.bad_request("invalid continue token: continue key is not valid")
    return lookup.number(found, "rv"), start


def revision(options: Options, name: str) -> int:
    """The revision in a parameter, 0 without one."""
    text = options.text(name)
    if text and not text.isdigit():
        raise statuses.bad_request(f"invalid resource version: {_no_number(name, text)}")
    return int(text or 0)


def _no_number(name: str, text: str) -> str:
    return problems.invalid(name, text, f'strconv.ParseUint: parsing "{text}": invalid syntax').message()


def unreadable_revision(options: Options) -> str:
    """Why the revision of a request cannot be read, "" when it can."""
    text = options.text("resourceVersion")
    return _no_number("resourceVersion", text) if text and not text.isdigit() else ""


def select(call: Call) -> Selector:
    """The selector of a list or watch; a name in the path selects like a field."""
    resource = call.resource
    try:
        selector = selectors.parse(
            call.options.text("labelSelector"), call.options.text("fieldSelector"), lambda name: _field(resource, name)
        )
    except SelectorError as error:
        raise statuses.bad_request(str(error)) from None
    if not call.name:
        return selector
    if selector.fields and selector.exact_name() != call.name:
        raise statuses.bad_request("fieldSelector metadata.name doesn't match requested name")
    named = selectors.Requirement("metadata.name", "in", frozenset([call.name]))
    return Selector(selector.labels, (*selector.fields, named))


def _field(resource: Resource, name: str) -> str | None:
    return _ALIASES.get(name, name) if name in resource.behaviour.selectable else None


def check_list_options(options: Options) -> None:
    """Refuse combinations of parameters that the API does not allow for a list."""
    found: list[Problem] = []
    match = options.text("resourceVersionMatch")
    field = "resourceVersionMatch"
    if match:
        if not options.text("resourceVersion"):
            found.append(problems.forbidden(field, f"{field} is forbidden unless resourceVersion is provided"))
        if options.text("continue"):
            found.append(problems.forbidden(field, f"{field} is forbidden when continue is provided"))
        if match not in (_EXACT, _NOT_OLDER):
            found.append(problems.not_supported(field, match, (_EXACT, _NOT_OLDER, "")))
        if match == _EXACT and options.text("resourceVersion") == "0":
            found.append(problems.forbidden(field, f'{field} "exact" is forbidden for resourceVersion "0"'))
    if options.has("sendInitialEvents"):
        found.append(problems.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    if found:
        raise statuses.invalid("meta.k8s.io", "ListOptions", "", found)


def check_watch_options(options: Options) -> None:
    """The same for a watch."""
    found: list[Problem] = []
    match = options.text("resourceVersionMatch")
    field = "resourceVersionMatch"
    initial = options.has("sendInitialEvents")
    if initial and match != _NOT_OLDER:
        words = f"sendInitialEvents requires setting resourceVersionMatch to {_NOT_OLDER}"
        found.append(problems.forbidden(field, words))
    if match and not initial:
        words = f"{field} is forbidden for watch unless sendInitialEvents is provided"
        found.append(problems.forbidden(field, words))
    if match and match != _NOT_OLDER:
        found.append(problems.not_supported(field, match, (_NOT_OLDER,)))
    if match and options.text("continue"):
        found.append(problems.forbidden(field, f"{field} is forbidden when continue is provided"))
    if found:
        raise statuses.invalid("meta.k8s.io", "ListOptions", "", found)
