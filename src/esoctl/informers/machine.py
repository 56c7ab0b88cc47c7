"""What an informer asks next, given what was answered. Pure: states in, states out; the watcher performs.

* A list comes as a stream where the server can do that: a watch that begins with what exists, marks the end of that by
  a bookmark, and goes on. A server that refuses such a stream (400, 422) is asked for pages from then on; whatever else
  goes wrong with one leads to pages once, for progress is worth more than a reason.
* The first list asks for the most recent state. Any cached state would be quicker, and could bring a deleted object
  back to life.
* A list after that asks for "not older than what was seen", so the store never goes back in time; only when the server
  cannot serve that, for the most recent state.
* A watch goes on from the last version seen: after its regular end, after a cut, when throttled or forbidden. It is
  not resumed, but listed anew, when the version is too old (410), when the server's own trouble lasts, when the kind
  was not there, and when the stream cannot be understood.
* Refusals wait (``Step.wait``), except that a list falls back to another list at once.

Source: client-go's reflector and pager (``tools/cache/reflector.go``, ``tools/pager/pager.go``); Kubernetes API
concepts, "Streaming lists". DIFFERS: client-go gives up on an unfinished stream at the end of the watch only.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from esoctl.errors import ClusterError
from esoctl.informers import documents
from esoctl.informers.documents import EventType

PAGE_LIMIT = 500
SHORT_SECONDS = 1.0
"""A watch that ends earlier and brought nothing counts as a failure."""
TROUBLE_SECONDS = 30.0
"""How long internal errors of the server are answered by watching again."""
TOO_LARGE_VERSION = documents.TOO_LARGE_VERSION
LINE_TOO_LONG = "LineTooLong"
STREAM_REFUSED = "no streaming list"
EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class List:
    """Ask for a page."""

    token: str = ""
    resource_version: str = ""
    """Not older than this; empty for the most recent."""
    limit: int = PAGE_LIMIT
    """0 for the whole list at once."""

    @property
    def first(self) -> bool:
        """Whether a new snapshot begins with this page."""
        return not self.token

    @property
    def match(self) -> str:
        return "NotOlderThan" if self.resource_version and self.first else ""


@dataclass(frozen=True, slots=True)
class Watch:
    """Ask for the events after a version."""

    resource_version: str


@dataclass(frozen=True, slots=True)
class Stream:
    """Ask for all objects as events, and for the events after them."""

    resource_version: str = ""
    """Not older than this; empty for the most recent."""


Ask = List | Watch | Stream


@dataclass(frozen=True, slots=True)
class State:
    """Where an informer stands; a new one begins with a list."""

    ask: Ask = List()
    seen: str = ""
    """The last version seen, the floor of a later list."""
    floor: str = ""
    """The version that the list being read was asked for."""
    synthetic: bool = False
    """The watch first repeats what exists, not in the order of versions."""
    trouble_since: float | None = None
    """When the server began to report internal errors."""
    streams: bool = False
    """Whether lists are asked for as streams."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page came."""

    token: str
    resource_version: str


@dataclass(frozen=True, slots=True)
class Happened:
    """An event came; not ERROR, which is ``Refused``."""

    type: EventType
    resource_version: str
    complete: bool = False
    """It is the bookmark that ends what a stream begins with."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A list or a watch failed: no answer, a refusal, a cut, or an ERROR event."""

    error: ClusterError


@dataclass(frozen=True, slots=True)
class Ended:
    """A watch ended as it should."""

    events: int
    """Without bookmarks."""
    seconds: float
    silent: bool = False
    """We ended it, because nothing came for too long."""


Answer = Listed | Happened | Refused | Ended


@dataclass(frozen=True, slots=True)
class Step:
    """The next state, and whether to wait first."""

    state: State
    wait: bool = False
    after: float = 0.0
    """Seconds that the server wants us to wait at least."""
    because: str = ""
    """Why the informer does not simply go on; empty when it does. Few words, for a metric's label."""


def begin(*, streams: bool) -> State:
    """The state to start from."""
    return State(Stream() if streams else List(), streams=streams)


def paged(state: State) -> State:
    """The same when the server is known to refuse streams."""
    ask = List(resource_version=state.floor) if isinstance(state.ask, Stream) else state.ask
    return replace(state, ask=ask, streams=False)


def step(state: State, answer: Answer, now: float) -> Step:
    """What an answer makes of a state; ``now`` is monotonic, in seconds."""
    match answer:
        case Happened() if isinstance(state.ask, Stream):
            return _streamed(state, answer)
        case Happened():
            return _happened(state, answer)
        case Listed():
            return _listed(state, answer)
        case Ended():
            return _ended(state, answer)
        case Refused() if isinstance(state.ask, List):
            return _list_refused(state, state.ask, answer.error)
        case Refused() if isinstance(state.ask, Stream):
            return _stream_refused(state, answer.error)
        case Refused():
            return _watch_refused(state, answer.error, now)
        case _:
            assert_never(answer)


def _ended(state: State, end: Ended) -> Step:
    if isinstance(state.ask, Stream):
        return Step(_pages(state, state.floor), wait=True, because="unfinished")
    if end.events == 0 and end.seconds < SHORT_SECONDS:
        return Step(_resume(state), wait=True, because="short")
    return Step(_resume(state), because="silent" if end.silent else "ended")


def _listed(state: State, page: Listed) -> Step:
    if page.token:
        return Step(replace(state, ask=List(token=page.token)))
    if not page.resource_version:
        return Step(_relist(state, ""), wait=True, because="no version")
    return Step(_complete(state, page.resource_version))


def _streamed(state: State, event: Happened) -> Step:
    if event.complete and event.resource_version:
        return Step(_complete(state, event.resource_version))
    if event.type is not EventType.BOOKMARK and not event.resource_version:
        return Step(_pages(state, ""), wait=True, because="no version")
    return Step(state)


def _happened(state: State, event: Happened) -> Step:
    if not event.resource_version:
        if event.type is EventType.BOOKMARK:
            return Step(state)
        return Step(_relist(state, ""), wait=True, because="no version")
    if state.synthetic and event.type is EventType.ADDED:
        return Step(state)
    return Step(replace(state, seen=event.resource_version, synthetic=False, trouble_since=None))


def _list_refused(state: State, ask: List, error: ClusterError) -> Step:
    floor = state.floor
    after = error.after or 0.0
    if error.status == 410 and not ask.first:
        return Step(replace(state, ask=List(resource_version=floor, limit=0)), because="token expired")
    if error.status == 410 or error.reason == TOO_LARGE_VERSION:
        return Step(_relist(state, ""), wait=not floor, after=after, because="version unavailable")
    kept = "" if error.status in (400, 404) else floor
    return Step(_relist(state, kept), wait=True, after=after, because=_label(error))


def _stream_refused(state: State, error: ClusterError) -> Step:
    floor = state.floor
    if error.status in (400, 422):
        return Step(_relist(replace(state, streams=False), floor), because=STREAM_REFUSED)
    if error.status == 410 or error.reason == TOO_LARGE_VERSION:
        return Step(_relist(state, ""), wait=not floor, after=error.after or 0.0, because="version unavailable")
    kept = "" if error.status == 404 else floor
    return Step(_pages(state, kept), wait=True, after=error.after or 0.0, because=_label(error))


def _watch_refused(state: State, error: ClusterError, now: float) -> Step:
    after = error.after or 0.0
    if error.status == 410 or error.reason in ("Expired", "Gone"):
        return Step(_relist(state, state.seen), wait=True, because=EXPIRED)
    if error.status in (0, 401, 403, 429, 502, 503) and error.reason != LINE_TOO_LONG:
        return Step(_resume(state), wait=True, after=after, because=_label(error))
    if error.status in (500, 504):
        since = now if state.trouble_since is None else state.trouble_since
        if now - since < TROUBLE_SECONDS:
            return Step(_resume(replace(state, trouble_since=since)), wait=True, after=after, because=_label(error))
    kept = "" if error.status in (400, 404) else state.seen
    return Step(_relist(state, kept), wait=True, after=after, because=_label(error))


def _resume(state: State) -> State:
    return replace(state, ask=Watch(state.seen))


def _complete(state: State, version: str) -> State:
    """All objects are known as of a version."""
    return State(Watch(version), seen=version, synthetic=version == "0", streams=state.streams)


def _relist(state: State, floor: str) -> State:
    if not state.streams:
        return _pages(state, floor)
    return State(Stream(floor), seen=state.seen, floor=floor, streams=True)


def _pages(state: State, floor: str) -> State:
    return State(List(resource_version=floor), seen=state.seen, floor=floor, streams=state.streams)


def _label(error: ClusterError) -> str:
    if error.reason == LINE_TOO_LONG:
        return "line too long"
    return _LABELS.get(error.status, "server" if error.status >= 500 else "refused")


_LABELS = {
    0: "disconnected",
    400: "invalid",
    401: "unauthorized",
    403: "forbidden",
    404: "missing",
    410: EXPIRED,
    429: "throttled",
}
