"""With definitions of the reference's shape in place of ours: the main job works, and so does changing to ours later.

On a control plane of its own, since nobody else's definitions may change.
"""

import pathlib
import uuid
from collections.abc import Iterator

import pytest

from support import aws_front, controlplane, installing, kubeconfig, operator, reference_crds, vectors
from support.api import Api, Json
from support.conformance.place import eventually
from support.installed import Installed
from support.scene import SYNCED, Scene, a_scene
from support.vectors import Vector

PRUNED = {"a property with find", "auth in the wrong place"}
"""Fields that the reference's definitions do not know are not stored."""
PROBE = next(one for one in vectors.ALL if one.rule == "extract and find")


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pathlib.Path]:
    with controlplane.required(tmp_path_factory.mktemp("reference")) as path:
        installing.install(Api(kubeconfig.read(path)))
        replace_definitions(Api(kubeconfig.read(path)))
        yield path


@pytest.fixture
def scene(plane: pathlib.Path, front: aws_front.Front, tmp_path: pathlib.Path) -> Iterator[Scene]:
    api = Api(kubeconfig.read(plane))
    config = kubeconfig.write(installing.operator_access(api), tmp_path / "kubeconfig")
    with Installed(config, front.url, tmp_path) as installed:
        installed.up()
        with a_scene(api, front) as found:
            found.store()
            found.put(db="first", json='{"user": "ivy", "pass": "x"}')
            yield found


def replace_definitions(api: Api) -> None:
    """By replacement, so that nothing of ours is left."""
    for definition in reference_crds.definitions():
        path = f"{operator.CRDS}/{definition['metadata']['name']}"
        version = api.get(path).good()["metadata"]["resourceVersion"]
        body = definition | {"metadata": definition["metadata"] | {"resourceVersion": version}}
        api.put(path, body).good()
    eventually(lambda: taken(api, PROBE), "the reference's definitions count")


def taken(api: Api, vector: Vector) -> bool:
    return api.post(vector.path, vector.manifest(vector.fails), dryRun="All").status < 300


def test_the_main_job_works_with_the_definitions_of_the_reference(scene: Scene) -> None:
    scene.synced(dataFrom=[{"extract": {"key": "json"}}], refreshInterval="1s")
    assert scene.get("ExternalSecret", "shop")["spec"]["target"] == {
        "creationPolicy": "Owner", "deletionPolicy": "Retain",
    }, "the definition has the reference's defaults"  # fmt: skip
    assert scene.data() == {"password": b"first", "user": b"ivy", "pass": b"x"}

    scene.put(db="second")
    scene.until(lambda: (scene.data() or {}).get("password") == b"second", lambda: str(scene.ready()))

    scene.edit("ExternalSecret", "shop", {"spec": {"target": {"template": {"data": {"dsn": "x:{{ .password }}"}}}}})
    scene.until(lambda: scene.data() == {"dsn": b"x:second"}, lambda: str(scene.ready()))

    scene.edit("ExternalSecret", "shop", {"spec": {"dataFrom": [{"extract": {"key": "gone"}}]}})
    scene.fails("spec.dataFrom[0].extract", "Secret does not exist")
    assert scene.data() == {"dsn": b"x:second"}

    scene.edit("ExternalSecret", "shop", {"spec": {"dataFrom": None, "target": {"name": "till"}}})
    scene.until(lambda: scene.data("till") == {"dsn": b"x:second"}, lambda: str(scene.ready()))
    scene.until(lambda: scene.data() is None, lambda: "the Secret of the old name is gone")
    scene.until(lambda: scene.ready() == SYNCED, lambda: str(scene.ready()))
    status = scene.get("ExternalSecret", "shop")["status"]
    assert set(status) == {"binding", "conditions", "refreshTime", "syncedResourceVersion"}, "the rest is pruned"
    assert [condition["type"] for condition in status["conditions"]] == ["Ready"]

    scene.delete("ExternalSecret", "shop")
    scene.until(lambda: scene.data("till") is None, lambda: "the Secret has gone with its owner", seconds=90)


def test_a_quiet_object_is_written_no_more(scene: Scene) -> None:
    """What the definition prunes or fills in must not make the operator write again and again."""
    scene.synced(refreshInterval="1h")
    before = versions(scene)

    scene.put(other="value")
    scene.synced("other", data={"x": "other"}, refreshInterval="1s")  # so that time passes
    scene.put(other="again")
    scene.until(lambda: scene.data("other") == {"x": b"again"}, lambda: str(scene.ready("other")))

    assert versions(scene) == before


def versions(scene: Scene) -> list[str]:
    kinds = ("ExternalSecret", "Secret")
    return [scene.get(kind, "shop")["metadata"]["resourceVersion"] for kind in kinds]


def test_an_object_that_breaks_a_rule_of_ours_can_still_be_edited_under_our_definitions(plane: pathlib.Path) -> None:
    """Objects stored under the reference's definitions meet ours: everything but the broken place can change."""
    api = Api(kubeconfig.read(plane))
    old = {one.rule: f"old-{uuid.uuid4().hex[:8]}" for one in vectors.ALL if one.rule not in PRUNED and taken(api, one)}
    stored = [one for one in vectors.ALL if one.rule in old]
    for vector in stored:
        api.post(vector.path, vector.manifest(vector.fails, old[vector.rule])).good()
    operator.install_definitions(api)
    eventually(lambda: not taken(api, PROBE), "our definitions count")

    for vector in stored:
        edited(api, vector, f"{vector.path}/{old[vector.rule]}")

    assert len(stored) > 20


def edited(api: Api, vector: Vector, path: str) -> None:
    """Every kind of edit that does not touch the broken place."""
    other: Json = {"controller": "another"} if vector.kind.endswith("Store") else {"refreshPolicy": "OnChange"}
    ready = {"type": "Ready", "status": "False", "reason": "Any", "message": vector.rule}
    api.patch(path, {"metadata": {"labels": {"edited": "yes"}}}).good()
    api.patch(path, {"spec": other}).good()
    api.patch(f"{path}/status", {"status": {"conditions": [ready]}}).good()
    assert api.post(vector.path, vector.manifest(vector.fails), dryRun="All").status == 422
    api.delete(path).good()
