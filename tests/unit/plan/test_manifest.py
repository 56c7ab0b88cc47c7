"""The body of an apply: what we want to own and nothing else, and the same to a reader of YAML."""

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from esoctl.model.meta import OwnerRef
from esoctl.model.values import Values
from esoctl.plan import manifest
from esoctl.plan.secret import Apply

PLAIN = Apply("shop", "Opaque", Values({"k": b"hunter2"}), {"l": "1"}, {"a": "2"}, None, False, (), "")
EVERYTHING = Apply(
    "shop",
    "kubernetes.io/tls",
    Values({"k": b"\x00\xff"}),
    {},
    {},
    OwnerRef("external-secrets.io/v1", "ExternalSecret", "shop", "u", controller=True, block_owner_deletion=True),
    True,
    ("a/b",),
    "the-uid",
)


def test_a_plain_secret() -> None:
    assert json.loads(manifest.body(PLAIN, "team-a")) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "shop",
            "namespace": "team-a",
            "resourceVersion": manifest.NEVER,
            "labels": {"l": "1"},
            "annotations": {"a": "2"},
        },
        "type": "Opaque",
        "data": {"k": "aHVudGVyMg=="},
    }


@pytest.mark.parametrize("change", [{"uid": "the-uid"}, {"owner": OwnerRef()}])
def test_only_what_is_new_and_has_no_owner_must_not_be_there(change: dict[str, Any]) -> None:
    body = json.loads(manifest.body(replace(PLAIN, **change), "team-a"))

    assert "resourceVersion" not in body["metadata"]


def test_a_secret_with_everything() -> None:
    body = json.loads(manifest.body(EVERYTHING, "team-a"))

    assert body["immutable"] is True
    assert body["data"] == {"k": "AP8="}
    assert body["metadata"] == {
        "name": "shop",
        "namespace": "team-a",
        "labels": {},
        "annotations": {},
        "uid": "the-uid",
        "ownerReferences": [
            {
                "apiVersion": "external-secrets.io/v1",
                "kind": "ExternalSecret",
                "name": "shop",
                "uid": "u",
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
        "finalizers": ["a/b"],
    }


# Surrogates cannot be in a text that was decoded from UTF-8.
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
ODD_CHARACTERS = "\x7f\x80\x85\x9f\xa0\u2028\u2029\ufeff\ufffe\uffff" + "\"\\:#-{}[],&*!|>'%@` \t\nä\U0001f600"
ODD = st.text(st.sampled_from(ODD_CHARACTERS))


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(TEXTS | ODD, TEXTS | ODD, max_size=3))
def test_json_read_as_yaml_says_the_same(document: dict[str, str]) -> None:
    text = json.dumps(document, ensure_ascii=False).encode()

    safe = manifest.as_yaml(text)

    assert yaml.safe_load(safe) == document
    assert json.loads(safe) == document


@pytest.mark.parametrize("character", ["\x7f", "\x85", "\u2028", "\u2029", "\ufeff", "\uffff"])
def test_characters_that_yaml_refuses_or_breaks_at_are_escaped(character: str) -> None:
    assert manifest.as_yaml(f'"{character}"'.encode()) == f'"\\u{ord(character):04x}"'.encode()


def test_plain_json_is_left_as_it_is() -> None:
    assert manifest.as_yaml(b'{"a":"b"}') == b'{"a":"b"}'
    assert manifest.as_yaml('"ä"'.encode()) == '"ä"'.encode()
