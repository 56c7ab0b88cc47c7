"""Server-side apply: tables of what the API server does, and properties that hold for every object."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.sandbox import apply as ssa
from esoctl.sandbox.topology import BUILTIN, Topology, from_schema

CONFIG_MAP = BUILTIN["v1", "ConfigMap"]
SERVICE = BUILTIN["v1", "Service"]
EARLY, LATE = "2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z"


def a_config_map(data: Mapping[str, object] | None = None, **metadata: object) -> dict[str, object]:
    found: dict[str, object] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", **metadata}}
    return found if data is None else {**found, "data": data}


def apply(
    live: dict[str, object] | None,
    wanted: dict[str, object],
    *,
    manager: str = "ours",
    force: bool = False,
    topology: Topology = CONFIG_MAP,
    subresource: str = "",
    now: str = EARLY,
) -> dict[str, object]:
    return ssa.apply(
        live,
        wanted,
        manager=manager,
        force=force,
        topology=topology,
        subresource=subresource,
        api_version=str(wanted["apiVersion"]),
        now=now,
    )


def update(
    live: dict[str, object] | None,
    new: dict[str, object],
    *,
    manager: str = "theirs",
    topology: Topology = CONFIG_MAP,
    subresource: str = "",
    now: str = EARLY,
) -> dict[str, object]:
    return ssa.track_update(
        live,
        new,
        manager=manager,
        subresource=subresource,
        topology=topology,
        api_version=str(new["apiVersion"]),
        now=now,
    )


def entries(obj: dict[str, object]) -> dict[str, object]:
    """``manager/operation`` to what it owns."""
    found = obj["metadata"].get("managedFields", [])
    return {f"{one['manager']}/{one['operation']}": one["fieldsV1"] for one in found}


def without_owners(obj: dict[str, object]) -> dict[str, object]:
    return {**obj, "metadata": {k: v for k, v in obj["metadata"].items() if k != "managedFields"}}


def test_an_apply_that_creates_owns_what_it_wants() -> None:
    result = apply(None, a_config_map({"a": "1"}, labels={"x": "y"}))

    assert result["metadata"]["managedFields"] == [
        {
            "manager": "ours",
            "operation": "Apply",
            "apiVersion": "v1",
            "time": EARLY,
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:data": {"f:a": {}}, "f:metadata": {"f:labels": {"f:x": {}}}},
        }
    ]
    assert without_owners(result) == a_config_map({"a": "1"}, labels={"x": "y"})


def test_a_create_owns_the_maps_it_makes_as_well() -> None:
    result = update(None, a_config_map({"a": "1"}, labels={"x": "y"}))

    assert entries(result) == {
        "theirs/Update": {"f:data": {".": {}, "f:a": {}}, "f:metadata": {"f:labels": {".": {}, "f:x": {}}}}
    }


def test_what_is_wanted_no_longer_goes_with_the_map_that_held_it() -> None:
    live = apply(None, a_config_map({"a": "1", "b": "2"}, labels={"x": "y"}))

    result = apply(live, a_config_map({"b": "2"}), now=LATE)

    assert without_owners(result) == a_config_map({"b": "2"})
    assert entries(result) == {"ours/Apply": {"f:data": {"f:b": {}}}}


def test_what_another_also_wants_stays_when_one_lets_go() -> None:
    live = apply(None, a_config_map({"a": "1", "b": "2"}))
    live = apply(live, a_config_map({"a": "1"}), manager="theirs")

    result = apply(live, a_config_map({"b": "2"}), now=LATE)

    assert result["data"] == {"a": "1", "b": "2"}
    assert entries(result) == {"theirs/Apply": {"f:data": {"f:a": {}}}, "ours/Apply": {"f:data": {"f:b": {}}}}


def test_what_somebody_added_by_update_survives_an_apply() -> None:
    live = apply(None, a_config_map({"a": "1"}))
    live = update(live, {**live, "data": {"a": "1", "foreign": "3"}})

    result = apply(live, a_config_map({}), now=LATE)

    assert result["data"] == {"foreign": "3"}


def test_a_changed_value_of_another_is_a_conflict() -> None:
    live = update(None, a_config_map({"x": "1"}), manager="kubectl")

    with pytest.raises(ssa.ApplyConflict) as caught:
        apply(live, a_config_map({"x": "2"}))

    assert str(caught.value) == 'Apply failed with 1 conflict: conflict with "kubectl" using v1: .data.x'
    assert caught.value.causes == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "kubectl" using v1', "field": ".data.x"}
    ]


def test_several_conflicts_are_listed_by_manager() -> None:
    live = update(None, a_config_map({"x": "1", "y": "1"}), manager="kubectl")
    live = apply(live, a_config_map({"z": "1"}), manager="argo")

    with pytest.raises(ssa.ApplyConflict) as caught:
        apply(live, a_config_map({"x": "2", "y": "2", "z": "2"}))

    assert str(caught.value) == (
        "Apply failed with 3 conflicts: "
        'conflicts with "argo":\n- .data.z\nconflicts with "kubectl" using v1:\n- .data.x\n- .data.y'
    )


def test_a_conflict_over_a_subresource_names_it() -> None:
    topology = from_schema({"type": "object", "properties": {"status": {"type": "object", "properties": {"n": {}}}}})
    made = {"apiVersion": "g/v1", "kind": "Thing", "metadata": {"name": "one", "labels": {"a": "b"}}}
    live = update(None, made, topology=topology)
    live = update(live, {**live, "status": {"n": 1}}, topology=topology, subresource="status", manager="operator")

    with pytest.raises(ssa.ApplyConflict) as caught:
        apply(live, {**made, "status": {"n": 2}}, topology=topology, subresource="status")

    assert str(caught.value) == (
        'Apply failed with 1 conflict: conflict with "operator" with subresource "status" using g/v1: .status.n'
    )


def test_force_takes_the_field_over() -> None:
    live = update(None, a_config_map({"x": "1", "y": "1"}), manager="kubectl")

    result = apply(live, a_config_map({"x": "2"}), force=True, now=LATE)

    assert result["data"] == {"x": "2", "y": "1"}
    assert entries(result) == {
        "ours/Apply": {"f:data": {"f:x": {}}},
        "kubectl/Update": {"f:data": {".": {}, "f:y": {}}},
    }


def test_equal_values_are_owned_together() -> None:
    live = update(None, a_config_map({"x": "1"}), manager="kubectl")

    result = apply(live, a_config_map({"x": "1"}))

    assert entries(result) == {
        "ours/Apply": {"f:data": {"f:x": {}}},
        "kubectl/Update": {"f:data": {".": {}, "f:x": {}}},
    }


def test_an_apply_that_changes_nothing_gives_the_live_object() -> None:
    live = apply(None, a_config_map({"a": "1"}))

    result = apply(live, a_config_map({"a": "1"}), now=LATE)

    assert result is live


def test_an_update_that_changes_nothing_gives_the_live_object() -> None:
    live = update(None, a_config_map({"a": "1"}))

    result = update(live, {**live}, manager="another", now=LATE)

    assert result is live


def test_an_update_takes_changed_fields_from_their_owner() -> None:
    live = apply(None, a_config_map({"a": "1", "b": "2"}))

    result = update(live, {**live, "data": {"a": "9", "c": "3"}}, now=LATE)

    assert entries(result) == {"theirs/Update": {"f:data": {"f:a": {}, "f:c": {}}}}


@pytest.mark.parametrize("cleared", [pytest.param([], id="empty list"), pytest.param([{}], id="one empty entry")])
def test_owners_can_be_cleared(cleared: list[object]) -> None:
    live = apply(None, a_config_map({"a": "1"}))

    result = update(live, {**live, "metadata": {"name": "one", "managedFields": cleared}}, now=LATE)

    assert result == a_config_map({"a": "1"})


def test_owners_may_be_rewritten_by_an_update() -> None:
    live = update(None, a_config_map({"a": "1"}), manager="old")
    entry = live["metadata"]["managedFields"][0]
    renamed = {**entry, "manager": "new", "operation": "Apply"}

    result = update(live, {**live, "metadata": {"name": "one", "managedFields": [renamed]}}, now=LATE)

    assert entries(result) == {"new/Apply": {"f:data": {".": {}, "f:a": {}}}}


def test_an_update_without_owners_keeps_those_of_the_live_object() -> None:
    live = apply(None, a_config_map({"a": "1"}))

    result = update(live, a_config_map({"a": "1", "b": "2"}), now=LATE)

    assert entries(result) == {"ours/Apply": {"f:data": {"f:a": {}}}, "theirs/Update": {"f:data": {"f:b": {}}}}


def test_an_object_without_owners_gets_one_for_the_past_at_its_first_apply() -> None:
    result = apply(a_config_map({"a": "1"}, uid="u"), a_config_map({"b": "2"}))

    assert entries(result) == {
        "ours/Apply": {"f:data": {"f:b": {}}},
        "before-first-apply/Update": {"f:data": {".": {}, "f:a": {}}},
    }


def test_managed_fields_cannot_be_applied() -> None:
    with pytest.raises(ssa.ApplyError, match=r"^metadata\.managedFields must be nil$") as caught:
        apply(None, a_config_map({}, managedFields=[]))

    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        pytest.param({"spec": {"zz": 1}}, ".spec.zz: field not declared in schema", id="undeclared field"),
        pytest.param(
            {"spec": {"list": [{"name": "a"}, {"name": "a"}]}},
            '.spec.list: duplicate entries for key [name="a",proto="TCP"]',
            id="item twice",
        ),
        pytest.param(
            {"spec": {"list": [1]}, "x": 1},
            "errors:\n  .spec.list: element 0: associative list with keys may not have non-map elements"
            "\n  .x: field not declared in schema",
            id="two problems",
        ),
    ],
)
def test_what_does_not_fit_the_type_is_refused(wanted: dict[str, object], problem: str) -> None:
    item = {"properties": {"name": {}, "proto": {"default": "TCP"}}}
    keyed = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name", "proto"], "items": item}
    topology = from_schema({"properties": {"spec": {"properties": {"list": keyed}}}})
    meta = {"name": "one", "namespace": "default"}

    with pytest.raises(ssa.ApplyError) as caught:
        apply(None, {"apiVersion": "g/v1", "kind": "Thing", "metadata": meta, **wanted}, topology=topology)

    assert str(caught.value) == f"failed to create typed patch object (default/one; g/v1, Kind=Thing): {problem}"
    assert caught.value.status == 500


def test_ports_of_a_service_merge_by_port_and_protocol() -> None:
    def a_service(*ports: dict[str, object]) -> dict[str, object]:
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "one"}, "spec": {"ports": list(ports)}}

    live = apply(None, a_service({"port": 80, "protocol": "TCP", "name": "web"}), topology=SERVICE)
    result = apply(live, a_service({"port": 80, "targetPort": 8080}), manager="theirs", topology=SERVICE)
    result = apply(result, a_service({"port": 53, "protocol": "UDP"}), manager="third", topology=SERVICE)

    assert result["spec"]["ports"] == [
        {"port": 80, "protocol": "TCP", "name": "web", "targetPort": 8080},
        {"port": 53, "protocol": "UDP"},
    ]
    assert entries(result)["theirs/Apply"] == {
        "f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}, "f:targetPort": {}}}}
    }


def test_more_than_ten_updaters_become_ancient_changes() -> None:
    live = update(None, a_config_map({"k0": "0"}), manager="m0", now="2026-01-01T00:00:00Z")
    for number in range(1, 12):
        data = {**live["data"], f"k{number}": "1"}
        live = update(live, {**live, "data": data}, manager=f"m{number}", now=f"2026-01-01T00:00:{number:02}Z")

    assert len(entries(live)) == 10
    assert entries(live)["ancient-changes/Update"] == {"f:data": {".": {}, "f:k0": {}, "f:k1": {}, "f:k2": {}}}


NAMES = st.sampled_from("abcdef")
DATA = st.dictionaries(NAMES, st.sampled_from("12"), max_size=5)


@given(first=DATA, second=DATA)
def test_applying_twice_is_applying_once(first: dict[str, str], second: dict[str, str]) -> None:
    live = apply(update(None, a_config_map(first)), a_config_map(second), force=True)

    assert apply(live, a_config_map(second), now=LATE) is live


@given(ours=DATA, theirs=DATA)
def test_managers_with_nothing_in_common_may_come_in_any_order(ours: dict[str, str], theirs: dict[str, str]) -> None:
    theirs = {f"their-{key}": value for key, value in theirs.items()}
    one = apply(apply(None, a_config_map(ours)), a_config_map(theirs), manager="theirs")
    other = apply(apply(None, a_config_map(theirs), manager="theirs"), a_config_map(ours))

    assert one.get("data", {}) == other.get("data", {}) == {**ours, **theirs}
    assert entries(one) == entries(other)


@given(versions=st.lists(DATA, min_size=1, max_size=5))
def test_a_single_applier_always_gets_exactly_what_it_wants(versions: list[dict[str, str]]) -> None:
    live = None
    for wanted in versions:
        live = apply(live, a_config_map(wanted))

    assert live is not None
    assert live.get("data", {}) == versions[-1]
