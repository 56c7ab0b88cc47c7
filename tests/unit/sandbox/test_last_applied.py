"""From client-side to server-side apply by kubectl; recorded from kube-apiserver 1.36.3."""

import json

import pytest

from esoctl.sandbox import apply as ssa
from esoctl.sandbox.last_applied import ANNOTATION, refreshed
from esoctl.sandbox.topology import BUILTIN

CONFIG_MAP = BUILTIN["v1", "ConfigMap"]
NOW = "2026-01-01T00:00:00Z"


def a_config_map(data: dict[str, str], **annotations: str) -> dict[str, object]:
    metadata: dict[str, object] = {"name": "one"}
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def applied_by_the_client(data: dict[str, str]) -> dict[str, object]:
    new = a_config_map(data, **{ANNOTATION: json.dumps(a_config_map(data))})
    return track(None, new, "kubectl-client-side-apply")


def track(live: dict[str, object] | None, new: dict[str, object], manager: str) -> dict[str, object]:
    return ssa.track_update(live, new, manager=manager, subresource="", topology=CONFIG_MAP, api_version="v1", now=NOW)


def apply(live: dict[str, object], wanted: dict[str, object], manager: str = "kubectl") -> dict[str, object]:
    return ssa.apply(
        live, wanted, manager=manager, force=False, topology=CONFIG_MAP, subresource="", api_version="v1", now=NOW
    )


def test_what_kubectl_applied_before_is_no_conflict_for_it() -> None:
    live = applied_by_the_client({"a": "1", "b": "1"})

    result = apply(live, a_config_map({"a": "2"}))

    assert result["data"] == {"a": "2", "b": "1"}


def test_it_is_a_conflict_for_others() -> None:
    live = applied_by_the_client({"a": "1"})

    with pytest.raises(ssa.ApplyConflict, match=r"\.data\.a"):
        apply(live, a_config_map({"a": "2"}), manager="other")


def test_what_was_changed_since_is_a_conflict_for_kubectl_too() -> None:
    live = applied_by_the_client({"a": "1", "b": "1"})
    live = track(live, {**live, "data": {"a": "9", "b": "1"}}, "editor")

    with pytest.raises(ssa.ApplyConflict) as caught:
        apply(live, a_config_map({"a": "2", "b": "2"}))

    assert str(caught.value) == 'Apply failed with 1 conflict: conflict with "editor" using v1: .data.a'


def test_the_annotation_follows() -> None:
    live = applied_by_the_client({"a": "1"})

    result = apply(live, a_config_map({"a": "2"}, note="é<"))

    written = result["metadata"]["annotations"][ANNOTATION]
    assert written == (
        '{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap",'
        '"metadata":{"annotations":{"note":"é\\u003c"},"name":"one"}}\n'
    )


def test_an_object_without_the_annotation_gets_none() -> None:
    obj = a_config_map({"a": "1"})

    assert refreshed(obj, obj) is obj


def test_an_annotation_that_grows_too_large_goes() -> None:
    live = a_config_map({}, **{ANNOTATION: "{}", "note": "kept"})

    result = refreshed(live, a_config_map({"a": "x" * 300_000}))

    assert result["metadata"]["annotations"] == {"note": "kept"}
