"""Takes apart what lists and watches answer, without decoding the objects in it. Pure.

* Items stay raw, so that each can fail to decode alone.
* A page that does not parse as a whole is cut into items by counting brackets: an object nested a thousand levels deep
  exhausts the parser's recursion, and anyone who may create an object could otherwise stop every list.
* Nothing of a document ever enters an error text.
"""

import re
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from esoctl.errors import ClusterError, Unreachable
from esoctl.model.meta import Wire

UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What decoding raises for a document that does not fit."""


INITIAL_END = "k8s.io/initial-events-end"
"""The annotation of the bookmark after the last object of a streaming list."""

TOO_LARGE_VERSION = "ResourceVersionTooLarge"
"""The reason of a server that has not reached the version it was asked for."""


class EventType(StrEnum):
    """The types of watch events."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"
    ERROR = "ERROR"


class HeadMeta(Wire, frozen=True):
    """What is read of every object before it is decoded."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""


class Head(Wire, frozen=True):
    """An object's kind and identity."""

    metadata: HeadMeta
    kind: str = ""


class _Notes(Wire, frozen=True):
    annotations: dict[str, str] = {}


class _Noted(Wire, frozen=True):
    metadata: _Notes


class Event(Wire, frozen=True):
    """One line of a watch."""

    type: EventType
    object: msgspec.Raw


class Page(Wire, frozen=True):
    """One page of a list."""

    resource_version: str
    token: str
    items: list[msgspec.Raw]


class _ListMeta(Wire, frozen=True):
    resource_version: str = ""
    token: str = msgspec.field(name="continue", default="")


class _Envelope(Wire, frozen=True):
    metadata: _ListMeta
    items: list[msgspec.Raw] | None = None


class _Cause(Wire, frozen=True):
    reason: str = ""


class _Details(Wire, frozen=True):
    retry_after_seconds: float = 0
    causes: list[_Cause] = []


class _Status(Wire, frozen=True):
    code: int = 0
    reason: str = ""
    details: _Details | None = None


def event(line: bytes) -> Event | None:
    """One line of a watch; None when it is no event."""
    try:
        return _events.decode(line)
    except UNREADABLE:
        return None


def completes(raw: msgspec.Raw) -> bool:
    """Whether a bookmark ends what a streaming list begins with."""
    try:
        return _noted.decode(raw).metadata.annotations.get(INITIAL_END) == "true"
    except UNREADABLE:
        return False


def head(raw: msgspec.Raw) -> Head | None:
    """Kind and identity of an object; None when it has none."""
    try:
        return _heads.decode(raw)
    except UNREADABLE:
        return None


def page(body: bytes) -> Page:
    """One page of a list; raises ClusterError when the body is no list at all."""
    try:
        envelope = _envelopes.decode(body)
        items = envelope.items or []
    except UNREADABLE:
        envelope, items = _by_hand(body)
    return Page(envelope.metadata.resource_version, envelope.metadata.token, items)


def complaint(raw: msgspec.Raw) -> ClusterError:
    """The error that an ERROR event reports."""
    try:
        status = _statuses.decode(raw)
    except UNREADABLE:
        status = _Status()
    details = status.details or _Details()
    # A Status tells it as a Timeout with a cause.
    told = any(cause.reason == TOO_LARGE_VERSION for cause in details.causes)
    reason = TOO_LARGE_VERSION if told else status.reason
    after = details.retry_after_seconds or None
    return ClusterError(status.code, reason, f"the watch reported {status.code} {reason}", after)


def _by_hand(body: bytes) -> tuple[_Envelope, list[msgspec.Raw]]:
    start = _ITEMS.search(body)
    if start is None:
        raise _no_list()
    items, end = _cut(body, start.end())
    try:
        return _envelopes.decode(body[: start.end()] + body[end:]), items
    except UNREADABLE:
        raise _no_list() from None


def _cut(body: bytes, start: int) -> tuple[list[msgspec.Raw], int]:
    """The items of the array that begins at ``start``, and where it ends."""
    items: list[msgspec.Raw] = []
    depth, began = 0, start
    for position, mark in _marks(body, start):
        if mark in b"{[":
            began = position if depth == 0 else began
            depth += 1
        elif depth == 0:
            return items, position
        else:
            depth -= 1
            if depth == 0:
                items.append(msgspec.Raw(body[began : position + 1]))
    raise _no_list()


def _marks(body: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Brackets outside texts, with their places."""
    for found in _TOKENS.finditer(body, start):
        if not found[0].startswith(b'"'):
            yield found.start(), found[0]


def _no_list() -> ClusterError:
    return Unreachable(0, "BadAnswer", "the API server's answer is no list")


_ITEMS = re.compile(rb'"items"\s*:\s*\[')
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_events = msgspec.json.Decoder(Event)
_noted = msgspec.json.Decoder(_Noted)
_heads = msgspec.json.Decoder(Head)
_envelopes = msgspec.json.Decoder(_Envelope)
_statuses = msgspec.json.Decoder(_Status)
