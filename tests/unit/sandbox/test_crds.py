"""Definitions of custom resources in the sandbox, and their objects."""

from typing import Any

import pytest

from support.conformance.widgets import definition
from support.in_process import CRDS, Client, names

WIDGETS = "/apis/conformance.esoctl.dev/v1/namespaces/default/widgets"
NAME = "widgets.conformance.esoctl.dev"


def with_widgets() -> Client:
    client = Client()
    client.made(CRDS, definition())
    return client


def a_widget(name: str = "one", **spec: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"apiVersion": "conformance.esoctl.dev/v1", "kind": "Widget", "metadata": {"name": name}}
    return {**body, "spec": {"size": 3, **spec}}


def conditions(client: Client) -> dict[str, str]:
    _, found = client.get(f"{CRDS}/{NAME}")
    return {one["type"]: one["status"] for one in found["status"]["conditions"]}


def test_a_definition_is_established_and_served_at_once() -> None:
    client = with_widgets()

    assert conditions(client) == {"NamesAccepted": "True", "Established": "True"}
    assert client.get(WIDGETS)[1]["kind"] == "WidgetList"
    _, group = client.get("/apis/conformance.esoctl.dev")
    assert group["preferredVersion"]["version"] == "v1"


def test_a_definition_whose_names_are_taken_is_not_served() -> None:
    client = with_widgets()
    other = definition(plural="gadgets")
    other["spec"]["names"]["kind"] = "Widget"
    client.made(CRDS, other)

    _, found = client.get(f"{CRDS}/gadgets.conformance.esoctl.dev")

    assert {one["type"]: one["status"] for one in found["status"]["conditions"]} == {
        "NamesAccepted": "False",
        "Established": "False",
    }
    assert client.get("/apis/conformance.esoctl.dev/v1/gadgets")[0] == 404


def test_deleting_a_definition_deletes_its_objects_first() -> None:
    client = with_widgets()
    client.made(WIDGETS, {**a_widget(), "metadata": {"name": "one", "finalizers": ["tests.esoctl.dev/hold"]}})

    client.delete(f"{CRDS}/{NAME}")
    terminating = conditions(client)
    status, _ = client.post(WIDGETS, a_widget("two"))
    client.patch(f"{WIDGETS}/one", {"metadata": {"finalizers": None}})

    assert terminating["Terminating"] == "True"
    assert status == 405
    assert client.get(f"{CRDS}/{NAME}")[0] == 404
    assert client.get(WIDGETS)[0] == 404


def test_unknown_fields_are_pruned_and_a_strict_client_hears_of_them() -> None:
    client = with_widgets()

    made = client.made(WIDGETS, a_widget(shape="round"))
    status, refused = client.post(WIDGETS, a_widget("two", shape="round"), fieldValidation="Strict")

    assert made["spec"] == {"size": 3}
    assert status == 400
    assert 'strict decoding error: unknown field "spec.shape"' in refused["message"]


def test_the_generation_counts_changes_of_the_spec_only() -> None:
    client = with_widgets()
    client.made(WIDGETS, a_widget())

    _, labelled = client.patch(f"{WIDGETS}/one", {"metadata": {"labels": {"a": "b"}}})
    _, reported = client.patch(f"{WIDGETS}/one/status", {"status": {"count": 1}})
    _, resized = client.patch(f"{WIDGETS}/one", {"spec": {"size": 4}})

    generations = [one["metadata"]["generation"] for one in (labelled, reported, resized)]
    assert generations == [1, 1, 2]


def test_the_status_is_written_through_its_subresource_only() -> None:
    client = with_widgets()
    made = client.made(WIDGETS, {**a_widget(), "status": {"count": 5}})

    _, spoiled = client.patch(f"{WIDGETS}/one", {"status": {"count": 1}})
    _, reported = client.patch(f"{WIDGETS}/one/status", {"status": {"count": 2}, "spec": {"size": 9}})

    assert "status" not in made
    assert "status" not in spoiled
    assert (reported["status"], reported["spec"]) == ({"count": 2}, {"size": 3})


def test_a_put_without_a_revision_is_refused() -> None:
    client = with_widgets()
    client.made(WIDGETS, a_widget())

    status, refused = client.put(f"{WIDGETS}/one", a_widget(size=4))

    assert status == 422
    assert refused["message"] == (
        f'{NAME} "one" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update'
    )


def test_a_strategic_patch_is_refused() -> None:
    client = with_widgets()
    client.made(WIDGETS, a_widget())

    status, _ = client.patch(f"{WIDGETS}/one", {}, "application/strategic-merge-patch+json")

    assert status == 415


def test_a_finalizer_without_a_domain_is_warned_about() -> None:
    client = with_widgets()
    body = {**a_widget(), "metadata": {"name": "one", "finalizers": ["plain"]}}

    answer = client.answer("POST", WIDGETS, body)

    words = "prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers"
    assert answer.warnings == (f'metadata.finalizers: "plain": {words}',)


def test_a_table_shows_the_printer_columns() -> None:
    client = with_widgets()
    client.made(WIDGETS, a_widget(colour="red"))
    condition = {"type": "Ready", "status": "True"}
    client.patch(f"{WIDGETS}/one/status", {"status": {"conditions": [condition]}})

    _, table = client.get(WIDGETS, headers={"accept": "application/json;as=Table;v=v1;g=meta.k8s.io"})

    assert table["rows"][0]["cells"] == ["one", 3, "True", "red", "0s"]


def test_a_definition_that_changes_is_served_anew() -> None:
    client = with_widgets()
    _, found = client.get(f"{CRDS}/{NAME}")
    found["spec"]["names"]["shortNames"] = ["wd"]

    client.put(f"{CRDS}/{NAME}", found)

    _, resources = client.get("/apis/conformance.esoctl.dev/v1")
    assert resources["resources"][0]["shortNames"] == ["wd"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"scope": ""}, "spec.scope: Required value", id="scope"),
        pytest.param({"group": "short"}, "should be a domain with at least one dot", id="group"),
        pytest.param({"versions": []}, "must have exactly one version marked as storage version", id="versions"),
    ],
)
def test_a_wrong_definition_is_refused(change: dict[str, Any], words: str) -> None:
    body = definition()
    body["spec"].update(change)

    status, refused = Client().post(CRDS, body)

    assert status == 422
    assert words in refused["message"]


def test_objects_of_one_definition_are_listed_in_order() -> None:
    client = with_widgets()
    for name in ("b", "a"):
        client.made(WIDGETS, a_widget(name))

    assert names(client.get(WIDGETS)[1]) == ["a", "b"]


def test_objects_are_chosen_by_the_fields_their_definition_allows() -> None:
    body = definition()
    body["spec"]["versions"][0]["selectableFields"] = [{"jsonPath": ".spec.colour"}]
    client = Client()
    client.made(CRDS, body)
    client.made(WIDGETS, a_widget("one", colour="red"))
    client.made(WIDGETS, a_widget("two", colour="green"))

    _, chosen = client.get(WIDGETS, fieldSelector="spec.colour=red")
    status, _ = client.get(WIDGETS, fieldSelector="spec.size=3")

    assert names(chosen) == ["one"]
    assert status == 400


def test_a_deprecated_version_warns() -> None:
    body = definition()
    body["spec"]["versions"][0]["deprecated"] = True
    client = Client()
    client.made(CRDS, body)

    answer = client.answer("GET", WIDGETS)

    assert answer.warnings == ("conformance.esoctl.dev/v1 Widget is deprecated",)
