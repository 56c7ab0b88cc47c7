"""Bad input and failing surroundings, one row each: the object says what is wrong, and nothing else suffers.

In every row an ExternalSecret that was synced meets the trouble. Its Ready condition and a Warning event must say so in
clear words, the Secret of the last success must stay as it is, and an ExternalSecret of another namespace must go on
following its value.
"""

import base64
import itertools
import pathlib
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from support import aws_front, controlplane, installing, kubeconfig, operator, runs
from support.api import Api, Json
from support.door import before
from support.installed import Installed
from support.scene import KEYS, SYNCED, Scene, a_scene, until

EMPTY, WRONG = "", "bm90IHRoZSBrZXk="
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def calm(control_plane: pathlib.Path, front: aws_front.Front, installed: Installed) -> Iterator[Scene]:
    """A namespace in which all is well: the value of ``calm`` is followed every second."""
    installed.up()
    with a_scene(Api(kubeconfig.read(control_plane)), front) as scene:
        scene.store()
        scene.put(calm="0")
        scene.synced("calm", data={"value": "calm"}, refreshInterval="1s")
        yield scene


@pytest.fixture
def shop(scene: Scene) -> Scene:
    """The synced ExternalSecret ``shop`` that trouble will meet."""
    scene.put(db="first", text="no JSON at all", json='{"a b": "1", "a_b": "2"}')
    scene.account.put_secret("bytes", {"binary": base64.b64encode(bytes(range(256))).decode()})
    scene.store()
    scene.synced()
    return scene


def goes_on(calm: Scene) -> None:
    """A new value reaches the Secret that no trouble concerns."""
    value = str(next(NUMBERS) + 1)
    calm.put(calm=value)
    calm.until(lambda: calm.data("calm") == {"value": value.encode()}, lambda: f"calm follows: {calm.ready('calm')}")


def spec(patch: Json) -> Callable[[Scene], None]:
    """An edit of the ExternalSecret's spec."""
    return lambda scene: void(scene.edit("ExternalSecret", "shop", {"spec": patch}))


def reads(**remote: Json) -> Callable[[Scene], None]:
    """Its only entry reads this instead."""
    return spec({"data": [{"secretKey": "password", "remoteRef": remote}]})


def extracts(*remotes: Json) -> Callable[[Scene], None]:
    return spec({"data": None, "dataFrom": [{"extract": remote} for remote in remotes]})


def template(**data: str) -> Callable[[Scene], None]:
    return spec({"target": {"template": {"data": data}}})


def fault(said: aws_front.Said) -> Callable[[Scene], None]:
    """AWS answers so from now on, and it is asked."""

    def act(scene: Scene) -> None:
        scene.front.faults[scene.key_id] = said
        scene.force()

    return act


def keys(patch: Json) -> Callable[[Scene], None]:
    """An edit of the Secret with the store's keys; None deletes it."""

    def act(scene: Scene) -> None:
        if patch is None:
            scene.delete("Secret", KEYS)
        else:
            scene.edit("Secret", KEYS, patch)
        scene.until(
            lambda: scene.ready("aws", "SecretStore")[0] == "False", lambda: str(scene.ready("aws", "SecretStore"))
        )
        scene.force()

    return act


def foreign_reference(scene: Scene) -> None:
    """A SecretStore that would read another namespace's Secret."""
    provider = scene.provider()
    provider["auth"]["secretRef"]["accessKeyIDSecretRef"]["namespace"] = "kube-system"
    scene.apply("SecretStore", "reaching", {"provider": {"aws": provider}})
    scene.fails("kube-system", "own namespace", name="reaching", kind="SecretStore")
    spec({"secretStoreRef": {"name": "reaching"}})(scene)


def forbidden_namespace(scene: Scene) -> None:
    """A ClusterSecretStore whose conditions do not admit this namespace."""
    conditions = [{"namespaces": ["elsewhere"]}]
    provider = {"aws": scene.provider()}
    scene.apply("ClusterSecretStore", scene.namespace, {"provider": provider, "conditions": conditions})
    spec({"secretStoreRef": {"name": scene.namespace, "kind": "ClusterSecretStore"}})(scene)


def void(_: object) -> None:
    """Nothing of it is wanted."""


@dataclass(frozen=True)
class Row:
    trouble: Callable[[Scene], None]
    words: tuple[str, ...]


ROWS = {
    "store missing": Row(spec({"secretStoreRef": {"name": "nowhere"}}), ('SecretStore "nowhere"', "not found")),
    "store of another namespace": Row(foreign_reference, ("reaching",)),
    "cluster store that does not admit": Row(forbidden_namespace, ("not allowed from namespace",)),
    "credentials Secret missing": Row(keys(None), ("SecretStore", "not ready", f'secrets "{KEYS}" not found')),
    "credentials key missing": Row(
        keys({"data": {"id": None}}), ("not ready", 'cannot find secret data for key: "id"')
    ),
    "credentials key empty": Row(keys({"data": {"id": EMPTY}}), ("not ready", "empty")),
    "remote key missing": Row(reads(key="nothing"), ("spec.data[0] (key: nothing)", "Secret does not exist")),
    "property missing": Row(reads(key="json", property="nope"), ("key nope does not exist in secret json",)),
    "property of a value that is no JSON": Row(reads(key="text", property="a"), ("spec.data[0]", "text")),
    "extract of a value that is no JSON": Row(extracts({"key": "text"}), ("unable to unmarshal secret text",)),
    "extract of a binary value": Row(extracts({"key": "bytes"}), ("spec.dataFrom[0].extract", "bytes")),
    "value that is not in the encoding": Row(reads(key="text", decodingStrategy="Base64"), ("illegal base64",)),
    "version missing": Row(reads(key="db", version="AWSPREVIOUS"), ("Secret does not exist",)),
    "illegal Secret key": Row(template(**{"sp ace": "x"}), ("could not update secret", "sp ace")),
    "two keys that become one": Row(extracts({"key": "json"}), ("collision",)),
    "template that fails": Row(template(x='{{ fail "on purpose" }}'), ("could not update secret", "on purpose")),
    "template that cannot be read": Row(template(x="{{ .password "), ("could not update secret", "x")),
    "template with an unknown name": Row(template(x="{{ .missing }}"), ("could not update secret", "missing")),
    "spec that does not decode": Row(spec({"refreshInterval": "9999999h"}), ("spec.refreshInterval", "9999999h")),
    "AWS throttles": Row(fault(aws_front.THROTTLED), ("could not get secret data from provider", "fewer calls")),
    "AWS denies": Row(fault(aws_front.DENIED), ("could not get secret data from provider", "allow")),
    "AWS is broken": Row(fault(aws_front.BROKEN), ("could not get secret data from provider", "fault of its own")),
}


@pytest.mark.parametrize("row", [pytest.param(row, id=name.replace(" ", "-")) for name, row in ROWS.items()])
def test_the_object_says_what_is_wrong_and_keeps_its_secret(row: Row, shop: Scene, calm: Scene) -> None:
    before_it = shop.get("Secret", "shop")["metadata"]["resourceVersion"]

    row.trouble(shop)
    message = shop.fails(*row.words)

    assert "first" not in message
    assert shop.data() == {"password": b"first"}
    assert shop.get("Secret", "shop")["metadata"]["resourceVersion"] == before_it
    goes_on(calm)


def test_it_heals_when_the_trouble_is_over(shop: Scene) -> None:
    fault(aws_front.DENIED)(shop)
    shop.fails("allow")
    shop.put(db="second")

    shop.front.faults.clear()

    shop.until(lambda: shop.data() == {"password": b"second"}, lambda: str(shop.ready()), seconds=90)
    shop.until(lambda: shop.ready() == SYNCED, lambda: str(shop.ready()))


def test_credentials_that_come_back_heal_store_and_dependants(shop: Scene) -> None:
    keys(None)(shop)
    shop.fails("not ready")
    shop.put(db="second")

    shop.make_keys()

    shop.until(lambda: shop.data() == {"password": b"second"}, lambda: str(shop.ready()))


def test_a_store_of_another_class_is_left_alone_in_silence(shop: Scene, calm: Scene) -> None:
    shop.store("theirs", controller="another")
    shop.external_secret("unmanaged", secretStoreRef={"name": "theirs"})

    goes_on(calm)  # so that time enough has passed
    goes_on(calm)

    assert shop.ready("theirs", "SecretStore") == ("", "", "")
    assert shop.ready("unmanaged") == ("", "", "")
    assert shop.events("unmanaged") == []
    assert shop.data("unmanaged") is None


def test_a_binary_value_is_kept_byte_by_byte(shop: Scene) -> None:
    shop.synced("bytes", data={"value": "bytes"})

    assert shop.data("bytes") == {"value": bytes(range(256))}


def test_of_two_entries_that_give_one_key_the_last_wins(shop: Scene) -> None:
    """As in the reference; `esoctl check` advises against it."""
    shop.put(more='{"password": "of the map"}')

    shop.synced("two", dataFrom=[{"extract": {"key": "more"}}])

    assert shop.data("two") == {"password": b"first"}


def port_of(access: kubeconfig.Access) -> int:
    port = urllib.parse.urlsplit(access.url).port
    assert port
    return port


def test_an_api_server_that_is_away_at_start_and_later_is_waited_for(
    api: Api, front: aws_front.Front, installed: Installed, tmp_path: pathlib.Path
) -> None:
    """The operator reaches the server through a door; it starts while the door is shut."""
    if installed.operator:
        installed.down()
    access = installing.operator_access(api)
    with before(port_of(access)) as door, a_scene(api, front) as scene:
        scene.put(db="first")
        scene.store()
        scene.external_secret()
        path = kubeconfig.write(kubeconfig.replace_port(access, door.port), tmp_path / "kubeconfig")
        with operator.started(path, front.url, tmp_path) as running:
            until(lambda: "waiting for the first list" in log_of(running), lambda: "it says what it waits for")
            assert operator.answers(f"{running.health}/healthz"), "it lives"
            assert not running.ready()

            door.open()
            scene.until(lambda: scene.ready() == SYNCED, lambda: str(scene.ready()), seconds=90)
            until(running.ready, lambda: "it is ready", seconds=90)

            before_it = unanswered(running)
            door.shut()
            scene.put(db="second")
            until(lambda: unanswered(running) > before_it, lambda: "it has noticed")
            assert operator.answers(f"{running.health}/healthz"), "it lives"
            assert scene.data() == {"password": b"first"}

            door.open()
            scene.force()
            scene.until(lambda: scene.data() == {"password": b"second"}, lambda: str(scene.ready()), seconds=90)
            until(running.ready, lambda: "it is ready again", seconds=90)
            assert running.child.stop() == 0


def unanswered(running: operator.Operator) -> int:
    """How many requests got no answer since the start, by the operator's own count."""
    with urllib.request.urlopen(f"{running.metrics}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    counted = [line for line in lines if line.startswith('rest_client_requests_total{code="<error>"')]
    return sum(int(float(line.rpartition(" ")[2])) for line in counted)


def log_of(running: operator.Operator) -> str:
    return running.child.log.read_text(errors="replace")


def test_definitions_that_are_missing_at_start_are_waited_for(front: aws_front.Front, tmp_path: pathlib.Path) -> None:
    """On a control plane of its own, since nobody else's definitions may go."""
    try:
        controlplane.binaries()
    except controlplane.UnavailableError as reason:
        runs.skip_or_fail(str(reason))
    with controlplane.running(tmp_path / "controlplane") as path:
        api = Api(kubeconfig.read(path))
        with operator.started(path, front.url, tmp_path) as running:
            until(lambda: "waiting for the first list" in log_of(running), lambda: "it says what it waits for")
            assert "externalsecrets" in log_of(running)
            assert operator.answers(f"{running.health}/healthz"), "it lives"
            assert not running.ready()

            operator.install_definitions(api)
            until(running.ready, lambda: f"it is ready: {running.child.log_tail()}", seconds=90)
            with a_scene(api, front) as scene:
                scene.put(db="first")
                scene.store()
                scene.synced()
