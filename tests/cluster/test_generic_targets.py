"""Targets that are no Secrets, on a real control plane, with the rights that `manifests/generic-targets` adds."""

import os
import pathlib
from collections.abc import Iterator

import pytest

from esoctl.plan import hashing
from esoctl.plan.observed import DATA_HASH_ANNOTATION, MANAGED_LABEL
from support import aws_front, installing, kubeconfig
from support.api import Api, Json
from support.conformance.kubectl import kubectl
from support.conformance.place import Place, Server, eventually
from support.installed import Installed
from support.operator import CRDS, established
from support.scene import Scene

CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap"}
WIDGET = {"apiVersion": "example.com/v1", "kind": "Widget"}
SYNCED = ("True", "ResourceSynced", "secret synced")
MORE_RIGHTS = installing.MANIFESTS / "generic-targets" / "rbac.yaml"
ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
WIDGETS = {
    "group": "example.com",
    "scope": "Namespaced",
    "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
}
PORTS = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    "items": {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string"}, "token": {"type": "string"}},
    },
}


def widgets() -> Json:
    spec = {"type": "object", "properties": {"host": {"type": "string"}, "ports": PORTS}}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": WIDGETS | {"versions": [version]},
    }


@pytest.fixture(scope="module")
def installed(
    control_plane: pathlib.Path, front: aws_front.Front, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installed]:
    """The operator with the flag, with the rights of the overlay and one more rule for widgets."""
    folder = tmp_path_factory.mktemp("operator")
    api = Api(kubeconfig.read(control_plane))
    installing.install(api)
    role, binding = installing.manifests(MORE_RIGHTS)
    verbs = ["get", "list", "watch", "create", "patch", "delete"]
    role["rules"].append({"apiGroups": ["example.com"], "resources": ["widgets"], "verbs": verbs})
    api.apply(f"{ROLES}/{role['metadata']['name']}", role, force=True).good()
    api.apply(f"{BINDINGS}/{binding['metadata']['name']}", binding, force=True).good()
    api.apply(f"{CRDS}/widgets.example.com", widgets(), force=True).good()
    eventually(lambda: established(api, "widgets.example.com"), "widgets are served")
    config = kubeconfig.write(installing.operator_access(api), folder / "kubeconfig")
    with Installed(config, front.url, folder, "--unsafe-allow-generic-targets") as found:
        yield found
    api.delete(f"{BINDINGS}/{binding['metadata']['name']}").good()
    api.delete(f"{ROLES}/{role['metadata']['name']}").good()
    api.delete(f"{CRDS}/widgets.example.com").good()


@pytest.fixture
def shop(scene: Scene) -> Scene:
    scene.put(db="first")
    scene.store()
    return scene


def synced(scene: Scene, name: str = "shop", /, **spec: Json) -> None:
    scene.external_secret(name, **spec)
    scene.until(lambda: scene.ready(name) == SYNCED, lambda: f"{name} is synced: {scene.ready(name)}")


def texts(scene: Scene) -> Json:
    found = scene.get("ConfigMap", "shop")
    return None if found is None else found.get("data")


def widget(scene: Scene) -> Json:
    return scene.api.get(f"/apis/example.com/v1/namespaces/{scene.namespace}/widgets/shop").good()


def test_a_config_map_is_written_kept_and_taken_away(shop: Scene) -> None:
    synced(shop, target={"manifest": CONFIG_MAP, "deletionPolicy": "Delete"})
    made = shop.get("ConfigMap", "shop")
    assert made["data"] == {"password": "first"}
    assert made["metadata"]["annotations"][DATA_HASH_ANNOTATION] == hashing.content_hash(made["data"])

    shop.edit("ConfigMap", "shop", {"data": {"password": "theirs", "foreign": "mine"}})
    shop.until(lambda: texts(shop) == {"password": "first", "foreign": "mine"}, lambda: str(texts(shop)))
    shop.edit("ConfigMap", "shop", {"metadata": {"labels": {MANAGED_LABEL: None}}})
    shop.until(
        lambda: shop.get("ConfigMap", "shop")["metadata"]["labels"].get(MANAGED_LABEL) == "true",
        lambda: "the label is back",
    )
    shop.delete("ConfigMap", "shop")
    shop.until(lambda: texts(shop) == {"password": "first"}, lambda: str(texts(shop)))

    shop.delete("ExternalSecret", "shop")
    shop.until(lambda: shop.get("ExternalSecret", "shop") is None, lambda: "the object is gone")
    assert texts(shop) is None
    assert "Normal Created Created ConfigMap shop" in shop.events()
    assert "Normal Deleted Deleted ConfigMap shop" in shop.events()


def test_an_edited_template_in_a_config_map_reaches_the_target(shop: Scene) -> None:
    body = {"metadata": {"name": "texts"}, "data": {"greeting": "hello {{ .password }}"}}
    shop.api.post(shop.path("ConfigMap"), body).good()
    held = {"configMap": {"name": "texts", "items": [{"key": "greeting"}]}}
    synced(shop, target={"manifest": CONFIG_MAP, "template": {"templateFrom": [held]}})
    assert texts(shop) == {"greeting": "hello first"}

    shop.edit("ConfigMap", "texts", {"data": {"greeting": "good day {{ .password }}"}})

    shop.until(lambda: texts(shop) == {"greeting": "good day first"}, lambda: str(texts(shop)), seconds=15)


def test_merge_takes_away_only_its_own_items_of_a_list(shop: Scene) -> None:
    ports = [{"name": "theirs", "token": "x"}]
    path = f"/apis/example.com/v1/namespaces/{shop.namespace}/widgets"
    body = WIDGET | {"metadata": {"name": "shop"}, "spec": {"host": "example", "ports": ports}}
    shop.api.post(path, body, fieldManager="user").good()

    def merged(name: str) -> Json:
        literal = f"- {{name: {name}, token: '{{{{ .password }}}}'}}"
        item = {"configMap": {"name": f"text-{name}", "items": [{"key": "ports"}]}, "target": "spec.ports"}
        made = {"metadata": {"name": f"text-{name}"}, "data": {"ports": literal}}
        shop.api.post(shop.path("ConfigMap"), made).good()
        return {"manifest": WIDGET, "creationPolicy": "Merge", "template": {"templateFrom": [item]}}

    synced(shop, target=merged("one"))
    shop.until(lambda: names(widget(shop)) == {"theirs", "one"}, lambda: str(widget(shop)))
    shop.external_secret(target=merged("two"))
    shop.until(lambda: names(widget(shop)) == {"theirs", "two"}, lambda: str(widget(shop)))
    assert widget(shop)["spec"]["host"] == "example"
    assert ports[0] in widget(shop)["spec"]["ports"]


def names(found: Json) -> set[str]:
    return {port["name"] for port in found["spec"]["ports"]}


def test_a_kind_without_rights_is_told_by_name(shop: Scene) -> None:
    shop.external_secret(target={"manifest": {"apiVersion": "v1", "kind": "LimitRange"}})

    message = shop.fails("could not get target resource", "limitranges", "forbidden")

    assert shop.ready()[1] == "ResourceSyncedError"
    assert "first" not in message


def test_what_the_reference_wrote_is_taken_over_without_a_write_and_its_keys_go_when_unwanted(shop: Scene) -> None:
    data = {"password": "first", "old": "x"}
    meta = {"name": "shop", "labels": {MANAGED_LABEL: "true"}}
    body = {"metadata": meta | {"annotations": {DATA_HASH_ANNOTATION: hashing.content_hash(data)}}, "data": data}
    shop.api.post(shop.path("ConfigMap"), body, fieldManager="external-secrets").good()
    shop.put(more="x")
    target = {"manifest": CONFIG_MAP, "creationPolicy": "Orphan"}
    before = shop.get("ConfigMap", "shop")

    synced(shop, target=target, data={"password": "db", "old": "more"})
    assert shop.get("ConfigMap", "shop") == before

    shop.external_secret(target=target)
    shop.until(lambda: texts(shop) == {"password": "first"}, lambda: str(texts(shop)))


def test_the_component_adds_the_rights_and_the_flag(control_plane: pathlib.Path, tmp_path: pathlib.Path) -> None:
    server = Server(kubeconfig.read(control_plane), control_plane)
    base, added = (os.path.relpath(path, tmp_path) for path in (installing.MANIFESTS, MORE_RIGHTS.parent))
    (tmp_path / "kustomization.yaml").write_text(f"resources: [{base}]\ncomponents: [{added}]\n")

    printed = kubectl(Place(server, server.api, "default"), "kustomize", str(tmp_path))

    assert "- --unsafe-allow-generic-targets" in printed
    assert "name: esoctl-generic-targets" in printed
