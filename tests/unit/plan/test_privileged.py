"""Secrets that would grant rights are refused, by type."""

import pytest

from esoctl.errors import SpecError
from esoctl.plan import privileged
from esoctl.plan.privileged import BOOTSTRAP_TOKEN, SERVICE_ACCOUNT_NAME, SERVICE_ACCOUNT_TOKEN


@pytest.mark.parametrize(
    ("type_", "annotations", "problem"),
    [
        pytest.param(SERVICE_ACCOUNT_TOKEN, {SERVICE_ACCOUNT_NAME: "admin"}, "use a TokenRequest", id="a token"),
        pytest.param(SERVICE_ACCOUNT_TOKEN, {}, "choose another type", id="the type alone"),
        pytest.param(BOOTSTRAP_TOKEN, {}, "choose another type", id="a bootstrap token"),
    ],
)
def test_SEC_a_secret_that_grants_rights_is_refused(type_: str, annotations: dict[str, str], problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        privileged.refuse(type_, annotations)


@pytest.mark.parametrize("type_", ["", "Opaque", "kubernetes.io/tls", "kubernetes.io/dockerconfigjson", "own/type"])
def test_other_types_are_free_to_use_even_with_the_annotation(type_: str) -> None:
    privileged.refuse(type_, {SERVICE_ACCOUNT_NAME: "admin"})
