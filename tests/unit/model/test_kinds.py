"""The table of kinds is whole and true."""

import pytest

from esoctl.model.keys import Kind
from esoctl.model.kinds import API_VERSION, RESOURCES


def test_every_kind_is_served_somewhere_and_once() -> None:
    assert set(RESOURCES) == set(Kind)
    assert len({(found.group, found.plural) for found in RESOURCES.values()}) == len(Kind)


@pytest.mark.parametrize(
    ("kind", "api_version"),
    [(Kind.SECRET, "v1"), (Kind.EXTERNAL_SECRET, API_VERSION), (Kind.CLUSTER_SECRET_STORE, API_VERSION)],
)
def test_the_core_group_has_no_name(kind: Kind, api_version: str) -> None:
    assert RESOURCES[kind].api_version == api_version


def test_only_what_is_meant_for_all_namespaces_is_of_the_cluster() -> None:
    wide = {kind for kind, found in RESOURCES.items() if not found.namespaced}

    assert wide == {Kind.NAMESPACE, Kind.CLUSTER_SECRET_STORE, Kind.CLUSTER_GENERATOR}
