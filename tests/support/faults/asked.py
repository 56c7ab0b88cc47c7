"""What was asked of the API server through the proxy, in the terms of its API; and which of that a rule is about."""

import itertools
import re
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field

WRITES = "create apply patch update delete"
FOLLOWS = "stream watch"
"""A streaming list is a watch that begins with what exists; here it has a verb of its own."""
LISTS = "list stream"

_ROOT = re.compile(r"/(?:api/v1|apis/(?P<group>[^/]+)/[^/]+)/(?P<rest>.+)")
_OF_NAMESPACES = ("status", "finalize")
_VERBS = {"POST": "create", "PUT": "update", "DELETE": "delete"}
_numbers = itertools.count(1)


@dataclass
class Asked:
    """One request; status and end are filled in as they become known. Its repr shows no body."""

    method: str
    path: str
    query: dict[str, str]
    """What is passed on: a rule may change it."""
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    time: float
    """When it came, on the monotonic clock."""
    verb: str = ""
    """get, list, stream, watch, create, apply, patch, update or delete."""
    resource: str = ""
    """The plural, with its subresource if there is one (``externalsecrets/status``); empty for what is no object."""
    group: str = ""
    namespace: str = ""
    name: str = ""
    wanted: dict[str, str] = field(init=False, repr=False)
    """The query as it came."""
    number: int = field(default_factory=_numbers.__next__)
    status: int = 0
    """What the client was answered; 0 for nothing."""
    server_status: int = 0
    """What the API server answered; 0 when it was not asked."""
    ended: float | None = None
    answer: bytes = field(default=b"", repr=False)
    """Of a write: what the API server answered, whether the client saw it or not."""
    events: int = 0
    """Of a watch: how many events were passed on, bookmarks among them."""
    bookmarks: int = 0
    complete: float | None = None
    """Of a streaming list: when the bookmark passed that ends what it begins with."""

    def __post_init__(self) -> None:
        self.wanted = dict(self.query)
        found = _ROOT.fullmatch(self.path)
        if found:
            self.group = found["group"] or ""
            self._take_apart([urllib.parse.unquote(part) for part in found["rest"].split("/")])
        self.verb = self._verb()

    @property
    def collection(self) -> str:
        """What a list or a watch is about: its path, and the selector where there is one."""
        selector = self.query.get("labelSelector")
        return f"{self.path}?{selector}" if selector else self.path

    def _take_apart(self, parts: list[str]) -> None:
        if parts[0] == "namespaces" and len(parts) > 2 and parts[2] not in _OF_NAMESPACES:
            self.namespace, parts = parts[1], parts[2:]
        self.resource, self.name = parts[0], parts[1] if len(parts) > 1 else ""
        if len(parts) > 2:
            self.resource += f"/{parts[2]}"

    def _verb(self) -> str:
        if self.method == "GET" and self.query.get("watch") in ("true", "1"):
            return "stream" if self.query.get("sendInitialEvents") == "true" else "watch"
        if self.method == "GET":
            return "get" if self.name or not self.resource else "list"
        if self.method == "PATCH":
            return "apply" if "apply-patch" in self.headers.get("content-type", "") else "patch"
        return _VERBS.get(self.method, self.method.lower())


@dataclass(frozen=True)
class Match:
    """Which requests, or which events of which watches. What is left empty fits everything.

    With ``event`` (types of watch events, or ``*``) it is about events: verb and resource are those of the watch,
    namespace and name those of the object in the event.
    """

    verb: str = ""
    """One or several, with spaces between them."""
    resource: str = ""
    """Likewise."""
    namespace: str = ""
    name: str = ""
    event: str = ""
    when: Callable[[Asked], bool] | None = None

    def fits(self, asked: Asked) -> bool:
        """Whether a request is meant."""
        about = self.namespace in ("", asked.namespace) and self.name in ("", asked.name)
        return not self.event and about and self._asks(asked)

    def fits_event(self, asked: Asked, kind: str, namespace: str, name: str) -> bool:
        about = self.namespace in ("", namespace) and self.name in ("", name)
        return about and (self.event == "*" or kind in self.event.split()) and self._asks(asked)

    def _asks(self, asked: Asked) -> bool:
        verbs, resources = self.verb.split(), self.resource.split()
        fits = (not verbs or asked.verb in verbs) and (not resources or asked.resource in resources)
        return fits and (self.when is None or self.when(asked))


def most_at_once(asked: list[Asked]) -> int:
    """How many of these were under way at the same time, at most."""
    marks = [(one.time, 1) for one in asked] + [(one.complete or one.ended or time.monotonic(), -1) for one in asked]
    running, most = 0, 0
    for _, step in sorted(marks):
        running += step
        most = max(most, running)
    return most
