import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.plan import floats

finite = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "decimal", "general", "json"),
    [
        pytest.param(0.0, "0", "0", "0", id="zero"),
        pytest.param(-0.0, "-0", "-0", "-0", id="negative-zero"),
        pytest.param(1.0, "1", "1", "1", id="one"),
        pytest.param(-1.5, "-1.5", "-1.5", "-1.5", id="fraction"),
        pytest.param(123456.0, "123456", "123456", "123456", id="six-digits"),
        pytest.param(1e6, "1000000", "1e+06", "1000000", id="million"),
        pytest.param(1234567.0, "1234567", "1.234567e+06", "1234567", id="seven-digits"),
        pytest.param(0.0001, "0.0001", "0.0001", "0.0001", id="small"),
        pytest.param(1.5e-05, "0.000015", "1.5e-05", "0.000015", id="smaller"),
        pytest.param(1e-07, "0.0000001", "1e-07", "1e-7", id="very-small"),
        pytest.param(1e-12, "0.000000000001", "1e-12", "1e-12", id="two-digit-exponent"),
        pytest.param(1e20, "100000000000000000000", "1e+20", "100000000000000000000", id="large"),
        pytest.param(1e21, "1000000000000000000000", "1e+21", "1e+21", id="json-exponent"),
    ],
)
def test_numbers_print_as_go_prints_them(value: float, decimal: str, general: str, json: str) -> None:
    assert (floats.decimal(value), floats.general(value), floats.json(value)) == (decimal, general, json)


@pytest.mark.parametrize(("value", "text"), [(float("nan"), "NaN"), (float("inf"), "+Inf"), (float("-inf"), "-Inf")])
def test_what_is_no_number_has_a_name(value: float, text: str) -> None:
    assert floats.decimal(value) == floats.general(value) == text


@given(finite)
def test_every_form_reads_back_as_the_same_number(value: float) -> None:
    assert float(floats.decimal(value)) == float(floats.general(value)) == float(floats.json(value)) == value
