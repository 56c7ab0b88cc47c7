"""Topologies of built-in kinds and of custom resources."""

import pytest

from esoctl.sandbox.topology import BUILTIN, Items, Topology, from_schema

STRING = {"type": "string"}


def test_every_kind_has_the_same_metadata() -> None:
    for topology in [*BUILTIN.values(), from_schema({"type": "object"})]:
        metadata = topology.at("metadata")
        assert metadata.at("finalizers").items is Items.SET
        assert metadata.at("ownerReferences").keys == ("uid",)
        assert metadata.at("ownerReferences").of_item().atomic
        assert metadata.at("managedFields").items is Items.ATOMIC
        assert not metadata.at("labels").atomic


@pytest.mark.parametrize(
    ("kind", "path", "keys"),
    [
        pytest.param(("v1", "Service"), ["spec", "ports"], ("port", "protocol"), id="ports of a service"),
        pytest.param(("apps/v1", "Deployment"), ["spec", "template", "spec", "containers"], ("name",), id="containers"),
        pytest.param(("apps/v1", "Deployment"), ["status", "conditions"], ("type",), id="conditions"),
        pytest.param(("rbac.authorization.k8s.io/v1", "RoleBinding"), ["subjects"], (), id="subjects"),
        pytest.param(("rbac.authorization.k8s.io/v1", "Role"), ["rules"], (), id="rules"),
    ],
)
def test_lists_of_built_in_kinds(kind: tuple[str, str], path: list[str], keys: tuple[str, ...]) -> None:
    topology = BUILTIN[kind]
    for name in path:
        topology = topology.at(name)

    assert topology.keys == keys
    assert topology.items is (Items.MAP if keys else Items.ATOMIC)


def test_a_schema_without_extensions_means_granular_maps_and_whole_lists() -> None:
    topology = from_schema(
        {"type": "object", "properties": {"m": {"type": "object"}, "l": {"type": "array", "items": STRING}}}
    )

    assert not topology.at("m").atomic
    assert topology.at("l").items is Items.ATOMIC


def test_the_extensions_of_a_schema_are_read() -> None:
    item = {"type": "object", "properties": {"name": STRING, "proto": {"type": "string", "default": "TCP"}}}
    topology = from_schema(
        {
            "properties": {
                "set": {"items": STRING, "x-kubernetes-list-type": "set"},
                "map": {
                    "items": item,
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name", "proto"],
                },
                "unit": {"properties": {"a": STRING}, "x-kubernetes-map-type": "atomic"},
            }
        }
    )

    assert topology.at("set").items is Items.SET
    assert topology.at("map").keys == ("name", "proto")
    assert topology.at("map").defaults == {"proto": "TCP"}
    assert topology.at("unit").atomic


@pytest.mark.parametrize(
    ("schema", "known"),
    [
        pytest.param({"properties": {"a": STRING}}, False, id="named fields only"),
        pytest.param({"properties": {"a": STRING}, "x-kubernetes-preserve-unknown-fields": True}, True, id="preserved"),
        pytest.param({"additionalProperties": STRING}, True, id="additional properties"),
        pytest.param({"properties": {"a": STRING}, "additionalProperties": False}, False, id="none additional"),
        pytest.param({"type": "object"}, True, id="free form"),
    ],
)
def test_whether_an_unknown_key_may_occur(schema: dict[str, object], known: bool) -> None:
    topology = from_schema({"properties": {"x": schema}}).at("x")

    assert topology.knows("other") is known
    assert not topology.declares("other")


def test_nothing_known_is_the_user_own() -> None:
    assert Topology.EMPTY.knows("x")
    assert not Topology.EMPTY.declares("x")
    assert Topology.EMPTY.at("x") == Topology.EMPTY
