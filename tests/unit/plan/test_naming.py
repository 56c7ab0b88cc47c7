import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.errors import KeyCollision, KeyInvalid
from esoctl.plan import naming


@pytest.mark.parametrize(
    ("strategy", "key", "converted"),
    [
        pytest.param("Default", "a/b c", "a_b_c", id="default"),
        pytest.param("", "a/b", "a_b", id="unset-means-default"),
        pytest.param("Default", "é½漢.-_9", "é½漢.-_9", id="unicode-letters-and-numbers-stay"),
        pytest.param("Default", "a\u0301", "a_", id="combining-marks-go"),
        pytest.param("Unicode", "a/🦊", "a_U002f__U1f98a_", id="unicode"),
        pytest.param("None", "a/b", "a/b", id="none"),
        pytest.param("bogus", "a/b", "a/b", id="unknown"),
    ],
)
def test_keys_are_converted_by_strategy(strategy: str, key: str, converted: str) -> None:
    assert naming.convert(strategy, {key: b"v"}) == {converted: b"v"}


@pytest.mark.parametrize(
    ("key", "reversed_"),
    [
        pytest.param("a_U002f_b", "a/b", id="character"),
        pytest.param("_U1F98A_", "🦊", id="five-digits"),
        pytest.param("_U002f_U002f_", "/U002f_", id="no-overlap"),
        pytest.param("_U02f_", "_U02f_", id="too-few-digits"),
        pytest.param("_Ud83e_", "\ufffd", id="surrogate"),
    ],
)
def test_escaped_characters_come_back(key: str, reversed_: str) -> None:
    assert naming.reverse("ReverseUnicode", {key: b"v"}) == {reversed_: b"v"}


def test_other_strategies_do_not_reverse() -> None:
    assert naming.reverse("None", {"_U002f_": b"v"}) == {"_U002f_": b"v"}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(lambda: naming.convert("Default", {"a b": b"1", "a/b": b"2"}), "a_b", id="convert"),
        pytest.param(lambda: naming.reverse("ReverseUnicode", {"_U0061_": b"1", "a": b"2"}), "a", id="reverse"),
    ],
)
def test_keys_that_become_one_are_an_error(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(KeyCollision, match=f"^secret name collision during conversion: {message}$"):
        call()


def test_valid_keys_pass_and_the_empty_key_is_dropped() -> None:
    assert naming.validate({"": b"gone", "a.B-c_9é": b"kept"}) == {"a.B-c_9é": b"kept"}


@pytest.mark.parametrize(
    ("key", "message"),
    [
        pytest.param(
            "a b", "key has invalid character  , only alphanumeric, '-', '.' and '_' are allowed: a b", id="space"
        ),
        pytest.param("x" * 254, f"key has length 254 but max is 253: (following is truncated): {'x' * 253}", id="long"),
        pytest.param(
            "é" * 127,
            f"key has length 254 but max is 253: (following is truncated): {'é' * 126}\ufffd",
            id="cut-inside",
        ),
    ],
)
def test_bad_keys_are_named(key: str, message: str) -> None:
    with pytest.raises(KeyInvalid, match=re.escape(message)):
        naming.validate({"ok": b"", key: b""})


def test_a_key_of_full_length_with_letters_beyond_ascii_is_valid() -> None:
    assert naming.validate({"é" + "x" * 251: b""}) == {"é" + "x" * 251: b""}


@given(st.text(alphabet=st.characters(max_codepoint=0xFFFFF, exclude_categories=["Cs"], exclude_characters="_")))
def test_unicode_conversion_is_reversible(key: str) -> None:
    converted = naming.convert("Unicode", {key: b"v"})

    assert naming.reverse("ReverseUnicode", converted) == {key: b"v"}


@given(st.text(min_size=1, max_size=20, alphabet=st.characters(exclude_categories=["Cs"])))
def test_default_conversion_is_valid_and_settles(key: str) -> None:
    converted = naming.convert("Default", {key: b"v"})

    assert naming.validate(converted) == converted == naming.convert("Default", converted)


@pytest.mark.parametrize("key", ["a", "A-b_c.9", ".hidden", "a" * 253, "-", "..."[:1] + "a"])
def test_sec_06_a_key_that_a_secret_can_have_is_let_pass(key: str) -> None:
    naming.require_legal([key])


@pytest.mark.parametrize("key", ["", ".", "..", "..a", "a/b", "sp ace", "é", "a" * 254, "a\n", "a:b", "../../etc"])
def test_sec_06_a_key_that_no_secret_can_have_is_refused_by_name(key: str) -> None:
    with pytest.raises(KeyInvalid, match="a Secret cannot have the key") as refused:
        naming.require_legal(["fine", key])

    assert repr(key[:253]) in str(refused.value)
