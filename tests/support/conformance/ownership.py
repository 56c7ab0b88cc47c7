"""Server-side apply in depth: sets, maps, keyed and atomic lists, updates between applies, the status."""

from typing import Any

from support.api import Json
from support.conformance import widgets
from support.conformance.applying import entries
from support.conformance.place import Place, config_map


def owned(made: Json, manager: str, operation: str = "Apply", subresource: str = "") -> Any:
    return entries(made)[manager, operation, subresource]


def finalizers_are_a_set_of_values(place: Place) -> None:
    body = config_map("one")
    body["metadata"]["finalizers"] = ["conformance.esoctl.dev/a"]
    place.api.apply(place.config_maps("one"), body).good()
    body["metadata"]["finalizers"] = ["conformance.esoctl.dev/b"]

    both = place.api.apply(place.config_maps("one"), body, manager="other").good()
    dropped = place.api.apply(place.config_maps("one"), config_map("one")).good()

    assert both["metadata"]["finalizers"] == ["conformance.esoctl.dev/a", "conformance.esoctl.dev/b"]
    assert owned(both, "other")["f:metadata"]["f:finalizers"] == {'v:"conformance.esoctl.dev/b"': {}}
    assert dropped["metadata"]["finalizers"] == ["conformance.esoctl.dev/b"]
    place.api.patch(place.config_maps("one"), {"metadata": {"finalizers": None}}).good()


def an_owner_reference_that_is_dropped_goes(place: Place) -> None:
    owner = place.a_config_map("owner")["metadata"]["uid"]
    body = config_map("one", data={"a": "1"})
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner}
    body["metadata"]["ownerReferences"] = [reference]
    place.api.apply(place.config_maps("one"), body).good()

    applied = place.api.apply(place.config_maps("one"), config_map("one", data={"a": "1"})).good()

    assert "ownerReferences" not in applied["metadata"]


def the_last_label_takes_the_map_with_it(place: Place) -> None:
    body = config_map("one", data={"a": "1"})
    body["metadata"]["labels"] = {"a": "1"}
    place.api.apply(place.config_maps("one"), body).good()

    applied = place.api.apply(place.config_maps("one"), config_map("one")).good()

    assert "labels" not in applied["metadata"]
    assert "data" not in applied


def an_entry_without_fields_vanishes(place: Place) -> None:
    place.api.apply(place.config_maps("one"), config_map("one", data={"a": "1"})).good()
    place.api.apply(place.config_maps("one"), config_map("one", data={"b": "1"}), manager="other").good()

    applied = place.api.apply(place.config_maps("one"), config_map("one"), manager="other").good()

    assert set(entries(applied)) == {("tests", "Apply", "")}
    assert applied["data"] == {"a": "1"}


def a_field_an_update_removes_is_nobodys(place: Place) -> None:
    place.api.apply(place.config_maps("one"), config_map("one", data={"a": "1", "b": "1"})).good()

    patched = place.api.patch(place.config_maps("one"), {"data": {"b": None}}, fieldManager="writer").good()

    assert set(entries(patched)) == {("tests", "Apply", "")}
    assert owned(patched, "tests") == {"f:data": {"f:a": {}}}


def an_update_that_changes_nothing_owns_nothing(place: Place) -> None:
    place.api.apply(place.config_maps("one"), config_map("one", data={"a": "1"})).good()

    patched = place.api.patch(place.config_maps("one"), {"data": {"a": "1"}}, fieldManager="writer").good()

    assert set(entries(patched)) == {("tests", "Apply", "")}


def updates_of_one_manager_add_up(place: Place) -> None:
    place.api.post(place.config_maps(), config_map("one", data={"a": "1"}), fieldManager="writer").good()

    patched = place.api.patch(place.config_maps("one"), {"data": {"b": "1"}}, fieldManager="writer").good()

    assert entries(patched) == {("writer", "Update", ""): {"f:data": {".": {}, "f:a": {}, "f:b": {}}}}


def the_manager_of_an_update_is_the_client_by_default(place: Place) -> None:
    made = place.api.call(
        "POST", place.config_maps(), config_map("one", data={"a": "1"}), headers={"User-Agent": "someone/v1 (linux)"}
    ).good()

    assert [entry["manager"] for entry in made["metadata"]["managedFields"]] == ["someone"]


def a_field_manager_has_limits(place: Place) -> None:
    status = place.api.post(place.config_maps(), config_map("one"), fieldManager="x" * 129).refused(422, "Invalid")

    assert "fieldManager: Too long: may not be more than 128 bytes" in status["message"]


def a_replacement_takes_over_what_it_changes(place: Place) -> None:
    made = place.api.apply(place.config_maps("one"), config_map("one", data={"a": "1", "b": "1"})).good()
    made["data"] = {"a": "1", "b": "2"}

    replaced = place.api.put(place.config_maps("one"), made, fieldManager="writer").good()

    assert owned(replaced, "tests") == {"f:data": {"f:a": {}}}
    assert owned(replaced, "writer", "Update") == {"f:data": {"f:b": {}}}


def entries_of_a_map_are_owned_one_by_one(place: Place) -> None:
    place.api.apply(place.widgets("one"), widgets.widget("one", tags={"a": "1"})).good()

    applied = place.api.apply(place.widgets("one"), widgets.widget("one", tags={"b": "2"}), manager="other").good()

    assert applied["spec"]["tags"] == {"a": "1", "b": "2"}
    assert owned(applied, "other") == {"f:spec": {"f:size": {}, "f:tags": {"f:b": {}}}}


def free_form_parts_are_owned_field_by_field(place: Place) -> None:
    body = widgets.widget("one", free={"deep": {"x": 1, "list": [1, 2]}})

    applied = place.api.apply(place.widgets("one"), body).good()

    assert owned(applied, "tests") == {
        "f:spec": {"f:free": {"f:deep": {".": {}, "f:list": {}, "f:x": {}}}, "f:size": {}},
    }


def a_keyed_entry_is_removed_by_its_owner_only(place: Place) -> None:
    place.api.apply(place.widgets("one"), widgets.widget("one", parts=[{"name": "a"}, {"name": "b"}])).good()
    place.api.apply(place.widgets("one"), widgets.widget("one", parts=[{"name": "c"}]), manager="other").good()

    applied = place.api.apply(place.widgets("one"), widgets.widget("one", parts=[{"name": "b"}])).good()

    assert [part["name"] for part in applied["spec"]["parts"]] == ["b", "c"]


def the_order_of_keyed_entries_follows_the_applier(place: Place) -> None:
    place.api.apply(place.widgets("one"), widgets.widget("one", parts=[{"name": "a"}, {"name": "b"}])).good()

    applied = place.api.apply(
        place.widgets("one"), widgets.widget("one", parts=[{"name": "b"}, {"name": "c"}, {"name": "a"}])
    ).good()

    assert [part["name"] for part in applied["spec"]["parts"]] == ["b", "c", "a"]


def a_conflict_inside_a_keyed_entry_names_its_key(place: Place) -> None:
    place.api.apply(place.widgets("one"), widgets.widget("one", parts=[{"name": "a", "count": 1}])).good()

    answer = place.api.apply(
        place.widgets("one"), widgets.widget("one", parts=[{"name": "a", "count": 2}]), manager="other"
    )

    assert answer.refused(409, "Conflict")["message"] == (
        'Apply failed with 1 conflict: conflict with "tests": .spec.parts[name="a"].count'
    )


def a_keyed_list_with_a_key_twice_cannot_be_applied(place: Place) -> None:
    body = widgets.widget("one", parts=[{"name": "a"}, {"name": "a"}])

    status = place.api.apply(place.widgets("one"), body).refused(500, None)

    assert 'duplicate entries for key [name="a"]' in status["message"]


def a_null_is_applied_as_a_null(place: Place) -> None:
    status = place.api.apply(place.widgets("one"), widgets.widget("one", colour=None)).refused(422, "Invalid")
    applied = place.api.apply(place.widgets("one"), widgets.widget("one", nothing=None)).good()

    assert 'spec.colour: Invalid value: "null": spec.colour in body must be of type string: "null"' in status["message"]
    assert applied["spec"] == {"size": 1, "nothing": None}


def an_invalid_apply_leaves_everything_as_it_was(place: Place) -> None:
    place.api.apply(place.widgets("one"), widgets.widget("one", size=2)).good()
    before = place.api.get(place.widgets("one")).good()

    place.api.apply(place.widgets("one"), widgets.widget("one", size=11)).refused(422, "Invalid")

    assert place.api.get(place.widgets("one")).good() == before


def the_status_entry_stands_beside_the_others(place: Place) -> None:
    place.api.post(place.widgets(), widgets.widget("one"), fieldManager="writer").good()
    path = place.widgets("one") + "/status"

    patched = place.api.patch(path, {"status": {"ready": True}}, fieldManager="writer").good()

    assert entries(patched) == {
        ("writer", "Update", ""): {"f:spec": {".": {}, "f:size": {}}},
        ("writer", "Update", "status"): {"f:status": {".": {}, "f:ready": {}}},
    }


def a_dropped_condition_of_an_applied_status_goes(place: Place) -> None:
    place.a_widget("one")
    path = place.widgets("one") + "/status"
    bare = {"apiVersion": widgets.GROUP_VERSION, "kind": "Widget", "metadata": {"name": "one"}}

    def apply(*kinds: str) -> Json:
        conditions = [{"type": kind, "status": "True"} for kind in kinds]
        return place.api.apply(path, bare | {"status": {"conditions": conditions}}, force=True).good()

    apply("Ready", "Deleted")
    applied = apply("Ready")

    assert [condition["type"] for condition in applied["status"]["conditions"]] == ["Ready"]


def an_apply_of_the_spec_ignores_the_status_it_brings(place: Place) -> None:
    applied = place.api.apply(place.widgets("one"), widgets.widget("one") | {"status": {"ready": True}}).good()

    assert "status" not in applied
    assert owned(applied, "tests") == {"f:spec": {"f:size": {}}}


def a_dying_object_can_still_be_applied(place: Place) -> None:
    body = config_map("one", data={"a": "1"})
    body["metadata"]["finalizers"] = ["conformance.esoctl.dev/hold"]
    place.api.apply(place.config_maps("one"), body).good()
    place.api.delete(place.config_maps("one")).good()

    applied = place.api.apply(place.config_maps("one"), config_map("one", data={"a": "2"}))

    assert applied.status == 200
    place.api.get(place.config_maps("one")).refused(404, "NotFound")
