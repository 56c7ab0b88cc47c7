import pytest

from esoctl.informers import versions


@pytest.mark.parametrize(
    ("one", "other", "older"),
    [
        ("9", "10", True),
        ("10", "9", False),
        ("10", "10", False),
        ("18446744073709551615", "18446744073709551616", True),
        ("a", "b", False),
        ("", "1", False),
        ("-1", "1", False),
    ],
)
def test_I_38_versions_are_compared_as_numbers_where_they_are_numbers(one: str, other: str, older: bool) -> None:
    assert versions.older(one, other) == older


@pytest.mark.parametrize(
    ("seen", "wanted", "reached"), [("10", "9", True), ("9", "10", False), ("x", "x", True), ("x", "y", False)]
)
def test_I_42_a_version_is_reached_when_it_or_a_later_one_was_seen(seen: str, wanted: str, reached: bool) -> None:
    assert versions.reached(seen, wanted) == reached
