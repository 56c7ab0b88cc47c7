"""Creating, replacing, patching and applying in the sandbox, without a socket."""

from typing import Any

import pytest

from support import in_process
from support.in_process import CONFIG_MAPS, JSON, MERGE, SECRETS, STRATEGIC, Client, a_config_map, a_secret


def test_a_new_object_gets_uid_time_and_revision() -> None:
    made = Client().made(SECRETS, a_secret())

    assert made["metadata"]["creationTimestamp"] == in_process.NOW
    assert made["metadata"]["namespace"] == "default"
    assert len(made["metadata"]["uid"]) == 36
    assert int(made["metadata"]["resourceVersion"]) > 0
    assert made["type"] == "Opaque"


def test_revisions_grow_over_all_resources() -> None:
    client = Client()

    first = client.made(SECRETS, a_secret())
    second = client.made(CONFIG_MAPS, a_config_map())

    assert int(second["metadata"]["resourceVersion"]) == int(first["metadata"]["resourceVersion"]) + 1


def test_a_write_that_changes_nothing_keeps_the_revision() -> None:
    client = Client()
    made = client.made(SECRETS, a_secret())

    _, replaced = client.put(f"{SECRETS}/one", made)

    assert replaced == made


def test_string_data_is_merged_over_data_and_not_kept() -> None:
    body = {**a_secret(), "stringData": {"a": "new", "b": "more"}}

    made = Client().made(SECRETS, body)

    assert made["data"] == {"a": "bmV3", "b": "bW9yZQ=="}
    assert "stringData" not in made


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            {"data": {"a b": ""}},
            "data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' "
            "or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
            id="key",
        ),
        pytest.param({"type": "kubernetes.io/tls"}, "data[tls.crt]: Required value", id="required-key"),
        pytest.param({"metadata": {"name": "One"}}, 'metadata.name: Invalid value: "One": a lowercase RFC', id="name"),
        pytest.param({"metadata": {}}, "metadata.name: Required value: name or generateName is required", id="no-name"),
        pytest.param(
            {"metadata": {"name": "x", "labels": {"a": "b c"}}}, 'metadata.labels: Invalid value: "b c"', id="label"
        ),
    ],
)
def test_an_invalid_secret_is_refused_with_the_field(change: dict[str, Any], message: str) -> None:
    status, refused = Client().post(SECRETS, {**a_secret(), **change})

    assert (status, refused["reason"]) == (422, "Invalid")
    assert message in refused["message"]
    assert refused["details"]["causes"][0]["field"] == message.split(": ", maxsplit=1)[0]


@pytest.mark.parametrize(
    ("value", "byte"),
    [
        pytest.param("a", 0, id="one-character"),
        pytest.param("YWJj!", 4, id="bad-character"),
        pytest.param("YWI", 0, id="no-padding"),
        pytest.param("YWI=x", 4, id="garbage-after-padding"),
        pytest.param("=", 0, id="padding-first"),
    ],
)
def test_data_that_is_no_base64_is_refused_like_go_does(value: str, byte: int) -> None:
    status, refused = Client().post(SECRETS, {**a_secret(), "data": {"a": value}})

    assert status == 400
    assert refused["message"] == (
        f'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte {byte}'
    )


def test_a_refused_secret_does_not_repeat_its_value() -> None:
    client = Client()
    client.made(SECRETS, a_secret())

    _, refused = client.patch(f"{SECRETS}/one", {"data": {"a": "hunter2!"}})

    assert "hunter2" not in str(refused)


def test_an_immutable_secret_keeps_its_data() -> None:
    client = Client()
    client.made(SECRETS, {**a_secret(), "immutable": True})

    status, refused = client.patch(f"{SECRETS}/one", {"data": {"a": "eQ=="}})

    assert status == 422
    assert "data: Forbidden: field is immutable when `immutable` is set" in refused["message"]


def test_a_stale_revision_is_a_conflict_with_the_words_of_the_server() -> None:
    client = Client()
    made = client.made(CONFIG_MAPS, a_config_map())
    client.patch(f"{CONFIG_MAPS}/one", {"data": {"a": "y"}})

    status, refused = client.put(f"{CONFIG_MAPS}/one", made)

    assert (status, refused["reason"]) == (409, "Conflict")
    assert refused["message"] == (
        'Operation cannot be fulfilled on configmaps "one": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )


def test_an_update_cannot_change_what_the_server_set() -> None:
    client = Client()
    made = client.made(CONFIG_MAPS, a_config_map())
    body = a_config_map(creationTimestamp="2001-01-01T00:00:00Z", selfLink="x")

    _, replaced = client.put(f"{CONFIG_MAPS}/one", body)

    assert replaced["metadata"]["creationTimestamp"] == made["metadata"]["creationTimestamp"]
    assert replaced["metadata"]["uid"] == made["metadata"]["uid"]


@pytest.mark.parametrize(
    ("kind", "patch", "data"),
    [
        pytest.param(MERGE, {"data": {"a": None, "b": "y"}}, {"b": "y"}, id="merge"),
        pytest.param(STRATEGIC, {"data": {"b": "y"}}, {"a": "x", "b": "y"}, id="strategic"),
        pytest.param(JSON, [{"op": "add", "path": "/data/b", "value": "y"}], {"a": "x", "b": "y"}, id="json"),
    ],
)
def test_every_patch_format_is_taken(kind: str, patch: Any, data: dict[str, str]) -> None:
    client = Client()
    client.made(CONFIG_MAPS, a_config_map())

    status, patched = client.patch(f"{CONFIG_MAPS}/one", patch, kind)

    assert (status, patched["data"]) == (200, data)


def test_a_failed_test_of_a_json_patch_changes_nothing() -> None:
    client = Client()
    made = client.made(CONFIG_MAPS, a_config_map())
    patch = [{"op": "test", "path": "/data/a", "value": "other"}, {"op": "remove", "path": "/data/a"}]

    status, _ = client.patch(f"{CONFIG_MAPS}/one", patch, JSON)

    assert status == 422
    assert client.get(f"{CONFIG_MAPS}/one") == (200, made)


def test_an_unknown_patch_format_is_refused() -> None:
    client = Client()
    client.made(CONFIG_MAPS, a_config_map())

    status, refused = client.patch(f"{CONFIG_MAPS}/one", {}, "application/json")

    assert status == 415
    assert refused["message"].startswith("the body of the request was in an unknown format - accepted media types")


def test_applying_creates_and_then_owns_its_fields() -> None:
    client = Client()

    created, _ = client.apply(f"{CONFIG_MAPS}/one", a_config_map(data={"a": "1", "b": "2"}))
    status, applied = client.apply(f"{CONFIG_MAPS}/one", a_config_map(data={"a": "1"}))

    assert (created, status) == (201, 200)
    assert applied["data"] == {"a": "1"}
    assert applied["metadata"]["managedFields"][0]["operation"] == "Apply"


def test_applying_over_another_manager_conflicts_unless_forced() -> None:
    client = Client()
    client.apply(f"{CONFIG_MAPS}/one", a_config_map(data={"a": "1"}), "first")

    status, refused = client.apply(f"{CONFIG_MAPS}/one", a_config_map(data={"a": "2"}), "second")
    forced, _ = client.apply(f"{CONFIG_MAPS}/one", a_config_map(data={"a": "2"}), "second", force=True)

    assert (status, refused["reason"], forced) == (409, "Conflict", 200)
    assert refused["details"]["causes"][0]["reason"] == "FieldManagerConflict"


def test_applying_to_an_absent_object_with_a_uid_is_a_conflict() -> None:
    status, refused = Client().apply(f"{CONFIG_MAPS}/one", a_config_map(uid="some-uid"))

    assert status == 409
    assert "uid mismatch" in refused["message"]


def test_applying_needs_a_manager() -> None:
    status, refused = Client().patch(f"{CONFIG_MAPS}/one", a_config_map(), in_process.APPLY)

    assert status == 422
    assert "fieldManager: Required value: is required for apply patch" in refused["message"]


def test_a_dry_run_answers_and_stores_nothing() -> None:
    client = Client()

    status, made = client.post(CONFIG_MAPS, a_config_map(), dryRun="All")

    assert (status, made["data"]) == (201, {"a": "x"})
    assert client.get(f"{CONFIG_MAPS}/one")[0] == 404


def test_a_strict_client_hears_of_unknown_fields_and_others_are_warned() -> None:
    client = Client()
    body = {**a_config_map(), "colour": "red"}

    status, refused = client.post(CONFIG_MAPS, body, fieldValidation="Strict")
    answer = client.answer("POST", CONFIG_MAPS, body)

    assert status == 400
    assert refused["message"].endswith('strict decoding error: unknown field "colour"')
    assert answer.warnings == ('unknown field "colour"',)
    assert isinstance(answer.body, dict)
    assert "colour" not in answer.body


def test_nothing_can_be_made_in_a_namespace_that_does_not_exist() -> None:
    status, refused = Client().post("/api/v1/namespaces/nowhere/secrets", a_secret())

    assert status == 404
    assert refused["message"] == 'namespaces "nowhere" not found'
    assert refused["details"] == {"name": "nowhere", "kind": "namespaces"}


def test_a_generated_name_begins_with_its_prefix() -> None:
    body = {**a_secret(), "metadata": {"generateName": "pre-"}}

    made = Client().made(SECRETS, body)

    assert made["metadata"]["name"].startswith("pre-")
    assert len(made["metadata"]["name"]) == len("pre-") + 5


def test_yaml_keeps_times_as_text() -> None:
    body = b"kind: ConfigMap\napiVersion: v1\nmetadata: {name: one}\ndata: {a: '1', when: \"2026-01-01\"}\n"
    client = Client()

    status, made = client.post(CONFIG_MAPS, body, headers={"content_type": "application/yaml"})

    assert (status, made["data"]["when"]) == (201, "2026-01-01")
