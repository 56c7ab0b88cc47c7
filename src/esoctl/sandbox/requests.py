"""Turns a path, a query and headers into a call on a resource.

Paths are ``/api/v1/...`` and ``/apis/<group>/<version>/...``, with ``namespaces/<namespace>/`` before a namespaced
resource. Options are read as k8s.io/apiserver reads them from the query.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from esoctl.sandbox import statuses
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.resources import Catalogue, Resource

_TRUE = frozenset(["true", "1", "", "t", "T", "TRUE", "True"])


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request without its socket. Header names are lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: Doc | list[object] | str | bytes
    content_type: str = "application/json"
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """The query of a call; where a parameter comes twice the first wins, except for lists."""

    pairs: tuple[tuple[str, str], ...] = ()

    def text(self, name: str) -> str:
        return next((value for key, value in self.pairs if key == name), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.pairs)

    def flag(self, name: str) -> bool:
        return self.has(name) and self.text(name) in _TRUE

    def number(self, name: str) -> int | None:
        value = self.text(name)
        if not value:
            return None
        try:
            return int(value)
        except ValueError:
            words = f'strconv.ParseInt: parsing "{value}": invalid syntax'
            raise statuses.bad_request(words) from None

    @property
    def dry_run(self) -> bool:
        return "All" in self.all("dryRun")


@dataclass(frozen=True, slots=True)
class Call:
    """A verb on a resource."""

    verb: str
    resource: Resource
    namespace: str
    name: str
    subresource: str
    options: Options
    request: Request
    user: str = "system:admin"

    @property
    def place(self) -> tuple[str, str]:
        return (self.namespace if self.resource.namespaced else "", self.name)

    @property
    def field_manager(self) -> str:
        """The name that owns what this call writes; the user agent's first word when none is given."""
        given = self.options.text("fieldManager")
        return given or (self.request.header("user-agent").split("/")[0][:128] or "unknown")


def parse_options(query: str) -> Options:
    return Options(tuple(parse_qsl(query, keep_blank_values=True)))


@dataclass(frozen=True, slots=True)
class Route:
    """A path taken apart, before it is known whether the resource is served."""

    group: str
    version: str
    plural: str
    namespace: str
    name: str
    subresource: str
    watch: bool = False


def split(path: str) -> Route | None:
    """The route of a resource path, None for any other path."""
    steps = [unquote(step) for step in path.strip("/").split("/")]
    if steps[0] == "api" and len(steps) > 2:
        return _route("", steps[1], steps[2:])
    if steps[0] == "apis" and len(steps) > 3:
        return _route(steps[1], steps[2], steps[3:])
    return None


def _route(group: str, version: str, steps: list[str]) -> Route | None:
    watch = steps[0] == "watch" and len(steps) > 1
    if watch:
        steps = steps[1:]
    namespace = ""
    if steps[0] == "namespaces" and len(steps) > 2 and steps[2] not in ("status", "finalize"):
        namespace, steps = steps[1], steps[2:]
    elif steps[0] == "namespaces" and len(steps) > 1:
        namespace = steps[1]
    if len(steps) > 3 or not all(steps):
        return None
    padded = [*steps, "", ""]
    return Route(group, version, padded[0], namespace, padded[1], padded[2], watch)


def resolve(request: Request, catalogue: Catalogue, user: str) -> Call:
    """The call a request makes; refuses what is not served."""
    route = split(request.path)
    resource = route and catalogue.find(route.group, route.version, route.plural)
    if route is None or not resource:
        raise statuses.no_such_path()
    if route.subresource and route.subresource not in resource.subresources:
        raise statuses.no_such_path()
    if not _addressable(route, resource):
        raise statuses.no_such_path()
    options = parse_options(request.query)
    verb = _verb(request.method, route, options)
    return Call(verb, resource, route.namespace, route.name, route.subresource, options, request, user)


def _addressable(route: Route, resource: Resource) -> bool:
    """A namespaced object needs its namespace in the path, a cluster-wide one must not have any."""
    if resource.namespaced:
        return bool(route.namespace) or not route.name
    return not route.namespace or resource.plural == "namespaces"


def _verb(method: str, route: Route, options: Options) -> str:
    watching = route.watch or options.flag("watch")
    match method, bool(route.name):
        case "GET", named:
            if watching:
                return "watch"
            return "get" if named else "list"
        case "POST", False:
            return "create"
        case "POST", True if route.subresource:
            return "create"
        case "PUT", True:
            return "update"
        case "PATCH", True:
            return "patch"
        case "DELETE", named:
            return "delete" if named else "deletecollection"
        case _:
            raise statuses.method_not_allowed_here()
