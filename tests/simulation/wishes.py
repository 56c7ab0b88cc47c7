"""What an ExternalSecret of a run wants, and what its Secret must then hold: an answer that asks no code of esoctl.

A wish is drawn whole. ``render`` says what one snapshot of the world makes of it: versions of remote secrets (None for
one that is not there) and of the text in the ConfigMap; None when nothing may be written.
"""

import base64
import json
import random
from collections.abc import Mapping
from typing import NamedTuple

MARK = "c4n4ry"
"""Every value bears it."""
KEYS = ("db", "api", "app/one", "app/two")
"""Secrets of Secrets Manager."""
PARAMETERS = ("/p/one", "/p/two")
FOUND = ("app/one", "app/two")
"""What a search finds."""
TEXT = "#text"
"""The text of a template, in a ConfigMap, with versions of its own."""
INTERVALS = ("15s", "30s", "45s")
SECONDS = {"15s": 15, "30s": 30, "45s": 45}
LOOPS = 40
ANY = b"*"
"""A value that a generator makes."""

KINDS = ("data", "data", "data", "extract", "find", "path", "dsn", "heavy", "added", "text", "broken", "made", "params")
TEMPLATED = ("dsn", "heavy", "added", "text", "broken")

Snapshot = Mapping[str, int | None]


class Wish(NamedTuple):
    """The spec of an ExternalSecret."""

    kind: str
    entries: tuple[tuple[str, str, str], ...]
    """Secret key, remote key, property."""
    store: str
    interval: str
    deletion: str
    creation: str
    alternative: bool = False
    """Its Secret has another name than it."""

    @property
    def remotes(self) -> frozenset[str]:
        if self.kind in ("find", "path"):
            return frozenset(FOUND)
        return frozenset(remote for _, remote, _ in self.entries)

    @property
    def reads(self) -> frozenset[str]:
        """All that its Secret depends on."""
        return self.remotes | ({TEXT} if self.kind == "text" else set())


def value(remote: str, version: int) -> str:
    """What AWS holds."""
    text = f"{MARK}-{remote.replace('/', '.')}-{version}"
    return text if remote in PARAMETERS else json.dumps({"user": f"{text}-u", "pass": f"{text}-p"})


def text(version: int) -> str:
    """The template in the ConfigMap."""
    return f"{version}:{{{{ .a }}}}"


def wish(draw: random.Random) -> Wish:
    """An ExternalSecret's wishes."""
    kind = draw.choice(KINDS)
    store = "params" if kind == "params" else draw.choice(("aws", "aws", "shared"))
    keys = ("a", "b") if kind in TEMPLATED else sorted(draw.sample(("a", "b", "c"), draw.randint(1, 3)))
    known = PARAMETERS if kind == "params" else KEYS
    entries = tuple((key, draw.choice(known), "" if kind == "params" else _part(draw)) for key in keys)
    deletion = draw.choice(("Retain", "Retain", "Delete", "Delete", "Merge"))
    creations = ("Owner",) if deletion == "Delete" else ("Owner", "Owner", "Orphan", "Merge", "CreateOrMerge", "None")
    if kind == "made":
        entries, deletion = (), "Retain"
    elif kind == "extract":
        entries = entries[:1]
    interval, creation, alternative = draw.choice(INTERVALS), draw.choice(creations), draw.random() < 0.2
    return Wish(kind, entries, store, interval, deletion, creation, alternative)


def _part(draw: random.Random) -> str:
    return draw.choice(("", "user", "pass"))


def repaired(broken: Wish) -> Wish:
    """The same with a template that renders."""
    return broken._replace(kind="dsn") if broken.kind == "broken" else broken


# The manifest


def target(name: str, wanted: Wish) -> str:
    """The Secret of the ExternalSecret of that name."""
    return f"{name}-too" if wanted.alternative else name


def spec(name: str, wanted: Wish) -> dict[str, object]:
    """The spec of that wish."""
    kind = "ClusterSecretStore" if wanted.store == "shared" else "SecretStore"
    into: dict[str, object] = {"creationPolicy": wanted.creation, "deletionPolicy": wanted.deletion}
    if wanted.alternative:
        into["name"] = target(name, wanted)
    if wanted.kind in TEMPLATED:
        into["template"] = _template(wanted.kind)
    return {
        "secretStoreRef": {"kind": kind, "name": wanted.store},
        "refreshInterval": wanted.interval,
        "target": into,
        **_sources(wanted),
    }


def _sources(wanted: Wish) -> dict[str, object]:
    match wanted.kind:
        case "extract":
            return {"dataFrom": [{"extract": {"key": remote}} for _, remote, _ in wanted.entries]}
        case "find":
            return {"dataFrom": [{"find": {"name": {"regexp": "^app/"}}}]}
        case "path":
            return {"dataFrom": [{"find": {"path": "app/", "name": {"regexp": "."}}}]}
        case "made":
            ref = {"apiVersion": "generators.external-secrets.io/v1alpha1", "kind": "Password", "name": "maker"}
            return {"dataFrom": [{"sourceRef": {"generatorRef": ref}}]}
        case _:
            return {"data": [_entry(*entry) for entry in wanted.entries]}


def _entry(key: str, remote: str, part: str) -> dict[str, object]:
    return {"secretKey": key, "remoteRef": {"key": remote, **({"property": part} if part else {})}}


def _template(kind: str) -> dict[str, object]:
    match kind:
        case "dsn":
            return {"data": {"dsn": "{{ .a }}@{{ .b | upper }}"}}
        case "heavy":
            return {"data": {"big": f"{{{{ range $i := until {LOOPS} }}}}{{{{ $i }}}}={{{{ $.a }}}};{{{{ end }}}}"}}
        case "added":
            return {"mergePolicy": "Merge", "data": {"sum": "{{ .a | b64enc }}"}, "metadata": {"labels": {"l": "v"}}}
        case "text":
            item = {"key": "t", "templateAs": "Values"}
            return {"templateFrom": [{"configMap": {"name": "texts", "items": [item]}}]}
        case _:
            return {"data": {"dsn": '{{ .a }}{{ fail "no" }}'}}


# What must come of it


def render(wanted: Wish, seen: Snapshot) -> dict[str, bytes] | None:
    """The whole data of the Secret; None when nothing may be written."""
    values = _values(wanted, seen)
    if values is None or (not values and wanted.deletion != "Merge"):
        return None
    if wanted.kind not in TEMPLATED:
        return values
    return _cooked(wanted.kind, values, seen)


def _values(wanted: Wish, seen: Snapshot) -> dict[str, bytes] | None:
    match wanted.kind:
        case "made":
            return {"password": ANY}
        case "find" | "path":
            there = {remote: seen[remote] for remote in FOUND}
            return {r.replace("/", "_"): value(r, number).encode() for r, number in there.items() if number is not None}
        case "extract":
            remote = wanted.entries[0][1]
            number = seen[remote]
            if number is None:
                return None if wanted.deletion == "Retain" else {}
            return {key: part.encode() for key, part in json.loads(value(remote, number)).items()}
    values: dict[str, bytes] = {}
    for key, remote, part in wanted.entries:
        number = seen[remote]
        if number is not None:
            whole = value(remote, number)
            values[key] = (json.loads(whole)[part] if part else whole).encode()
        elif wanted.deletion == "Retain":
            return None
    return values


def _cooked(kind: str, values: dict[str, bytes], seen: Snapshot) -> dict[str, bytes] | None:
    if "a" not in values or (kind == "dsn" and "b" not in values) or kind == "broken":
        return None
    a = values["a"]
    match kind:
        case "dsn":
            return {"dsn": a + b"@" + values["b"].upper()}
        case "heavy":
            return {"big": b"".join(b"%d=%s;" % (number, a) for number in range(LOOPS))}
        case "added":
            return {**values, "sum": base64.b64encode(a)}
        case _:
            number = seen[TEXT]
            return None if number is None else {"t": f"{number}:".encode() + a}
