"""How keys and references read in messages and logs."""

import pytest

from esoctl.model.keys import Key, Kind, StoreRef


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (Key(Kind.EXTERNAL_SECRET, "team-a", "shop"), "ExternalSecret/team-a/shop"),
        (Key(Kind.CLUSTER_SECRET_STORE, "", "wide"), "ClusterSecretStore/wide"),
    ],
)
def test_a_key_reads_as_kind_namespace_and_name(key: Key, text: str) -> None:
    assert str(key) == text


def test_a_store_reads_as_kind_and_quoted_name() -> None:
    assert str(StoreRef(Kind.SECRET_STORE, "team-a", "aws")) == 'SecretStore "aws"'


def test_a_store_has_the_key_of_its_object() -> None:
    assert StoreRef(Kind.SECRET_STORE, "team-a", "aws").key == Key(Kind.SECRET_STORE, "team-a", "aws")
