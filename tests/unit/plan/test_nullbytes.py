import pytest

from esoctl.errors import SpecError
from esoctl.plan import nullbytes


def test_text_passes() -> None:
    nullbytes.check({"a": b"text", "b": b""})


def test_the_first_key_with_a_null_byte_is_named_and_its_value_is_not() -> None:
    with pytest.raises(SpecError) as raised:
        nullbytes.check({"z": b"\0", "b": b"hidden\0", "a": b"x"})

    assert str(raised.value) == (
        'fetched secret value for key "b" contains null bytes; use a text-safe format such as PEM/base64 '
        "or leave nullBytePolicy unset for intentional binary data"
    )
