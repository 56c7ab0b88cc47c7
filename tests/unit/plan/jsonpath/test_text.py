import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.plan.jsonpath import text


@pytest.mark.parametrize(
    ("inner", "unescaped"),
    [
        pytest.param(b'a\\b\\f\\n\\r\\t\\"\\\\\\/', b'a\b\f\n\r\t"\\/', id="short"),
        pytest.param(b"\\u00e9\\ud83e\\udd8a", "é🦊".encode(), id="code-points"),
        pytest.param(b"\\ud83ex", "\ufffdx".encode(), id="half-a-pair"),
        pytest.param(b"\\ud83e\\u0041b", "\ufffdb".encode(), id="a-wrong-second-half-is-taken-too"),
        pytest.param(b"\\udd8a\\udd8a", "\ufffd".encode(), id="two-second-halves"),
        pytest.param(b"\\uZZZZ", b"\0", id="no-digits"),
        pytest.param(b"a\\qb", b"a", id="unknown-escape-ends"),
        pytest.param(b"a\\u12", b"a", id="short-escape-ends"),
        pytest.param(b"a\nb", b"a", id="control-character-ends"),
    ],
)
def test_escapes_are_read_leniently(inner: bytes, unescaped: bytes) -> None:
    assert text.unescape(inner) == unescaped


@given(st.text())
def test_what_is_quoted_reads_as_the_same(value: str) -> None:
    quoted = text.quote(value.encode())

    assert json.loads(quoted) == value
    assert text.unescape(quoted[1:-1]) == value.encode()


def test_invalid_bytes_are_quoted_as_the_replacement() -> None:
    assert text.quote(b"\xff<") == b'"\\ufffd\\u003c"'
    assert text.readable(b"\xe2\x82a") == "\ufffd\ufffda"
