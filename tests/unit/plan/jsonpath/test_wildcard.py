import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.plan.jsonpath import wildcard


@pytest.mark.parametrize(
    ("value", "pattern", "fits"),
    [
        ("abc", "*", True),
        ("", "*", True),
        ("abc", "a*c", True),
        ("abc", "a**c", True),
        ("ab", "a*b*b", False),
        ("abab", "a*b*b", True),
        ("abc", "?b?", True),
        ("ab", "???", False),
        ("é", "?", True),
        ("a*c", "a\\*c", True),
        ("abc", "a\\*c", False),
        ("abc", "abc\\", False),
        ("xab\\", "*b\\", True),
        ("xabc", "b*", False),
        ("abcd", "*b*x*d", False),
    ],
)
def test_a_pattern_fits_the_whole_value(value: str, pattern: str, fits: bool) -> None:
    assert wildcard.matches(value.encode(), pattern.encode()) is fits


@given(st.text("ab\n", max_size=12), st.text("ab*?", max_size=8))
def test_patterns_agree_with_regular_expressions(value: str, pattern: str) -> None:
    expression = pattern.replace("*", ".*").replace("?", ".")

    assert wildcard.matches(value.encode(), pattern.encode()) is bool(re.fullmatch(expression, value, re.DOTALL))
