"""Taking over what the reference wrote by Update: every field ends up in one Apply entry, and nothing is lost."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esoctl.model.meta import ManagedFields
from esoctl.plan import handover

ME = "externalsecrets.external-secrets.io/shop"
Tree = dict[str, Any]


def entry(operation: str, fields: Tree, manager: str = ME, subresource: str = "") -> ManagedFields:
    return ManagedFields(manager, operation, subresource, msgspec.Raw(json.dumps(fields).encode()))


def patched(entries: list[ManagedFields]) -> list[tuple[str, str, Tree]]:
    """The entries after the patch, as (manager, operation, fields)."""
    found = [(it.manager, it.operation, json.loads(bytes(it.fields_v1))) for it in entries]
    patch = handover.patch("7", entries, ME)
    assert patch is not None
    operations = json.loads(patch)
    assert operations[0] == {"op": "test", "path": "/metadata/resourceVersion", "value": "7"}
    for operation in operations[1:]:
        _, _, _, index, *field = operation["path"].split("/")
        place = int(index)
        if operation["op"] == "remove":
            del found[place]
            continue
        manager, kind, fields = found[place]
        found[place] = (
            (manager, operation["value"], fields) if field == ["operation"] else (manager, kind, operation["value"])
        )
    return found


def test_an_update_entry_alone_becomes_the_apply_entry() -> None:
    fields = {"f:data": {"f:a": {}}}

    assert patched([entry("Update", fields)]) == [(ME, "Apply", fields)]


def test_the_update_entry_is_merged_into_the_apply_entry_and_others_stay() -> None:
    kubectl = entry("Update", {"f:data": {"f:z": {}}}, "kubectl")
    status = entry("Update", {"f:status": {}}, subresource="status")
    entries = [
        entry("Update", {"f:data": {".": {}, "f:a": {}}}),
        kubectl,
        status,
        entry("Apply", {"f:data": {"f:b": {}}, "f:type": {}}),
    ]

    assert patched(entries) == [
        ("kubectl", "Update", {"f:data": {"f:z": {}}}),
        (ME, "Update", {"f:status": {}}),
        (ME, "Apply", {"f:data": {".": {}, "f:a": {}, "f:b": {}}, "f:type": {}}),
    ]


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([], id="no manager"),
        pytest.param([entry("Apply", {})], id="applied already"),
        pytest.param([entry("Update", {}, "kubectl")], id="another manager"),
        pytest.param([entry("Update", {}, subresource="status")], id="another subresource"),
    ],
)
def test_nothing_to_take_over(entries: list[ManagedFields]) -> None:
    assert handover.patch("7", entries, ME) is None


NAMES = st.sampled_from(["f:data", "f:metadata", "f:a", "f:b", "."])
TREES = st.recursive(st.just({}), lambda deeper: st.dictionaries(NAMES, deeper, max_size=3), max_leaves=8)
ENTRIES = st.lists(
    st.builds(entry, st.sampled_from(["Apply", "Update"]), TREES, st.sampled_from([ME, ME, "kubectl"])), max_size=4
)


@settings(deadline=None, max_examples=60)
@given(ENTRIES)
def test_no_field_is_lost_none_is_invented_and_one_entry_of_ours_is_left(entries: list[ManagedFields]) -> None:
    ours = [it for it in entries if it.manager == ME]
    if not any(it.operation == "Update" for it in ours):
        assert handover.patch("7", entries, ME) is None
        return

    after = patched(entries)

    (mine,) = [it for it in after if it[0] == ME]
    assert mine[1] == "Apply"
    wanted = {path for it in ours for path in _paths(json.loads(bytes(it.fields_v1)))}
    assert set(_paths(mine[2])) == wanted
    assert [it for it in after if it[0] != ME] == [
        (it.manager, it.operation, json.loads(bytes(it.fields_v1))) for it in entries if it.manager != ME
    ]


def _paths(tree: Tree, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    return [path for name, below in tree.items() for path in ((*above, name), *_paths(below, (*above, name)))]


def test_what_an_alias_wrote_by_update_becomes_ours() -> None:
    entries = [entry("Update", {"f:data": {"f:a": {}}}, "external-secrets"), entry("Update", {"f:x": {}}, "kubectl")]

    patch = handover.patch("7", entries, ME, (handover.UNNAMED,))

    assert patch is not None
    assert json.loads(patch)[1:] == [
        {"op": "replace", "path": "/metadata/managedFields/0/operation", "value": "Apply"},
        {"op": "replace", "path": "/metadata/managedFields/0/fieldsV1", "value": {"f:data": {"f:a": {}}}},
        {"op": "replace", "path": "/metadata/managedFields/0/manager", "value": ME},
    ]
    assert handover.patch("7", entries, ME) is None
