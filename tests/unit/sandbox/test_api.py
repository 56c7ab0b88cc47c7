"""What the sandbox serves besides objects: tokens, discovery, schemas, reviews."""

from typing import Any

import pytest

from esoctl.sandbox.requests import Request, Response
from support.conformance.widgets import definition
from support.in_process import CRDS, SECRETS, Client

ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"


def ask(client: Client, path: str, token: str = "") -> Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer = client.api.handle(Request("GET", path, headers=headers))
    assert isinstance(answer, Response)
    return answer


def body(answer: Response) -> Any:
    return answer.body


def test_a_request_without_a_known_token_is_unauthorized() -> None:
    client = Client()
    client.world.tokens["known"] = "someone"

    assert ask(client, SECRETS).status == 401
    assert ask(client, SECRETS, "other").status == 401
    assert ask(client, SECRETS, "known").status == 200


def test_health_and_version_need_no_token() -> None:
    client = Client()

    assert ask(client, "/readyz").body == "ok"
    assert body(ask(client, "/version"))["major"] == "1"


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/api/v2",
        "/apis/nothing.example",
        "/apis/apps/v9",
        "/api/v1/nothing",
        "/api/v1/namespaces/default/secrets/one/status",
        "/api/v1/secrets/one",
        "/api/v1/namespaces/default/nodes",
        "/openapi/v4",
    ],
)
def test_an_unknown_path_is_not_found(path: str) -> None:
    status, refused = Client().get(path)

    assert (status, refused["message"]) == (404, "the server could not find the requested resource")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", f"{SECRETS}/one", id="post-to-a-name"),
        pytest.param("PUT", SECRETS, id="put-to-a-list"),
        pytest.param("PATCH", SECRETS, id="patch-of-a-list"),
        pytest.param("GET", "/apis/authorization.k8s.io/v1/subjectaccessreviews", id="list-of-reviews"),
    ],
)
def test_a_method_that_is_not_served_is_refused(method: str, path: str) -> None:
    assert Client().answer(method, path, {}).status == 405


def test_the_core_resources_are_discovered() -> None:
    _, found = Client().get("/api/v1")
    rows = {row["name"]: row for row in found["resources"]}

    assert rows["secrets"]["verbs"] == [
        "create",
        "delete",
        "deletecollection",
        "get",
        "list",
        "patch",
        "update",
        "watch",
    ]
    assert rows["namespaces"]["namespaced"] is False
    assert rows["configmaps"]["shortNames"] == ["cm"]
    assert rows["serviceaccounts/token"]["kind"] == "TokenRequest"


def test_aggregated_discovery_holds_custom_resources() -> None:
    client = Client()
    client.made(CRDS, definition())
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"

    answer = client.answer("GET", "/apis", headers={"accept": accept})

    assert answer.content_type == "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    groups = {group["metadata"]["name"]: group for group in body(answer)["items"]}
    (widgets,) = groups["conformance.esoctl.dev"]["versions"][0]["resources"]
    assert (widgets["resource"], widgets["scope"]) == ("widgets", "Namespaced")
    assert [one["subresource"] for one in widgets["subresources"]] == ["status"]


def test_the_schema_of_a_custom_resource_is_published_and_the_index_changes_with_it() -> None:
    client = Client()
    _, before = client.get("/openapi/v3")
    client.made(CRDS, definition())

    _, index = client.get("/openapi/v3")
    _, document = client.get("/openapi/v3/apis/conformance.esoctl.dev/v1")

    assert before["paths"]["api/v1"] != index["paths"]["api/v1"]
    schema = document["components"]["schemas"]["dev.esoctl.conformance.v1.Widget"]
    assert schema["properties"]["spec"]["properties"]["size"]["maximum"] == 10
    assert schema["x-kubernetes-group-version-kind"][0]["kind"] == "Widget"


def test_openapi_v2_is_a_well_formed_message() -> None:
    accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"

    answer = Client().answer("GET", "/openapi/v2", headers={"accept": accept})

    assert answer.content_type == "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
    assert answer.body == b"\n\x032.0\x12\x15\n\nKubernetes\x12\x07v1.36.3B\x00J\x00"


def test_a_service_account_token_stands_for_its_account() -> None:
    client = Client()

    status, made = client.post(f"{ACCOUNTS}/default/token", {"spec": {"audiences": ["aws"], "expirationSeconds": 600}})
    token = made["status"]["token"]
    _, review = client.post("/apis/authentication.k8s.io/v1/tokenreviews", {"spec": {"token": token}})

    assert (status, made["spec"]["audiences"]) == (201, ["aws"])
    assert made["status"]["expirationTimestamp"] == "2026-01-31T12:10:00Z"
    assert review["status"]["user"]["username"] == "system:serviceaccount:default:default"
    assert ask(client, SECRETS, token).status == 200


def test_a_token_shorter_than_ten_minutes_is_refused() -> None:
    status, refused = Client().post(f"{ACCOUNTS}/default/token", {"spec": {"expirationSeconds": 599}})

    assert status == 422
    assert "may not specify a duration less than 10 minutes" in refused["message"]


def test_an_unknown_token_is_reviewed_as_such() -> None:
    _, review = Client().post("/apis/authentication.k8s.io/v1/tokenreviews", {"spec": {"token": "x"}})

    assert "authenticated" not in review["status"]


def test_access_reviews_allow_everything() -> None:
    _, review = Client().post(
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {"spec": {"resourceAttributes": {"verb": "delete"}}}
    )

    assert review["status"]["allowed"] is True


def test_both_event_groups_show_the_same_events() -> None:
    client = Client()
    about = {"kind": "Pod", "name": "p", "namespace": "default"}
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "involvedObject": about, "message": "hi"}
    client.made("/api/v1/namespaces/default/events", event)

    _, found = client.get("/apis/events.k8s.io/v1/namespaces/default/events", fieldSelector="regarding.name=p")
    (modern,) = found["items"]

    assert (modern["note"], modern["regarding"]) == ("hi", about)
    assert "message" not in modern
