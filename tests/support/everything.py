"""Everything that the operator does to the API server, done at least once."""

import contextlib

from support.api import Json
from support.cases import cloud
from support.scene import Scene

GENERATED = {"Password": {"length": 12}, "UUID": {}, "Fake": {"data": {"a": "b"}}}


def once(scene: Scene) -> None:
    """Every kind of request, but for those of features that are off by default."""
    in_a_namespace(scene)
    of_the_whole_cluster(scene)


def in_a_namespace(scene: Scene) -> None:
    scene.put(db="first")
    scene.store()
    scene.api.post(scene.path("ConfigMap"), {"metadata": {"name": "texts"}, "data": {"text": "{{ .password }}"}}).good()
    template = {"templateFrom": [{"configMap": {"name": "texts", "items": [{"key": "text"}]}}]}
    scene.synced("templated", target={"template": template})
    scene.synced("guarded", target={"deletionPolicy": "Delete"})
    scene.delete("ExternalSecret", "guarded")
    scene.synced("renamed", target={"name": "before"})
    scene.synced("renamed", target={"name": "after"})
    scene.until(lambda: scene.get("Secret", "before") is None, lambda: "the orphan is gone")
    scene.make_secret("merged", {"own": "x"})
    scene.synced("merging", target={"name": "merged", "creationPolicy": "Merge"})
    with_a_token(scene)
    for kind, spec in GENERATED.items():
        scene.apply(kind, "made", spec)
        generated(scene, kind)
    fails_twice(scene)
    scene.until(lambda: scene.get("ExternalSecret", "guarded") is None, lambda: "the finalizer is lifted")


def of_the_whole_cluster(scene: Scene) -> None:
    scene.apply("ClusterSecretStore", scene.namespace, {"provider": {"aws": of_the_cluster(scene)}})
    scene.synced("wide", secretStoreRef={"name": scene.namespace, "kind": "ClusterSecretStore"})
    scene.apply("ClusterGenerator", scene.namespace, {"kind": "Fake", "generator": {"fakeSpec": GENERATED["Fake"]}})
    generated(scene, "ClusterGenerator", scene.namespace)


def generated(scene: Scene, kind: str, generator: str = "made") -> None:
    name, reference = f"from-{kind.lower()}", {"kind": kind, "name": generator}
    scene.synced(name, data={}, dataFrom=[{"sourceRef": {"generatorRef": reference}}])


def other_target(scene: Scene) -> None:
    """A ConfigMap as a target, made, and deleted with its ExternalSecret."""
    target = {"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}, "name": "settings", "deletionPolicy": "Delete"}
    scene.external_secret("other", target=target)
    scene.until(lambda: scene.get("ConfigMap", "settings") is not None, lambda: str(scene.ready("other")))
    scene.until(lambda: scene.ready("other")[0] == "True", lambda: str(scene.ready("other")))
    scene.delete("ExternalSecret", "other")
    scene.until(lambda: scene.get("ConfigMap", "settings") is None, lambda: "the ConfigMap goes with it")


def fails_twice(scene: Scene) -> None:
    """The second event of the same words is a count in the first."""
    scene.external_secret("failing", data={"x": "missing"})
    scene.fails("missing", name="failing")
    scene.force("failing")
    scene.until(lambda: most(scene, "failing") > 1, lambda: f"an event is told again: {scene.events('failing')}")


def most(scene: Scene, name: str) -> int:
    """How often an event of an object was told, at most."""
    found = scene.api.get(f"/api/v1/namespaces/{scene.namespace}/events").good()["items"]
    return max((one.get("count", 1) for one in found if one["involvedObject"]["name"] == name), default=0)


def with_a_token(scene: Scene) -> None:
    """A store that exchanges a ServiceAccount's token for a role of the scene's account."""
    with contextlib.closing(cloud.client("sts", scene.account.url, scene.account.keys)) as sts:
        account = sts.get_caller_identity()["Account"]
    role = {"eks.amazonaws.com/role-arn": f"arn:aws:iam::{account}:role/case"}
    body = {"apiVersion": "v1", "metadata": {"name": "reader", "annotations": role}}
    scene.api.post(scene.path("ServiceAccount"), body).good()
    provider = scene.provider(auth={"jwt": {"serviceAccountRef": {"name": "reader"}}})
    scene.apply("SecretStore", "exchanging", {"provider": {"aws": provider}})
    scene.synced("exchanged", secretStoreRef={"name": "exchanging"})


def of_the_cluster(scene: Scene) -> Json:
    """A provider whose keys are those of the scene's namespace, whoever uses it."""
    provider = scene.provider()
    for reference in provider["auth"]["secretRef"].values():
        reference["namespace"] = scene.namespace
    return provider
