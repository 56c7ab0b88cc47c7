"""Secrets: values are decoded and never shown; who owns which field is read from managedFields."""

import json

import msgspec
import pytest

from esoctl.model import secret
from esoctl.model.secret import Owned

MANAGER = "externalsecrets.external-secrets.io/shop"


def body(*managed: dict[str, object], **more: object) -> bytes:
    metadata = {"name": "shop", "namespace": "team-a", "managedFields": list(managed)}
    return json.dumps({"metadata": metadata, "type": "Opaque", "data": {"password": "aHVudGVyMg=="}, **more}).encode()


def test_values_are_decoded() -> None:
    found = secret.decode(body(immutable=True))

    assert found.data == {"password": b"hunter2"}
    assert dict(found.values) == found.data
    assert found.immutable


def test_SEC_a_secret_shows_sizes_and_no_value() -> None:
    text = repr(secret.decode(body()))

    assert text == "Secret(team-a/shop, type='Opaque', Values(password=<7 bytes>))"


def test_what_our_managers_own_is_known_and_the_rest_is_not() -> None:
    fields = {
        "f:data": {".": {}, "f:password": {}},
        "f:metadata": {"f:labels": {".": {}, "f:a/b": {}}, "f:annotations": {"f:c": {}}},
        "f:type": {},
    }
    found = secret.decode(
        body(
            {"manager": MANAGER, "operation": "Apply", "fieldsV1": fields},
            {"manager": MANAGER, "operation": "Update"},
            {"manager": "kubectl", "operation": "Apply", "fieldsV1": fields},
        )
    )

    assert found.owned == (
        Owned(MANAGER, "Apply", frozenset({"password"}), frozenset({"a/b"}), frozenset({"c"})),
        Owned(MANAGER, "Update"),
    )


def test_managers_are_read_in_order() -> None:
    entries = secret.decode_managers(body({"manager": "a"}, {"manager": "b", "subresource": "status"}))

    assert [(entry.manager, entry.subresource) for entry in entries] == [("a", ""), ("b", "status")]


@pytest.mark.parametrize("value", ["hunter2!", "aHVudGVyMg", 1])
def test_SEC_a_value_that_does_not_decode_is_not_in_the_error(value: object) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        secret.decode(body(data={"password": value}))

    assert str(value) not in str(caught.value).replace("$.data[...]", "")
