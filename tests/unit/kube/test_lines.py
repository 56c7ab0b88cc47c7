import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.kube.lines import LineTooLong, Splitter


@given(st.lists(st.binary(max_size=12).map(lambda b: b.replace(b"\n", b"x").replace(b" ", b"x"))), st.data())
def test_lines_are_the_same_however_they_are_cut(lines: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(line + b"\n" for line in lines) + b"half"
    splitter, got = Splitter(), []

    while stream:
        size = data.draw(st.integers(1, len(stream)))
        got += splitter.feed(stream[:size])
        stream = stream[size:]

    assert got == [line for line in lines if line.strip()]


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param([b"x" * 11], id="without an end"),
        pytest.param([b"x" * 6, b"x" * 6], id="in parts"),
        pytest.param([b"x" * 11 + b"\n"], id="with an end"),
        pytest.param([b"a\n" + b"x" * 11 + b"\nb"], id="between others"),
        pytest.param([b"x" * 6, b"x" * 5 + b"\n"], id="ended later"),
    ],
)
def test_I_28_a_line_over_the_limit_is_refused_without_being_quoted(chunks: list[bytes]) -> None:
    splitter = Splitter(10)

    with pytest.raises(LineTooLong, match=r"^a line of the stream is longer than 10 bytes$"):
        list(map(splitter.feed, chunks))


def test_a_line_of_the_limit_passes() -> None:
    assert Splitter(10).feed(b"x" * 10 + b"\n" + b"y" * 10) == [b"x" * 10]
