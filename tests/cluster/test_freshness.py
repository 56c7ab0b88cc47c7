"""W01, W02 on the real control plane: what kubectl shows of a Secret's origin, and what the operator measures."""

import json
import pathlib
import re
import urllib.request

from support import pages
from support.api import Json
from support.conformance.kubectl import kubectl
from support.conformance.place import Place, Server
from support.installed import Installed
from support.pages import Terminal
from support.scene import Scene

VERSION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_W02_kubectl_tells_version_time_and_cause_of_a_secret(scene: Scene, control_plane: pathlib.Path) -> None:
    place = Place(Server(scene.api.access, control_plane), scene.api, scene.namespace)
    scene.put(db="first")
    scene.store()
    scene.synced(refreshInterval="1h")
    (remote,) = sync(scene)["remotes"]
    assert VERSION.fullmatch(remote["version"])
    assert remote | {"version": ""} == {"source": "SecretStore/aws", "key": "db", "version": "", "stage": "AWSCURRENT"}

    scene.put(db="second")
    scene.force()
    scene.until(lambda: scene.data() == {"password": b"second"}, lambda: str(scene.ready()))
    scene.until(lambda: sync(scene)["cause"] == "Forced", lambda: str(sync(scene)))
    told = sync(scene)
    head, row = kubectl(place, "get", "es", "shop", "-o", "wide").splitlines()

    assert told["remotes"][0]["version"] != remote["version"]
    assert head.split()[-8:] == ["LAST", "CHANGE", "FRESH", "UNTIL", "CAUSE", "CHANGED", "KEYS", "VERSION"]
    assert row.split()[-4:] == [told["freshUntil"], "Forced", '["password"]', told["remotes"][0]["version"]]
    assert "second" not in row


def test_what_the_page_types_works_and_shows_what_it_says(
    scene: Scene, control_plane: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """docs/freshness.md, in the namespace of the test."""
    scene.put(db="first")
    scene.store()
    scene.synced(refreshInterval="1h")
    terminal = Terminal(control_plane, tmp_path / "terminal", stand_ins={"-n team-a": f"-n {scene.namespace}"})

    for block in pages.blocks("docs/freshness.md", "console"):
        ((command, printed),) = terminal.run_all([block]).items()
        told = block.text.splitlines()[1]
        if told.startswith("{"):
            assert json.loads(printed).keys() == json.loads(told).keys()
        else:
            assert printed.splitlines()[0].split() == told.split(), command


def sync(scene: Scene) -> Json:
    return scene.get("ExternalSecret", "shop")["status"]["sync"]


def test_W01_ages_and_lateness_are_measured_and_go_with_the_object(scene: Scene, installed: Installed) -> None:
    scene.put(db="first")
    scene.store()
    scene.synced(refreshInterval="1h")
    series = f'esoctl_seconds_since_last_success{{name="shop",namespace="{scene.namespace}"}}'
    scene.until(lambda: series in installed.metrics(), lambda: "the age is measured")
    assert "esoctl_externalsecrets_overdue 0.0" in installed.metrics()
    with urllib.request.urlopen(f"{installed.up().health}/readyz?verbose", timeout=10) as answer:
        assert "[+]schedule ok" in answer.read().decode()

    scene.delete("ExternalSecret", "shop")
    scene.until(lambda: series not in installed.metrics(), lambda: "its series are gone")
