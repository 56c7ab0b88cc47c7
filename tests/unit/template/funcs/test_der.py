import pytest

from esoctl.template.funcs import der
from esoctl.template.funcs.der import DerError, Reader


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65_536])
def test_an_element_of_any_length_is_read_as_it_was_written(size: int) -> None:
    reader = Reader(der.octets(b"x" * size) + der.null())

    assert reader.take(der.OCTET_STRING) == b"x" * size
    assert reader.rest == der.null()
    assert reader.optional(der.INTEGER) is None
    assert reader.optional(der.NULL) == b""
    assert reader.peek() == -1


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param("", "truncated", id="nothing"),
        pytest.param("04", "truncated", id="no length"),
        pytest.param("1f8101", "truncated", id="a tag of several octets"),
        pytest.param("040261", "truncated", id="less than the length says"),
        pytest.param("0480", "bad length", id="a length without end"),
        pytest.param("048161", "bad length", id="a long form for a short length"),
        pytest.param("04820080", "bad length", id="a leading zero"),
        pytest.param("0485010000000061", "bad length", id="a length of five octets"),
        pytest.param("0482ff", "bad length", id="half a length"),
    ],
)
def test_what_is_no_element_is_refused(data: str, problem: str) -> None:
    with pytest.raises(DerError, match=problem):
        Reader(bytes.fromhex(data)).any()


@pytest.mark.parametrize("value", [0, 1, -1, 127, 128, -128, -129, 2**64])
def test_integers_are_read_as_they_were_written(value: int) -> None:
    reader = Reader(der.integer(value))

    assert reader.integer() == value
    reader.end()


@pytest.mark.parametrize("content", ["", "0001", "ff80"])
def test_integers_that_are_not_as_short_as_can_be_are_refused(content: str) -> None:
    with pytest.raises(DerError, match="bad integer"):
        Reader(der.element(der.INTEGER, bytes.fromhex(content))).integer()


@pytest.mark.parametrize("dotted", ["1.2.840.113549.1.9.22.1", "2.5.29.17", "0.9.2342", "2.999.1"])
def test_object_identifiers_are_read_as_they_were_written(dotted: str) -> None:
    assert Reader(der.oid(dotted)).oid() == dotted


@pytest.mark.parametrize("content", [b"", b"\x2a\x86", b"\x2a" + b"\xff" * 10 + b"\x7f"])
def test_object_identifiers_without_end_or_measure_are_refused(content: bytes) -> None:
    with pytest.raises(DerError, match="bad object identifier"):
        der.oid_text(content)


def test_another_tag_and_a_rest_are_refused() -> None:
    with pytest.raises(DerError, match="unexpected tag"):
        Reader(der.null()).integer()
    with pytest.raises(DerError, match="trailing data"):
        Reader(der.null()).end()
