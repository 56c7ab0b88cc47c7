"""From the reference to esoctl and back, on a real control plane: no Secret is rewritten, and no key is lost.

The reference is played by the requests it makes (``support.reference``).
"""

import base64
import contextlib
from collections.abc import Iterator

import pytest

from esoctl.plan import hashing
from support.api import Api
from support.aws_front import Front
from support.installed import Installed
from support.reference import Reference
from support.scene import SYNCED, Scene, a_scene

CONDITION_TYPES = {"Ready", "Deleted"}
"""What the enum in the reference's CRD admits."""
LONG = "a-name-of-more-than-twenty-seven-characters"


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
