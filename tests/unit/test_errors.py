"""The tree of errors: where each stands, and what it says."""

import pytest

from esoctl import errors
from esoctl.errors import (
    AccessDenied,
    ClusterError,
    Conflict,
    DecodeError,
    EntryFailed,
    EsoctlError,
    OwnedByAnother,
    OwnershipError,
    ProviderError,
    SecretMissing,
    SpecError,
    StoreError,
    StoreNotFound,
    TemplateError,
    Throttled,
)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(SpecError("spec.data[0]", "is odd"), "spec.data[0]: is odd", id="a place"),
        pytest.param(SpecError("", "is odd"), "is odd", id="no place"),
        pytest.param(DecodeError("spec", "is odd"), "spec: is odd", id="a misfit"),
        pytest.param(TemplateError("key", "is odd", 1, 2), "is odd", id="a template"),
        pytest.param(
            EntryFailed("spec.data[0] (key: a)", AccessDenied("AWS", "Get", "denied")),
            "error processing spec.data[0] (key: a), err: denied",
            id="an entry",
        ),
        pytest.param(StoreNotFound("SecretStore/a", "not found"), "not found", id="a store"),
        pytest.param(Throttled("AWS", "Get", "slow down", after=3.0), "slow down", id="a provider"),
        pytest.param(OwnedByAnother("of b", by_external_secret=True), "of b", id="an owner"),
        pytest.param(Conflict(409, "Conflict", "newer"), "newer", id="the cluster"),
    ],
)
def test_an_error_is_written_for_users(error: EsoctlError, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize(
    ("family", "members"),
    [
        (SpecError, {"DecodeError", "TemplateError", "KeyInvalid", "KeyCollision"}),
        (
            StoreError,
            {"StoreNotFound", "StoreNotReady", "StoreBusy", "StoreFailing", "StoreForbidden", "StoreUnmanaged"},
        ),
        (ProviderError, {"AccessDenied", "Throttled", "Unavailable", "BadAnswer", "BadRequest", "SecretMissing"}),
        (OwnershipError, {"OwnedByAnother", "TargetImmutable", "PolicyForbids"}),
        (ClusterError, {"Conflict", "NotFound", "Gone", "Denied", "Invalid", "NotLeading", "Unreachable"}),
    ],
)
def test_every_error_of_this_module_stands_where_its_documentation_shows(
    family: type[EsoctlError], members: set[str]
) -> None:
    mine = {found.__name__ for found in family.__subclasses__() if found.__module__ == "esoctl.errors"}

    assert mine == members
    for name in {family.__name__, *members}:
        assert name in (errors.__doc__ or "")


def test_absence_is_never_the_parent_of_a_failure() -> None:
    assert SecretMissing.__subclasses__() == []


def test_what_a_cause_carries() -> None:
    throttled = Throttled("AWS", "Get", "slow down", after=3.0)

    assert (throttled.provider, throttled.call, throttled.after) == ("AWS", "Get", 3.0)
    assert EntryFailed("x", throttled).cause is throttled
    assert EntryFailed("x", throttled).absent == ()
    assert (Conflict(409, "C", "p", 2.0).status, Conflict(409, "C", "p", 2.0).after) == (409, 2.0)
