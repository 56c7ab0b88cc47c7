"""The rules of Secrets and ConfigMaps: stringData, keys, types, immutability, size."""

import base64

from support.conformance.place import Place, config_map, secret


def string_data_becomes_data(place: Place) -> None:
    made = place.a_secret("one", data={"a": "eA==", "b": "eA=="}, stringData={"b": "ü", "c": ""})

    assert made["data"] == {"a": "eA==", "b": base64.b64encode("ü".encode()).decode(), "c": ""}
    assert "stringData" not in made


def the_type_is_opaque_by_default(place: Place) -> None:
    assert place.a_secret("one")["type"] == "Opaque"


def the_type_cannot_change(place: Place) -> None:
    place.a_secret("one")

    status = place.api.patch(place.secrets("one"), {"type": "example.com/own"}).refused(422, "Invalid")

    assert status["message"] == 'Secret "one" is invalid: type: Invalid value: "example.com/own": field is immutable'


def a_key_must_be_a_config_key(place: Place) -> None:
    status = place.api.post(place.secrets(), secret("one", data={"b/c": "eA=="})).refused(422, "Invalid")

    assert status["message"] == (
        'Secret "one" is invalid: data[b/c]: Invalid value: "b/c": a valid config key must consist of alphanumeric '
        "characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
        "'[-._a-zA-Z0-9]+')"
    )


def a_key_may_not_be_dots_or_too_long(place: Place) -> None:
    dots = place.api.post(place.secrets(), secret("one", data={"..": "eA=="})).refused(422, "Invalid")
    too_long = place.api.post(place.secrets(), secret("one", data={"a" * 254: "eA=="})).refused(422, "Invalid")

    assert "must not be '..'" in dots["message"]
    assert "must be no more than 253 characters" in too_long["message"]


def data_must_be_base64(place: Place) -> None:
    status = place.api.post(place.secrets(), secret("one", data={"b": "%%"})).refused(400, "BadRequest")

    assert status["message"] == (
        'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0'
    )


def data_must_be_text(place: Place) -> None:
    place.api.post(place.secrets(), secret("one", data={"b": 1})).refused(400, "BadRequest")
    place.api.post(place.config_maps(), config_map("one", data={"b": 1})).refused(400, "BadRequest")


def a_null_value_is_an_empty_one(place: Place) -> None:
    assert place.a_secret("one", data={"a": None})["data"] == {"a": ""}
    assert "data" not in place.a_secret("two", data=None)


def a_mebibyte_is_the_limit(place: Place) -> None:
    most = 1 << 20

    assert place.api.post(place.secrets(), secret("one", stringData={"b": "x" * most})).status == 201
    answer = place.api.post(place.secrets(), secret("two", stringData={"b": "x" * (most + 1)}))

    assert (
        answer.refused(422, "Invalid")["message"]
        == 'Secret "two" is invalid: data: Too long: may not be more than 1048576 bytes'
    )


def an_immutable_secret_keeps_its_data(place: Place) -> None:
    place.a_secret("one", immutable=True, data={"a": "eA=="})
    path = place.secrets("one")

    changed = place.api.patch(path, {"data": {"a": "eQ=="}}).refused(422, "Invalid")
    thawed = place.api.patch(path, {"immutable": None}).refused(422, "Invalid")
    labelled = place.api.patch(path, {"metadata": {"labels": {"a": "b"}}}).good()

    assert changed["message"] == 'Secret "one" is invalid: data: Forbidden: field is immutable when `immutable` is set'
    assert (
        thawed["message"] == 'Secret "one" is invalid: immutable: Forbidden: field is immutable when `immutable` is set'
    )
    assert labelled["metadata"]["labels"] == {"a": "b"}
    place.api.delete(path).good()


def an_immutable_config_map_keeps_its_data(place: Place) -> None:
    place.a_config_map("one", immutable=True, data={"a": "x"})

    status = place.api.patch(place.config_maps("one"), {"data": {"a": "y"}}).refused(422, "Invalid")

    assert (
        status["message"] == 'ConfigMap "one" is invalid: data: Forbidden: field is immutable when `immutable` is set'
    )


def typed_secrets_need_their_keys(place: Place) -> None:
    def missing(kind: str) -> list[str]:
        status = place.api.post(place.secrets(), secret("one", type=kind)).refused(422, "Invalid")
        return [cause["field"] for cause in status["details"]["causes"]]

    assert missing("kubernetes.io/tls") == ["data[tls.crt]", "data[tls.key]"]
    assert missing("kubernetes.io/basic-auth") == ["data[username]", "data[password]"]
    assert missing("kubernetes.io/ssh-auth") == ["data[ssh-privatekey]"]
    assert missing("kubernetes.io/dockerconfigjson") == ["data[.dockerconfigjson]"]
    assert missing("kubernetes.io/service-account-token") == [
        "metadata.annotations[kubernetes.io/service-account.name]"
    ]


def a_docker_config_must_be_json_and_is_not_shown(place: Place) -> None:
    body = secret("one", type="kubernetes.io/dockerconfigjson", stringData={".dockerconfigjson": "hidden"})

    status = place.api.post(place.secrets(), body).refused(422, "Invalid")

    assert 'Invalid value: "<secret contents redacted>"' in status["message"]
    assert "hidden" not in status["message"]


def binary_data_of_a_config_map_is_base64(place: Place) -> None:
    made = place.a_config_map("one", binaryData={"a": "AAEC"}, data={"b": "x"})

    assert made["binaryData"] == {"a": "AAEC"}
    status = place.api.post(place.config_maps(), config_map("two", binaryData={"a": "AAEC"}, data={"a": "x"}))
    assert "duplicate of key present in binaryData" in status.refused(422, "Invalid")["message"]


def labels_must_be_labels(place: Place) -> None:
    body = secret("one")
    body["metadata"]["labels"] = {"a b": "x", "c": "not good"}

    status = place.api.post(place.secrets(), body).refused(422, "Invalid")

    assert {cause["field"] for cause in status["details"]["causes"]} == {"metadata.labels"}
    assert 'Invalid value: "a b": name part must consist of alphanumeric characters' in status["message"]
    assert 'Invalid value: "not good": a valid label must be an empty string or consist of' in status["message"]


def owner_references_must_be_whole(place: Place) -> None:
    body = secret("one")
    body["metadata"]["ownerReferences"] = [{"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": ""}]

    status = place.api.post(place.secrets(), body).refused(422, "Invalid")

    assert status["details"]["causes"][0]["field"] == "metadata.ownerReferences.uid"


def only_one_owner_may_be_the_controller(place: Place) -> None:
    body = secret("one")
    owners = [("a", "11111111-2222-3333-4444-555555555555"), ("b", "11111111-2222-3333-4444-555555555556")]
    body["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": uid, "controller": True} for name, uid in owners
    ]

    status = place.api.post(place.secrets(), body).refused(422, "Invalid")

    assert "Only one reference can have Controller set to true" in status["message"]
