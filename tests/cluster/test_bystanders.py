"""Hostile objects of one namespace, and the bystanders of another: nobody but the author of nonsense may notice it.

While the hostile objects are applied one after another, twenty ExternalSecrets go on following their values and a new
one is made every two seconds; its Secret must be there within three.
"""

import contextlib
import pathlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from support import aws_front, kubeconfig
from support.api import Api, Json
from support.installed import Installed
from support.scene import SYNCED, Scene, a_scene

OLD = 20
EVERY_SECONDS = 2.0
WITHIN_SECONDS = 3.0
DEEP = "{{" + "(" * 5000 + " .x " + ")" * 5000 + "}}"
LOOPS = "{{ range until 10000 }}{{ range until 10000 }}{{ range until 10000 }}x{{ end }}{{ end }}{{ end }}"
WIDE = '{{ "x" | repeat 2000000000 }}'


@dataclass
class Bystanders:
    """Healthy ExternalSecrets, looked after by a thread of their own."""

    scene: Scene
    """For the thread; the other one is for everybody else, since each keeps a connection."""
    seen: Scene
    waits: list[float] = field(default_factory=list)
    """Seconds from the creation of each new ExternalSecret until its Secret was there."""
    troubles: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def live(self) -> None:
        """Make a new one every two seconds, until it is over."""
        try:
            while not self.over.is_set():
                began = time.monotonic()
                self.one_more()
                self.over.wait(max(0.0, EVERY_SECONDS - (time.monotonic() - began)))
        except Exception as trouble:
            self.troubles.append(repr(trouble))

    def one_more(self) -> None:
        name = f"new-{len(self.waits)}"
        self.scene.external_secret(name)
        began = time.monotonic()
        while self.scene.get("Secret", name) is None and time.monotonic() - began < 60:
            time.sleep(0.02)
        self.waits.append(time.monotonic() - began)


@pytest.fixture(scope="module")
def bystanders(control_plane: pathlib.Path, front: aws_front.Front, installed: Installed) -> Iterator[Bystanders]:
    installed.up()
    with a_scene(Api(kubeconfig.read(control_plane)), front) as scene:
        scene.put(db="first")
        scene.store()
        for number in range(OLD):
            scene.external_secret(f"old-{number}", refreshInterval="2s")
        for number in range(OLD):
            scene.until(lambda n=number: scene.data(f"old-{n}"), lambda: "twenty objects are synced")
        yield Bystanders(replace(scene, api=Api(scene.api.access)), scene)


@pytest.fixture
def hostile(scene: Scene) -> Scene:
    """The other namespace. It has a store that works, so that only what each test does is wrong."""
    scene.put(db="first", big="x" * 60_000)
    scene.store()
    return scene


@contextlib.contextmanager
def busy(bystanders: Bystanders) -> Iterator[None]:
    """New bystanders come while the block runs."""
    thread = threading.Thread(target=bystanders.live)
    bystanders.over.clear()
    thread.start()
    try:
        yield
    finally:
        bystanders.over.set()
        thread.join()


def entries(count: int, remote: str = "db") -> list[Json]:
    return [{"secretKey": f"key-{n}", "remoteRef": {"key": remote}} for n in range(count)]


def says(scene: Scene, name: str, *words: str, kind: str = "ExternalSecret") -> None:
    """The object's condition says why it is not ready."""
    scene.until(
        lambda: scene.ready(name, kind)[0] == "False" and all(word in scene.ready(name, kind)[2] for word in words),
        lambda: f"{kind} {name} says {words}: {scene.ready(name, kind)}",
        seconds=60,
    )


def templated(scene: Scene, name: str, text: str, *words: str) -> None:
    scene.external_secret(name, target={"template": {"data": {"x": text}}})
    says(scene, name, "could not update secret", *words)


def unreadable_duration(scene: Scene) -> None:
    scene.external_secret("daily", refreshInterval="9999999h")
    says(scene, "daily", "spec.refreshInterval")


def unreadable_window(scene: Scene) -> None:
    windows = [{"schedule": "61 25 * * *", "duration": "1h"}]
    scene.external_secret("windows", syncWindows={"kind": "allow", "windows": windows})
    says(scene, "windows", "spec.syncWindows.windows[0]")


def no_spec(scene: Scene) -> None:
    body = {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": {"name": "hollow"}}
    answer = scene.api.post(scene.path("ExternalSecret"), body)
    if answer.status < 300:
        says(scene, "hollow", "spec")
    else:
        answer.refused(422, "Invalid")


def store_to_nowhere(scene: Scene) -> None:
    scene.store("lost", keys="not-there")
    scene.external_secret("of-the-lost", secretStoreRef={"name": "lost"})
    says(scene, "lost", "not-there", kind="SecretStore")
    scene.until(lambda: scene.ready("of-the-lost")[0] == "False", lambda: str(scene.ready("of-the-lost")))


def big_data(scene: Scene) -> None:
    """900 KiB in one Secret is possible; twice as much is refused by the API server, and said."""
    scene.external_secret("big", data={f"part-{n}": "big" for n in range(15)})
    scene.until(lambda: scene.ready("big") == SYNCED, lambda: str(scene.ready("big")), seconds=60)
    scene.external_secret("bigger", data={f"part-{n}": "big" for n in range(30)})
    says(scene, "bigger", "could not update secret")


def many_entries(scene: Scene) -> None:
    scene.apply("ExternalSecret", "many", {"secretStoreRef": {"name": "aws"}, "data": entries(2000)})
    scene.until(lambda: scene.ready("many") == SYNCED, lambda: str(scene.ready("many")), seconds=60)


def endless_template(scene: Scene) -> None:
    templated(scene, "loops", LOOPS)


def wide_template(scene: Scene) -> None:
    templated(scene, "wide", WIDE)


def deep_template(scene: Scene) -> None:
    templated(scene, "deep", DEEP)


def recursive_template(scene: Scene) -> None:
    templated(scene, "recursive", '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}')


def bad_regexes(scene: Scene) -> None:
    """RE2 takes linear time, and refuses what would need too much memory."""
    for name, pattern in (
        ("counted", "(a{1000}){1000}"),
        ("broken", "([a-z"),
        ("behind", "(?<=x)y"),
    ):
        rewrite = [{"regexp": {"source": pattern, "target": "z"}}]
        scene.apply(
            "ExternalSecret",
            name,
            {"secretStoreRef": {"name": "aws"}, "dataFrom": [{"find": {"name": {"regexp": ".*"}}, "rewrite": rewrite}]},
        )
        says(scene, name, "spec.dataFrom[0]")
    scene.apply(
        "ExternalSecret",
        "search",
        {
            "secretStoreRef": {"name": "aws"},
            "dataFrom": [{"find": {"name": {"regexp": "(a*)*$["}}}],
        },
    )
    says(scene, "search", "spec.dataFrom[0]")


def many_edits(scene: Scene) -> None:
    """A hundred edits within five seconds: the last one counts."""
    scene.external_secret("edited")
    ends = time.monotonic() + 5
    for number in range(100):
        scene.edit("ExternalSecret", "edited", {"metadata": {"annotations": {"force-sync": str(number)}}})
        time.sleep(max(0.0, min(0.05, ends - time.monotonic())))
    scene.edit("ExternalSecret", "edited", {"spec": {"target": {"template": {"data": {"x": "last"}}}}})
    scene.until(lambda: scene.data("edited") == {"x": b"last"}, lambda: str(scene.ready("edited")))


def two_owners(scene: Scene) -> None:
    scene.synced("first-owner", target={"name": "both"})
    scene.external_secret("second-owner", target={"name": "both"})
    says(scene, "second-owner", "target is owned by another ExternalSecret")


HOSTILE: tuple[Callable[[Scene], None], ...] = (
    unreadable_duration,
    unreadable_window,
    no_spec,
    store_to_nowhere,
    big_data,
    many_entries,
    endless_template,
    wide_template,
    deep_template,
    recursive_template,
    bad_regexes,
    many_edits,
    two_owners,
)


def test_nobody_but_its_author_notices_nonsense(bystanders: Bystanders, hostile: Scene, installed: Installed) -> None:
    """One test, since all of it is to happen at once; the first lines of a failure say which object it was."""
    process = installed.up().child.process
    with busy(bystanders), a_hanging_store(hostile):
        for act in HOSTILE:
            began = time.monotonic()
            act(hostile)
            print(f"{act.__name__}: {time.monotonic() - began:.1f} s")  # pytest shows it when the test fails
        bystanders.seen.put(db="second")
        for number in range(OLD):
            bystanders.seen.until(
                lambda n=number: bystanders.seen.data(f"old-{n}") == {"password": b"second"},
                lambda n=number: f"old-{n} follows its value",
            )

    print("waits:", [round(wait, 2) for wait in bystanders.waits])
    assert process.poll() is None, installed.log()[-2000:]
    assert bystanders.troubles == []
    assert len(bystanders.waits) >= 5
    assert max(bystanders.waits) < WITHIN_SECONDS, [round(wait, 2) for wait in bystanders.waits]
    assert "reconcile failed unexpectedly" not in installed.log()


@contextlib.contextmanager
def a_hanging_store(scene: Scene) -> Iterator[None]:
    """AWS never answers eight ExternalSecrets, all the while. More than there are workers would stop everybody."""
    with a_scene(scene.api, scene.front) as hanging:
        scene.front.faults[hanging.key_id] = aws_front.SILENT
        hanging.store()
        for number in range(40):
            hanging.external_secret(f"hangs-{number}", data={"x": f"secret-{number}"})
        yield
        says(hanging, "hangs-0", "could not get secret data from provider")
