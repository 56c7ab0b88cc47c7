"""Decoding of ExternalSecrets: defaults, anything left out, and specs that do not fit."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esoctl.model import external_secret
from esoctl.model.external_secret import (
    HOUR,
    ConversionStrategy,
    CreationPolicy,
    DecodingStrategy,
    DeletionPolicy,
    ExternalSecretSpec,
    MergePolicy,
    NullBytePolicy,
    RefreshPolicy,
    TemplateScope,
)
from esoctl.model.remote import MetadataPolicy
from support.builders import an_external_secret

REMOTE = {
    "key": "app/db",
    "property": "password",
    "version": "AWSCURRENT",
    "metadataPolicy": "Fetch",
    "conversionStrategy": "Unicode",
    "decodingStrategy": "Base64",
    "nullBytePolicy": "Fail",
}
SPEC: dict[str, Any] = {
    "secretStoreRef": {"name": "aws", "kind": "ClusterSecretStore"},
    "refreshPolicy": "OnChange",
    "refreshInterval": "1h30m",
    "syncWindows": {"kind": "allow", "windows": [{"schedule": "0 1 * * *", "duration": "2h"}]},
    "target": {
        "name": "made",
        "creationPolicy": "Orphan",
        "deletionPolicy": "Delete",
        "immutable": True,
        "manifest": {"apiVersion": "v1", "kind": "Secret"},
        "template": {
            "type": "Opaque",
            "engineVersion": "v2",
            "metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}, "finalizers": ["x/y"]},
            "data": {"k": "{{ .v }}"},
            "mergePolicy": "Merge",
            "templateFrom": [
                {"configMap": {"name": "c", "items": [{"key": "k", "templateAs": "KeysAndValues"}]}},
                {"literal": "a: b", "target": "Labels", "valuesDecodingStrategy": "Auto"},
            ],
        },
    },
    "data": [{"secretKey": "password", "remoteRef": REMOTE, "sourceRef": {"storeRef": {"name": "other"}}}],
    "dataFrom": [
        {"extract": REMOTE, "rewrite": [{"regexp": {"source": "a", "target": "b"}}]},
        {"find": {"path": "/a", "name": {"regexp": "x"}, "tags": {"t": "u"}, "conversionStrategy": "Unicode"}},
        {"sourceRef": {"generatorRef": {"kind": "Password", "name": "p"}}},
    ],
}


def decoded(spec: object, **more: object) -> external_secret.ExternalSecret:
    body = {"metadata": {"name": "shop", "namespace": "team-a"}, "spec": spec, **more}
    return external_secret.decode(json.dumps(body).encode())


def test_what_is_left_out_gets_the_defaults_of_the_reference() -> None:
    spec = decoded({"data": [{"secretKey": "k", "remoteRef": {"key": "r"}}], "target": {"template": {}}}).spec

    assert spec is not None
    assert (spec.refresh_policy, spec.interval_nanoseconds) == (RefreshPolicy.PERIODIC, HOUR)
    assert (spec.target.creation_policy, spec.target.deletion_policy) == (CreationPolicy.OWNER, DeletionPolicy.RETAIN)
    assert spec.target.template is not None
    assert (spec.target.template.engine_version, spec.target.template.merge_policy) == ("v2", MergePolicy.REPLACE)
    remote = spec.data[0].remote_ref
    assert (remote.metadata_policy, remote.conversion_strategy) == (MetadataPolicy.NONE, ConversionStrategy.DEFAULT)
    assert (remote.decoding_strategy, remote.null_byte_policy) == (DecodingStrategy.NONE, NullBytePolicy.IGNORE)


def test_every_field_arrives() -> None:
    spec = decoded(SPEC).spec

    assert spec is not None
    assert spec.interval_nanoseconds == HOUR * 3 // 2
    assert spec.target.template is not None
    first, second = spec.target.template.template_from
    assert first.config_map is not None
    assert first.config_map.items[0].template_as is TemplateScope.KEYS_AND_VALUES
    assert (second.literal, second.target, second.values_decoding_strategy) == ("a: b", "Labels", DecodingStrategy.AUTO)
    # What was decoded says the same again: no field is dropped or renamed on the way.
    again = msgspec.to_builtins(spec)
    assert _part_of(SPEC, again)


@settings(deadline=None, max_examples=60)
@given(st.sets(st.sampled_from(sorted(SPEC))), st.dictionaries(st.sampled_from(["later", "x"]), st.integers()))
def test_any_part_of_the_fields_decodes_and_unknown_ones_are_ignored(
    left_out: set[str], unknown: dict[str, int]
) -> None:
    wanted = {name: value for name, value in SPEC.items() if name not in left_out}

    spec = decoded({**wanted, **unknown}).spec

    assert spec is not None
    defaults = ExternalSecretSpec()
    for name, field in zip(spec.__struct_fields__, spec.__struct_encode_fields__, strict=True):
        assert field in SPEC
        assert (getattr(spec, name) == getattr(defaults, name)) is (field in left_out)


@pytest.mark.parametrize(
    ("spec", "path", "problem"),
    [
        pytest.param(
            {"data": [{"secretKey": "k", "remoteRef": "hunter2"}]},
            "spec.data[0].remoteRef",
            "must be object, got str",
            id="another type",
        ),
        pytest.param({"data": [{"secretKey": "k"}]}, "spec.data[0]", "is missing remoteRef", id="a missing field"),
        pytest.param(
            {"target": {"creationPolicy": "Sometimes"}},
            "spec.target.creationPolicy",
            "Invalid enum value 'Sometimes'",
            id="an unknown word",
        ),
        pytest.param(
            {"refreshInterval": "1d"},
            "spec.refreshInterval",
            'time: unknown unit "d" in duration "1d"; write it with the units h, m and s, such as 24h0m0s',
            id="a duration in days",
        ),
        pytest.param([], "spec", "must be object | null, got array", id="no object"),
    ],
)
def test_a_spec_that_does_not_fit_says_where_and_what(spec: object, path: str, problem: str) -> None:
    item = decoded(spec, status={"refreshTime": "2026-01-01T00:00:00Z"})

    assert item.spec is None
    assert item.unfit == (path, problem)
    assert item.metadata.name == "shop"
    assert item.status.refresh_time == "2026-01-01T00:00:00Z"


def test_an_object_without_metadata_cannot_be_read_at_all() -> None:
    with pytest.raises(msgspec.ValidationError):
        external_secret.decode(b'{"spec": {"data": 1}}')


@pytest.mark.parametrize(("spec", "name"), [(None, "shop"), ({}, "shop"), ({"target": {"name": "other"}}, "other")])
def test_the_target_is_called_as_the_external_secret_unless_it_is_named(spec: object, name: str) -> None:
    assert decoded(spec).target_name == name


def _part_of(part: object, whole: object) -> bool:
    """Whether everything that was written is found again."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and _part_of(part[name], whole[name]) for name in part)
    if isinstance(part, list):
        return isinstance(whole, list) and len(part) == len(whole) and all(map(_part_of, part, whole))
    return part == whole


def test_a_later_state_has_the_very_spec_of_the_one_before_while_they_are_equal() -> None:
    known, same, edited = an_external_secret(), an_external_secret(labels={"a": "b"}), an_external_secret(data=[])

    assert external_secret.after(known, same).spec is known.spec
    assert external_secret.after(known, same).metadata is same.metadata
    assert external_secret.after(known, edited) is edited
