"""Merge patch, JSON patch and strategic merge patch."""

from support.api import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH
from support.conformance.place import Place, config_map


def a_merge_patch_sets_and_removes(place: Place) -> None:
    place.a_config_map("one", data={"a": "1", "b": "2"})

    patched = place.api.patch(place.config_maps("one"), {"data": {"a": None, "c": "3"}}).good()

    assert patched["data"] == {"b": "2", "c": "3"}


def a_merge_patch_replaces_a_list(place: Place) -> None:
    place.a_widget("one", words=["a", "b"])

    patched = place.api.patch(place.widgets("one"), {"spec": {"words": ["c"]}}).good()

    assert patched["spec"]["words"] == ["c"]


def a_merge_patch_that_changes_nothing_keeps_the_resource_version(place: Place) -> None:
    made = place.a_config_map("one", data={"a": "1"})

    patched = place.api.patch(place.config_maps("one"), {"data": {"a": "1"}}).good()

    assert patched["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def a_patch_cannot_rename(place: Place) -> None:
    place.a_config_map("one")

    place.api.patch(place.config_maps("one"), {"metadata": {"name": "two"}}).refused(400, "BadRequest")


def a_patch_cannot_change_the_uid(place: Place) -> None:
    place.a_config_map("one")

    answer = place.api.patch(place.config_maps("one"), {"metadata": {"uid": "11111111-2222-3333-4444-555555555555"}})

    assert "metadata.uid: Invalid value" in answer.refused(422, "Invalid")["message"]


def a_json_patch_does_its_operations_in_order(place: Place) -> None:
    place.a_config_map("one", data={"a": "1", "b": "2"})
    operations = [
        {"op": "test", "path": "/data/a", "value": "1"},
        {"op": "add", "path": "/data/c", "value": "3"},
        {"op": "replace", "path": "/data/a", "value": "9"},
        {"op": "remove", "path": "/data/b"},
        {"op": "copy", "from": "/data/a", "path": "/data/d"},
        {"op": "move", "from": "/data/c", "path": "/data/e"},
        {"op": "add", "path": "/metadata/labels", "value": {"x~y/z": "1"}},
        {"op": "replace", "path": "/metadata/labels/x~0y~1z", "value": "2"},
        {"op": "remove", "path": "/metadata/labels"},
    ]

    patched = place.api.patch(place.config_maps("one"), operations, JSON_PATCH).good()

    assert patched["data"] == {"a": "9", "d": "9", "e": "3"}


def a_json_patch_works_on_list_positions(place: Place) -> None:
    place.a_widget("one", words=["a", "b"])
    operations = [
        {"op": "add", "path": "/spec/words/-", "value": "z"},
        {"op": "add", "path": "/spec/words/0", "value": "y"},
        {"op": "remove", "path": "/spec/words/1"},
    ]

    patched = place.api.patch(place.widgets("one"), operations, JSON_PATCH).good()

    assert patched["spec"]["words"] == ["y", "b", "z"]


def a_json_patch_whose_test_fails_is_invalid(place: Place) -> None:
    place.a_config_map("one", data={"a": "1"})
    operations = [
        {"op": "test", "path": "/data/a", "value": "2"},
        {"op": "remove", "path": "/data/a"},
    ]

    status = place.api.patch(place.config_maps("one"), operations, JSON_PATCH).refused(422, "Invalid")

    assert "the server rejected our request due to an error in our request" in status["message"]
    assert place.api.get(place.config_maps("one")).good()["data"] == {"a": "1"}


def a_json_patch_with_a_stale_version_test_is_refused(place: Place) -> None:
    made = place.a_config_map("one", data={"a": "1"})
    version = made["metadata"]["resourceVersion"]
    guard = {"op": "test", "path": "/metadata/resourceVersion", "value": version}
    change = {"op": "replace", "path": "/data/a", "value": "2"}

    place.api.patch(place.config_maps("one"), [guard, change], JSON_PATCH).good()
    place.api.patch(place.config_maps("one"), [guard, change], JSON_PATCH).refused(422, "Invalid")


def a_json_patch_that_removes_what_is_not_there_is_invalid(place: Place) -> None:
    place.a_config_map("one", data={"a": "1"})

    answer = place.api.patch(place.config_maps("one"), [{"op": "remove", "path": "/data/zzz"}], JSON_PATCH)

    answer.refused(422, "Invalid")


def a_json_patch_must_be_a_list(place: Place) -> None:
    place.a_config_map("one")

    place.api.patch(place.config_maps("one"), {"op": "remove", "path": "/data"}, JSON_PATCH).refused(400, "BadRequest")


def a_strategic_patch_merges_lists_by_their_key(place: Place) -> None:
    owner = place.a_config_map("owner")
    body = config_map("one")
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    body["metadata"]["ownerReferences"] = [reference]
    place.api.post(place.config_maps(), body).good()
    second = place.a_config_map("second")
    more = {"apiVersion": "v1", "kind": "ConfigMap", "name": "second", "uid": second["metadata"]["uid"]}

    patched = place.api.patch(
        place.config_maps("one"), {"metadata": {"ownerReferences": [more]}}, STRATEGIC_PATCH
    ).good()

    assert {o["name"] for o in patched["metadata"]["ownerReferences"]} == {"owner", "second"}


def a_strategic_patch_deletes_by_directive(place: Place) -> None:
    body = config_map("one", data={"a": "1"})
    body["metadata"]["finalizers"] = ["conformance.esoctl.dev/a", "conformance.esoctl.dev/b"]
    place.api.post(place.config_maps(), body).good()
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["conformance.esoctl.dev/a"]}, "data": {"a": None}}

    patched = place.api.patch(place.config_maps("one"), patch, STRATEGIC_PATCH).good()

    assert patched["metadata"]["finalizers"] == ["conformance.esoctl.dev/b"]
    assert "data" not in patched
    place.api.patch(place.config_maps("one"), {"metadata": {"finalizers": None}}).good()


def a_strategic_patch_of_a_custom_object_is_not_supported(place: Place) -> None:
    place.a_widget("one")

    answer = place.api.patch(place.widgets("one"), {"spec": {"size": 2}}, STRATEGIC_PATCH)

    status = answer.refused(415, "UnsupportedMediaType")
    assert "application/strategic-merge-patch+json" not in status["message"].split("supported", 1)[-1]


def a_patch_of_the_status_leaves_the_spec(place: Place) -> None:
    place.a_widget("one", size=1)
    path = place.widgets("one") + "/status"

    patched = place.api.patch(path, {"spec": {"size": 5}, "status": {"ready": True}}, MERGE_PATCH).good()

    assert patched["spec"]["size"] == 1
    assert patched["status"] == {"ready": True}


def a_patch_of_the_object_leaves_the_status(place: Place) -> None:
    place.a_widget("one", size=1)
    place.api.patch(place.widgets("one") + "/status", {"status": {"ready": True}}).good()

    patched = place.api.patch(place.widgets("one"), {"spec": {"size": 5}, "status": {"ready": False}}).good()

    assert patched["spec"]["size"] == 5
    assert patched["status"] == {"ready": True}


def the_generation_counts_changes_of_the_spec_only(place: Place) -> None:
    made = place.a_widget("one", size=1)
    path = place.widgets("one")

    labelled = place.api.patch(path, {"metadata": {"labels": {"a": "b"}}}).good()
    with_status = place.api.patch(path + "/status", {"status": {"count": 3}}).good()
    changed = place.api.patch(path, {"spec": {"size": 2}}).good()

    generations = [o["metadata"]["generation"] for o in (made, labelled, with_status, changed)]
    assert generations == [1, 1, 1, 2]
