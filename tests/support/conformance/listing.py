"""Lists: order, versions, pages, selectors, and the two short forms: metadata only and tables."""

from typing import Any

from support.conformance import widgets
from support.conformance.place import Place, secret

METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


def several(place: Place, *names: str) -> None:
    for name in names:
        body = secret(name, stringData={"name": name})
        body["metadata"]["labels"] = {"name": name, "length": str(len(name))}
        place.api.post(place.secrets(), body).good()


def names_in(listed: Any) -> list[str]:
    return [item["metadata"]["name"] for item in listed["items"]]


def a_list_has_a_kind_a_version_and_items_in_order(place: Place) -> None:
    several(place, "b", "a", "c")

    listed = place.api.get(place.secrets()).good()

    assert (listed["kind"], listed["apiVersion"]) == ("SecretList", "v1")
    assert int(listed["metadata"]["resourceVersion"]) > 0
    assert names_in(listed) == ["a", "b", "c"]
    assert "kind" not in listed["items"][0]


def an_empty_list_has_a_version_too(place: Place) -> None:
    listed = place.api.get(place.secrets()).good()

    assert listed["items"] == []
    assert int(listed["metadata"]["resourceVersion"]) > 0


def a_list_of_custom_objects_says_the_kind_of_each(place: Place) -> None:
    place.a_widget("one")

    listed = place.api.get(place.widgets()).good()

    assert (listed["kind"], listed["apiVersion"]) == ("WidgetList", widgets.GROUP_VERSION)
    assert (listed["items"][0]["kind"], listed["items"][0]["apiVersion"]) == ("Widget", widgets.GROUP_VERSION)


def a_list_over_all_namespaces_contains_ours(place: Place) -> None:
    several(place, "only-here")

    listed = place.api.get("/api/v1/secrets", labelSelector="name=only-here").good()

    assert [(i["metadata"]["namespace"], i["metadata"]["name"]) for i in listed["items"]] == [
        (place.namespace, "only-here")
    ]


def pages_together_are_the_list(place: Place) -> None:
    several(place, "a", "b", "c", "d", "e")

    first = place.api.get(place.secrets(), limit=2).good()
    second = place.api.get(place.secrets(), limit=2, **{"continue": first["metadata"]["continue"]}).good()
    third = place.api.get(place.secrets(), limit=2, **{"continue": second["metadata"]["continue"]}).good()

    assert [names_in(page) for page in (first, second, third)] == [["a", "b"], ["c", "d"], ["e"]]
    assert first["metadata"]["remainingItemCount"] == 3
    assert not third["metadata"].get("continue")
    versions = {page["metadata"]["resourceVersion"] for page in (first, second, third)}
    assert len(versions) == 1


def pages_show_the_state_of_the_first(place: Place) -> None:
    several(place, "a", "b", "c")
    first = place.api.get(place.secrets(), limit=1).good()
    several(place, "bb")
    place.api.delete(place.secrets("c")).good()

    rest = place.api.get(place.secrets(), limit=10, **{"continue": first["metadata"]["continue"]}).good()

    assert names_in(rest) == ["b", "c"]


def a_nonsense_continue_token_is_refused(place: Place) -> None:
    answer = place.api.get(place.secrets(), limit=1, **{"continue": "nonsense"})

    assert answer.refused(400, "BadRequest")["message"].startswith("invalid continue token: continue key is not valid")


def a_label_selector_chooses(place: Place) -> None:
    several(place, "a", "b", "cc")

    def chosen(selector: str) -> list[str]:
        return names_in(place.api.get(place.secrets(), labelSelector=selector).good())

    assert chosen("name=a") == ["a"]
    assert chosen("name==a") == ["a"]
    assert chosen("name!=a") == ["b", "cc"]
    assert chosen("name in (a,cc)") == ["a", "cc"]
    assert chosen("name notin (a,cc)") == ["b"]
    assert chosen("name,length=1") == ["a", "b"]
    assert chosen("!name") == []
    assert chosen("length>1") == ["cc"]


def a_nonsense_label_selector_is_a_bad_request(place: Place) -> None:
    answer = place.api.get(place.secrets(), labelSelector="a in b")

    answer.refused(400, "BadRequest")


def a_field_selector_chooses_by_name_and_namespace(place: Place) -> None:
    several(place, "a", "b")

    by_name = place.api.get(place.secrets(), fieldSelector="metadata.name=b").good()
    selector = f"metadata.namespace={place.namespace},metadata.name!=b"
    others = place.api.get("/api/v1/secrets", fieldSelector=selector).good()

    assert names_in(by_name) == ["b"]
    assert names_in(others) == ["a"]


def a_field_selector_chooses_secrets_by_type(place: Place) -> None:
    place.a_secret("plain")
    place.a_secret("typed", type="example.com/own")

    listed = place.api.get(place.secrets(), fieldSelector="type=example.com/own").good()

    assert names_in(listed) == ["typed"]


def a_field_selector_over_an_unknown_field_is_a_bad_request(place: Place) -> None:
    core = place.api.get(place.secrets(), fieldSelector="data.a=1").refused(400, "BadRequest")
    custom = place.api.get(place.widgets(), fieldSelector="spec.size=1").refused(400, "BadRequest")

    assert core["message"] == "field label not supported: data.a"
    assert custom["message"] == "field label not supported: spec.size"


def metadata_alone_can_be_had(place: Place) -> None:
    made = place.a_secret("one", stringData={"a": "x"})

    one = place.api.get(place.secrets("one"), accept=METADATA_ONLY).good()
    listed = place.api.get(place.secrets(), accept=METADATA_LIST).good()

    assert one == {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": made["metadata"]}
    assert (listed["kind"], listed["apiVersion"]) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
    assert listed["items"][0]["metadata"] == made["metadata"]
    assert "data" not in listed["items"][0]


def a_table_has_columns_and_rows(place: Place) -> None:
    place.api.post(place.secrets(), secret("one", stringData={"a": "x", "b": "y"})).good()

    table = place.api.get(place.secrets(), accept=TABLE).good()

    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert [c["name"] for c in table["columnDefinitions"]] == ["Name", "Type", "Data", "Age"]
    (row,) = table["rows"]
    assert row["cells"][:3] == ["one", "Opaque", 2]
    assert row["object"]["kind"] == "PartialObjectMetadata"
    assert row["object"]["metadata"]["name"] == "one"


def a_table_of_custom_objects_has_its_printer_columns(place: Place) -> None:
    place.a_widget("one", size=4, colour="red")
    condition = {"type": "Ready", "status": "True"}
    place.api.patch(place.widgets("one") + "/status", {"status": {"conditions": [condition]}}).good()

    table = place.api.get(place.widgets("one"), accept=TABLE).good()

    columns = [(c["name"], c["type"], c["priority"]) for c in table["columnDefinitions"]]
    assert columns == [
        ("Name", "string", 0),
        ("Size", "integer", 0),
        ("Ready", "string", 0),
        ("Colour", "string", 1),
        ("Age", "date", 0),
    ]
    assert table["rows"][0]["cells"][:4] == ["one", 4, "True", "red"]


def a_list_not_older_than_a_version_is_served(place: Place) -> None:
    made = place.a_secret("one")
    version = made["metadata"]["resourceVersion"]

    listed = place.api.get(place.secrets(), resourceVersion=version, resourceVersionMatch="NotOlderThan").good()
    any_version = place.api.get(place.secrets(), resourceVersion="0").good()

    assert names_in(listed) == ["one"]
    assert int(any_version["metadata"]["resourceVersion"]) > 0


def a_match_without_a_version_is_refused(place: Place) -> None:
    answer = place.api.get(place.secrets(), resourceVersionMatch="NotOlderThan").refused(422, "Invalid")

    assert "resourceVersionMatch: Forbidden" in answer["message"]


def a_list_of_an_exact_version_shows_that_state(place: Place) -> None:
    several(place, "a")
    version = place.api.get(place.secrets()).good()["metadata"]["resourceVersion"]
    several(place, "b")

    listed = place.api.get(place.secrets(), resourceVersion=version, resourceVersionMatch="Exact", limit=10).good()

    assert names_in(listed) == ["a"]
    assert listed["metadata"]["resourceVersion"] == version


def a_continue_token_and_a_version_do_not_mix(place: Place) -> None:
    several(place, "a", "b")
    first = place.api.get(place.secrets(), limit=1).good()["metadata"]

    answer = place.api.get(
        place.secrets(), limit=1, resourceVersion=first["resourceVersion"], **{"continue": first["continue"]}
    )

    assert (
        "specifying resource version is not allowed when using continue" in answer.refused(400, "BadRequest")["message"]
    )


def a_version_that_is_yet_to_come_times_out(place: Place) -> None:
    answer = place.api.get(place.secrets(), resourceVersion="999999999999").refused(504, "Timeout")

    assert answer["message"].startswith("Timeout: Too large resource version: 999999999999")
    assert answer["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


def all_namespaces_are_listed_in_order(place: Place) -> None:
    several(place, "b", "a")
    place.a_secret("other")

    listed = place.api.get("/api/v1/secrets").good()

    keys = [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in listed["items"]]
    assert keys == sorted(keys)
    assert [name for space, name in keys if space == place.namespace] == ["a", "b", "other"]


def a_page_keeps_the_selector(place: Place) -> None:
    several(place, "a", "b", "cc", "d")

    first = place.api.get(place.secrets(), limit=2, labelSelector="length=1").good()
    rest = place.api.get(
        place.secrets(), limit=2, labelSelector="length=1", **{"continue": first["metadata"]["continue"]}
    ).good()

    assert (names_in(first), names_in(rest)) == (["a", "b"], ["d"])
    assert "remainingItemCount" not in first["metadata"]
