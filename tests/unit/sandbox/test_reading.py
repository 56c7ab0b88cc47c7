"""Lists in the sandbox: selectors, pages, revisions and representations."""

from typing import Any

import pytest

from esoctl.sandbox.world import Settings
from support.in_process import CONFIG_MAPS, SECRETS, Client, a_config_map, a_secret, names


def filled(client: Client | None = None) -> Client:
    client = client or Client()
    for name in ("b", "a", "c"):
        client.made(SECRETS, a_secret(name, labels={"app": name, "all": "yes"}))
    return client


def test_a_list_is_ordered_by_name_and_its_items_do_not_repeat_their_kind() -> None:
    _, listed = filled().get(SECRETS)

    assert (listed["kind"], listed["apiVersion"], names(listed)) == ("SecretList", "v1", ["a", "b", "c"])
    assert "kind" not in listed["items"][0]


@pytest.mark.parametrize(
    ("selector", "chosen"),
    [
        pytest.param("app=a", ["a"], id="equal"),
        pytest.param("app==a", ["a"], id="double-equal"),
        pytest.param("app!=a", ["b", "c"], id="unequal"),
        pytest.param("app in (a, c)", ["a", "c"], id="in"),
        pytest.param("app notin (a,c)", ["b"], id="notin"),
        pytest.param("all", ["a", "b", "c"], id="exists"),
        pytest.param("!app", [], id="absent"),
        pytest.param("none!=x", ["a", "b", "c"], id="unequal-of-an-absent-label"),
        pytest.param("all=yes,app=b", ["b"], id="both"),
    ],
)
def test_a_label_selector_chooses(selector: str, chosen: list[str]) -> None:
    assert names(filled().get(SECRETS, labelSelector=selector)[1]) == chosen


@pytest.mark.parametrize("selector", ["a=b=c", "in (a", "a in b", ",a", "a,"])
def test_a_label_selector_that_does_not_parse_is_a_bad_request(selector: str) -> None:
    assert filled().get(SECRETS, labelSelector=selector)[0] == 400


@pytest.mark.parametrize(
    ("selector", "chosen"),
    [
        pytest.param("metadata.name=a", ["a"], id="name"),
        pytest.param("metadata.name!=a", ["b", "c"], id="other-names"),
        pytest.param("type=Opaque", ["a", "b", "c"], id="type"),
        pytest.param("metadata.namespace=other", [], id="namespace"),
        pytest.param("type=Opaque,metadata.name=c", ["c"], id="both"),
    ],
)
def test_a_field_selector_chooses(selector: str, chosen: list[str]) -> None:
    assert names(filled().get(SECRETS, fieldSelector=selector)[1]) == chosen


def test_a_field_that_cannot_be_selected_is_a_bad_request() -> None:
    status, refused = filled().get(SECRETS, fieldSelector="spec.x=1")

    assert (status, refused["message"]) == (400, "field label not supported: spec.x")


def test_the_pages_of_a_list_show_the_state_of_the_first() -> None:
    client = filled()
    _, first = client.get(SECRETS, limit=1)
    client.delete(f"{SECRETS}/c")
    client.made(SECRETS, a_secret("bb"))

    _, second = client.get(SECRETS, limit=5, **{"continue": first["metadata"]["continue"]})

    assert (names(first), names(second)) == (["a"], ["b", "c"])
    assert first["metadata"]["remainingItemCount"] == 2
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert "continue" not in second["metadata"]


def test_an_expired_page_can_be_continued_with_the_state_of_now() -> None:
    client = filled()
    _, first = client.get(SECRETS, limit=1)
    client.made(SECRETS, a_secret("bb"))
    client.world.store.compact()

    status, expired = client.get(SECRETS, **{"continue": first["metadata"]["continue"]})
    _, rest = client.get(SECRETS, **{"continue": expired["metadata"]["continue"]})

    assert (status, expired["reason"]) == (410, "Expired")
    assert names(rest) == ["b", "bb", "c"]


def test_a_list_at_an_exact_revision_shows_the_past() -> None:
    client = filled()
    _, before = client.get(SECRETS)
    revision = before["metadata"]["resourceVersion"]
    client.delete(f"{SECRETS}/a")
    client.patch(f"{SECRETS}/b", {"metadata": {"labels": {"app": "changed"}}})

    _, past = client.get(SECRETS, resourceVersion=revision, resourceVersionMatch="Exact")

    assert past == before


def test_a_revision_older_than_the_window_is_expired() -> None:
    client = filled(Client(Settings(history=2)))

    status, refused = client.get(SECRETS, resourceVersion="1", resourceVersionMatch="Exact")

    assert (status, refused["reason"]) == (410, "Expired")


def test_a_revision_of_the_future_is_too_large() -> None:
    status, refused = filled().get(SECRETS, resourceVersion="100000")

    assert (status, refused["reason"]) == (504, "Timeout")
    assert refused["message"].startswith("Timeout: Too large resource version: 100000, current: ")
    assert refused["details"]["causes"] == [
        {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    ]


def test_metadata_alone_holds_no_data() -> None:
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

    _, listed = filled().get(SECRETS, headers={"accept": accept})

    assert listed["kind"] == "PartialObjectMetadataList"
    assert listed["items"][0].keys() == {"kind", "apiVersion", "metadata"}


@pytest.mark.parametrize(
    ("include", "keys"),
    [
        pytest.param("None", None, id="none"),
        pytest.param("Metadata", {"kind", "apiVersion", "metadata"}, id="metadata"),
        pytest.param("Object", {"kind", "apiVersion", "metadata", "data", "type"}, id="object"),
    ],
)
def test_a_table_carries_as_much_of_the_object_as_asked(include: str, keys: set[str] | None) -> None:
    accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

    _, table = filled().get(SECRETS, includeObject=include, headers={"accept": accept})

    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Type", "Data", "Age"]
    assert table["rows"][0]["cells"] == ["a", "Opaque", 1, "0s"]
    shown: Any = table["rows"][0].get("object")
    assert (shown and shown.keys()) == keys


def test_an_accept_header_that_cannot_be_served_is_refused() -> None:
    status, refused = filled().get(SECRETS, headers={"accept": "text/csv"})

    assert (status, refused["reason"]) == (406, "NotAcceptable")


def test_requests_are_counted_by_verb_and_resource() -> None:
    client = filled()
    client.get(SECRETS)
    client.get(f"{CONFIG_MAPS}/absent")

    assert client.world.requests == {("create", "secrets"): 3, ("list", "secrets"): 1, ("get", "configmaps"): 1}


def test_a_list_over_all_namespaces_is_ordered_by_namespace() -> None:
    client = filled()
    client.made("/api/v1/namespaces/kube-system/configmaps", a_config_map("a"))
    client.made(CONFIG_MAPS, a_config_map("z"))

    _, first = client.get("/api/v1/configmaps", limit=1)
    _, rest = client.get("/api/v1/configmaps", **{"continue": first["metadata"]["continue"]})

    assert (names(first), names(rest)) == (["z"], ["a"])
