"""Marked values go through everything that can fail, at the most talkative log level, and are looked for everywhere.

Looked through: the operator's log and its audit log, every event, every object that is no Secret (as JSON, with managed
fields), and the metrics. Then a library that quotes what it was given, and a process that crashes. The marks are in the
values of AWS, in the credentials, and in what templates make of them.
"""

import base64
import itertools
import json
import pathlib
import signal
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from support import aws_front, installing, kubeconfig, operator
from support.api import Api, Json
from support.installed import Installed
from support.scene import Scene, a_scene, until

MARK = f"c4n4ry{uuid.uuid4().hex}"
TEXT = f"{MARK}-plain"
BROKEN_JSON = f'{{"user": "{MARK}-json", '
WELL_FORMED = json.dumps({"user": f"{MARK}-user", "list": [f"{MARK}-listed"], "a key": "x"})
MADE = base64.b64encode(TEXT.encode()).decode()
"""What a template makes of a value: it must not be seen either."""

FUNCTIONS = (
    "fromJson", "b64dec", "b64enc | b64dec | atoi", "upper | fromJson", "int | index .x", "toDate \"2006\"",
    "index .x 100", "nindent \"x\"", "fromYaml | index \"a\"", "required", "mustRegexMatch \"[\"", "date \"2006\"",
    "pemCertificate", "jwkPublicKeyPem", "pkcs12key", "htpasswd", "b32dec", "semver", "duration", "missingFunction",
    "fail", "mustFromJson", "mustToDate \"2006-01-02\"", "splitList 5", "hasKey \"a\"", "template", "len | index .x",
)  # fmt: skip
"""Each gets the marked value, and most fail with it."""


PLACES = ["externalsecrets", "secretstores", "configmaps", "events", "metrics", "log", "audit"]
QUOTING = """
import signal
from esoctl.cli import main
from esoctl.reconcile import external_secret

async def quotes(plan, *_):
    found = {name: bytes(value) for name, value in plan.write.data.items()}
    crash.said = repr(found)
    assert False, f"odd data: {found}"

def crash(*_):
    raise RuntimeError(crash.said)

external_secret.carry_out = quotes
signal.signal(signal.SIGUSR1, crash)
main()
"""
"""The operator with a bug that quotes a value, and one that ends the process while it does."""


@dataclass(frozen=True)
class Seen:
    """Everything the operator said, by where it said it."""

    texts: dict[str, str]
    failed: int
    """How many ExternalSecrets were not ready: a run without failures would prove nothing."""


def entry(key: str = "text", **remote: Json) -> Json:
    return {"data": [{"secretKey": "x", "remoteRef": {"key": key, **remote}}]}


def extract(key: str, **more: Json) -> Json:
    return {"data": [], "dataFrom": [{"extract": {"key": key}, **more}]}


def templated(text: str) -> Json:
    return {"data": entry()["data"], "target": {"template": {"data": {"made": text}}}}


def specs() -> dict[str, Json]:
    failing = [
        entry(property="a"),
        entry("broken", property="user"),
        entry("json", property="nothing"),
        entry("json", property="list.7"),
        entry(decodingStrategy="Base64"),
        entry(decodingStrategy="Base64URL"),
        entry("missing"),
        extract("text"),
        extract("broken"),
        extract("bytes"),
        extract("json", rewrite=[{"regexp": {"source": "([", "target": ""}}]),
        extract("json", rewrite=[{"transform": {"template": "{{ .value | fromJson }}"}}]),
        {"data": [], "dataFrom": [{"find": {"name": {"regexp": "(["}}}]},
        entry() | {"refreshInterval": "9999999h"},
        entry() | {"target": {"template": {"type": "kubernetes.io/tls", "data": {"tls.crt": "{{ .x }}"}}}},
        entry() | {"target": {"template": {"metadata": {"labels": {"l": "{{ .x }} is no label"}}, "data": {"a": "b"}}}},
        entry() | {"target": {"template": {"data": {"{{ .x }}": "no key"}}}},
        entry() | {"target": {"immutable": True}},
        entry() | {"secretStoreRef": {"name": "denied"}},
        entry() | {"secretStoreRef": {"name": "mistaken"}},
        *(templated(f"{{{{ .x | {function} }}}}") for function in FUNCTIONS),
    ]
    fine = [entry(), extract("json"), templated("{{ .x | b64enc }}")]
    return {f"one-{number}": spec for number, spec in enumerate([*failing, *fine])} | {"made-fine": entry()}


@pytest.fixture(scope="module")
def seen(
    control_plane: pathlib.Path, front: aws_front.Front, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("canary")
    api = Api(kubeconfig.read(control_plane))
    installing.install(api)
    access = installing.operator_access(api)
    config = kubeconfig.write(access, folder / "kubeconfig")
    talkative = ("--log-level=debug", f"--audit-log={folder / 'audit'}")
    with Installed(config, front.url, folder, *talkative) as installed, a_scene(api, front) as scene:
        installed.up()
        fill(scene)
        names = specs()
        for name, spec in names.items():
            scene.apply("ExternalSecret", name, {"secretStoreRef": {"name": "aws"}} | spec)
        settled(scene, list(names))
        texts = looked_at(scene)
        scene.front.faults[scene.key_id] = aws_front.THROTTLED
        for name in names:
            scene.force(name)
        scene.until(lambda: "fewer calls" in scene.ready("one-0")[2], lambda: str(scene.ready("one-0")))
        failed = sum(scene.ready(name)[0] == "False" for name in names)
        texts = {place: text + texts[place] for place, text in looked_at(scene).items()}
        texts["metrics"] = installed.metrics()
        installed.down()
        token = str(access.token)
        assert all(token not in text for text in [*texts.values(), installed.log()]), "the operator's own token"
        yield Seen(texts | {"log": installed.log(), "audit": (folder / "audit").read_text()}, failed)


def fill(scene: Scene) -> None:
    scene.put(text=TEXT, broken=BROKEN_JSON, json=WELL_FORMED)
    scene.account.put_secret("bytes", {"binary": base64.b64encode(f"\0{TEXT}".encode()).decode()})
    scene.make_secret("marked", {"id": f"AKIA{MARK.upper()}"[:20], "key": f"{MARK}-access"})
    scene.make_secret("halved", {"id": f"{MARK}-id"})
    scene.store()
    scene.store("denied", keys="marked")
    scene.store("mistaken", keys="halved")
    scene.front.faults[f"AKIA{MARK.upper()}"[:20]] = aws_front.DENIED


def settled(scene: Scene, names: list[str]) -> None:
    for name in names:
        scene.until(lambda n=name: scene.ready(n)[0] != "", lambda n=name: f"{n} has a condition")
    failed = {name for name in names if scene.ready(name)[0] == "False"}
    scene.until(lambda: failed <= warned(scene), lambda: f"these have no event: {failed - warned(scene)}")


def warned(scene: Scene) -> set[str]:
    """The names of the objects that have a Warning event."""
    found = scene.api.get(f"/api/v1/namespaces/{scene.namespace}/events").good()["items"]
    return {event["involvedObject"]["name"] for event in found if event["type"] == "Warning"}


def looked_at(scene: Scene) -> dict[str, str]:
    """Every object of the namespace but the Secrets."""
    paths = [scene.path(kind) for kind in ("ExternalSecret", "SecretStore", "ConfigMap")]
    paths.append(f"/api/v1/namespaces/{scene.namespace}/events")
    return {path.rsplit("/", 1)[1]: json.dumps(scene.api.get(path).good()) for path in paths}


@pytest.mark.parametrize("place", PLACES)
def test_sec_08_no_value_is_seen(place: str, seen: Seen) -> None:
    text = seen.texts[place]

    assert seen.failed > 20
    for mark in (MARK, MARK.upper(), MADE):
        assert mark not in text, around(text, mark)


def test_w02_the_audit_log_has_whole_records_of_what_was_written(seen: Seen) -> None:
    records = [json.loads(line) for line in seen.texts["audit"].splitlines()]
    written = [one for one in records if one["name"] == "made-fine"]

    assert {one["action"] for one in written} == {"created"}
    assert written[0]["field_manager"] == "externalsecrets.external-secrets.io/made-fine"
    assert written[0]["keys"] == ["x"]
    assert [(one["source"], one["key"]) for one in written[0]["remotes"]] == [("SecretStore/aws", "text")]
    assert all(one["version"] for one in written[0]["remotes"])


def test_sec_08_a_library_that_quotes_values_and_a_crash_of_the_process_tell_none(
    api: Api, front: aws_front.Front, tmp_path: pathlib.Path
) -> None:
    installing.install(api)
    config = kubeconfig.write(installing.operator_access(api), tmp_path / "kubeconfig")
    program = (sys.executable, "-X", "faulthandler", "-c", QUOTING)
    with a_scene(api, front) as scene:
        scene.put(db=TEXT)
        scene.store()
        scene.external_secret()
        with operator.running(config, front.url, tmp_path, "--log-level=debug", program=program) as running:
            until(lambda: "failed unexpectedly" in running.child.log.read_text(), running.child.log_tail)
            running.child.process.send_signal(signal.SIGUSR1)
            assert running.child.process.wait(30) == 1
            told = running.child.log.read_text()

    assert "AssertionError" in told
    assert "crashed by a fault of its own (RuntimeError)" in told
    assert MARK not in told, around(told, MARK)


def around(text: str, mark: str) -> str:
    """What was said beside the first few values."""
    pieces = text.split(mark)[:6]
    return "\n".join(f"…{before[-300:]}<MARK>{after[:40]}…" for before, after in itertools.pairwise(pieces))
