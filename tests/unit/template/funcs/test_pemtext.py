"""PEM as Go's encoding/pem reads it: what is no block is passed over, not an error."""

import pytest

from esoctl.template.funcs import pemtext
from esoctl.template.limits import Budget, Env

BLOCK = b"-----BEGIN X-----\nYWJj\n-----END X-----\n"


def first(data: bytes) -> tuple[bytes, dict[bytes, bytes], bytes] | None:
    block, _ = pemtext.decode(data, Budget(Env()))
    return None if block is None else (block.kind, dict(block.headers), block.data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(BLOCK, id="plain"),
        pytest.param(b"before\n" + BLOCK + b"after", id="text around"),
        pytest.param(BLOCK.replace(b"\n", b"\r\n"), id="other line ends"),
        pytest.param(b"-----BEGIN X----- \t\nY W\nJj\n-----END X-----  ", id="blanks"),
        pytest.param(b"-----BEGIN X-----\nYW!j\n-----END X-----\n" + BLOCK, id="a spoiled block before"),
        pytest.param(b"-----BEGIN Y-----\nYWJj\n-----END Z-----\n" + BLOCK, id="an end of another kind before"),
        pytest.param(b"-----BEGIN X\nYWJj\n-----END X-----\n" + BLOCK, id="a beginning without a tail before"),
        pytest.param(b"x-----BEGIN X-----\nYWJj\n-----END X-----\n" + BLOCK, id="a beginning within a line before"),
        pytest.param(b"-----END X-----\n" + BLOCK, id="a lone end before"),
        pytest.param(b"-----BEGIN X-----\nYWJj\n-----END X----- x\n" + BLOCK, id="an end with more on its line before"),
    ],
)
def test_the_first_whole_block_is_found(data: bytes) -> None:
    assert first(data) == (b"X", {}, b"abc")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no block",
        b"-----BEGIN X-----\nYWJj\n",
        b"-----BEGIN X-----\nA: b\n-----END X-----",
        b"-----BEGIN X-----\nA: b\nC: d",
        b"-----BEGIN X-----",
        b"-----BEGIN X-----\nA: -----END X-----",
    ],
)
def test_what_is_no_block_is_none(data: bytes) -> None:
    assert first(data) is None


def test_headers_are_read_and_written_in_the_order_of_go() -> None:
    written = pemtext.encode(b"X", b"abc", ((b"Zone", b"1"), (b"DEK-Info", b"AES"), (b"Proc-Type", b"4,ENCRYPTED")))

    assert written == (b"-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\nZone: 1\n\nYWJj\n-----END X-----\n")
    assert first(written) == (b"X", {b"Proc-Type": b"4,ENCRYPTED", b"DEK-Info": b"AES", b"Zone": b"1"}, b"abc")


def test_an_empty_block_is_a_block() -> None:
    assert first(b"-----BEGIN X-----\n-----END X-----\n") == (b"X", {}, b"")


@pytest.mark.parametrize("size", [0, 47, 48, 49, 96, 500])
def test_any_data_comes_back(size: int) -> None:
    data = bytes(range(256)) * 2

    assert first(pemtext.encode(b"ANY KIND", data[:size])) == (b"ANY KIND", {}, data[:size])
