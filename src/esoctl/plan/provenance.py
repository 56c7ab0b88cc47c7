"""Where the content of a target comes from, since when, and why: ``status.sync``.

Pure. Names, versions and times only. The name of a key is told when the manifest or the provider says it; a name that a
template made of values is counted and not told. Lists are cut, so that no status outgrows its object.

DIFFERS: the reference tells the names of changed keys in its debug log, and versions nowhere.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec import UNSET

from esoctl.model.external_secret import ExternalSecretSpec
from esoctl.model.generic import Json
from esoctl.model.provenance import Cause, Remote, Sync
from esoctl.model.values import Payload
from esoctl.plan import fieldtrees, refresh, render, secret
from esoctl.plan.assemble import Assembled
from esoctl.plan.generic import FIXED, Write
from esoctl.plan.observed import FORCE_SYNC_ANNOTATIONS, Observed, stamp
from esoctl.plan.refresh import Why
from esoctl.plan.rotation import CURRENT
from esoctl.plan.secret import Apply, Leave, Remove
from esoctl.plan.sources import Answer, Found, Get, Make, Request

LISTED: Final = 50
"""Remote secrets, and keys, that are told by name."""
_CAUSES: Final = {
    Why.FIRST: Cause.FIRST,
    Why.DUE: Cause.POLL,
    Why.FAILED: Cause.RETRY,
    Why.SOURCE: Cause.EVENT,
    Why.DRIFT: Cause.DRIFT,
}

Tellable = Callable[[str], bool]
"""Whether the name of a key is no value."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a write changed in the content of its target."""

    at: datetime
    cause: Cause
    keys: tuple[str, ...]
    """Names that may be told, sorted; not more than ``LISTED``."""
    count: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Why values were fetched, and from where."""

    cause: Cause
    remotes: tuple[Remote, ...] = ()


def cause(why: Why, observed: Observed, *, proving: bool = False) -> Cause:
    """Why values are fetched; ``proving`` means that a poll before this found something absent."""
    if why is Why.CHANGED:
        return _of_edit(observed)
    return Cause.POLL if proving and why is Why.SOURCE else _CAUSES[why]


def _of_edit(observed: Observed) -> Cause:
    """Labels and annotations make no new generation, and of those before nothing is known but that they differ."""
    forced = any(name in observed.es.metadata.annotations for name in FORCE_SYNC_ANNOTATIONS)
    return Cause.FORCED if forced and refresh.generation_synced(observed) else Cause.EDIT


def remotes(answers: Mapping[Request, Answer]) -> tuple[Remote, ...]:
    """What was read, each once, in the order of the requests. Those that brought nothing are left out."""
    return tuple(dict.fromkeys(found for request, answer in answers.items() for found in _remotes(request, answer)))


def _remotes(request: Request, answer: Answer) -> Iterator[Remote]:
    if isinstance(request, Make):
        if isinstance(answer, Found):
            yield Remote(f"{request.generator.kind}/{request.generator.name}")
        return
    source = f"{request.store.kind}/{request.store.name}"
    if isinstance(request, Get) and isinstance(answer, Payload):
        yield _remote(source, request.remote.key, request.remote.version, answer)
    elif isinstance(answer, Found):
        for name, payload in answer.items:
            yield _remote(source, name, "", payload)


def _remote(source: str, key: str, asked: str, payload: Payload) -> Remote:
    return Remote(source, key, payload.version, _stage(asked, payload.stages))


def _stage(asked: str, stages: tuple[str, ...]) -> str:
    """Of several labels the one that was asked for; else that of the current version."""
    return next((label for label in (asked, *CURRENT) if label and label in stages), stages[0] if stages else "")


def tellable(spec: ExternalSecretSpec, assembled: Assembled) -> Tellable:
    """Which names of keys of a target are no values: without a template all are the provider's or the manifest's."""
    template = spec.target.template
    if template is None:
        return lambda _: True
    held = [source for entry in template.template_from for _, source in render.held(entry)]
    written = {item.key for source in held for item in source.items} | {entry.secret_key for entry in spec.data}
    return lambda key: key in written or render.tellable(template, assembled.values, key)


def of_secret(observed: Observed, write: Apply | Remove | Leave, why: Cause, told: Tellable) -> Change | None:
    """What a write to a Secret changes in its data; None for nothing, which metadata is."""
    before = observed.target.data if observed.target is not None else {}
    changed = set(secret.dropped(observed, write))
    if isinstance(write, Apply):
        changed |= {key for key, value in write.data.items() if before.get(key) != value}
    made = isinstance(write, Apply) and observed.target is None
    return _change(observed, why, changed, filter(told, changed)) if changed or made else None


def of_generic(observed: Observed, write: Write | Remove | Leave, why: Cause, told: Tellable) -> Change | None:
    """The same of a target of another kind: the fields below its ``data``, ``spec`` and their like."""
    if isinstance(write, Leave):
        return None
    held = _fields(observed.other.body if observed.other is not None else {})
    after = _fields(fieldtrees.laid_over(write.foreign, write.body)) if isinstance(write, Write) else {}
    changed = {path for path in held.keys() | after.keys() if held.get(path) != after.get(path)}
    names = {".".join((path[0], *filter(told, path[1:]))) for path in changed}
    made = isinstance(write, Write) and observed.other is None
    return _change(observed, why, changed, names) if changed or made else None


def _fields(body: Json) -> dict[tuple[str, ...], object]:
    found: dict[tuple[str, ...], object] = {}
    for section, content in body.items():
        if section in FIXED:
            continue
        if isinstance(content, dict):
            found.update({(section, name): value for name, value in content.items()})
        else:
            found[section,] = content
    return found


def _change(observed: Observed, why: Cause, changed: set[str] | set[tuple[str, ...]], names: Iterable[str]) -> Change:
    return Change(observed.now, why, tuple(sorted(names)[:LISTED]), len(changed))


def sync(reading: Reading, change: Change | None, at: datetime, until: datetime | None) -> Sync:
    """What a success writes into ``status.sync``; what it says of the last change stays while there is no later one."""
    return Sync(
        cause=reading.cause.value,
        fetched_at=stamp(at),
        fresh_until=stamp(until) if until is not None else None,
        changed_at=stamp(change.at) if change else UNSET,
        change_cause=change.cause.value if change else UNSET,
        changed_keys=list(change.keys) if change else UNSET,
        changed_count=change.count if change else UNSET,
        remotes=list(reading.remotes[:LISTED]),
        remote_count=len(reading.remotes),
    )
