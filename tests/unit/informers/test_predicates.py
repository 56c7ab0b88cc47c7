from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from esoctl.informers import predicates
from esoctl.informers.store import Broken
from esoctl.model.conditions import Condition
from esoctl.model.external_secret import ExternalSecret
from esoctl.model.meta import Bare, Meta, OwnerRef
from esoctl.model.store import Store, StoreStatus

META = Meta(name="a", namespace="shop", uid="u", resource_version="1", generation=1)

WRITTEN = {"resource_version": "2"}
EDITS: dict[str, dict[str, Any]] = {
    "generation": {"generation": 2},
    "labels": {"labels": {"a": "b"}},
    "annotations": {"annotations": {"a": "b"}},
    "deletion": {"deletion_timestamp": "2026-01-01T00:00:00Z"},
    "uid": {"uid": "another"},
}


def changed(**fields: Any) -> Meta:
    return replace(META, **(WRITTEN | fields))


@pytest.mark.parametrize("fields", [pytest.param(fields, id=name) for name, fields in EDITS.items()])
def test_an_edit_matters_to_external_secrets_and_stores(fields: dict[str, Any]) -> None:
    assert predicates.external_secret(ExternalSecret(META), ExternalSecret(changed(**fields)))
    assert predicates.store(Store(META), Store(changed(**fields)))


def test_finalizers_matter_to_external_secrets_alone() -> None:
    fields = {"finalizers": ["x"]}

    assert predicates.external_secret(ExternalSecret(META), ExternalSecret(changed(**fields)))
    assert not predicates.store(Store(META), Store(changed(**fields)))


def test_REL_07_a_status_that_was_written_does_not_matter() -> None:
    ready = StoreStatus([Condition("Ready", "True", "Valid", "one")])
    still = StoreStatus([Condition("Ready", "True", "Valid", "two")])

    assert not predicates.external_secret(ExternalSecret(META), ExternalSecret(changed()))
    assert not predicates.store(Store(META, status=ready), Store(changed(), status=still))


@pytest.mark.parametrize(("before", "after"), [(None, "True"), ("True", "False"), ("False", "True"), ("True", None)])
def test_a_store_that_becomes_ready_or_ceases_to_be_matters(before: str | None, after: str | None) -> None:
    old, new = (StoreStatus([Condition("Ready", status)] if status else []) for status in (before, after))

    assert predicates.store(Store(META, status=old), Store(changed(), status=new))


@pytest.mark.parametrize(
    ("predicate", "thing"),
    [
        (predicates.external_secret, ExternalSecret(META)),
        (predicates.store, Store(META)),
        (predicates.secret, Bare(META)),
        (predicates.labels, Bare(META)),
    ],
)
def test_coming_going_and_breaking_matter(predicate: Callable[[Any, Any], bool], thing: Any) -> None:
    broken = Broken(META, "bad")

    assert predicate(None, thing)
    assert predicate(thing, None)
    assert predicate(thing, broken)
    assert predicate(broken, thing)
    assert not predicate(thing, thing)


def test_a_broken_object_matters_again_when_it_was_edited_and_not_when_its_status_was_written() -> None:
    old = Broken(META, "bad")

    assert not predicates.external_secret(old, Broken(changed(), "bad"))
    assert predicates.external_secret(old, Broken(changed(generation=2), "bad"))
    assert predicates.external_secret(old, Broken(changed(), "worse"))


def test_any_version_of_a_secret_matters() -> None:
    assert predicates.secret(Bare(META), Bare(changed()))
    assert not predicates.secret(Bare(META), Bare(META))


def test_only_labels_of_a_namespace_matter() -> None:
    assert predicates.labels(Bare(META), Bare(changed(labels={"team": "a"})))
    assert not predicates.labels(Bare(META), Bare(changed(annotations={"a": "b"})))


@pytest.mark.parametrize(
    ("fields", "matters"),
    [
        pytest.param({}, False, id="status of a kind with a generation"),
        pytest.param({"generation": 2}, True, id="spec"),
        pytest.param({"labels": {"a": "b"}}, True, id="labels"),
        pytest.param({"owner_references": [OwnerRef(uid="x")]}, True, id="owners"),
        pytest.param({"generation": 0}, True, id="anything of a kind without one"),
    ],
)
def test_what_matters_of_a_target_of_another_kind(fields: dict[str, Any], matters: bool) -> None:
    assert predicates.generic(Bare(META), Bare(changed(**fields))) is matters
