"""Passwords hold exactly what was asked for, and nothing makes one sort of them likelier than another."""

import base64
import random
import string
from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from esoctl.errors import GeneratorInvalid
from esoctl.generators import passwords
from esoctl.model.generators import SYMBOLS, Encoding, Password

SEEDS = st.integers(0, 2**32)


def the_password(seed: int = 1, **spec: Any) -> str:
    return passwords.make(Password(**spec), random.Random(seed).randbytes)["password"].decode()


def sorts(text: str) -> tuple[int, int, int]:
    """Letters, digits and symbols."""
    letters = sum(one in string.ascii_letters for one in text)
    digits = sum(one in string.digits for one in text)
    return letters, digits, len(text) - letters - digits


@given(SEEDS)
def test_without_any_setting_a_password_is_half_letters_a_quarter_digits_and_a_quarter_symbols(seed: int) -> None:
    text = the_password(seed)

    assert sorts(text) == (12, 6, 6)
    assert len(set(text)) == 24
    assert set(text) <= set(string.ascii_letters + string.digits + SYMBOLS)


@pytest.mark.parametrize(("length", "wanted"), [(1, (1, 0, 0)), (7, (5, 1, 1)), (0, (12, 6, 6)), (-3, (12, 6, 6))])
def test_a_quarter_is_rounded_down_and_no_length_means_the_default(length: int, wanted: tuple[int, int, int]) -> None:
    assert sorts(the_password(length=length)) == wanted


@settings(max_examples=200)
@given(SEEDS, st.integers(1, 60), st.integers(0, 12), st.integers(0, 12), st.booleans(), st.booleans())
def test_a_password_has_exactly_what_was_asked_for_or_is_refused(
    seed: int, length: int, digits: int, symbols: int, no_upper: bool, allow_repeat: bool
) -> None:
    asked: dict[str, Any] = {"length": length, "digits": digits, "symbols": symbols, "no_upper": no_upper}
    letters = length - digits - symbols
    possible = letters >= 0 and (allow_repeat or (letters <= (26 if no_upper else 52) and digits <= 10))
    assume(possible)

    text = the_password(seed, allow_repeat=allow_repeat, **asked)

    assert sorts(text) == (letters, digits, symbols)
    assert allow_repeat or len(set(text)) == length
    assert not no_upper or text == text.lower()


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"length": 8, "digits": 6, "symbols": 6}, "number of digits and symbols must be less than total length"),
        (
            {"length": 20, "digits": 11, "symbols": 0},
            "number of digits exceeds available digits and repeats are not allowed",
        ),
        (
            {"length": 20, "digits": 0, "symbols": 3, "symbol_characters": "-_"},
            "number of symbols exceeds available symbols and repeats are not allowed",
        ),
        (
            {"length": 20, "digits": 0, "symbols": 3, "symbol_characters": "----"},
            "number of symbols exceeds available symbols and repeats are not allowed",
        ),
        (
            {"length": 30, "digits": 0, "symbols": 0, "no_upper": True},
            "number of letters exceeds available letters and repeats are not allowed",
        ),
        ({"secret_keys": ["a", "b", "a"]}, "secretKeys must be non-empty and unique"),
        ({"secret_keys": ["a", ""]}, "secretKeys must be non-empty and unique"),
        ({"digits": -1}, "number of digits and symbols must not be negative"),
        ({"symbols": -1, "allow_repeat": True}, "number of digits and symbols must not be negative"),
        ({"length": 2**40, "allow_repeat": True}, "passwords must not have more than 65536 characters together"),
        (
            {"length": 40_000, "allow_repeat": True, "secret_keys": ["a", "b"]},
            "passwords must not have more than 65536 characters together",
        ),
    ],
)
def test_what_cannot_be_met_is_told_before_anything_is_drawn(spec: dict[str, Any], problem: str) -> None:
    def nothing(_: int) -> bytes:
        raise AssertionError("drew")

    with pytest.raises(GeneratorInvalid) as caught:
        passwords.make(Password(**spec), nothing)

    assert str(caught.value) == problem


@pytest.mark.parametrize(
    ("encoding", "decode"),
    [
        (Encoding.RAW, bytes),
        (Encoding.BASE64, base64.b64decode),
        (Encoding.BASE64_URL, base64.urlsafe_b64decode),
        (Encoding.BASE32, base64.b32decode),
        (Encoding.HEX, lambda text: bytes.fromhex(text.decode())),
    ],
)
def test_an_encoded_password_is_the_same_password(encoding: Encoding, decode: Any) -> None:
    made = passwords.make(Password(encoding=encoding), random.Random(7).randbytes)

    assert decode(made["password"]).decode() == the_password(7)


def test_every_key_has_a_password_of_its_own() -> None:
    made = passwords.make(Password(secret_keys=["first", "second"]), random.Random(7).randbytes)

    assert list(made) == ["first", "second"]
    assert made["first"] != made["second"]


def test_symbols_beyond_ascii_stay_whole() -> None:
    text = the_password(length=4, digits=0, symbols=2, symbol_characters="§€")

    assert {"§", "€"} < set(text)


def test_every_symbol_is_as_likely_as_the_others_at_every_place() -> None:
    draw = random.Random(11).randbytes
    spec = Password(length=3, digits=0, symbols=1, symbol_characters="+-/")
    found: Counter[tuple[str, int]] = Counter()
    for _ in range(3600):
        text = passwords.make(spec, draw)["password"].decode()
        found.update((one, place) for place, one in enumerate(text) if one in "+-/")

    assert len(found) == 9
    assert all(abs(times - 400) < 100 for times in found.values())
