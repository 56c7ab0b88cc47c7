"""Stores: which one it is, how often it is checked, and specs that do not fit."""

import json

import msgspec
import pytest

from esoctl.model import store
from esoctl.model.keys import Kind, StoreRef
from esoctl.model.store import StoreSpec
from support.builders import a_store


def test_a_store_without_a_namespace_is_a_cluster_store() -> None:
    assert a_store().ref == StoreRef(Kind.SECRET_STORE, "team-a", "aws")
    assert a_store(namespace="").ref == StoreRef(Kind.CLUSTER_SECRET_STORE, "", "aws")


def test_the_body_of_the_provider_stays_raw() -> None:
    spec = a_store(provider={"aws": {"service": "SecretsManager", "later": 1}}).spec

    assert spec is not None
    assert json.loads(bytes(spec.provider["aws"])) == {"service": "SecretsManager", "later": 1}


@pytest.mark.parametrize(
    ("spec", "unfit"),
    [
        pytest.param({"controller": 1}, ("spec.controller", "must be str, got int"), id="another type"),
        pytest.param(
            {"conditions": [{"namespaceSelector": {"matchExpressions": [{"key": "a"}]}}]},
            ("spec.conditions[0].namespaceSelector.matchExpressions[0]", "is missing operator"),
            id="a missing field",
        ),
    ],
)
def test_a_spec_that_does_not_fit_says_where_and_what(spec: object, unfit: tuple[str, str]) -> None:
    body = {"metadata": {"name": "a"}, "spec": spec, "status": {"capabilities": "ReadOnly"}}

    found = store.decode(json.dumps(body).encode())

    assert (found.spec, found.unfit, found.status.capabilities) == (None, unfit, "ReadOnly")


def test_a_store_without_metadata_cannot_be_read_at_all() -> None:
    with pytest.raises(msgspec.ValidationError):
        store.decode(b'{"spec": {"controller": 1}}')


@pytest.mark.parametrize(
    ("wanted", "seconds"),
    [
        *((None, 300.0), (0, 300.0), ("0s", 300.0), (90, 90.0), ("1m30s", 90.0), ("1500ms", 1.5)),
        *(("1ns", 1.0), (10**400, store.LONGEST_SECONDS), ("2540400h", store.LONGEST_SECONDS)),
    ],
)
def test_how_often_a_store_is_checked(wanted: int | str | None, seconds: float) -> None:
    assert store.interval_seconds(StoreSpec(refresh_interval=wanted), 300.0) == seconds


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        (-1, "invalid refreshInterval -1: must not be negative"),
        ("-1s", "invalid refreshInterval -1s: must not be negative"),
        ("1d", 'invalid refreshInterval "1d": time: unknown unit "d" in duration "1d"'),
    ],
)
def test_an_interval_that_cannot_be_meant(wanted: int | str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        store.interval_seconds(StoreSpec(refresh_interval=wanted), 300.0)
