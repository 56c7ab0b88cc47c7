"""Create, read, replace, delete; versions, uids and preconditions; dry run; the Status of a refusal."""

import base64
import re

from support.conformance.place import Place, config_map, eventually, secret


def a_created_object_has_the_metadata_the_server_fills_in(place: Place) -> None:
    made = place.a_config_map("one", data={"a": "1"})["metadata"]

    assert made["namespace"] == place.namespace
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", made["uid"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["creationTimestamp"])
    assert int(made["resourceVersion"]) > 0
    assert "generation" not in made


def a_read_gives_back_what_was_written(place: Place) -> None:
    made = place.a_config_map("one", data={"a": "1"})

    assert place.api.get(place.config_maps("one")).good() == made


def creating_answers_201_and_reading_200(place: Place) -> None:
    assert place.api.post(place.config_maps(), config_map("one")).status == 201
    assert place.api.get(place.config_maps("one")).status == 200
    assert place.api.put(place.config_maps("one"), config_map("one")).status == 200


def a_name_taken_is_already_exists(place: Place) -> None:
    place.a_config_map("one")

    status = place.api.post(place.config_maps(), config_map("one")).refused(409, "AlreadyExists")

    assert status["message"] == 'configmaps "one" already exists'
    assert status["details"] == {"name": "one", "kind": "configmaps"}


def an_absent_object_is_not_found(place: Place) -> None:
    status = place.api.get(place.secrets("gone")).refused(404, "NotFound")

    assert status["message"] == 'secrets "gone" not found'
    assert status["details"] == {"name": "gone", "kind": "secrets"}
    place.api.delete(place.secrets("gone")).refused(404, "NotFound")
    place.api.patch(place.secrets("gone"), {"metadata": {"labels": {"a": "b"}}}).refused(404, "NotFound")


def an_absent_custom_object_names_its_group(place: Place) -> None:
    status = place.api.get(place.widgets("gone")).refused(404, "NotFound")

    assert status["message"] == 'widgets.conformance.esoctl.dev "gone" not found'
    assert status["details"] == {"name": "gone", "group": "conformance.esoctl.dev", "kind": "widgets"}


def an_unknown_resource_is_a_plain_not_found(place: Place) -> None:
    assert place.api.get(place.path("nonsense")).status == 404
    assert place.api.get("/apis/nonsense.example.com/v1").status == 404


def a_namespace_that_does_not_exist_refuses_objects(place: Place) -> None:
    path = "/api/v1/namespaces/conf-nowhere/configmaps"

    status = place.api.post(path, config_map("one")).refused(404, "NotFound")

    assert status["message"] == 'namespaces "conf-nowhere" not found'


def a_generated_name_begins_with_its_prefix(place: Place) -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "some-"}}

    names = {place.api.post(place.config_maps(), body).good()["metadata"]["name"] for _ in range(2)}

    assert len(names) == 2
    assert all(re.fullmatch(r"some-[a-z0-9]{5}", name) for name in names)


def a_name_is_required(place: Place) -> None:
    status = place.api.post(place.config_maps(), {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}})

    message = status.refused(422, "Invalid")["message"]
    assert "metadata.name: Required value: name or generateName is required" in message


def a_bad_name_is_invalid(place: Place) -> None:
    status = place.api.post(place.config_maps(), config_map("Not_A_Name")).refused(422, "Invalid")

    assert status["message"].startswith(
        'ConfigMap "Not_A_Name" is invalid: metadata.name: Invalid value: "Not_A_Name": '
    )
    assert status["details"]["causes"][0]["reason"] == "FieldValueInvalid"
    assert status["details"]["causes"][0]["field"] == "metadata.name"


def a_namespace_in_the_body_must_be_that_of_the_path(place: Place) -> None:
    body = config_map("one")
    body["metadata"]["namespace"] = "other"

    status = place.api.post(place.config_maps(), body).refused(400, "BadRequest")

    assert "the namespace of the provided object does not match the namespace sent on the request" in status["message"]


def a_name_in_the_body_must_be_that_of_the_path(place: Place) -> None:
    place.a_config_map("one")

    status = place.api.put(place.config_maps("one"), config_map("two")).refused(400, "BadRequest")

    assert "the name of the object (two) does not match the name on the URL (one)" in status["message"]


def a_write_changes_the_resource_version_and_keeps_the_uid(place: Place) -> None:
    first = place.a_config_map("one", data={"a": "1"})

    second = place.api.put(place.config_maps("one"), config_map("one", data={"a": "2"})).good()

    assert int(second["metadata"]["resourceVersion"]) > int(first["metadata"]["resourceVersion"])
    assert second["metadata"]["uid"] == first["metadata"]["uid"]
    assert second["metadata"]["creationTimestamp"] == first["metadata"]["creationTimestamp"]


def a_write_of_the_same_keeps_the_resource_version(place: Place) -> None:
    first = place.a_config_map("one", data={"a": "1"})

    second = place.api.put(place.config_maps("one"), first).good()

    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def a_stale_resource_version_is_a_conflict(place: Place) -> None:
    first = place.a_config_map("one", data={"a": "1"})
    place.api.put(place.config_maps("one"), config_map("one", data={"a": "2"})).good()
    first["data"] = {"a": "3"}

    status = place.api.put(place.config_maps("one"), first).refused(409, "Conflict")

    assert status["message"] == (
        'Operation cannot be fulfilled on configmaps "one": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    assert status["details"] == {"name": "one", "kind": "configmaps"}


def a_stale_resource_version_in_a_merge_patch_is_a_conflict(place: Place) -> None:
    first = place.a_config_map("one")
    place.api.put(place.config_maps("one"), config_map("one", data={"a": "2"})).good()
    patch = {"metadata": {"resourceVersion": first["metadata"]["resourceVersion"]}, "data": {"a": "3"}}

    place.api.patch(place.config_maps("one"), patch).refused(409, "Conflict")


def a_resource_version_may_not_be_set_on_create(place: Place) -> None:
    body = config_map("one")
    body["metadata"]["resourceVersion"] = "5"

    status = place.api.post(place.config_maps(), body).refused(500, None)

    assert status["message"] == "resourceVersion should not be set on objects to be created"


def replacing_with_another_uid_is_a_conflict(place: Place) -> None:
    place.a_config_map("one")
    body = config_map("one", data={"a": "2"})
    body["metadata"]["uid"] = "11111111-2222-3333-4444-555555555555"

    status = place.api.put(place.config_maps("one"), body).refused(409, "Conflict")

    assert "Precondition failed: UID in precondition: 11111111-2222-3333-4444-555555555555" in status["message"]


def replacing_an_absent_object_is_not_found(place: Place) -> None:
    place.api.put(place.widgets("gone"), {}).refused(400, "BadRequest")
    place.api.put(place.secrets("gone"), secret("gone")).refused(404, "NotFound")


def deleting_answers_with_what_was_deleted(place: Place) -> None:
    made = place.a_config_map("one")

    answer = place.api.delete(place.config_maps("one")).good()

    assert answer["kind"] == "Status"
    assert answer["status"] == "Success"
    assert answer["details"] == {"name": "one", "kind": "configmaps", "uid": made["metadata"]["uid"]}
    place.api.get(place.config_maps("one")).refused(404, "NotFound")


def a_delete_with_another_uid_is_a_conflict(place: Place) -> None:
    made = place.a_secret("one")
    options = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": "another"}}

    status = place.api.delete(place.secrets("one"), options).refused(409, "Conflict")

    assert status["message"] == (
        'Operation cannot be fulfilled on Secret "one": the UID in the precondition (another) does not match the UID '
        f"in record ({made['metadata']['uid']}). The object might have been deleted and then recreated"
    )


def a_delete_with_a_stale_resource_version_is_a_conflict(place: Place) -> None:
    place.a_secret("one")
    options = {"preconditions": {"resourceVersion": "1"}}

    status = place.api.delete(place.secrets("one"), options).refused(409, "Conflict")

    assert (
        "the ResourceVersion in the precondition (1) does not match the ResourceVersion in record" in status["message"]
    )


def a_delete_with_the_right_preconditions_deletes(place: Place) -> None:
    meta = place.a_secret("one")["metadata"]
    options = {"preconditions": {"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}}

    place.api.delete(place.secrets("one"), options).good()

    place.api.get(place.secrets("one")).refused(404, "NotFound")


def deleting_a_collection_deletes_what_the_selector_chooses(place: Place) -> None:
    for name, colour in (("one", "red"), ("two", "red"), ("three", "blue")):
        body = secret(name)
        body["metadata"]["labels"] = {"colour": colour}
        place.api.post(place.secrets(), body).good()

    place.api.delete(place.secrets(), labelSelector="colour=red").good()

    names = [item["metadata"]["name"] for item in place.api.get(place.secrets()).good()["items"]]
    assert names == ["three"]


def a_dry_run_changes_nothing(place: Place) -> None:
    made = place.api.post(place.config_maps(), config_map("one", data={"a": "1"}), dryRun="All").good()
    assert made["data"] == {"a": "1"}
    place.api.get(place.config_maps("one")).refused(404, "NotFound")

    kept = place.a_config_map("one", data={"a": "1"})
    patched = place.api.patch(place.config_maps("one"), {"data": {"a": "2"}}, dryRun="All").good()
    place.api.delete(place.config_maps("one"), dryRun="All").good()

    assert patched["data"] == {"a": "2"}
    assert place.api.get(place.config_maps("one")).good() == kept


def a_dry_run_refuses_like_a_real_one(place: Place) -> None:
    place.api.post(place.config_maps(), config_map("Not_A_Name"), dryRun="All").refused(422, "Invalid")
    status = place.api.post(place.config_maps(), config_map("one"), dryRun="Some").refused(422, "Invalid")
    assert "dryRun" in status["message"]


def a_body_that_is_not_json_is_a_bad_request(place: Place) -> None:
    answer = place.api.call("POST", place.config_maps(), raw=b"{not json", content_type="application/json")

    answer.refused(400, "BadRequest")


def a_body_of_another_kind_is_a_bad_request(place: Place) -> None:
    place.api.post(place.config_maps(), secret("one")).refused(400, "BadRequest")


def yaml_is_accepted_as_a_body(place: Place) -> None:
    text = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\ndata:\n  a: x\n"

    made = place.api.call("POST", place.config_maps(), raw=text, content_type="application/yaml").good()

    assert made["data"] == {"a": "x"}


def an_unknown_media_type_is_refused(place: Place) -> None:
    answer = place.api.call("POST", place.config_maps(), raw=b"{}", content_type="text/css")
    answer.refused(415, "UnsupportedMediaType")
    place.a_config_map("one")
    answer = place.api.call("PATCH", place.config_maps("one"), raw=b"{}", content_type="application/json")
    answer.refused(415, "UnsupportedMediaType")


def unknown_fields_are_dropped_unless_the_client_is_strict(place: Place) -> None:
    body = config_map("one", nonsense=1)

    dropped = place.api.post(place.config_maps(), body).good()
    status = place.api.post(place.config_maps(), config_map("two", nonsense=1), fieldValidation="Strict")

    assert "nonsense" not in dropped
    assert 'unknown field "nonsense"' in status.refused(400, "BadRequest")["message"]


def a_finalizer_holds_the_object_until_it_is_removed(place: Place) -> None:
    body = config_map("one")
    body["metadata"]["finalizers"] = ["conformance.esoctl.dev/hold"]
    made = place.api.post(place.config_maps(), body).good()

    answer = place.api.delete(place.config_maps("one")).good()
    held = place.api.get(place.config_maps("one")).good()

    assert answer["kind"] == "ConfigMap"
    assert held["metadata"]["deletionTimestamp"]
    assert held["metadata"]["deletionGracePeriodSeconds"] == 0
    assert held["metadata"]["uid"] == made["metadata"]["uid"]
    place.api.patch(place.config_maps("one"), {"metadata": {"finalizers": None}}).good()
    place.api.get(place.config_maps("one")).refused(404, "NotFound")


def a_finalizer_cannot_be_added_to_a_dying_object(place: Place) -> None:
    body = config_map("one")
    body["metadata"]["finalizers"] = ["conformance.esoctl.dev/hold"]
    place.api.post(place.config_maps(), body).good()
    place.api.delete(place.config_maps("one")).good()
    patch = {"metadata": {"finalizers": ["conformance.esoctl.dev/hold", "conformance.esoctl.dev/more"]}}

    status = place.api.patch(place.config_maps("one"), patch).refused(422, "Invalid")

    assert (
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted"
        in status["message"]
    )
    place.api.patch(place.config_maps("one"), {"metadata": {"finalizers": None}}).good()


def an_owned_object_goes_with_its_owner(place: Place) -> None:
    owner = place.a_config_map("owner")
    body = secret("owned")
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    body["metadata"]["ownerReferences"] = [reference]
    place.api.post(place.secrets(), body).good()

    place.api.delete(place.config_maps("owner"), {"propagationPolicy": "Background"}).good()

    eventually(lambda: place.api.get(place.secrets("owned")).status == 404, "the owned Secret is gone", seconds=40)


def an_orphaned_object_stays(place: Place) -> None:
    owner = place.a_config_map("owner")
    body = secret("owned")
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    body["metadata"]["ownerReferences"] = [reference]
    place.api.post(place.secrets(), body).good()

    place.api.delete(place.config_maps("owner"), {"propagationPolicy": "Orphan"}).good()

    eventually(lambda: place.api.get(place.config_maps("owner")).status == 404, "the owner is gone", seconds=40)
    left = place.api.get(place.secrets("owned")).good()
    assert "ownerReferences" not in left["metadata"]


def a_deleted_namespace_takes_everything_with_it(place: Place) -> None:
    name = f"{place.namespace}-b"
    path = f"/api/v1/namespaces/{name}"
    place.api.post("/api/v1/namespaces", {"metadata": {"name": name}}).good()
    place.api.post(f"{path}/secrets", secret("one", data={"a": base64.b64encode(b"x").decode()})).good()

    answer = place.api.delete(path).good()

    assert answer["status"]["phase"] == "Terminating"
    eventually(lambda: place.api.get(path).status == 404, "the namespace is gone", seconds=60)
    place.api.get(f"{path}/secrets/one").refused(404, "NotFound")


def a_new_namespace_is_active_and_labelled_with_its_name(place: Place) -> None:
    body = place.api.get(f"/api/v1/namespaces/{place.namespace}").good()

    assert body["status"] == {"phase": "Active"}
    assert body["metadata"]["labels"]["kubernetes.io/metadata.name"] == place.namespace
    assert body["spec"] == {"finalizers": ["kubernetes"]}
