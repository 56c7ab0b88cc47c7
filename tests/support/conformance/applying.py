"""Server-side apply: who owns which field, conflicts, force, hand-over, preconditions."""

from typing import Any

from support.api import JSON_PATCH, Json
from support.conformance import widgets
from support.conformance.place import Place, config_map, secret


def entries(made: Json) -> dict[tuple[str, str, str], Any]:
    """managedFields by (manager, operation, subresource)."""
    listed = made["metadata"].get("managedFields", [])
    return {(e["manager"], e["operation"], e.get("subresource", "")): e["fieldsV1"] for e in listed}


def applying_creates_what_is_missing(place: Place) -> None:
    answer = place.api.apply(place.config_maps("one"), config_map("one", data={"a": "1"}))

    assert answer.status == 201
    assert entries(answer.good()) == {("tests", "Apply", ""): {"f:data": {"f:a": {}}}}


def an_entry_says_who_what_and_when(place: Place) -> None:
    made = place.api.apply(place.config_maps("one"), config_map("one", data={"a": "1"})).good()

    (entry,) = made["metadata"]["managedFields"]

    assert entry.pop("time").endswith("Z")
    assert entry == {
        "manager": "tests",
        "operation": "Apply",
        "apiVersion": "v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {"f:a": {}}},
    }


def applying_again_updates(place: Place) -> None:
    place.api.apply(place.config_maps("one"), config_map("one", data={"a": "1"}))

    answer = place.api.apply(place.config_maps("one"), config_map("one", data={"a": "2"}))

    assert answer.status == 200
    assert answer.good()["data"] == {"a": "2"}


def applying_the_same_keeps_the_resource_version(place: Place) -> None:
    body = config_map("one", data={"a": "1"})
    first = place.api.apply(place.config_maps("one"), body).good()

    second = place.api.apply(place.config_maps("one"), body).good()

    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert second["metadata"]["managedFields"] == first["metadata"]["managedFields"]


def applying_needs_a_field_manager(place: Place) -> None:
    answer = place.api.call(
        "PATCH", place.config_maps("one"), config_map("one"), content_type="application/apply-patch+yaml"
    )

    status = answer.refused(422, "Invalid")
    assert "fieldManager: Required value: is required for apply patch" in status["message"]


def applying_managed_fields_is_refused(place: Place) -> None:
    body = config_map("one")
    body["metadata"]["managedFields"] = [{"manager": "x"}]

    status = place.api.apply(place.config_maps("one"), body).refused(400, "BadRequest")

    assert "metadata.managedFields must be nil" in status["message"]


def applying_needs_kind_and_version(place: Place) -> None:
    place.api.apply(place.config_maps("one"), {"metadata": {"name": "one"}}).refused(400, "BadRequest")


def a_dropped_field_is_removed(place: Place) -> None:
    place.api.apply(place.config_maps("one"), config_map("one", data={"a": "1", "b": "2"})).good()

    applied = place.api.apply(place.config_maps("one"), config_map("one", data={"a": "1"})).good()

    assert applied["data"] == {"a": "1"}


def a_dropped_field_that_another_owns_too_stays(place: Place) -> None:
    place.api.apply(place.config_maps("one"), config_map("one", data={"a": "1", "b": "2"})).good()
    place.api.apply(place.config_maps("one"), config_map("one", data={"b": "2"}), manager="other").good()

    applied = place.api.apply(place.config_maps("one"), config_map("one", data={"a": "1"})).good()

    assert applied["data"] == {"a": "1", "b": "2"}
    assert entries(applied)["other", "Apply", ""] == {"f:data": {"f:b": {}}}


def two_managers_own_a_field_they_agree_on(place: Place) -> None:
    body = config_map("one", data={"a": "1"})
    place.api.apply(place.config_maps("one"), body).good()

    applied = place.api.apply(place.config_maps("one"), body, manager="other").good()

    owned = {"f:data": {"f:a": {}}}
    assert entries(applied) == {("tests", "Apply", ""): owned, ("other", "Apply", ""): owned}


def a_conflict_names_the_manager_and_the_field(place: Place) -> None:
    place.api.apply(place.config_maps("one"), config_map("one", data={"a": "1", "b": "1"})).good()

    answer = place.api.apply(place.config_maps("one"), config_map("one", data={"a": "2"}), manager="other")

    status = answer.refused(409, "Conflict")
    assert status["message"] == 'Apply failed with 1 conflict: conflict with "tests": .data.a'
    assert status["details"] == {
        "causes": [{"reason": "FieldManagerConflict", "message": 'conflict with "tests"', "field": ".data.a"}]
    }


def a_conflict_with_an_update_says_its_version(place: Place) -> None:
    place.api.post(place.config_maps(), config_map("one", data={"a": "1"}), fieldManager="writer").good()

    status = place.api.apply(place.config_maps("one"), config_map("one", data={"a": "2"})).refused(409, "Conflict")

    assert status["message"] == 'Apply failed with 1 conflict: conflict with "writer" using v1: .data.a'


def an_unknown_field_cannot_be_applied(place: Place) -> None:
    core = place.api.apply(place.config_maps("one"), config_map("one", nonsense=1)).refused(500, None)
    custom = place.api.apply(place.widgets("one"), widgets.widget("one", nonsense=1)).refused(500, None)

    assert core["message"] == (
        "failed to create typed patch object (/one; /v1, Kind=ConfigMap): .nonsense: field not declared in schema"
    )
    assert custom["message"] == (
        "failed to create typed patch object (/one; conformance.esoctl.dev/v1, Kind=Widget): "
        ".spec.nonsense: field not declared in schema"
    )


def several_conflicts_are_counted_and_listed(place: Place) -> None:
    place.api.apply(place.config_maps("one"), config_map("one", data={"a": "1", "b": "1"})).good()

    answer = place.api.apply(place.config_maps("one"), config_map("one", data={"a": "2", "b": "2"}), manager="other")

    message = answer.refused(409, "Conflict")["message"]
    assert message == 'Apply failed with 2 conflicts: conflicts with "tests":\n- .data.a\n- .data.b'


def force_takes_the_field_over(place: Place) -> None:
    place.api.apply(place.config_maps("one"), config_map("one", data={"a": "1", "b": "1"})).good()

    applied = place.api.apply(
        place.config_maps("one"), config_map("one", data={"a": "2"}), manager="other", force=True
    ).good()

    assert applied["data"] == {"a": "2", "b": "1"}
    assert entries(applied) == {
        ("tests", "Apply", ""): {"f:data": {"f:b": {}}},
        ("other", "Apply", ""): {"f:data": {"f:a": {}}},
    }


def an_update_takes_what_it_changes(place: Place) -> None:
    place.api.apply(place.config_maps("one"), config_map("one", data={"a": "1", "b": "1"})).good()

    patched = place.api.patch(place.config_maps("one"), {"data": {"a": "2"}}, fieldManager="writer").good()

    assert entries(patched) == {
        ("tests", "Apply", ""): {"f:data": {"f:b": {}}},
        ("writer", "Update", ""): {"f:data": {"f:a": {}}},
    }


def a_creation_is_an_update_entry_of_its_manager(place: Place) -> None:
    body = secret("one", data={"a": "eA=="})
    body["metadata"]["labels"] = {"l": "1"}

    made = place.api.post(place.secrets(), body, fieldManager="writer").good()

    assert entries(made) == {
        ("writer", "Update", ""): {
            "f:data": {".": {}, "f:a": {}},
            "f:metadata": {"f:labels": {".": {}, "f:l": {}}},
            "f:type": {},
        }
    }


def apply_and_update_under_one_name_are_two_entries(place: Place) -> None:
    place.api.post(place.secrets(), secret("one", data={"a": "eA==", "b": "eA=="}), fieldManager="mine").good()

    applied = place.api.apply(place.secrets("one"), secret("one", data={"a": "eA=="}), manager="mine").good()

    assert applied["data"] == {"a": "eA==", "b": "eA=="}
    assert set(entries(applied)) == {("mine", "Apply", ""), ("mine", "Update", "")}


def an_update_entry_merged_into_the_apply_entry_is_handed_over(place: Place) -> None:
    body = secret("one", data={"a": "eA==", "b": "eA=="})
    place.api.post(place.secrets(), body, fieldManager="mine").good()
    applied = place.api.apply(place.secrets("one"), secret("one", data={"a": "eA=="}), manager="mine").good()
    listed = applied["metadata"]["managedFields"]
    apply_entry = next(e for e in listed if e["operation"] == "Apply")
    update_entry = next(e for e in listed if e["operation"] == "Update")
    operations = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": applied["metadata"]["resourceVersion"]},
        {
            "op": "replace",
            "path": "/metadata/managedFields",
            "value": [apply_entry | {"fieldsV1": update_entry["fieldsV1"]}],
        },
    ]
    place.api.patch(place.secrets("one"), operations, JSON_PATCH, fieldManager="mine").good()

    after = place.api.apply(place.secrets("one"), secret("one", data={"a": "eA=="}), manager="mine").good()

    assert after["data"] == {"a": "eA=="}
    assert set(entries(after)) == {("mine", "Apply", "")}


def emptied_managed_fields_start_anew(place: Place) -> None:
    place.api.apply(place.config_maps("one"), config_map("one", data={"a": "1"})).good()

    cleared = place.api.patch(place.config_maps("one"), {"metadata": {"managedFields": [{}]}}).good()

    assert "managedFields" not in cleared["metadata"]


def a_uid_that_differs_is_invalid(place: Place) -> None:
    place.a_config_map("one")
    body = config_map("one", data={"a": "1"})
    body["metadata"]["uid"] = "11111111-2222-3333-4444-555555555555"

    status = place.api.apply(place.config_maps("one"), body).refused(422, "Invalid")

    assert "metadata.uid: Invalid value" in status["message"]
    assert "field is immutable" in status["message"]


def a_uid_without_an_object_is_a_conflict(place: Place) -> None:
    body = config_map("one", data={"a": "1"})
    body["metadata"]["uid"] = "11111111-2222-3333-4444-555555555555"

    status = place.api.apply(place.config_maps("one"), body).refused(409, "Conflict")

    assert "uid mismatch" in status["message"]
    place.api.get(place.config_maps("one")).refused(404, "NotFound")


def the_right_uid_is_accepted(place: Place) -> None:
    made = place.a_config_map("one")
    body = config_map("one", data={"a": "1"})
    body["metadata"]["uid"] = made["metadata"]["uid"]

    assert place.api.apply(place.config_maps("one"), body).good()["data"] == {"a": "1"}


def a_stale_resource_version_is_a_conflict(place: Place) -> None:
    made = place.a_config_map("one", data={"a": "1"})
    place.api.patch(place.config_maps("one"), {"data": {"a": "2"}}).good()
    body = config_map("one", data={"b": "1"})
    body["metadata"]["resourceVersion"] = made["metadata"]["resourceVersion"]

    status = place.api.apply(place.config_maps("one"), body).refused(409, "Conflict")

    assert "the object has been modified" in status["message"]


def a_version_that_no_object_has_creates_and_never_replaces(place: Place) -> None:
    body = secret("one", data={"a": "eA=="})
    body["metadata"]["resourceVersion"] = "1"

    made = place.api.apply(place.secrets("one"), body).good()
    status = place.api.apply(place.secrets("one"), body).refused(409, "Conflict")

    assert "the object has been modified" in status["message"]
    assert place.api.get(place.secrets("one")).good() == made
    assert list(entries(made)) == [("tests", "Apply", "")]


def labels_and_annotations_are_owned_one_by_one(place: Place) -> None:
    body = config_map("one")
    body["metadata"] |= {"labels": {"a": "1"}, "annotations": {"x/y": "2"}}

    applied = place.api.apply(place.config_maps("one"), body).good()

    owned = {"f:metadata": {"f:annotations": {"f:x/y": {}}, "f:labels": {"f:a": {}}}}
    assert entries(applied) == {("tests", "Apply", ""): owned}


def owner_references_are_owned_by_uid(place: Place) -> None:
    owner = place.a_config_map("owner")["metadata"]["uid"]
    body = secret("one")
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner, "controller": True}
    body["metadata"]["ownerReferences"] = [reference]

    applied = place.api.apply(place.secrets("one"), body).good()

    owned = entries(applied)["tests", "Apply", ""]["f:metadata"]["f:ownerReferences"]
    assert list(owned) == [f'k:{{"uid":"{owner}"}}']
    assert applied["metadata"]["ownerReferences"] == [reference]


def a_list_with_keys_is_owned_entry_by_entry(place: Place) -> None:
    first = widgets.widget("one", parts=[{"name": "a", "count": 1}])
    place.api.apply(place.widgets("one"), first).good()
    second = widgets.widget("one", parts=[{"name": "b", "count": 2}])

    applied = place.api.apply(place.widgets("one"), second, manager="other").good()

    assert applied["spec"]["parts"] == [{"name": "a", "count": 1}, {"name": "b", "count": 2}]
    assert entries(applied)["other", "Apply", ""]["f:spec"]["f:parts"] == {
        'k:{"name":"b"}': {".": {}, "f:count": {}, "f:name": {}}
    }


def a_list_without_keys_is_owned_whole(place: Place) -> None:
    place.api.apply(place.widgets("one"), widgets.widget("one", words=["a"])).good()

    answer = place.api.apply(place.widgets("one"), widgets.widget("one", words=["b"]), manager="other")

    assert ".spec.words" in answer.refused(409, "Conflict")["message"]


def the_status_is_applied_through_its_subresource(place: Place) -> None:
    place.api.apply(place.widgets("one"), widgets.widget("one")).good()
    body = {k: v for k, v in widgets.widget("one").items() if k != "spec"}
    condition = {"type": "Ready", "status": "True", "reason": "Fine", "message": "all is well"}
    body["status"] = {"conditions": [condition]}

    applied = place.api.apply(place.widgets("one") + "/status", body, manager="status", force=True).good()

    assert applied["status"] == {"conditions": [condition]}
    assert entries(applied)["status", "Apply", "status"] == {
        "f:status": {
            "f:conditions": {
                'k:{"type":"Ready"}': {".": {}, "f:message": {}, "f:reason": {}, "f:status": {}, "f:type": {}}
            }
        }
    }


def the_status_cannot_be_applied_to_an_absent_object(place: Place) -> None:
    body = widgets.widget("gone") | {"status": {"ready": True}}

    place.api.apply(place.widgets("gone") + "/status", body, force=True).refused(404, "NotFound")


def string_data_is_owned_as_string_data(place: Place) -> None:
    applied = place.api.apply(place.secrets("one"), secret("one", stringData={"a": "x"})).good()

    assert applied["data"] == {"a": "eA=="}
    assert "stringData" not in applied


def a_dry_run_apply_changes_nothing(place: Place) -> None:
    place.a_config_map("one", data={"a": "1"})

    shown = place.api.apply(place.config_maps("one"), config_map("one", data={"b": "2"}), dryRun="All").good()

    assert shown["data"] == {"a": "1", "b": "2"}
    assert place.api.get(place.config_maps("one")).good()["data"] == {"a": "1"}
