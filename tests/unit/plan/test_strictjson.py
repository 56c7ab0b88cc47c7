import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.plan import strictjson

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
trees = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


@pytest.mark.parametrize(
    ("document", "members"),
    [
        pytest.param(b"{}", {}, id="empty"),
        pytest.param(b" null\n", {}, id="null"),
        pytest.param(
            b'{"a":1.0,"b" : [ 1 , 2 ] , "c":{"d":{}}}', {"a": b"1.0", "b": b"[ 1 , 2 ]", "c": b'{"d":{}}'}, id="raw"
        ),
        pytest.param(b'{"a":1,"\\u0061":2}', {"a": b"2"}, id="last-of-duplicates"),
        pytest.param(b'{"a":-0.5e+10,"b":0,"c":1E5}', {"a": b"-0.5e+10", "b": b"0", "c": b"1E5"}, id="numbers"),
        pytest.param(b'{"a":[[],{"b":[]}],"c":true}', {"a": b'[[],{"b":[]}]', "c": b"true"}, id="nesting"),
    ],
)
def test_members_keep_their_source_text(document: bytes, members: dict[str, bytes]) -> None:
    assert strictjson.members(document) == members


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param(b"", "unexpected end of JSON input", id="empty"),
        pytest.param(b"[1]", "json: cannot unmarshal array into Go value of type T", id="array"),
        pytest.param(b' "s"', "json: cannot unmarshal string into Go value of type T", id="string"),
        pytest.param(b"true", "json: cannot unmarshal bool into Go value of type T", id="bool"),
        pytest.param(b"-5", "json: cannot unmarshal number into Go value of type T", id="number"),
        pytest.param(b"{} x", "invalid character 'x' after top-level value", id="trailing"),
        pytest.param(b"{x", "invalid character 'x' looking for beginning of object key string", id="key"),
        pytest.param(b'{"a', "unexpected end of JSON input", id="open-key"),
        pytest.param(b'{"a\n', "invalid character '\\n' in string literal", id="bad-key"),
        pytest.param(b'{"a",', "invalid character ',' after object key", id="colon"),
        pytest.param(b'{"a":1 2', "invalid character '2' after object key:value pair", id="object-comma"),
        pytest.param(b"[1 2", "invalid character '2' after array element", id="array-comma"),
        pytest.param(b"[1,", "unexpected end of JSON input", id="open-array"),
        pytest.param(b"[1,]", "invalid character ']' looking for beginning of value", id="trailing-comma"),
        pytest.param(
            b'{"a":1,}', "invalid character '}' looking for beginning of object key string", id="object-trailing"
        ),
        pytest.param(b"-", "invalid character ' ' in numeric literal", id="minus"),
        pytest.param(b"-x", "invalid character 'x' in numeric literal", id="minus-letter"),
        pytest.param(b"1.", "invalid character ' ' after decimal point in numeric literal", id="point"),
        pytest.param(b"12.5e", "invalid character ' ' in exponent of numeric literal", id="exponent"),
        pytest.param(b"12e+x", "invalid character 'x' in exponent of numeric literal", id="exponent-sign"),
        pytest.param(b"01", "invalid character '1' after top-level value", id="leading-zero"),
        pytest.param(b"tru", "invalid character ' ' in literal true (expecting 'e')", id="true"),
        pytest.param(b"fallse", "invalid character 'l' in literal false (expecting 's')", id="false"),
        pytest.param(b'"\\x"', "invalid character 'x' in string escape code", id="escape"),
        pytest.param(b'"\\', "invalid character ' ' in string escape code", id="open-escape"),
        pytest.param(b'"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape", id="hex"),
        pytest.param(b'"\\n\\u00e9', "unexpected end of JSON input", id="open-string"),
        pytest.param(b"'", "invalid character '\\'' looking for beginning of value", id="quote"),
        pytest.param(b"\\", "invalid character '\\\\' looking for beginning of value", id="backslash"),
        pytest.param(b"\x00", "invalid character '\\x00' looking for beginning of value", id="control"),
        pytest.param(b"\xc3", "invalid character 'Ã' looking for beginning of value", id="latin"),
        pytest.param(b"\x85", "invalid character '\\u0085' looking for beginning of value", id="unprintable"),
    ],
)
def test_errors_have_the_text_of_go(document: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=r"JSON|json|invalid character") as raised:
        strictjson.members(document, "T")

    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        pytest.param(b'"a\\n\\u00e9\\/"', "a\né/", id="escapes"),
        pytest.param(b'"\\ud83e\\udd8a"', "🦊", id="pair"),
        pytest.param(b'"\\ud83ex\\udd8a"', "\ufffdx\ufffd", id="lone-surrogates"),
        pytest.param(b'"\xe2\x82\xff"', "\ufffd\ufffd\ufffd", id="one-for-each-invalid-byte"),
        pytest.param(b'"\xed\xa0\x80\\t"', "\ufffd\ufffd\ufffd\t", id="encoded-surrogate"),
    ],
)
def test_strings_become_text(literal: bytes, text: str) -> None:
    assert strictjson.text(literal) == text


def test_nesting_is_bounded_and_does_not_recurse() -> None:
    depth = strictjson.MAX_DEPTH
    assert depth > sys.getrecursionlimit()

    assert len(list(strictjson.tokens(b"[" * depth + b"]" * depth))) == 2 * depth
    with pytest.raises(ValueError, match=r"^invalid character '\[' exceeded max depth$"):
        list(strictjson.tokens(b"[" * (depth + 1)))


@given(st.dictionaries(st.text(), trees), st.sampled_from([None, 1]), st.booleans())
def test_members_are_those_of_the_json_module(tree: dict[str, object], indent: int | None, ascii_only: bool) -> None:
    document = json.dumps(tree, indent=indent, ensure_ascii=ascii_only).encode()

    members = strictjson.members(document)

    assert list(members) == list(tree)
    assert [json.loads(raw) for raw in members.values()] == list(tree.values())
