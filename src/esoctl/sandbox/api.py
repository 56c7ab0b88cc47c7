"""The API server without its sockets: takes requests, answers responses and watches.

``Api.handle`` checks the bearer token; ``Api.handle_as`` is for callers in the same process who are trusted. Neither
waits: only following a watch does.
"""

from collections.abc import Callable

from esoctl.sandbox import accounts, bodies, discovery, metadata, openapi, requests, statuses
from esoctl.sandbox.deleting import Deleting
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.reading import Reading
from esoctl.sandbox.requests import Call, Request, Response
from esoctl.sandbox.resources import Asking
from esoctl.sandbox.settling import Settling
from esoctl.sandbox.statuses import Refusal
from esoctl.sandbox.watching import Watch
from esoctl.sandbox.world import World
from esoctl.sandbox.writing import Writing

_OPEN_PATHS = frozenset(["/healthz", "/livez", "/readyz", "/version"])
_WRITING = frozenset(["create", "update", "patch", "delete", "deletecollection"])
ADMIN = "system:admin"


class Api:
    """One cluster's API."""

    def __init__(self, world: World, address: str = "127.0.0.1") -> None:
        self.world = world
        self._address = address
        self._settling = Settling(world)
        reading = Reading(world)
        writing = Writing(world)
        deleting = Deleting(world, reading)
        self._verbs: dict[str, Callable[[Call], Response]] = {
            "get": reading.get,
            "list": reading.list,
            "create": writing.create,
            "update": writing.update,
            "patch": writing.patch,
            "delete": deleting.delete,
            "deletecollection": deleting.delete_collection,
        }
        self._settling.run()

    def handle(self, request: Request) -> Response | Watch:
        """Answer a request of a client that must show a known token."""
        if request.path in _OPEN_PATHS:
            return self.handle_as("system:anonymous", request)
        kind, _, token = request.header("authorization").partition(" ")
        user = self.world.tokens.get(token.strip()) if kind.lower() == "bearer" else None
        if user is None:
            return _refused(statuses.unauthorized())
        return self.handle_as(user, request)

    def handle_as(self, user: str, request: Request) -> Response | Watch:
        """Answer a request in the name of a user."""
        try:
            found = self._document(request)
            return found if found is not None else self._call(requests.resolve(request, self.world.catalogue, user))
        except Refusal as refusal:
            return _refused(refusal)

    def _call(self, call: Call) -> Response | Watch:
        self.world.requests[(call.verb, statuses.qualified(call.resource.group, call.resource.plural))] += 1
        if call.verb == "watch":
            self._require(call)
            return Watch(self.world, call)
        if call.verb == "create" and call.subresource:
            if call.subresource != "token":
                raise statuses.method_not_allowed_here()
            return accounts.request_token(self.world, call)
        if call.resource.answer is not None:
            return self._review(call)
        self._require(call)
        try:
            return self._verbs[call.verb](call)
        finally:
            if call.verb in _WRITING:
                self._settling.run()

    def _require(self, call: Call) -> None:
        if call.verb not in call.resource.verbs or (call.subresource == "token" and call.verb != "create"):
            raise statuses.method_not_allowed_here()

    def _review(self, call: Call) -> Response:
        if call.verb != "create" or call.resource.answer is None:
            raise statuses.method_not_allowed_here()
        doc = bodies.read_object(call.request, call.resource)
        bodies.check_kind(doc, call.resource)
        metadata.decode(doc)
        return Response(201, call.resource.answer(doc, Asking(call.user, self.world.tokens.get)))

    # Documents that are no resources

    def _document(self, request: Request) -> Response | None:
        if request.method != "GET":
            return None
        steps = request.path.strip("/").split("/")
        match steps:
            case ["version"]:
                return Response(200, discovery.VERSION)
            case ["healthz" | "livez" | "readyz"]:
                return Response(200, "ok", "text/plain; charset=utf-8")
            case ["openapi", *rest]:
                return self._schemas(rest, request)
            case ["api" | "apis", *rest] if len(rest) < 3:
                return self._discover(steps, request)
            case _:
                return None

    def _discover(self, steps: list[str], request: Request) -> Response | None:
        catalogue = self.world.catalogue
        match steps:
            case ["api"] | ["apis"] if discovery.wants_aggregated(request.header("accept")):
                body = discovery.aggregated(catalogue, core=steps == ["api"])
                return Response(200, body, discovery.AGGREGATED)
            case ["api"]:
                return Response(200, discovery.core_versions(self._address))
            case ["apis"]:
                return Response(200, discovery.groups(catalogue))
            case ["api", version]:
                return _found(discovery.resources(catalogue, "", version))
            case ["apis", group]:
                return _found(discovery.group(catalogue, group))
            case ["apis", group, version]:
                return _found(discovery.resources(catalogue, group, version))
            case _:
                return None

    def _schemas(self, steps: list[str], request: Request) -> Response:
        match steps:
            case ["v2"] if "proto-openapi.spec.v2" in request.header("accept"):
                return Response(200, openapi.v2_protobuf(), openapi.V2_PROTOBUF)
            case ["v2"]:
                return Response(200, openapi.v2())
            case ["v3"]:
                return Response(200, openapi.index(self.world.catalogue))
            case ["v3", "api", version]:
                return _found(openapi.document(self.world.catalogue, "", version))
            case ["v3", "apis", group, version]:
                return _found(openapi.document(self.world.catalogue, group, version))
            case _:
                raise statuses.no_such_path()


def _found(body: Doc | None) -> Response:
    if body is None:
        raise statuses.no_such_path()
    return Response(200, body)


def _refused(refusal: Refusal) -> Response:
    return Response(refusal.code, refusal.status)
