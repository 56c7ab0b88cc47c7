"""How the operator follows its collections, as the API servers wrote it down: lists, streaming lists and watches.

The log needs the stage ResponseStarted, at which a watch is told when it begins and not only when it is over.
"""

import json
import pathlib
import urllib.parse
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from support.faults.oracle import AUDIT_POLICY, OPERATOR, moment

POLICY = AUDIT_POLICY.replace("[RequestReceived, ResponseStarted]", "[RequestReceived]")


@dataclass(frozen=True)
class Follow:
    at: float
    """Seconds of the wall clock."""
    kind: str
    """list, stream (a watch that begins with what exists) or watch."""
    collection: str
    """The path, with the label selector where there is one."""
    version: str
    code: int


def follows(logs: Iterable[pathlib.Path], since: float) -> list[Follow]:
    """What began after a moment of the wall clock, in that order."""
    return sorted((one for log in logs if log.exists() for one in _read(log, since)), key=lambda one: one.at)


def lists(found: Iterable[Follow]) -> Counter[str]:
    """How often each collection was listed, in whichever way; refused ones too."""
    return Counter(one.collection for one in found if one.kind != "watch")


def _read(log: pathlib.Path, since: float) -> Iterator[Follow]:
    for line in log.read_bytes().splitlines():
        if OPERATOR.encode() not in line or (b'"watch"' not in line and b'"list"' not in line):
            continue
        entry = json.loads(line)
        started = entry["verb"] == "watch" and entry["stage"] == "ResponseStarted"
        listed = entry["verb"] == "list" and entry["stage"] == "ResponseComplete"
        refused = entry["verb"] == "watch" and entry.get("responseStatus", {}).get("code", 0) >= 300
        at = moment(entry["requestReceivedTimestamp"])
        if at >= since and (started or listed or refused):
            yield _follow(entry, at)


def _follow(entry: dict[str, object], at: float) -> Follow:
    parts = urllib.parse.urlsplit(str(entry["requestURI"]))
    query = {name: values[0] for name, values in urllib.parse.parse_qs(parts.query).items()}
    kind = "stream" if query.get("sendInitialEvents") == "true" else str(entry["verb"])
    selector = f"?{query['labelSelector']}" if "labelSelector" in query else ""
    status = entry.get("responseStatus")
    code = int(status.get("code", 0)) if isinstance(status, dict) else 0
    return Follow(at, kind, f"{parts.path}{selector}", query.get("resourceVersion", ""), code)
