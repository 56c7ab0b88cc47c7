"""What clients ask first: versions, groups, resources, OpenAPI, health, who may."""

from support.api import Api, Json
from support.conformance import widgets
from support.conformance.place import Place, eventually

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def the_version_has_numbers(place: Place) -> None:
    version = place.api.get("/version").good()

    assert version["major"] == "1"
    assert int(version["minor"].rstrip("+")) >= 30
    assert version["gitVersion"].startswith("v")


def the_core_group_lists_its_resources(place: Place) -> None:
    versions = place.api.get("/api").good()
    listed = place.api.get("/api/v1").good()

    assert (versions["kind"], versions["versions"]) == ("APIVersions", ["v1"])
    assert (listed["kind"], listed["groupVersion"]) == ("APIResourceList", "v1")
    resources = {r["name"]: r for r in listed["resources"]}
    wanted = {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}
    assert set(resources["secrets"]["verbs"]) == wanted
    assert resources["secrets"]["namespaced"] is True
    assert resources["namespaces"]["namespaced"] is False
    assert resources["namespaces"]["shortNames"] == ["ns"]
    assert resources["configmaps"]["kind"] == "ConfigMap"
    assert resources["serviceaccounts/token"]["kind"] == "TokenRequest"
    assert {"events", "serviceaccounts"} <= set(resources)


def the_groups_name_their_preferred_version(place: Place) -> None:
    groups = {g["name"]: g for g in place.api.get("/apis").good()["groups"]}

    for name in ("apiextensions.k8s.io", "coordination.k8s.io", "rbac.authorization.k8s.io", widgets.GROUP):
        assert groups[name]["preferredVersion"] == {"groupVersion": f"{name}/v1", "version": "v1"}
    one = place.api.get(f"/apis/{widgets.GROUP}").good()
    assert (one["kind"], one["name"]) == ("APIGroup", widgets.GROUP)


def a_custom_resource_is_discovered_with_its_status(place: Place) -> None:
    listed = place.api.get(f"/apis/{widgets.GROUP_VERSION}").good()

    resources = {r["name"]: r for r in listed["resources"]}
    assert resources["widgets"]["kind"] == "Widget"
    assert resources["widgets"]["singularName"] == "widget"
    assert resources["widgets"]["shortNames"] == ["wd"]
    assert resources["widgets"]["categories"] == ["toys"]
    assert set(resources["widgets/status"]["verbs"]) == {"get", "patch", "update"}


def aggregated_discovery_shows_everything_at_once(place: Place) -> None:
    core = place.api.get("/api", accept=AGGREGATED)
    groups = place.api.get("/apis", accept=AGGREGATED)

    assert core.good()["kind"] == groups.good()["kind"] == "APIGroupDiscoveryList"
    assert groups.headers["content-type"].replace(" ", "") == AGGREGATED.replace(" ", "")
    ours = next(g for g in groups.body["items"] if g["metadata"]["name"] == widgets.GROUP)
    resource = next(r for r in ours["versions"][0]["resources"] if r["resource"] == "widgets")
    assert resource["responseKind"] == {"group": widgets.GROUP, "version": "v1", "kind": "Widget"}
    assert resource["scope"] == "Namespaced"
    assert [s["subresource"] for s in resource["subresources"]] == ["status"]


def openapi_describes_the_custom_resource(place: Place) -> None:
    name, kinds = f"apis/{widgets.GROUP_VERSION}", [{"group": widgets.GROUP, "kind": "Widget", "version": "v1"}]

    def published() -> list[Json]:
        paths = place.api.get("/openapi/v3").good()["paths"]
        assert "api/v1" in paths
        document = place.api.get(paths[name]["serverRelativeURL"]).good() if name in paths else {}
        schemas = document.get("components", {}).get("schemas", {})
        return [s for s in schemas.values() if s.get("x-kubernetes-group-version-kind") == kinds]

    eventually(published, "the schema of Widget is published")
    (widget,) = published()
    assert widget["properties"]["spec"]["properties"]["size"]["description"] == "How big it is."


def health_is_ok_for_all_three_names(place: Place) -> None:
    for path in ("/healthz", "/livez", "/readyz"):
        answer = place.api.get(path)
        assert (answer.status, answer.body) == (200, "ok")


def a_wrong_token_is_unauthorized(place: Place) -> None:
    stranger = Api(place.server.access.as_user("not-a-token"))

    status = stranger.get(place.secrets()).refused(401, "Unauthorized")

    assert status["message"] == "Unauthorized"


def the_administrator_may_do_everything(place: Place) -> None:
    attributes = {"verb": "delete", "resource": "secrets", "namespace": place.namespace}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}

    answer = place.api.post(
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body | {"spec": {"resourceAttributes": attributes}}
    )

    assert answer.status == 201
    assert answer.body["status"]["allowed"] is True
