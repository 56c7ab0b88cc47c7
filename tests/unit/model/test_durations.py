import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.model import durations

SECOND = 1_000_000_000
HOUR = 3600 * SECOND


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        pytest.param("1h", HOUR, id="hour"),
        pytest.param("0", 0, id="zero-without-unit"),
        pytest.param("-0", 0, id="signed-zero"),
        pytest.param("+1.5h", 5400 * SECOND, id="sign-and-fraction"),
        pytest.param("-1h5m", -3900 * SECOND, id="sign-counts-for-all-terms"),
        pytest.param("3s2h", 2 * HOUR + 3 * SECOND, id="any-order"),
        pytest.param(".5m", 30 * SECOND, id="no-whole-part"),
        pytest.param("1.s", SECOND, id="no-digits-after-the-point"),
        pytest.param("1µs1μs", 2000, id="both-micro-signs"),
        pytest.param("1.99999999999999999999s", 2 * SECOND, id="more-digits-than-64-bits"),
        pytest.param("0.0000000001s", 0, id="below-a-nanosecond"),
        pytest.param("0" * 5000 + "1s", SECOND, id="thousands-of-zeros"),
        pytest.param("-9223372036854775808ns", -(1 << 63), id="smallest"),
        pytest.param("9223372036854775807ns", (1 << 63) - 1, id="largest"),
    ],
)
def test_go_durations_are_read(text: str, nanoseconds: int) -> None:
    assert durations.parse(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", 'time: invalid duration ""', id="empty"),
        pytest.param("-", 'time: invalid duration "-"', id="sign-only"),
        pytest.param("--1h", 'time: invalid duration "--1h"', id="two-signs"),
        pytest.param(".", 'time: invalid duration "."', id="point-only"),
        pytest.param("h", 'time: invalid duration "h"', id="unit-only"),
        pytest.param("1.2.3s", 'time: missing unit in duration "1.2.3s"', id="two-points"),
        pytest.param("12", 'time: missing unit in duration "12"', id="no-unit"),
        pytest.param("1d", 'time: unknown unit "d" in duration "1d"', id="days"),
        pytest.param("1h\n", r'time: unknown unit "h\x0a" in duration "1h\x0a"', id="control-character"),
        pytest.param('1é"\\', r'time: unknown unit "\xc3\xa9\"\\" in duration "1\xc3\xa9\"\\"', id="quoting"),
        pytest.param("9223372036854775808ns", 'time: invalid duration "9223372036854775808ns"', id="one-too-large"),
        pytest.param("99999999999999999999s", 'time: invalid duration "99999999999999999999s"', id="above-64-bits"),
        pytest.param("9" * 5000 + "s", f'time: invalid duration "{"9" * 5000}s"', id="thousands-of-digits"),
        pytest.param("2562048h", 'time: invalid duration "2562048h"', id="hours-overflow"),
        pytest.param("2562047h2562047h", 'time: invalid duration "2562047h2562047h"', id="sum-overflows"),
    ],
)
def test_errors_have_the_text_of_go(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="time: ") as raised:
        durations.parse(text)

    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        pytest.param(0, "0s", id="zero"),
        pytest.param(1, "1ns", id="nanosecond"),
        pytest.param(1001, "1.001µs", id="microseconds"),
        pytest.param(1_500_000, "1.5ms", id="milliseconds"),
        pytest.param(-1_500_000_000, "-1.5s", id="negative"),
        pytest.param(60 * SECOND, "1m0s", id="minute"),
        pytest.param(HOUR + 1, "1h0m0.000000001s", id="hour-and-nanosecond"),
        pytest.param(-(1 << 63), "-2562047h47m16.854775808s", id="smallest"),
    ],
)
def test_durations_print_as_go_prints_them(nanoseconds: int, text: str) -> None:
    assert durations.format(nanoseconds) == text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param(None, 'time: invalid duration ""', id="null"),
        pytest.param(True, "json: cannot unmarshal bool into Go value of type string", id="bool"),
        pytest.param(5, "json: cannot unmarshal number into Go value of type string", id="integer"),
        pytest.param(1.5, "json: cannot unmarshal number into Go value of type string", id="float"),
        pytest.param([], "json: cannot unmarshal array into Go value of type string", id="array"),
        pytest.param({}, "json: cannot unmarshal object into Go value of type string", id="object"),
    ],
)
def test_json_other_than_a_string_is_refused(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=r"json|time") as raised:
        durations.from_json(value)

    assert str(raised.value) == message


def test_a_json_string_is_parsed() -> None:
    assert durations.from_json("90s") == 90 * SECOND


@given(st.integers(min_value=-(1 << 63), max_value=(1 << 63) - 1))
def test_what_is_printed_reads_back_as_the_same(nanoseconds: int) -> None:
    assert durations.parse(durations.format(nanoseconds)) == nanoseconds


def test_a_number_beyond_64_bits_is_no_duration() -> None:
    with pytest.raises(ValueError, match='time: invalid duration "9999999999999999999ns"'):
        durations.parse("9999999999999999999ns")
