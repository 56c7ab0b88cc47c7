"""What an operator needs to run: ServiceAccount tokens, Leases, Events, RBAC objects."""

import base64
import json
import re

from support import identities
from support.api import Api, Json
from support.conformance.place import Place, eventually

COORDINATION = "coordination.k8s.io/v1"


def an_event(place: Place, **fields: Json) -> Json:
    involved = {"apiVersion": "v1", "kind": "Secret", "name": "one", "namespace": place.namespace}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": "one."},
        "involvedObject": involved,
        "reason": "Tested",
        "message": "all is well",
        "type": "Normal",
        "count": 1,
        "firstTimestamp": "2026-01-01T00:00:00Z",
        "lastTimestamp": "2026-01-01T00:00:00Z",
        "source": {"component": "tests"},
    } | fields


def a_service_account_gets_a_token_for_an_audience(place: Place) -> None:
    path = place.path("serviceaccounts")
    place.api.post(path, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "runner"}}).good()
    spec = {"audiences": ["example.com"], "expirationSeconds": 600}

    answer = place.api.post(f"{path}/runner/token", {"spec": spec})

    assert answer.status == 201
    made = answer.body
    assert (made["kind"], made["apiVersion"]) == ("TokenRequest", "authentication.k8s.io/v1")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["status"]["expirationTimestamp"])
    _, payload, _ = made["status"]["token"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["aud"] == ["example.com"]
    assert claims["sub"] == f"system:serviceaccount:{place.namespace}:runner"
    assert claims["exp"] - claims["iat"] == 600


def a_token_lives_ten_minutes_at_least(place: Place) -> None:
    path = place.path("serviceaccounts")
    place.api.post(path, {"metadata": {"name": "runner"}}).good()

    answer = place.api.post(f"{path}/runner/token", {"spec": {"audiences": ["x"], "expirationSeconds": 60}})

    assert "may not specify a duration less than 10 minutes" in answer.refused(422, "Invalid")["message"]


def a_token_needs_its_service_account(place: Place) -> None:
    path = place.path("serviceaccounts", "nobody") + "/token"

    status = place.api.post(path, {"spec": {"audiences": ["x"]}}).refused(404, "NotFound")

    assert status["message"] == 'serviceaccounts "nobody" not found'


def a_namespace_gets_a_default_service_account(place: Place) -> None:
    path = place.path("serviceaccounts", "default")

    eventually(lambda: place.api.get(path).status == 200, "the default ServiceAccount exists")


def a_lease_keeps_microseconds(place: Place) -> None:
    spec = {
        "holderIdentity": "me",
        "leaseDurationSeconds": 15,
        "acquireTime": "2026-01-01T00:00:00.000000Z",
        "renewTime": "2026-01-01T00:00:00.123456Z",
        "leaseTransitions": 0,
    }
    body = {"apiVersion": COORDINATION, "kind": "Lease", "metadata": {"name": "one"}, "spec": spec}

    made = place.api.post(place.path("leases", group=COORDINATION), body).good()

    assert made["spec"] == spec


def a_lease_is_taken_by_one_only(place: Place) -> None:
    path = place.path("leases", group=COORDINATION)
    body = {"apiVersion": COORDINATION, "kind": "Lease", "metadata": {"name": "one"}, "spec": {"holderIdentity": "a"}}
    made = place.api.post(path, body).good()

    place.api.post(path, body).refused(409, "AlreadyExists")
    place.api.put(f"{path}/one", made | {"spec": {"holderIdentity": "b"}}).good()
    place.api.put(f"{path}/one", made | {"spec": {"holderIdentity": "c"}}).refused(409, "Conflict")


def a_lease_duration_must_be_positive(place: Place) -> None:
    body = {"metadata": {"name": "one"}, "spec": {"holderIdentity": "a", "leaseDurationSeconds": -1}}

    status = place.api.post(place.path("leases", group=COORDINATION), body).refused(422, "Invalid")

    assert status["message"] == (
        'Lease.coordination.k8s.io "one" is invalid: spec.leaseDurationSeconds: Invalid value: -1: '
        "must be greater than 0"
    )


def events_are_found_by_their_object(place: Place) -> None:
    place.api.post(place.path("events"), an_event(place)).good()
    place.api.post(place.path("events"), an_event(place, reason="Other")).good()
    selector = "involvedObject.kind=Secret,involvedObject.name=one,reason=Tested"

    listed = place.api.get(place.path("events"), fieldSelector=selector).good()

    assert [e["reason"] for e in listed["items"]] == ["Tested"]


def an_event_can_be_counted_up(place: Place) -> None:
    made = place.api.post(place.path("events"), an_event(place)).good()

    patched = place.api.patch(place.path("events", made["metadata"]["name"]), {"count": 2}).good()

    assert patched["count"] == 2


def an_event_is_in_the_namespace_of_its_object(place: Place) -> None:
    event = an_event(place, involvedObject={"kind": "Secret", "name": "one", "namespace": "other"})

    status = place.api.post(place.path("events"), event).refused(422, "Invalid")

    assert 'involvedObject.namespace: Invalid value: "other": does not match event.namespace' in status["message"]


def the_newer_events_api_shows_the_same(place: Place) -> None:
    place.api.post(place.path("events"), an_event(place)).good()

    (event,) = place.api.get(place.path("events", group="events.k8s.io/v1")).good()["items"]

    assert (event["note"], event["reason"], event["regarding"]["name"]) == ("all is well", "Tested", "one")


def roles_can_be_written(place: Place) -> None:
    group = "rbac.authorization.k8s.io/v1"
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]
    role = {"apiVersion": group, "kind": "Role", "metadata": {"name": "one"}, "rules": rules}
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": place.namespace}
    binding = {
        "apiVersion": group,
        "kind": "RoleBinding",
        "metadata": {"name": "one"},
        "subjects": [subject],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "one"},
    }

    made = place.api.post(place.path("roles", group=group), role).good()
    bound = place.api.post(place.path("rolebindings", group=group), binding).good()

    assert made["rules"] == rules
    assert bound["subjects"] == [subject]


def a_service_account_may_call_with_its_token(place: Place) -> None:
    path = place.path("serviceaccounts")
    place.api.post(path, {"metadata": {"name": "runner"}}).good()

    runner = Api(identities.access_as(place.api, place.namespace, "runner"))

    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = runner.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", review).good()
    user = answer["status"]["userInfo"]
    assert user["username"] == f"system:serviceaccount:{place.namespace}:runner"
    assert "system:serviceaccounts" in user["groups"]
