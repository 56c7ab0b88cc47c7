"""Requests are values: equal ones are one."""

from esoctl.model.remote import Find, MetadataPolicy, Quirks, RemoteKey


def test_equal_keys_are_one_and_every_part_counts() -> None:
    asked = {
        RemoteKey("a"),
        RemoteKey("a", "", MetadataPolicy.NONE),
        RemoteKey("a", "v"),
        RemoteKey("a", "", MetadataPolicy.FETCH),
        RemoteKey("b"),
    }

    assert len(asked) == 4


def test_searches_are_hashable_with_their_tags() -> None:
    assert len({Find(tags=(("a", "b"),)), Find(tags=(("a", "b"),)), Find("a"), Find(path="a")}) == 3


def test_a_provider_reads_as_aws_does_unless_it_says_otherwise() -> None:
    assert Quirks() == Quirks(missing_property_is_absence=False, literal_property_first=True, strict_properties=False)
