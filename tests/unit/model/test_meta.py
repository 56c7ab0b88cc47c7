"""Metadata: who controls an object, whether it is going, and what is decoded of it."""

import json

import msgspec
import pytest

from esoctl.model.meta import Meta, OwnerRef, decode_bare


def test_the_metadata_of_any_object_is_read() -> None:
    body = {
        "kind": "ConfigMap",
        "metadata": {
            "name": "a",
            "namespace": "b",
            "uid": "c",
            "resourceVersion": "7",
            "generation": 3,
            "labels": {"x": "y"},
            "managedFields": [{"manager": "m"}],
        },
        "data": {"k": "v"},
    }

    meta = decode_bare(json.dumps(body).encode()).metadata

    assert meta == Meta("a", "b", "c", "7", 3, {"x": "y"})


@pytest.mark.parametrize("body", [b"{}", b'{"metadata": {}}', b'{"metadata": {"name": 1}}', b"[]"])
def test_an_object_without_a_name_is_no_object(body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_bare(body)


@pytest.mark.parametrize(("moment", "deleting"), [(None, False), ("2026-01-01T00:00:00Z", True)])
def test_an_object_with_a_deletion_time_is_going(moment: str | None, deleting: bool) -> None:
    assert Meta("a", deletion_timestamp=moment).deleting is deleting


def test_the_controller_is_the_one_owner_that_says_so() -> None:
    owner = OwnerRef("apps/v1", "Deployment", "d", "u", controller=True)

    assert Meta("a", owner_references=[OwnerRef("v1", "Pod", "p"), owner]).controller is owner
    assert Meta("a", owner_references=[OwnerRef("v1", "Pod", "p")]).controller is None


@pytest.mark.parametrize(("version", "group"), [("v1", ""), ("external-secrets.io/v1", "external-secrets.io")])
def test_the_group_of_an_owner(version: str, group: str) -> None:
    assert OwnerRef(version).group == group


def test_an_owner_reference_is_written_as_the_api_names_it_and_without_what_is_not_set() -> None:
    owner = OwnerRef("v1", "Pod", "p", "u", block_owner_deletion=True)

    assert msgspec.to_builtins(owner) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": "p",
        "uid": "u",
        "blockOwnerDeletion": True,
    }
