"""Deletion: finalizers, propagation, the garbage collector's rules, namespaces that go."""

from support.api import Json
from support.conformance.place import Place, config_map, eventually, secret

SLOW = 40
"""Seconds a controller may take."""


def owned_by(place: Place, name: str, *owners: Json, block: bool = False) -> Json:
    """A Secret owned by those objects."""
    body = secret(name)
    body["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": o["metadata"]["name"], "uid": o["metadata"]["uid"]}
        | ({"blockOwnerDeletion": True} if block else {})
        for o in owners
    ]
    return place.api.post(place.secrets(), body).good()


def gone(place: Place, path: str) -> None:
    eventually(lambda: place.api.get(path).status == 404, f"{path} is gone", SLOW)


def an_owner_that_does_not_exist_takes_its_object_along(place: Place) -> None:
    nobody = {"metadata": {"name": "nobody", "uid": "11111111-2222-3333-4444-555555555555"}}

    owned_by(place, "one", nobody)

    gone(place, place.secrets("one"))


def an_owner_made_anew_under_the_same_name_is_another(place: Place) -> None:
    owner = place.a_config_map("owner")
    owned_by(place, "one", owner)
    place.api.delete(place.config_maps("owner"), {"propagationPolicy": "Background"}).good()
    place.a_config_map("owner")

    gone(place, place.secrets("one"))


def an_object_with_a_living_owner_stays(place: Place) -> None:
    first, second = place.a_config_map("first"), place.a_config_map("second")
    owned_by(place, "one", first, second)
    place.api.delete(place.config_maps("first"), {"propagationPolicy": "Background"}).good()

    def only_the_second() -> bool:
        references = place.api.get(place.secrets("one")).good()["metadata"]["ownerReferences"]
        return [reference["name"] for reference in references] == ["second"]

    eventually(only_the_second, "the dead owner is taken off", SLOW)


def foreground_deletion_waits_for_the_owned(place: Place) -> None:
    owner = place.a_config_map("owner")
    owned_by(place, "one", owner, block=True)

    answer = place.api.delete(place.config_maps("owner"), {"propagationPolicy": "Foreground"}).good()

    assert answer["metadata"]["finalizers"] == ["foregroundDeletion"]
    gone(place, place.secrets("one"))
    gone(place, place.config_maps("owner"))


def a_propagation_policy_must_be_known(place: Place) -> None:
    place.a_config_map("one")

    status = place.api.delete(place.config_maps("one"), {"propagationPolicy": "Sideways"}).refused(422, "Invalid")

    assert status["message"] == (
        'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Sideways": '
        'supported values: "Foreground", "Background", "Orphan", "nil"'
    )


def deletion_twice_keeps_the_first_time(place: Place) -> None:
    body = config_map("one")
    body["metadata"]["finalizers"] = ["conformance.esoctl.dev/hold"]
    place.api.post(place.config_maps(), body).good()

    first = place.api.delete(place.config_maps("one")).good()
    second = place.api.delete(place.config_maps("one")).good()

    assert first["metadata"]["deletionTimestamp"] == second["metadata"]["deletionTimestamp"]
    assert first["metadata"]["resourceVersion"] == second["metadata"]["resourceVersion"]
    place.api.patch(place.config_maps("one"), {"metadata": {"finalizers": []}}).good()


def the_deletion_time_cannot_be_set_by_hand(place: Place) -> None:
    place.a_config_map("one")

    patched = place.api.patch(place.config_maps("one"), {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})

    assert patched.refused(422, "Invalid")["message"] == (
        'ConfigMap "one" is invalid: metadata.deletionTimestamp: Invalid value: "2026-01-01T00:00:00Z": '
        "field is immutable"
    )


def a_bad_finalizer_is_refused(place: Place) -> None:
    body = config_map("one")
    body["metadata"]["finalizers"] = ["not a name"]

    status = place.api.post(place.config_maps(), body).refused(422, "Invalid")

    assert status["details"]["causes"][0]["field"] == "metadata.finalizers"


def a_generation_counts_the_deletion_of_a_custom_object(place: Place) -> None:
    body = place.a_widget("one")
    place.api.patch(place.widgets("one"), {"metadata": {"finalizers": ["conformance.esoctl.dev/hold"]}}).good()

    dying = place.api.delete(place.widgets("one")).good()

    assert dying["metadata"]["generation"] == body["metadata"]["generation"] + 1
    place.api.patch(place.widgets("one"), {"metadata": {"finalizers": None}}).good()


def the_status_of_a_dying_object_can_be_written(place: Place) -> None:
    place.a_widget("one")
    place.api.patch(place.widgets("one"), {"metadata": {"finalizers": ["conformance.esoctl.dev/hold"]}}).good()
    place.api.delete(place.widgets("one")).good()

    patched = place.api.patch(place.widgets("one") + "/status", {"status": {"ready": False}}).good()

    assert patched["status"] == {"ready": False}
    place.api.patch(place.widgets("one"), {"metadata": {"finalizers": None}}).good()


def nothing_is_made_in_a_namespace_that_goes(place: Place) -> None:
    name = f"{place.namespace}-d"
    path = f"/api/v1/namespaces/{name}"
    held = secret("held")
    held["metadata"]["finalizers"] = ["conformance.esoctl.dev/hold"]
    place.api.post("/api/v1/namespaces", {"metadata": {"name": name}}).good()
    place.api.post(f"{path}/secrets", held).good()
    place.api.delete(path).good()

    status = place.api.post(f"{path}/secrets", secret("late")).refused(403, "Forbidden")

    assert status["message"] == (
        f'secrets "late" is forbidden: unable to create new content in namespace {name} because it is being terminated'
    )
    assert status["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    place.api.patch(f"{path}/secrets/held", {"metadata": {"finalizers": None}}).good()
    gone(place, path)


def a_namespace_is_made_once(place: Place) -> None:
    place.api.post("/api/v1/namespaces", {"metadata": {"name": place.namespace}}).refused(409, "AlreadyExists")


def a_namespace_name_is_a_label(place: Place) -> None:
    status = place.api.post("/api/v1/namespaces", {"metadata": {"name": "a.b"}}).refused(422, "Invalid")

    assert status["details"]["causes"][0]["field"] == "metadata.name"
