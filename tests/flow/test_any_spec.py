"""The whole operator under specs nobody would write: it lives, comes to rest, loses no Secret and says why.

Each example is a day in which several ExternalSecrets are synced, and then each gets a generated spec. Stores and
generators are generated too. How many: ``support.amounts``; how to replay one: docs/notes/bad-input.md.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from esoctl.providers.fake import Fake
from support import amounts, specs, virtual_loop
from support.day import Day, a_day
from support.memory_provider import MemoryProvider, Vault
from support.spec_pools import MADE_UP, RARE, VAULT

APIECE = 8
"""Specs of one day."""
MINUTES = 3
SYNCED = ("True", "SecretSynced", "secret synced")
GOOD = {"password": b"first"}
GENERATORS = "/apis/generators.external-secrets.io/v1alpha1/namespaces/team-a"
CLUSTER_GENERATORS = "/apis/generators.external-secrets.io/v1alpha1/clustergenerators"
MOSTLY_SANE = st.sampled_from((0, 0, 1, 2, 5, 10))
"""Most of what is very wrong never gets past the API server."""
UNMANAGED = "foreign"
"""The store and the generator of another controller class."""


@dataclass
class World:
    """What a day is made of."""

    wanted: list[Any]
    vault: dict[str, bytes]
    stores: list[Any]
    generators: list[tuple[str, Any]]


@st.composite
def worlds(draw: specs.Draw) -> World:
    """Specs, the values they may read, and stores and generators that some of them name."""
    kinds = ("Fake", "Password", "UUID")
    return World(
        draw(st.lists(specs.external_secrets(MOSTLY_SANE), min_size=APIECE, max_size=APIECE)),
        draw(specs.vaults()),
        [draw(specs.stores(kind, MOSTLY_SANE)) for kind in ("SecretStore", "ClusterSecretStore")],
        [(kind, draw(specs.generators(kind, MOSTLY_SANE))) for kind in kinds],
    )


@dataclass
class Seen:
    """One ExternalSecret before and after its edit."""

    name: str
    spec: Any
    before: Any
    writes: Counter[str] = field(default_factory=Counter)


def furnish(day: Day, world: World) -> None:
    """Everything that specs refer to; what the API server refuses is not there."""
    day.store("aws", provider={"vault": {}})
    day.apply("ClusterSecretStore", "aws", {"provider": {"vault": {}}})
    day.store("foreign", provider={"vault": {}}, controller="another")
    day.store("broken", provider={"fake": {"data": [], "validationResult": 2}})
    for kind, name, spec in zip(("SecretStore", "ClusterSecretStore"), ("other", "cluster"), world.stores, strict=True):
        submit(day, day.path(kind, name), {"kind": kind, "metadata": {"name": name}, "spec": spec})
    day.make_config_map("texts", {"greeting": "hello {{ .password }}", "mapping": "a: 1", "bad": "{{", "hostile": "\0"})
    day.make_secret("texts", {"greeting": "hello {{ .user }}", "mapping": "{{ .password }}: 1", "bad": "- 1"})
    day.make_secret("hand-made", {"mine": "untouched"})
    day.make_secret("keys", {"access": "AKIA", "user": "x"})
    for kind, spec in world.generators:
        make_generator(day, kind, kind.lower(), spec)
    make_generator(day, "Fake", "foreign", {"controller": "another", "data": {}})
    make_generator(day, "ClusterGenerator", "cluster", {"kind": "UUID", "generator": {"uuidSpec": {}}})


def make_generator(day: Day, kind: str, name: str, spec: Any) -> None:
    root = CLUSTER_GENERATORS if kind == "ClusterGenerator" else f"{GENERATORS}/{kind.lower()}s"
    version = "generators.external-secrets.io/v1alpha1"
    submit(day, f"{root}/{name}", {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec})


def submit(day: Day, path: str, body: dict[str, Any]) -> bool:
    """Create or replace; whether the API server took it. A mistake of the server's own is no answer."""
    whole = {"apiVersion": "external-secrets.io/v1", **body}
    status, found = day.ask("GET", path)
    if status == 200:
        status, answer = day.ask("PUT", path, {**whole, "metadata": found["metadata"]})
    else:
        status, answer = day.ask("POST", path.rpartition("/")[0], whole)
    assert status < 500, answer
    return bool(status < 400)


def condition(found: Any) -> dict[str, Any]:
    told = found.get("status", {}).get("conditions", [])
    return dict(told[0]) if told else {}


def writes_since(day: Day, mark: int) -> Counter[str]:
    """The writes by path, events left out."""
    calls = day.transport.calls[mark:]
    return Counter(call.path for call in calls if call.method != "GET" and not call.path.endswith("/events"))


def panics(day: Day) -> float:
    text = day.metrics.exposition().decode()
    lines = [line for line in text.splitlines() if line.startswith("controller_runtime_reconcile_panics_total{")]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


async def a_bad_day(world: World) -> None:
    known = {key: value for key, value in VAULT.items() if key not in RARE}
    vault = Vault(values={"plain": b"first", **known, **{key: bytes(value) for key, value in world.vault.items()}})
    providers = {"fake": Fake(), "vault": MemoryProvider(vault, "vault")}
    async with a_day(providers, generic_targets=True) as day:
        furnish(day, world)
        names = [f"e{index}" for index in range(len(world.wanted))]
        for name in names:
            day.external_secret(name, data={"password": "plain"})
        await day.until(lambda: all(day.ready(name) == SYNCED for name in names))
        await day.settle(10)
        mark = len(day.transport.calls)
        edited = []
        for name, spec in zip(names, world.wanted, strict=True):
            before = day.get("ExternalSecret", name)
            body = {"kind": "ExternalSecret", "metadata": {"name": name}, "spec": spec}
            if submit(day, day.path("ExternalSecret", name), body):
                edited.append(Seen(name, spec, before))

        await day.settle(MINUTES * 60)

        assert panics(day) == 0
        written = writes_since(day, mark)
        for seen in edited:
            looks_right(day, seen, written)
        assert day.data("hand-made") is not None
        await goes_on(day, names)


def looks_right(day: Day, seen: Seen, written: Counter[str]) -> None:
    found = day.get("ExternalSecret", seen.name)
    ready = condition(found)
    other = day.get("SecretStore", "other") or {}
    foreign = UNMANAGED in json.dumps([seen.spec, other]) or other.get("spec", {}).get("controller") == "another"
    assert ready["status"] in ("True", "False"), ready
    assert specs.leaks(ready["message"]) == []
    assert specs.leaks("\n".join(day.events(seen.name))) == []
    if found["metadata"]["generation"] == seen.before["metadata"]["generation"]:
        return
    synced = found["status"]["syncedResourceVersion"] != seen.before["status"]["syncedResourceVersion"]
    if not synced:
        assert day.data(seen.name) == GOOD, "the Secret of the last success"
        once = found.get("spec", {}).get("refreshPolicy") == "CreatedOnce"
        assert (ready["status"] == "False" and ready["message"]) or foreign or once, ready
    for path in (day.path("ExternalSecret", seen.name) + "/status", day.path("Secret", seen.name)):
        assert written[path] <= most_writes(seen.spec), (path, seen.spec)


def most_writes(spec: Any) -> int:
    """Two for the edit; where values are made up anew, each of the retries, which have a growing pause, may differ."""
    text = json.dumps(spec)
    return 12 if any(made_up in text for made_up in ("generatorRef", *MADE_UP, "rand")) else 2


async def goes_on(day: Day, names: list[str]) -> None:
    """A plain ExternalSecret is synced, and those with odd specs can be deleted."""
    day.external_secret("plain", data={"password": "plain"})
    await day.until(lambda: day.ready("plain") == SYNCED)
    assert day.data("plain") == GOOD
    for name in names:
        day.delete("ExternalSecret", name)
    await day.until(lambda: not any(day.get("ExternalSecret", name) for name in names), seconds=60)
    assert panics(day) == 0


@pytest.mark.timeout(0)
@amounts.examples(8, apiece=APIECE)
@given(world=worlds())
def test_the_operator_outlives_any_spec(world: World) -> None:
    with structlog.testing.capture_logs() as logs:
        try:
            virtual_loop.run(partial(a_bad_day, world))
        except AssertionError as error:
            bugs = [entry for entry in logs if entry["log_level"] in ("error", "critical")]
            raise AssertionError(f"{error}\n{bugs}") from error
    assert specs.leaks(repr(logs)) == []
