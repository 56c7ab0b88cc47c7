"""Judges the operator by what the API server wrote down, and never by what the operator says of itself.

The audit log holds every write with its body and its answer (``AUDIT_POLICY``, for a test's own folder only), and
``accounts.History`` what AWS held at any moment. From both the oracle works out what each write may have been: N1 to N6
of the promise that nothing is lost, as ``docs/reliability-statements.md`` tells it.

* N1: the data of each write are one complete render of one generation of a spec with the values of one moment between
  the start of the read and the write, and that moment never goes back.
* N2: nothing is deleted, and no key goes, unless the spec or AWS took it.
* N5: ``lateness``: bystanders are refreshed in time: two status writes of one are no further apart than its interval.
* N6: writes that bump a version are few: three for a creation, two for a change, one for a refresh.
"""

import base64
import json
import pathlib
import re
import urllib.parse
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from support.api import Json
from support.faults.accounts import History, Value

AUDIT_POLICY = """apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
omitManagedFields: true
rules:
  - level: RequestResponse
    verbs: [create, update, patch, delete, deletecollection]
    resources:
      - {group: "", resources: [secrets]}
      - {group: external-secrets.io}
  - level: None
    userGroups: [system:serviceaccounts:kube-system]
  - level: Metadata
    userGroups: [system:serviceaccounts]
"""
OPERATOR = "system:serviceaccount:esoctl:esoctl"
MANAGER = "externalsecrets.external-secrets.io/"
Name = tuple[str, str]
"""Namespace and name of an ExternalSecret, or of a Secret."""
Values = Callable[[str], Value | None]
INSERTED = re.compile(r"\{\{ *\.([A-Za-z0-9_-]+) *\}\}")
READS = ("get", "list", "watch")
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


@dataclass(frozen=True)
class Entry:
    """One request, as the API server wrote it down."""

    began: float
    ended: float
    user: str
    verb: str
    resource: str
    """With its subresource, as ``externalsecrets/status``."""
    where: Name
    code: int
    manager: str
    body: Json = field(repr=False)
    answer: Json = field(repr=False)

    @property
    def version(self) -> str:
        return str(((self.answer or {}).get("metadata") or {}).get("resourceVersion", ""))


@dataclass(frozen=True)
class Generation:
    """A spec, and since when it is the one."""

    since: float
    uid: str
    number: int
    spec: Json = field(repr=False)


@dataclass
class Known:
    """What was seen of one ExternalSecret."""

    generations: list[Generation] = field(default_factory=list)
    moment: float = 0.0
    """N1: the values written last were those of this moment, or of a later one."""
    keys: frozenset[str] = frozenset()
    written_as: tuple[str, int] = ("", 0)
    refreshed: float = 0.0
    changes: int = 0
    """N6: causes for a write since the last account was settled, and the writes."""
    created: int = 0
    writes: int = 0
    target_writes: int = 0
    status_writes: int = 0


@dataclass
class Oracle:
    """``read`` takes in what is new in the logs; ``violations`` are told in words, without values."""

    logs: list[pathlib.Path]
    history_of: Callable[[str], History | None]
    """The history of the account that the stores of a namespace read."""
    window: float = 60.0
    """The longest a reconcile may take from its first read to its write."""
    may_remove: set[Name] = field(default_factory=set)
    """Secrets whose removal, or the removal of keys of which, a test asked for."""
    renders: dict[Name, Callable[[Json, Values], dict[str, bytes] | None]] = field(default_factory=dict)
    """For specs that ``render`` does not know."""
    known: dict[Name, Known] = field(default_factory=lambda: defaultdict(Known))
    violations: list[str] = field(default_factory=list)
    gaps: dict[Name, float] = field(default_factory=dict)
    """N5: the longest time between two status writes since ``settle``, beyond the interval."""
    since: float = 0.0
    asked: list[Entry] = field(default_factory=list)
    """Every request of the operator, without bodies."""
    _places: dict[pathlib.Path, int] = field(default_factory=dict)
    _versions: dict[tuple[str, Name], str] = field(default_factory=dict)

    def read(self) -> list[Entry]:
        """The new entries, in the order in which the requests began."""
        found = sorted((entry for log in self.logs for entry in self._new(log)), key=lambda entry: entry.began)
        for entry in found:
            self._take(entry)
        self.asked.extend(replace(entry, body=None, answer=None) for entry in found if entry.user == OPERATOR)
        return found

    def requests(self, *, since: float, where: str = "", resource: str = "", code: int = 0) -> list[Entry]:
        """What the operator asked for since then, in that namespace, of that resource, with that answer."""
        self.read()
        return [
            entry
            for entry in self.asked
            if entry.began >= since
            and where in ("", entry.where[0])
            and resource in ("", entry.resource)
            and code in (0, entry.code)
        ]

    def _new(self, log: pathlib.Path) -> Iterator[Entry]:
        if not log.exists():
            return
        with log.open("rb") as handle:
            handle.seek(self._places.get(log, 0))
            content = handle.read()
        whole = content[: content.rfind(b"\n") + 1]  # the last line may be half written
        self._places[log] = self._places.get(log, 0) + len(whole)
        for line in whole.splitlines():
            if entry := parsed(line):
                yield entry

    def _take(self, entry: Entry) -> None:
        if entry.verb in READS:
            return
        ours = entry.user == OPERATOR
        if ours and entry.resource == "secrets" and entry.verb != "deletecollection":
            self._secret(entry)
        elif entry.resource == "secrets":
            self._foreign(entry)
        elif entry.resource.startswith("externalsecrets") and entry.code < 300:
            self._external_secret(entry, ours=ours)

    def _effective(self, entry: Entry) -> bool:
        """Whether the write changed the object: whether it has another version since."""
        if entry.code >= 300:
            return False
        kind = entry.resource.partition("/")[0]
        before = self._versions.get((kind, entry.where))
        if entry.version:
            self._versions[kind, entry.where] = entry.version
        return before != entry.version

    def _foreign(self, entry: Entry) -> None:
        """Somebody else changed a Secret: a reason to write for whose target it is."""
        if self._effective(entry):
            for name, known in self.known.items():
                if known.generations and target_of(name, known.generations[-1].spec) == entry.where:
                    known.changes += 1

    def _external_secret(self, entry: Entry, *, ours: bool) -> None:
        known = self.known[entry.where]
        meta = (entry.answer or {}).get("metadata") or {}
        effective = self._effective(entry)
        if "uid" in meta and "spec" in entry.answer:
            last = known.generations[-1] if known.generations else None
            if last is None or (last.uid, last.number) != (meta["uid"], meta["generation"]):
                again = last is not None and last.uid == meta["uid"]
                known.changes, known.created = known.changes + again, known.created + (not again)
                known.generations.append(Generation(entry.began, meta["uid"], meta["generation"], entry.answer["spec"]))
            elif not ours and effective:
                known.changes += 1  # such as a sync that is asked for by an annotation
        if ours and effective and entry.resource == "externalsecrets/status":
            self._refreshed(entry, known)
        elif ours and effective:
            known.writes += 1

    def _refreshed(self, entry: Entry, known: Known) -> None:
        known.status_writes += 1
        if known.refreshed and known.generations:
            late = entry.ended - max(known.refreshed, self.since) - interval(known.generations[-1].spec)
            self.gaps[entry.where] = max(self.gaps.get(entry.where, 0.0), late)
        known.refreshed = entry.ended

    def _secret(self, entry: Entry) -> None:
        """N1 and N2 of one write of a Secret by the operator."""
        if entry.verb == "delete":
            if entry.code < 300 and entry.where not in self.may_remove:
                self.violations.append(f"N2: deleted {entry.where} that nobody gave up")
            return
        if entry.body is None and entry.code >= 400:
            return  # refused before anybody read it
        if not entry.manager.startswith(MANAGER) and "data" not in (entry.body or {}):
            return  # a label, such as the one on a store's keys that lets the operator watch them
        data = {key: base64.b64decode(text or "") for key, text in ((entry.body or {}).get("data") or {}).items()}
        owner = self._owner(entry)
        if owner is None:
            self.violations.append(f"N1: a write of {entry.where} for no ExternalSecret, by {entry.manager!r}")
            return
        known = self.known[owner]
        found = self._explained(owner, known, data, entry)
        if found is None:
            self.violations.append(f"N1: {entry.verb} of {entry.where} with {sorted(data)}: no moment explains it")
            return
        generation, moment = found
        if entry.code < 300:
            self._removed(entry, known, generation, frozenset(data))
            known.moment, known.keys = moment, frozenset(data)
            known.written_as = (generation.uid, generation.number)
        if self._effective(entry):
            known.target_writes += 1

    def _removed(self, entry: Entry, known: Known, generation: Generation, keys: frozenset[str]) -> None:
        gone = known.keys - keys
        same = known.written_as == (generation.uid, generation.number)
        if gone and same and entry.where not in self.may_remove:
            self.violations.append(f"N2: {sorted(gone)} of {entry.where} went without a change of the spec")

    def _owner(self, entry: Entry) -> Name | None:
        if entry.manager.startswith(MANAGER):
            name = (entry.where[0], entry.manager.removeprefix(MANAGER))
            if name in self.known:
                return name
        owners = ((entry.body or {}).get("metadata") or {}).get("ownerReferences") or []
        named = [(entry.where[0], owner["name"]) for owner in owners if owner["kind"] == "ExternalSecret"]
        return next((name for name in named if name in self.known), None)

    def _explained(
        self, owner: Name, known: Known, data: dict[str, bytes], entry: Entry
    ) -> tuple[Generation, float] | None:
        """The generation and the earliest moment whose values render to these data."""
        history = self.history_of(owner[0])
        since = max(known.moment, entry.began - self.window)
        for number, generation in reversed(list(enumerate(known.generations))):
            following = known.generations[number + 1 :]
            if generation.since > entry.ended or (following and following[0].since < since):
                continue
            for moment in [since, *(history.changes(remotes(generation.spec), since, entry.ended) if history else [])]:
                if self.render(owner, generation.spec, moment) == data:
                    return generation, moment
        return None

    def render(self, owner: Name, spec: Json, moment: float) -> dict[str, bytes] | None:
        """What the Secret of this spec is to hold with the values of that moment."""
        history = self.history_of(owner[0])
        values: Values = lambda name: history.at(name, moment) if history else None  # noqa: E731 (named for its type)
        return self.renders.get(owner, render)(spec, values)

    def settle(self, *, faults: int, now: float) -> None:
        """N6 of all objects, and begin a new account."""
        for name, known in self.known.items():
            self._cheap(name, known, faults, now)
            known.changes = known.created = known.writes = known.target_writes = known.status_writes = 0
        self.gaps.clear()
        self.since = now

    def lateness(self, name: Name, now: float) -> float:
        """The longest wait of one object for a status write since ``settle``, beyond its interval, up to now."""
        known = self.known[name]
        waits = now - max(known.refreshed, self.since) - interval(known.generations[-1].spec)
        return max(self.gaps.get(name, 0.0), waits, 0.0)

    def _cheap(self, name: Name, known: Known, faults: int, now: float) -> None:
        if not known.generations:
            return
        history, spec = self.history_of(name[0]), known.generations[-1].spec
        values = len(history.changes(remotes(spec), self.since - self.window, now)) if history else 0
        changes = known.changes + values + faults
        every = interval(spec)
        refreshes = int((now - max(self.since, known.generations[0].since)) / every) + 1 if every else 0
        allowed = 3 * known.created + 2 * changes + refreshes
        made = known.target_writes + known.status_writes + known.writes
        if made > allowed:
            told = f"{known.target_writes} of the target, {known.status_writes} of the status, {known.writes} others"
            self.violations.append(f"N6: {made} writes for {name} ({told}), not {allowed}")


def parsed(line: bytes) -> Entry | None:
    entry = json.loads(line)
    about = entry.get("objectRef") or {}
    if entry.get("stage") == "Panic" or "resource" not in about:
        return None
    answer = entry.get("responseObject") or {}
    name = about.get("name") or (answer.get("metadata") or {}).get("name", "")
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(entry["requestURI"]).query)
    return Entry(
        moment(entry["requestReceivedTimestamp"]),
        moment(entry["stageTimestamp"]),
        entry["user"].get("username", ""),  # nobody, where a token is refused
        entry["verb"],
        "/".join(filter(None, (about["resource"], about.get("subresource")))),
        (about.get("namespace", ""), name),
        entry.get("responseStatus", {}).get("code", 0),
        query.get("fieldManager", [""])[0],
        entry.get("requestObject"),
        answer,
    )


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def interval(spec: Json) -> float:
    """``refreshInterval`` in seconds; 0 for never."""
    text = str(spec.get("refreshInterval", "1h"))
    return sum(float(number) * UNITS[unit] for number, unit in re.findall(r"([0-9.]+)(ms|h|m|s)", text))


def target_of(name: Name, spec: Json) -> Name:
    return name[0], (spec.get("target") or {}).get("name") or name[1]


def remotes(spec: Json) -> set[str]:
    """The names that a spec reads."""
    entries = [entry["remoteRef"] for entry in spec.get("data") or []]
    entries += [entry["extract"] for entry in spec.get("dataFrom") or [] if "extract" in entry]
    return {entry["key"] for entry in entries}


def render(spec: Json, values: Values) -> dict[str, bytes] | None:
    """The data of ``spec.data``, ``dataFrom.extract`` and templates that only insert; None where a value is missing."""
    found: dict[str, bytes] = {}
    for entry in spec.get("dataFrom") or []:
        value = values(entry["extract"]["key"])
        if value is None:
            return None
        found |= {key: text_of(item) for key, item in json.loads(value).items()}
    for entry in spec.get("data") or []:
        value = values(entry["remoteRef"]["key"])
        if value is None:
            return None
        path = entry["remoteRef"].get("property")
        found[entry["secretKey"]] = text_of(json.loads(value)[path]) if path else encoded(value)
    template = (spec.get("target") or {}).get("template") or {}
    return inserted(template, found) if template.get("data") else found


def inserted(template: Json, found: Mapping[str, bytes]) -> dict[str, bytes]:
    made = {
        key: INSERTED.sub(lambda one: found[one[1]].decode(), text).encode() for key, text in template["data"].items()
    }
    return dict(found) | made if template.get("mergePolicy") == "Merge" else made


def encoded(value: Value) -> bytes:
    return value.encode() if isinstance(value, str) else value


def text_of(item: Json) -> bytes:
    return item.encode() if isinstance(item, str) else json.dumps(item).encode()
