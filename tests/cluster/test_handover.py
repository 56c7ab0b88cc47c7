"""From the reference to esoctl and back, on a real control plane: no Secret is rewritten, and no key is lost.

The reference is played by the requests it makes (external-secrets 2.9.0): it creates and updates Secrets by POST and
PUT under the field manager that esoctl applies with, puts its finalizer on every ExternalSecret, and updates its
status.
"""

import base64
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from esoctl.plan import hashing
from esoctl.plan.observed import CREATED_BY_LABEL, DATA_HASH_ANNOTATION, FINALIZER, MANAGED_LABEL, stamp
from support.api import Api, Json
from support.aws_front import Front
from support.day import EPOCH
from support.installed import Installed
from support.scene import SYNCED, Scene, a_scene

CONDITION_TYPES = {"Ready", "Deleted"}
"""What the enum in the reference's CRD admits."""
LONG = "a-name-of-more-than-twenty-seven-characters"


@dataclass
class Reference:
    """The Go operator's hands."""

    scene: Scene

    def serve(self, name: str, data: dict[str, bytes], *, owner: bool = True) -> None:
        """Write the target and the status, as after a sync."""
        finalizers = {"metadata": {"finalizers": [FINALIZER]}}
        self.scene.api.patch(self.scene.path("ExternalSecret", name), finalizers).good()
        es, target = self.scene.get("ExternalSecret", name), self.scene.get("Secret", name)
        wanted = self._mutated(es, target or {"metadata": {"name": name}, "type": "Opaque"}, data, owner=owner)
        manager = hashing.field_manager(name)
        if target is None:
            self.scene.api.post(self.scene.path("Secret"), wanted, fieldManager=manager).good()
        elif wanted != target:
            self.scene.api.put(self.scene.path("Secret", name), wanted, fieldManager=manager).good()
        self._report(es)

    def _mutated(self, es: Json, target: Json, data: dict[str, bytes], *, owner: bool) -> Json:
        """Its steps on a copy of the Secret: own metadata, then data, then owner, label and hash."""
        meta = target["metadata"]
        kept = {} if owner else {key: base64.b64decode(value) for key, value in (target.get("data") or {}).items()}
        final = kept | data
        labels = (meta.get("labels") or {}) | {MANAGED_LABEL: "true"}
        annotations = (meta.get("annotations") or {}) | {DATA_HASH_ANNOTATION: hashing.data_hash(final)}
        made = meta | {"labels": labels, "annotations": annotations}
        if owner:
            labels[CREATED_BY_LABEL] = hashing.owner_hash(self.scene.namespace, es["metadata"]["name"])
            reference = {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "controller": True}
            reference |= {"name": es["metadata"]["name"], "uid": es["metadata"]["uid"], "blockOwnerDeletion": True}
            made["ownerReferences"] = [reference]
        encoded = {key: base64.b64encode(value).decode() for key, value in final.items()}
        return target | {"metadata": made, "data": encoded}

    def _report(self, es: Json) -> None:
        meta = es["metadata"]
        ready = {"type": "Ready", "status": "True", "reason": "SecretSynced", "message": "secret synced"}
        status = {
            "refreshTime": stamp(EPOCH),
            "syncedResourceVersion": hashing.synced_version(
                meta["generation"], meta.get("labels"), meta.get("annotations")
            ),
            "conditions": [ready | {"lastTransitionTime": stamp(EPOCH)}],
            "binding": {"name": meta["name"]},
        }
        path = f"{self.scene.path('ExternalSecret', meta['name'])}/status"
        self.scene.api.put(path, es | {"status": status}, fieldManager="external-secrets").good()


@pytest.fixture
def still(api: Api, front: Front, installed: Installed) -> Iterator[Scene]:
    """A scene in which esoctl does not run yet."""
    if installed.operator is not None:
        installed.down()
    with a_scene(api, front) as scene:
        scene.store()
        scene.put(db="first", more="second")
        yield scene
        with contextlib.suppress(AssertionError):
            installed.down()


def version(scene: Scene, name: str) -> str:
    found: str = scene.get("Secret", name)["metadata"]["resourceVersion"]
    return found


def entries(scene: Scene, name: str) -> list[str]:
    """The operations recorded for our manager."""
    managers = scene.get("Secret", name)["metadata"]["managedFields"]
    return [one["operation"] for one in managers if one["manager"] == hashing.field_manager(name)]


def settled(scene: Scene) -> None:
    """Wait until the operator has been through everything: a later object is served."""
    scene.synced("marker")


@pytest.mark.parametrize("name", ["shop", LONG])
def test_what_the_reference_wrote_is_taken_over_without_a_write(still: Scene, installed: Installed, name: str) -> None:
    reference = Reference(still)
    still.external_secret(name, refreshPolicy="OnChange")
    reference.serve(name, {"password": b"first"})
    before = version(still, name)
    status = still.get("ExternalSecret", name)["status"]

    installed.up()
    settled(still)

    assert version(still, name) == before
    assert still.get("ExternalSecret", name)["status"] == status


@pytest.mark.parametrize("name", ["shop", LONG])
def test_a_key_the_reference_wrote_goes_when_it_is_unwanted_and_foreign_keys_stay(
    still: Scene, installed: Installed, name: str
) -> None:
    still.external_secret(name, data={"password": "db", "old": "more"})
    Reference(still).serve(name, {"password": b"first", "old": b"second"})
    still.edit("Secret", name, {"data": {"foreign": base64.b64encode(b"mine").decode()}})

    installed.up()
    still.until(lambda: still.ready(name) == SYNCED, lambda: str(still.ready(name)))
    still.external_secret(name, data={"password": "db", "new": "more"})

    wanted = {"password": b"first", "new": b"second", "foreign": b"mine"}
    still.until(lambda: still.data(name) == wanted, lambda: str(still.get("Secret", name)["metadata"]))
    assert entries(still, name) == ["Apply"]


def test_under_merge_only_what_the_reference_wrote_goes(still: Scene, installed: Installed) -> None:
    target = {"creationPolicy": "Merge"}
    still.make_secret("shop", {"own": "mine"})
    still.external_secret(data={"password": "db", "old": "more"}, target=target)
    Reference(still).serve("shop", {"password": b"first", "old": b"second"}, owner=False)

    installed.up()
    settled(still)
    still.external_secret(data={"password": "db"}, target=target)

    wanted = {"own": b"mine", "password": b"first"}
    still.until(lambda: still.data() == wanted, lambda: str(still.get("Secret", "shop")["metadata"]))


def test_the_reference_goes_on_where_esoctl_stopped_and_esoctl_after_it(still: Scene, installed: Installed) -> None:
    reference = Reference(still)
    installed.up()
    still.synced(data={"password": "db", "old": "more"}, refreshPolicy="OnChange")
    installed.down()

    types = {condition["type"] for condition in still.get("ExternalSecret", "shop")["status"]["conditions"]}
    assert types <= CONDITION_TYPES
    before = version(still, "shop")
    reference.serve("shop", {"password": b"first", "old": b"second"})
    assert version(still, "shop") == before
    reference.serve("shop", {"password": b"theirs", "old": b"second"})
    assert entries(still, "shop") == ["Apply", "Update"]

    still.external_secret(data={"password": "db"}, refreshPolicy="OnChange")
    installed.up()
    still.until(lambda: still.data() == {"password": b"first"}, lambda: str(still.get("Secret", "shop")["metadata"]))
    assert entries(still, "shop") == ["Apply"]


def test_an_object_with_the_references_finalizer_can_be_deleted(still: Scene, installed: Installed) -> None:
    still.external_secret(target={"creationPolicy": "Orphan"})
    Reference(still).serve("shop", {"password": b"first"}, owner=False)

    installed.up()
    still.delete("ExternalSecret", "shop")

    still.until(lambda: still.get("ExternalSecret", "shop") is None, lambda: "the object is gone")
    assert still.data() == {"password": b"first"}
