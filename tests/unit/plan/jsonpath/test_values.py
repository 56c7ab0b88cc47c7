import pytest

from esoctl.plan import jsonpath


@pytest.mark.parametrize(
    ("document", "path", "value"),
    [
        (b'{"n":1.0}', "n", b"1"),
        (b'{"n":-0}', "n", b"-0"),
        (b'{"n":1e3}', "n", b"1000"),
        (b'{"n":-}', "n", b"-"),
        (b'{"n":+1}', "n", b"1"),
        (b'{"n":01}', "n", b"01"),
        (b'{"n":1_000}', "n", b"1000"),
        (b'{"n":_1}', "n", b"1"),
        (b'{"n":1__0}', "n", b"0"),
        (b'{"n":0x1p4}', "n", b"16"),
        (b'{"n":-0x1p99999}', "n", b"-Inf"),
        (b'{"n":0x1F}', "n", b"0"),
        (b'{"n":Infinity}', "n", b"+Inf"),
        (b'{"n":-inf}', "n", b"-Inf"),
        (b'{"n":NaN}', "n", b"NaN"),
        (b'{"n":1e400}', "n", b"+Inf"),
        (b'{"n":1e}', "n", b"0"),
        (b'{"n":.5}', "n", b"5"),
        (b'{"n":0x_1.8p1}', "n", b"3"),
    ],
)
def test_numbers_print_as_in_the_reference(document: bytes, path: str, value: bytes | None) -> None:
    assert jsonpath.get(document, path) == value
