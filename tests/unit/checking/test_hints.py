from typing import Any

import pytest

from esoctl.checking import hints
from esoctl.crds.generate import all_crds


def schema(index: int) -> Any:
    definition: Any = all_crds()[index]
    return definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


@pytest.mark.parametrize(
    ("name", "path", "hint"),
    [
        pytest.param("refreshinterval", "spec", "write refreshInterval", id="case"),
        pytest.param("secretstoreRefs", "spec", "write secretStoreRef", id="spelling"),
        pytest.param("creationPolicy", "spec", "creationPolicy belongs under spec.target", id="one-too-high"),
        pytest.param("refreshInterval", "spec.target", "refreshInterval belongs under spec", id="one-too-low"),
        pytest.param("secretKey", "spec.data[3].remoteRef", "secretKey belongs under spec.data[]", id="in-a-list"),
        pytest.param(
            "property", "spec.data[0]", "property belongs under spec.data[].remoteRef", id="into-a-list-entry"
        ),
        pytest.param("secretStoreRef", "", "secretStoreRef belongs under spec", id="at-the-top"),
        pytest.param("xyzzy", "spec.data[0]", "known here: secretKey, remoteRef, sourceRef", id="nothing-like-it"),
    ],
)
def test_an_unknown_field_of_an_external_secret(name: str, path: str, hint: str) -> None:
    assert hints.of_unknown(name, "a text", path, schema(0)) == hint


@pytest.mark.parametrize("path", ["", "spec.provider", "spec.provider.aws.secretsManager"])
def test_auth_belongs_to_the_provider_wherever_it_stands(path: str) -> None:
    assert hints.of_unknown("auth", {}, path, schema(1)) == "auth belongs under spec.provider.aws"


def test_the_shape_of_the_value_decides_where_it_can_belong() -> None:
    assert hints.of_unknown("template", {}, "spec", schema(0)) == "template belongs under spec.target"
    assert hints.of_unknown("template", "text", "spec", schema(0)) == (
        "template belongs under spec.dataFrom[].rewrite[].transform"
    )


def test_a_field_that_belongs_in_many_places_is_not_sent_to_one_of_them() -> None:
    assert hints.of_unknown("namespace", "x", "spec.provider.aws.auth.secretRef", schema(1)) == (
        "known here: accessKeyIDSecretRef, secretAccessKeySecretRef, sessionTokenSecretRef"
    )


def test_a_field_that_belongs_in_two_places_is_sent_to_either() -> None:
    assert hints.of_unknown("name", "x", "spec", schema(0)) == "name belongs under spec.secretStoreRef or spec.target"


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        pytest.param("owner", ["Owner", "Orphan"], "Owner", id="case"),
        pytest.param("Ownr", ["Owner", "Orphan"], "Owner", id="spelling"),
        pytest.param("xyz", ["Owner", "Orphan"], "", id="none"),
        pytest.param("xyz", [], "", id="nothing-known"),
    ],
)
def test_the_nearest_name(name: str, known: list[str], found: str) -> None:
    assert hints.nearest(name, known) == found
