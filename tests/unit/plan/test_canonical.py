import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.plan import canonical

scalars = st.none() | st.booleans() | st.integers() | st.text()
trees = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


@pytest.mark.parametrize(
    ("document", "written"),
    [
        pytest.param(b'{ "b" : [ 1 , true, null ] , "a" : {} }', '{"a":{},"b":[1,true,null]}', id="order-and-blanks"),
        pytest.param(b'{"a":1,"a":2}', '{"a":2}', id="last-of-duplicates"),
        pytest.param(b"[1.0,1.50,1e3,1e21,1e-7,-0]", "[1,1.5,1000,1e+21,1e-7,-0]", id="numbers"),
        pytest.param(
            b"[12345678901234567890,9007199254740993]", "[12345678901234567890,9007199254740993]", id="digits"
        ),
        pytest.param(b'"\\u00e9\\/\\u0001\\b<&\xff\\u2028"', '"é/\\u0001\\b<&\ufffd\\u2028"', id="strings"),
    ],
)
def test_documents_are_written_as_go_writes_them(document: bytes, written: str) -> None:
    assert canonical.compact(document, for_html=False) == written


def test_html_is_escaped_where_asked() -> None:
    assert canonical.compact(b'{"<":"&>"}', for_html=True) == '{"\\u003c":"\\u0026\\u003e"}'
    assert canonical.join({"<": "1"}, for_html=True) == '{"\\u003c":1}'


@pytest.mark.parametrize(("raw", "text"), [(b"1e21", "1" + "0" * 21), (b"1e-7", "0.0000001"), (b"9" * 20, "9" * 20)])
def test_a_number_of_its_own_has_no_exponent(raw: bytes, text: str) -> None:
    assert canonical.number(raw) == text


def test_a_number_out_of_range_is_an_error_that_does_not_show_it() -> None:
    with pytest.raises(ValueError, match=r"^json: cannot unmarshal number into Go value of type float64$"):
        canonical.compact(b"[-1e999]", for_html=False)


@given(trees)
def test_what_is_written_reads_as_the_same(tree: object) -> None:
    written = canonical.compact(json.dumps(tree).encode(), for_html=True)

    assert json.loads(written) == tree
    assert canonical.compact(written.encode(), for_html=True) == written
