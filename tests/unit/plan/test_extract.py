import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.model.remote import Quirks
from esoctl.plan import extract

plain = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


def test_strings_lose_their_quotes_null_is_empty_and_the_rest_is_verbatim() -> None:
    document = b'{"s":"a\\nb","z":null,"f":1.0,"big":12345678901234567890,"l":[ 1, 2 ],"t":true}'

    values = extract.as_map(document)

    assert values == {
        "s": b"a\nb",
        "z": b"",
        "f": b"1.0",
        "big": b"12345678901234567890",
        "l": b"[ 1, 2 ]",
        "t": b"true",
    }


def test_invalid_utf8_in_strings_is_replaced_and_elsewhere_kept() -> None:
    assert extract.as_map(b'{"a":"\xff","b":["\xff"]}') == {"a": "\ufffd".encode(), "b": b'["\xff"]'}


def test_what_is_no_object_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^json: cannot unmarshal array into Go value of type map"):
        extract.as_map(b"[1]")


def test_an_error_quotes_no_more_than_one_character() -> None:
    with pytest.raises(ValueError, match=r"^invalid character 'h' looking for beginning of value$"):
        extract.as_map(b"hunter2")


@given(st.dictionaries(plain, plain | st.integers() | st.booleans() | st.none()))
def test_plain_objects_agree_with_the_json_module(tree: dict[str, object]) -> None:
    values = extract.as_map(json.dumps(tree).encode())

    assert set(values) == set(tree)
    for key, member in tree.items():
        want = member if isinstance(member, str) else "" if member is None else json.dumps(member)
        assert values[key] == want.encode()


@pytest.mark.parametrize(
    ("quirks", "document", "value"),
    [
        pytest.param(Quirks(), b'{"a.b":"key","a":{"b":"path"}}', b"key", id="key-first"),
        pytest.param(Quirks(literal_property_first=False), b'{"a.b":"key","a":{"b":"path"}}', b"path", id="path-only"),
        pytest.param(Quirks(), b'{"a.b":"key"', b"key", id="lenient"),
        pytest.param(Quirks(strict_properties=True), b'{"a.b":"key"', None, id="strict"),
        pytest.param(Quirks(strict_properties=True), b'{"a.b":null}', b"", id="null-exists"),
    ],
)
def test_properties_are_read_as_the_provider_reads_them(quirks: Quirks, document: bytes, value: bytes | None) -> None:
    assert extract.property(document, "a.b", quirks) == value
