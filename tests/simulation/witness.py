"""Watches every write of the operator and holds it against what was wanted and what AWS said, without asking it.

* N1: what is written to a Secret is one whole render of one generation of its ExternalSecret, over what AWS told this
  process between the beginning of the reconcile and the write. The beginning is not before the end of the reconcile
  before it, as its status write shows, less the time for which answers are shared. A generation never goes back, and
  an older version of a remote secret comes back only when AWS said so again.
* N2: a key, or a Secret, goes only because a user wants it, or because AWS said twice, far enough apart and never the
  contrary in between, that its values are not there.
"""

import base64
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import anyio

from esoctl.kube.transport import Call
from esoctl.sandbox.requests import Response
from esoctl.sandbox.watching import Watch
from simulation.cloud import LISTED, Cloud, Texts
from simulation.hands import FOREIGN, Hands
from simulation.lives import Life
from simulation.wishes import ANY, MARK, TEXT, Snapshot, Wish, render, target

WINDOW_SECONDS = 150.0
"""The longest that a reconcile may take: reads (45 s, three tries), a template, a write with its tries (30 s)."""
SHARE_SECONDS = 10.5
ABSENCE_SECONDS = 20.0
"""The setting of the operator in a run."""
SKEW_SECONDS = 1.0
"""The times of the cluster are whole seconds."""

TWICE = 2

Place = tuple[str, str]
Write = tuple[Place, dict[str, bytes], dict[str, bytes]]
"""Where to, what, and what is there."""


class Wanted(NamedTuple):
    """A wish, and the object that carried it."""

    wish: Wish
    uid: str
    at: float


@dataclass
class Witness:
    """What was wanted so far, and what broke the promise."""

    cloud: Cloud
    texts: Texts
    hands: Hands
    wanted: dict[Place, list[Wanted]] = field(default_factory=lambda: defaultdict(list))
    causes: Counter[Place] = field(default_factory=Counter)
    """How often there was a reason to write a target, beside the changes in AWS."""
    born: dict[int, float] = field(default_factory=dict)
    """When each life began."""
    floor: dict[tuple[int, Place], int] = field(default_factory=dict)
    """The place in ``wanted`` that a life wrote last."""
    reported: dict[tuple[int, Place], float] = field(default_factory=dict)
    """When a life wrote the status last."""
    broken: list[str] = field(default_factory=list)
    writes: Counter[str] = field(default_factory=Counter)
    effective: Counter[Place] = field(default_factory=Counter)
    """Writes of targets that changed them."""
    last: dict[Place, Snapshot] = field(default_factory=dict)
    """The versions that a target was made of."""
    steps: list[float] = field(default_factory=list)
    """When clocks were set: proofs of absence count in wall time."""
    renders: int = 0
    proofs: Counter[str] = field(default_factory=Counter)
    """How often which judgement came up."""

    def begins(self, life: Life) -> None:
        """A process begins."""
        self.born[life.number] = anyio.current_time()

    def want(self, place: Place, wish: Wish) -> None:
        """A user wants that from now on."""
        found = self.hands.external_secret(*place) or {}
        uid = found.get("metadata", {}).get("uid", "")
        self.wanted[place].append(Wanted(wish, uid, anyio.current_time()))
        self.causes[place] += 1

    def saw(self, life: Life, call: Call, handle: Callable[[], Response | Watch]) -> Response | Watch:
        """Let the server handle a call, and judge it."""
        if call.method == "GET":
            return handle()
        parts = call.path.strip("/").split("/")
        if "secrets" not in parts:
            return self._other(life, call, parts, handle)
        place = (parts[3], parts[5])
        before = self.hands.secret(*place)
        answer = handle()
        if isinstance(answer, Response) and answer.status < 400:
            self._wrote(life, call, place, before)
        return answer

    def _other(
        self, life: Life, call: Call, parts: list[str], handle: Callable[[], Response | Watch]
    ) -> Response | Watch:
        answer = handle()
        if isinstance(answer, Response) and answer.status < 400:
            kind = "status" if parts[-1] == "status" else "event" if "events" in parts else "other"
            self.writes[kind] += 1
            if kind == "status" and "externalsecrets" in parts:
                self.reported[life.number, (parts[4], parts[6])] = anyio.current_time()
        return answer

    def _wrote(self, life: Life, call: Call, place: Place, before: dict[str, Any] | None) -> None:
        self.writes["secret"] += 1
        after = self.hands.secret(*place)
        owner = (place[0], place[1].removesuffix("-too"))
        known = self.floor.get((life.number, owner), -1)
        if after is None or after.get("metadata", {}).get("deletionTimestamp"):
            self.effective[owner] += 1
            self._deleted(life, owner, place, before)
            return
        if before is None or before["metadata"]["resourceVersion"] != after["metadata"]["resourceVersion"]:
            self.effective[owner] += 1
        if "apply-patch" in call.content_type:
            self._applied(life, owner, place, json.loads(call.body or b"{}"), before)
        self._kept(life, owner, (place, known), (before or {}, after))

    # N1

    def _applied(
        self, life: Life, owner: Place, place: Place, body: dict[str, Any], before: dict[str, Any] | None
    ) -> None:
        data, held = decoded(body), decoded(before or {})
        floor = self._floor(life, owner)
        # Who has not heard of the last edit may still go by a wish that allows to merge.
        exclusive = all(wanted.wish.creation in ("Owner", "Orphan") for wanted in self.wanted[owner][floor:])
        if _controlled_by_another(before) and exclusive:
            self._break("N1", f"{place} belongs to another controller and was written", life)
        for index in range(floor, len(self.wanted[owner])):
            wish = self.wanted[owner][index].wish
            if target(owner[1], wish) == place[1] and self._fits(life, owner, wish, (place, data, held)):
                self.floor[life.number, owner] = index
                self.proofs[f"written: {wish.kind}"] += 1
                return
        wishes = [wanted.wish for wanted in self.wanted[owner][floor:]]
        heard = {name: sorted(map(str, self._heard(life, owner, name))) for wish in wishes for name in wish.reads}
        self._break("N1", f"{place} was written with {data}, wanted were {wishes}, heard was {heard}", life)

    def _floor(self, life: Life, owner: Place) -> int:
        """The oldest wish that this life may act on: the newest at its start, or the one it acted on last."""
        born = self.born[life.number]
        at_birth = sum(wanted.at < born for wanted in self.wanted[owner]) - 1
        return max(0, at_birth, self.floor.get((life.number, owner), 0))

    def _fits(self, life: Life, owner: Place, wish: Wish, write: Write) -> bool:
        place, data, held = write
        found = [seen for seen, made in self._made(life, owner, wish) if _same(wish, made, data, held)]
        believed = [seen for seen in found if not self._goes_back(life, place, wish, seen)]
        if believed:
            self.last[place] = believed[0]
        elif found:
            self._break("N1", f"{place} went back from {self.last[place]} to {found} without a second answer", life)
        return bool(found)

    def _goes_back(self, life: Life, place: Place, wish: Wish, seen: Snapshot) -> bool:
        """Whether an older version is written that AWS did not say twice since it said the newer one."""
        for name, version in seen.items():
            before = self.last.get(place, {}).get(name)
            if name == TEXT or version is None or before is None or version >= before:
                continue
            heard = [each for each in self.cloud.heard[_log(wish, name)] if each.process == life.number]
            newer = [each.at for each in heard if each.version == before]
            if newer and sum(each.version == version and each.at >= newer[0] for each in heard) < TWICE:
                return True
            self.proofs["older version again"] += bool(newer)
        return False

    def _made(self, life: Life, owner: Place, wish: Wish) -> Iterator[tuple[Snapshot, dict[str, bytes]]]:
        """All that this life may make of that wish now, and of what."""
        names = sorted(wish.reads)
        for versions in itertools.product(*(self._heard(life, owner, name, wish) for name in names)):
            self.renders += 1
            seen = dict(zip(names, versions, strict=True))
            made = render(wish, seen)
            if made is not None:
                yield seen, made

    def _heard(self, life: Life, owner: Place, name: str, wish: Wish | None = None) -> list[int | None]:
        now = anyio.current_time()
        since = max(now - WINDOW_SECONDS, self.reported.get((life.number, owner), 0.0) - SHARE_SECONDS)
        if name == TEXT:
            return sorted(self.texts.lately(since), key=str)
        return sorted(self.cloud.heard_lately(_log(wish, name), since, life.number), key=str)

    # N2

    def _kept(
        self, life: Life, owner: Place, where: tuple[Place, int], states: tuple[dict[str, Any], dict[str, Any]]
    ) -> None:
        (place, known), (before, after) = where, states
        lost = (before.get("data") or {}).keys() - (after.get("data") or {}).keys()
        if FOREIGN[0] in lost:
            self._break("N2", f"{place} lost the key of somebody else", life)
        unexcused = sorted(key for key in lost if not self._excused(life, owner, place, key, known))
        if unexcused:
            self._break("N2", f"{place} lost {unexcused}, wanted is {self.wanted[owner][-1]}", life)

    def _excused(self, life: Life, owner: Place, place: Place, key: str, known: int) -> bool:
        """Whether some wish that may be acted on has no such key, or AWS has the values no more."""
        floor = self._floor(life, owner)
        for index, wanted in enumerate(self.wanted[owner][floor:], floor):
            wish = wanted.wish
            remotes = _remotes_of(wish, key)
            if remotes is None or target(owner[1], wish) != place[1]:
                return True
            # What a search does not find any more goes under every policy: it never was wanted by name.
            loses = wish.deletion != "Retain" or wish.kind in ("find", "path")
            if loses and any(self._absent(life, wish, name) for name in remotes):
                self.proofs["key removed for absence"] += 1
                return True
            # The first search of an edited spec says what its keys are: that is an edit, and needs no proof. What a
            # process wrote that was killed before it could report, the next one cannot tell from an edit.
            edited = index > known and not self._reported(owner)
            if edited and wish.kind in ("find", "path") and any(self._unlisted(life, name) for name in remotes):
                return True
        return False

    def _reported(self, owner: Place) -> bool:
        """Whether the status tells of a success of the present generation."""
        found = self.hands.external_secret(*owner) or {}
        synced = found.get("status", {}).get("syncedResourceVersion", "")
        return bool(synced.startswith(f"{found.get('metadata', {}).get('generation')}-"))

    def _unlisted(self, life: Life, name: str) -> bool:
        heard = [each for each in self.cloud.heard[LISTED + name] if each.process == life.number]
        return bool(heard) and heard[-1].version is None

    def _absent(self, life: Life, wish: Wish, name: str) -> bool:
        # A clock that was set makes the proof shorter or longer than it is.
        seconds = 0.0 if self.steps else ABSENCE_SECONDS - SKEW_SECONDS
        return self.cloud.proven_absent(_log(wish, name), life.number, seconds)

    def _deleted(self, life: Life, owner: Place, place: Place, before: dict[str, Any] | None) -> None:
        found = self.hands.external_secret(*owner)
        if found is None or found["metadata"].get("deletionTimestamp"):
            self.proofs["target removed with its owner"] += 1
            return
        uids = [ref["uid"] for ref in (before or {}).get("metadata", {}).get("ownerReferences", [])]
        if uids and found["metadata"]["uid"] not in uids:
            return
        for wanted in self.wanted[owner][self._floor(life, owner) :]:
            wish = wanted.wish
            if target(owner[1], wish) != place[1] or wish.creation == "None":
                return
            if wish.deletion == "Delete" and all(self._absent(life, wish, name) for name in wish.remotes):
                self.proofs["secret deleted for absence"] += 1
                return
        self._break("N2", f"the Secret {place} was deleted, wanted is {self.wanted[owner][-1]}", life)

    def _break(self, promise: str, text: str, life: Life) -> None:
        self.broken.append(f"{promise} at {anyio.current_time():.2f} by life {life.number}: {text}")


def _log(wish: Wish | None, name: str) -> str:
    """Where it is noted what was said of that remote secret to whoever has that wish."""
    return LISTED + name if wish is not None and wish.kind in ("find", "path") else name


def _remotes_of(wish: Wish, key: str) -> list[str] | None:
    """The remote secrets that a key comes of; None when the wish has no such key."""
    match wish.kind:
        case "made":
            return [] if key == "password" else None
        case "find" | "path":
            return [name for name in wish.remotes if name.replace("/", "_") == key] or None
        case "extract":
            return [wish.entries[0][1]] if key in ("user", "pass") else None
        case "data" | "params":
            return [remote for name, remote, _ in wish.entries if name == key] or None
        case "dsn":
            return [] if key == "dsn" else None
        case "heavy":
            return [] if key == "big" else None
        case "text":
            return [] if key == "t" else None
        case "added":
            own = [remote for name, remote, _ in wish.entries if name == key]
            return [] if key == "sum" else own or None
    return None


def _same(wish: Wish, made: dict[str, bytes], data: dict[str, bytes], held: dict[str, bytes]) -> bool:
    """Whether that is the whole render; merged into a Secret of others, what they hold already need not be said."""
    for key, value in made.items():
        if key not in data:
            if wish.creation not in ("Merge", "CreateOrMerge") or held.get(key) != value:
                return False
        elif value == ANY:
            if not data[key] or MARK.encode() in data[key]:
                return False
        elif data[key] != value:
            return False
    return data.keys() <= made.keys()


def _controlled_by_another(secret: dict[str, Any] | None) -> bool:
    refs = (secret or {}).get("metadata", {}).get("ownerReferences", [])
    return any(ref.get("controller") and ref["kind"] != "ExternalSecret" for ref in refs)


def decoded(secret: dict[str, Any]) -> dict[str, bytes]:
    return {key: base64.b64decode(value) for key, value in (secret.get("data") or {}).items()}
