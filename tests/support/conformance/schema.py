"""Custom resources: definitions come and go, fields are pruned and validated, CEL rules fire, the status is apart."""

from typing import Any

from support.api import MERGE_PATCH, Json
from support.conformance import widgets
from support.conformance.place import Place, eventually


def causes(status: Json) -> list[tuple[str, str, str]]:
    """What is wrong, as (reason, field, message); the note that rules were not checked is left out."""
    found = status["details"]["causes"]
    return [(c["reason"], c["field"], c["message"]) for c in found if c["field"] != "<nil>"]


def refusal(place: Place, spec: Json) -> list[tuple[str, str, str]]:
    body = widgets.widget("one") | {"spec": spec}
    return causes(place.api.post(place.widgets(), body).refused(422, "Invalid"))


def a_definition_is_served_soon_and_gone_when_deleted(place: Place) -> None:
    definition = widgets.definition("gadgets", "Gadget", "gd")
    name = definition["metadata"]["name"]
    path = place.path("gadgets", group=widgets.GROUP_VERSION)
    place.api.post(widgets.CRDS, definition).good()
    eventually(lambda: widgets.established(place.api, name), "the Gadget definition is served")

    body = widgets.widget("one") | {"kind": "Gadget"}
    eventually(lambda: place.api.post(path, body).status in (201, 409), "a Gadget can be made")
    stored = place.api.get(f"{widgets.CRDS}/{name}").good()
    place.api.delete(f"{widgets.CRDS}/{name}").good()

    assert stored["status"]["acceptedNames"]["kind"] == "Gadget"
    assert stored["status"]["storedVersions"] == ["v1"]
    conditions = {c["type"]: (c["status"], c["reason"]) for c in stored["status"]["conditions"]}
    assert conditions["Established"] == ("True", "InitialNamesAccepted")
    assert conditions["NamesAccepted"] == ("True", "NoConflicts")
    eventually(lambda: place.api.get(f"{widgets.CRDS}/{name}").status == 404, "the definition is gone", seconds=40)
    eventually(lambda: place.api.get(path).status == 404, "Gadgets are not served", seconds=40)


def a_definition_without_a_structural_schema_is_refused(place: Place) -> None:
    bad = {"type": "object", "properties": {"size": {"minimum": 1}}}

    answer = place.api.post(widgets.CRDS, widgets.definition("gizmos", "Gizmo", "gz", bad), dryRun="All")

    assert "must not be empty for specified object fields" in answer.refused(422, "Invalid")["message"]


def a_definition_under_a_wrong_name_is_refused(place: Place) -> None:
    definition = widgets.definition("gizmos", "Gizmo", "gz")
    definition["metadata"]["name"] = "wrong.conformance.esoctl.dev"

    status = place.api.post(widgets.CRDS, definition, dryRun="All").refused(422, "Invalid")

    assert (
        'metadata.name: Invalid value: "wrong.conformance.esoctl.dev": must be spec.names.plural+"."+spec.group'
        in (status["message"])
    )


def a_definition_with_a_broken_rule_is_refused(place: Place) -> None:
    rules = [{"rule": "self.nowhere > 1", "message": "never"}]
    bad = {"type": "object", "properties": {"size": {"type": "integer"}}, "x-kubernetes-validations": rules}

    answer = place.api.post(widgets.CRDS, widgets.definition("gizmos", "Gizmo", "gz", bad), dryRun="All")

    assert "compilation failed" in answer.refused(422, "Invalid")["message"]


def unknown_fields_are_pruned(place: Place) -> None:
    body = widgets.widget("one", nonsense=1, free={"k": {"z": [1]}}) | {"other": 1, "status": {"ready": True}}

    made = place.api.post(place.widgets(), body).good()

    assert made["spec"] == {"size": 1, "free": {"k": {"z": [1]}}}
    assert "other" not in made
    assert "status" not in made


def a_strict_client_hears_of_every_unknown_field(place: Place) -> None:
    body = widgets.widget("one", nonsense=1) | {"other": 1}

    status = place.api.post(place.widgets(), body, fieldValidation="Strict").refused(400, "BadRequest")

    assert status["message"] == (
        'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "other", '
        'unknown field "spec.nonsense"'
    )


def a_client_may_ask_for_warnings(place: Place) -> None:
    answer = place.api.post(place.widgets(), widgets.widget("one", nonsense=1), fieldValidation="Warn")

    assert answer.status == 201
    assert answer.headers["warning"] == '299 - "unknown field \\"spec.nonsense\\""'


VIOLATIONS: list[Any] = [
    ({}, "FieldValueRequired", "spec.size", "Required value"),
    (
        {"size": 11},
        "FieldValueInvalid",
        "spec.size",
        "Invalid value: 11: spec.size in body should be less than or equal to 10",
    ),
    (
        {"size": 0},
        "FieldValueInvalid",
        "spec.size",
        "Invalid value: 0: spec.size in body should be greater than or equal to 1",
    ),
    (
        {"size": "x"},
        "FieldValueTypeInvalid",
        "spec.size",
        'Invalid value: "string": spec.size in body must be of type integer: "string"',
    ),
    (
        {"size": 1, "colour": "blue"},
        "FieldValueNotSupported",
        "spec.colour",
        'Unsupported value: "blue": supported values: "red", "green"',
    ),
    (
        {"size": 1, "code": "a"},
        "FieldValueInvalid",
        "spec.code",
        'Invalid value: "a": spec.code in body should be at least 2 chars long',
    ),
    (
        {"size": 1, "code": "abcdefghi"},
        "FieldValueTooLong",
        "spec.code",
        "Too long: may not be more than 8 bytes",
    ),
    (
        {"size": 1, "code": "AB"},
        "FieldValueInvalid",
        "spec.code",
        "Invalid value: \"AB\": spec.code in body should match '^[a-z]+$'",
    ),
    ({"size": 1, "words": list("abcd")}, "FieldValueTooMany", "spec.words", "Too many: 4: must have at most 3 items"),
    ({"size": 1, "parts": [{}]}, "FieldValueRequired", "spec.parts[0].name", "Required value"),
    (
        {"size": 1, "parts": [{"name": "a"}, {"name": "a"}]},
        "FieldValueDuplicate",
        "spec.parts[1]",
        'Duplicate value: {"name":"a"}',
    ),
    (
        {"size": 1, "tags": {"a": 1}},
        "FieldValueTypeInvalid",
        "spec.tags.a",
        'Invalid value: "integer": spec.tags.a in body must be of type string: "integer"',
    ),
    (
        {"size": 1, "exact": True},
        "FieldValueTypeInvalid",
        "spec.exact",
        'Invalid value: "boolean": spec.exact in body must be of type integer,string: "boolean"',
    ),
]


def every_violation_has_its_reason_field_and_text(place: Place) -> None:
    wanted = [[violation[1:]] for violation in VIOLATIONS]

    assert [refusal(place, violation[0]) for violation in VIOLATIONS] == wanted


def all_violations_come_at_once(place: Place) -> None:
    fields = [field for _, field, _ in refusal(place, {"colour": "blue", "code": "a"})]

    assert sorted(fields) == ["spec.code", "spec.colour", "spec.size"]


def a_refusal_names_the_object(place: Place) -> None:
    status = place.api.post(place.widgets(), widgets.widget("one", size=11)).refused(422, "Invalid")

    assert status["message"] == (
        'Widget.conformance.esoctl.dev "one" is invalid: spec.size: Invalid value: 11: '
        "spec.size in body should be less than or equal to 10"
    )
    assert (status["details"]["name"], status["details"]["group"], status["details"]["kind"]) == (
        "one",
        widgets.GROUP,
        "Widget",
    )


def a_rule_with_a_field_path_names_the_field(place: Place) -> None:
    status = place.api.post(place.widgets(), widgets.widget("one", auth={"a": 1})).refused(422, "Invalid")

    assert status["message"] == (
        'Widget.conformance.esoctl.dev "one" is invalid: spec.auth: Forbidden: '
        "auth belongs under spec.free, not under spec"
    )
    assert causes(status) == [
        ("FieldValueForbidden", "spec.auth", "Forbidden: auth belongs under spec.free, not under spec")
    ]


def a_rule_fires_on_every_way_of_writing(place: Place) -> None:
    made = place.a_widget("one", low=1, high=2)
    path = place.widgets("one")
    said = "spec: Invalid value: low must not be above high"

    for answer in (
        place.api.put(path, made | {"spec": {"size": 1, "low": 3, "high": 2}}),
        place.api.patch(path, {"spec": {"low": 3}}),
        place.api.apply(path, widgets.widget("one", low=3), force=True),
    ):
        assert said in answer.refused(422, "Invalid")["message"]


def replacing_a_custom_object_needs_its_version(place: Place) -> None:
    place.a_widget("one")

    status = place.api.put(place.widgets("one"), widgets.widget("one", size=2)).refused(422, "Invalid")

    assert status["message"] == (
        'widgets.conformance.esoctl.dev "one" is invalid: metadata.resourceVersion: Invalid value: 0: '
        "must be specified for an update"
    )


def nulls_are_dropped_unless_nullable(place: Place) -> None:
    made = place.a_widget("one", colour=None, nothing=None)

    assert made["spec"] == {"size": 1, "nothing": None}


def int_or_string_takes_both(place: Place) -> None:
    assert place.a_widget("one", exact=3)["spec"]["exact"] == 3
    assert place.a_widget("two", exact="3%")["spec"]["exact"] == "3%"


def the_status_is_validated_and_pruned(place: Place) -> None:
    place.a_widget("one")
    path = place.widgets("one") + "/status"

    pruned = place.api.patch(path, {"status": {"ready": True, "nonsense": 1}}, MERGE_PATCH).good()
    refused = place.api.patch(path, {"status": {"conditions": [{"type": "Ready", "status": "Maybe"}]}})

    assert pruned["status"] == {"ready": True}
    assert [field for _, field, _ in causes(refused.refused(422, "Invalid"))] == ["status.conditions[0].status"]


def a_replaced_status_keeps_the_spec(place: Place) -> None:
    made = place.a_widget("one", size=2)
    body = made | {"spec": {"size": 9}, "status": {"count": 1}}

    replaced = place.api.put(place.widgets("one") + "/status", body).good()

    assert (replaced["spec"], replaced["status"]) == ({"size": 2}, {"count": 1})
    assert place.api.get(place.widgets("one") + "/status").good() == replaced


def objects_of_a_deleted_definition_go_with_it(place: Place) -> None:
    definition = widgets.definition("doodads", "Doodad", "dd")
    name = definition["metadata"]["name"]
    path = place.path("doodads", group=widgets.GROUP_VERSION)
    place.api.post(widgets.CRDS, definition).good()
    eventually(lambda: widgets.established(place.api, name), "the Doodad definition is served")
    body = widgets.widget("one") | {"kind": "Doodad"}
    eventually(lambda: place.api.post(path, body).status in (201, 409), "a Doodad can be made")

    place.api.delete(f"{widgets.CRDS}/{name}").good()
    eventually(lambda: place.api.get(f"{widgets.CRDS}/{name}").status == 404, "the definition is gone", seconds=40)
    place.api.post(widgets.CRDS, definition).good()
    eventually(lambda: widgets.established(place.api, name), "the Doodad definition is served again")
    eventually(lambda: place.api.get(path).status == 200, "Doodads are served again")

    assert place.api.get(path).good()["items"] == []
    place.api.delete(f"{widgets.CRDS}/{name}").good()
