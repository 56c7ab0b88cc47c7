import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.plan import decoding


@pytest.mark.parametrize(
    ("strategy", "value", "decoded"),
    [
        pytest.param("None", b"YQ==", b"YQ==", id="none"),
        pytest.param("", b"YQ==", b"YQ==", id="unset"),
        pytest.param("Base64", b"aGVs\r\nbG8=\n", b"hello", id="line-ends-are-skipped"),
        pytest.param("Base64", b"YR==", b"a", id="left-over-bits-are-ignored"),
        pytest.param("Base64", b"YQ=\n=\n", b"a", id="line-ends-inside-the-padding"),
        pytest.param("Base64", b"YWI=\n", b"ab", id="line-end-after-the-padding"),
        pytest.param("Base64URL", b"_-8=", b"\xff\xef", id="url"),
        pytest.param("Auto", b"+/+/", b"\xfb\xff\xbf", id="auto-standard"),
        pytest.param("Auto", b"-_-_", b"\xfb\xff\xbf", id="auto-url"),
        pytest.param("Auto", b"plain text", b"plain text", id="auto-neither"),
    ],
)
def test_values_are_decoded_by_strategy(strategy: str, value: bytes, decoded: bytes) -> None:
    assert decoding.decode(strategy, value) == decoded


@pytest.mark.parametrize(
    ("value", "position"),
    [
        pytest.param(b"YQ", 0, id="no-padding"),
        pytest.param(b"abcde", 4, id="one-left"),
        pytest.param(b"ab\nc", 1, id="line-ends-shift-the-count"),
        pytest.param(b"=", 0, id="padding-only"),
        pytest.param(b"A===", 1, id="padding-after-one"),
        pytest.param(b"YW=j", 2, id="one-padding-of-two"),
        pytest.param(b"YQ=", 3, id="padding-ends-early"),
        pytest.param(b"aGVsbG8==", 8, id="too-much-padding"),
        pytest.param(b"YWI=x", 4, id="garbage-behind"),
        pytest.param(b"a b=", 1, id="space"),
    ],
)
def test_errors_tell_the_position_as_go_does(value: bytes, position: int) -> None:
    with pytest.raises(ValueError, match=f"^illegal base64 data at input byte {position}$"):
        decoding.decode("Base64", value)


def test_an_unknown_strategy_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^decoding strategy base64 is not supported$"):
        decoding.decode("base64", b"")


def test_a_map_names_the_first_key_that_fails() -> None:
    with pytest.raises(ValueError, match=re.escape("failure decoding key b: illegal base64 data at input byte 0")):
        decoding.decode_map("Base64", {"c": b"!", "b": b"!", "a": b"YQ=="})


def test_a_map_is_decoded_value_by_value() -> None:
    assert decoding.decode_map("Base64", {"a": b"YQ==", "b": b""}) == {"a": b"a", "b": b""}


@given(st.binary())
def test_what_is_encoded_decodes_again(value: bytes) -> None:
    assert decoding.decode("Base64", base64.b64encode(value)) == value
    assert decoding.decode("Base64URL", base64.urlsafe_b64encode(value)) == value
