"""The main job on a real control plane: the operator as its own process, with the rights that `manifests/` gives it."""

import base64
import contextlib
import pathlib
import time
import urllib.request
import uuid

from esoctl.plan import hashing
from support import aws_front, everything, installing
from support.api import Api
from support.cases import cloud
from support.conformance.kubectl import kubectl
from support.conformance.place import Place, Server
from support.installed import Installed
from support.scene import SYNCED, Scene, a_scene, until

STAGE = "provider-key-version"
"""The version label that the article's manifest asks for."""


def fill_aws(scene: Scene) -> None:
    """What the article's manifests name, in the region they name."""
    token = str(uuid.uuid4())
    with contextlib.closing(cloud.client("secretsmanager", scene.account.url, scene.account.keys, "us-east-1")) as aws:
        value = '{"provider-key-property": "first"}'
        aws.create_secret(Name="provider-key", SecretString=value, ClientRequestToken=token)
        aws.update_secret_version_stage(SecretId="provider-key", VersionStage=STAGE, MoveToVersionId=token)
        value = '{"username": "ada", "password": "correct horse"}'
        aws.create_secret(Name="remote-key-in-the-provider", SecretString=value)


def the_article(scene: Scene) -> None:
    """The credentials Secret and the two published manifests."""
    keys = {"access-key": scene.account.keys[0], "secret-access-key": scene.account.keys[1]}
    scene.make_secret("awssm-secretkey", keys)
    for name in ("secretstore-sample.yaml", "externalsecret-example.yaml"):
        for manifest in installing.manifests(installing.EXAMPLES / name):
            scene.place(manifest)


def a_synced(scene: Scene, **spec: object) -> None:
    """An ExternalSecret ``shop`` whose Secret is there."""
    scene.put(db="first")
    scene.store()
    scene.synced(**spec)


def test_nothing_it_asks_of_the_api_server_is_forbidden(api: Api, front: aws_front.Front, installed: Installed) -> None:
    """Every kind of request at least once, under the rights that `manifests/` gives, and by the operator's own count.

    First of all tests here: in a namespace that is going away everything new is forbidden too, and that is right.
    """
    until(lambda: not terminating(api), lambda: f"earlier namespaces are gone: {terminating(api)}", seconds=120)
    installed.up()
    with a_scene(api, front) as scene:
        everything.once(scene)

        counted = installed.requests()

    assert counted["200"] > 0
    assert counted["201"] > 0
    assert not counted.keys() & {"401", "403"}, counted
    assert "forbidden" not in installed.log().lower()


def terminating(api: Api) -> list[str]:
    found = api.get("/api/v1/namespaces").good()["items"]
    return [space["metadata"]["name"] for space in found if space["status"]["phase"] == "Terminating"]


def test_the_articles_manifests_give_a_secret_that_says_whose_it_is(scene: Scene) -> None:
    fill_aws(scene)

    the_article(scene)
    scene.until(lambda: scene.ready("example") == SYNCED, lambda: str(scene.ready("example")))

    made, owner = scene.get("Secret", "secret-to-be-created"), scene.get("ExternalSecret", "example")
    data = {"secret-key-to-be-managed": b"first", "username": b"ada", "password": b"correct horse"}
    assert {key: base64.b64decode(value) for key, value in made["data"].items()} == data
    assert made["type"] == "Opaque"
    assert made["metadata"]["labels"] == {
        "reconcile.external-secrets.io/managed": "true",
        "reconcile.external-secrets.io/created-by": hashing.owner_hash(scene.namespace, "example"),
    }
    assert made["metadata"]["annotations"]["reconcile.external-secrets.io/data-hash"] == hashing.data_hash(data)
    (reference,) = made["metadata"]["ownerReferences"]
    assert (reference["kind"], reference["name"], reference["uid"], reference["controller"]) == (
        "ExternalSecret",
        "example",
        owner["metadata"]["uid"],
        True,
    )
    assert owner["status"]["binding"] == {"name": "secret-to-be-created"}
    assert owner["status"]["refreshTime"]
    assert owner["status"]["syncedResourceVersion"].startswith(f"{owner['metadata']['generation']}-")
    assert scene.ready("secretstore-sample", "SecretStore") == ("True", "Valid", "store validated")
    assert scene.get("SecretStore", "secretstore-sample")["status"]["capabilities"] == "ReadWrite"
    scene.until(
        lambda: scene.events("example") == ["Normal Created secret created"], lambda: str(scene.events("example"))
    )


def test_kubectl_waits_for_it(scene: Scene, control_plane: pathlib.Path) -> None:
    scene.put(db="first")
    scene.store()
    scene.external_secret()
    place = Place(Server(scene.api.access, control_plane), scene.api, scene.namespace)

    printed = kubectl(place, "wait", "--for=condition=Ready", "externalsecret/shop", "--timeout=45s")

    assert "condition met" in printed
    assert scene.data() == {"password": b"first"}


def test_a_changed_value_follows_when_a_sync_is_forced(scene: Scene) -> None:
    a_synced(scene)
    scene.put(db="second")

    scene.force()

    scene.until(lambda: scene.data() == {"password": b"second"}, lambda: "the new value is there")
    scene.until(lambda: "Normal Updated secret updated" in scene.events(), lambda: str(scene.events()))


def test_a_changed_value_follows_within_the_interval(scene: Scene) -> None:
    a_synced(scene, refreshInterval="1s")

    scene.put(db="second")

    scene.until(lambda: scene.data() == {"password": b"second"}, lambda: "the new value is there")


def test_a_deleted_target_comes_back(scene: Scene) -> None:
    a_synced(scene)
    before = scene.get("Secret", "shop")["metadata"]["uid"]

    scene.delete("Secret", "shop")

    scene.until(lambda: scene.data() == {"password": b"first"}, lambda: "the Secret is back")
    assert scene.get("Secret", "shop")["metadata"]["uid"] != before


def test_an_edited_target_is_repaired(scene: Scene) -> None:
    a_synced(scene)

    scene.edit("Secret", "shop", {"data": {"password": "b3RoZXI="}, "metadata": {"labels": None}})

    scene.until(lambda: scene.data() == {"password": b"first"}, lambda: "the value is back")
    scene.until(
        lambda: "reconcile.external-secrets.io/managed" in scene.get("Secret", "shop")["metadata"].get("labels", {}),
        lambda: "the label is back",
    )


def test_the_secret_goes_with_its_external_secret(scene: Scene) -> None:
    """The garbage collector does it: the owner reference is all it needs."""
    a_synced(scene)

    scene.delete("ExternalSecret", "shop")

    scene.until(lambda: scene.get("Secret", "shop") is None, lambda: "the Secret is collected", seconds=90)
    assert scene.get("ExternalSecret", "shop") is None


def test_REL_23_a_foreground_deletion_completes_and_makes_nothing_anew(scene: Scene) -> None:
    a_synced(scene, refreshInterval="1s")

    foreground = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Foreground"}
    scene.api.delete(scene.path("ExternalSecret", "shop"), foreground).good()

    scene.until(lambda: scene.get("ExternalSecret", "shop") is None, lambda: "the deletion completes", seconds=90)
    assert scene.get("Secret", "shop") is None
    assert sum("Created" in event for event in scene.events()) == 1


def test_with_deletion_policy_delete_the_finalizer_is_lifted_again(scene: Scene) -> None:
    a_synced(scene, target={"deletionPolicy": "Delete"})
    assert scene.get("ExternalSecret", "shop")["metadata"]["finalizers"]

    scene.delete("ExternalSecret", "shop")

    scene.until(lambda: scene.get("ExternalSecret", "shop") is None, lambda: "the ExternalSecret is let go")
    scene.until(lambda: scene.get("Secret", "shop") is None, lambda: "the Secret is gone")


def test_a_cluster_store_serves_a_namespace(scene: Scene) -> None:
    name = scene.namespace
    scene.apply("ClusterSecretStore", name, {"provider": {"aws": everything.of_the_cluster(scene)}})
    scene.put(db="first")

    scene.synced(secretStoreRef={"name": name, "kind": "ClusterSecretStore"})

    assert scene.data() == {"password": b"first"}


def test_REL_17_a_restart_with_nothing_due_asks_nothing_and_writes_nothing(scene: Scene, installed: Installed) -> None:
    a_synced(scene)
    installed.down()
    before, asked = scene.versions(), scene.front.count(scene.key_id)

    installed.up()
    writes_of_a_new_one(scene)  # by its end the queue, which goes in order of arrival, is through with the first list

    after = scene.versions()
    assert {key: after[key] for key in before} == before
    assert scene.front.count(scene.key_id) == asked


def writes_of_a_new_one(scene: Scene) -> None:
    """Wait until an ExternalSecret that needs no AWS has been seen, and what came before it with it."""
    scene.external_secret("later", secretStoreRef={"name": "none"})
    scene.fails("could not get SecretStore", name="later")


def test_probes_and_metrics_answer(scene: Scene, installed: Installed) -> None:
    a_synced(scene)

    running = installed.up()

    for path in ("healthz", "readyz", "livez"):
        with urllib.request.urlopen(f"{running.health}/{path}", timeout=10) as answer:
            assert answer.status == 200
    # The status is true before the sync that wrote it is over and counted, so a scrape may come in between.
    for series in series_of(scene):
        scene.until(lambda series=series: series in installed.metrics(), lambda series=series: f"/metrics has {series}")


def series_of(scene: Scene) -> tuple[str, ...]:
    """What dashboards of the reference ask for, of the synced ExternalSecret ``shop``."""
    labels = f'name="shop",namespace="{scene.namespace}"'
    return (
        f'externalsecret_status_condition{{condition="Ready",{labels},status="True"}} 1.0',
        f"externalsecret_sync_calls_total{{{labels}}}",
        'controller_runtime_reconcile_total{controller="externalsecret",result="requeue_after"}',
        "externalsecret_provider_api_calls_count{",
    )


def test_a_termination_ends_it_within_seconds_with_status_0(scene: Scene, installed: Installed) -> None:
    a_synced(scene)
    began = time.monotonic()

    status = installed.down()

    assert status == 0, installed.log()[-2000:]
    assert time.monotonic() - began < 15
    assert '"event": "stopped"' in installed.log()
