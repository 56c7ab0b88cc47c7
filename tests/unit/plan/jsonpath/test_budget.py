import pytest

from esoctl.plan import jsonpath
from esoctl.plan.jsonpath.budget import MAX_NESTING, MAX_PATH, Budget

DEEP = b"[" * 30_000 + b"]" * 30_000
WIDE = b"[" + b",".join([b'{"a":[1,2,3]}'] * 4_000) + b"]"


@pytest.mark.parametrize(
    ("document", "path", "value"),
    [
        pytest.param(DEEP, ".".join("0" * 8_000) + "|#", b"1", id="deep-path"),
        pytest.param(DEEP, "a.b", None, id="deep-document"),
        pytest.param(DEEP, '@flatten:{"deep":true}', b"[]", id="deep-flatten"),
        pytest.param(
            b'{"a":' * 10_000 + b"1" + b"}" * 10_000, ".".join("a" * 8_000) + "|@keys", b'["a"]', id="objects"
        ),
        pytest.param(WIDE, "#.a.#", b"[" + b",".join([b"3"] * 4_000) + b"]", id="wide-document"),
    ],
)
def test_large_documents_are_looked_up_without_recursion(document: bytes, path: str, value: bytes | None) -> None:
    assert jsonpath.get(document, path) == value


@pytest.mark.parametrize(
    ("document", "path"),
    [
        pytest.param(WIDE, "|".join(["[@this,@this]"] * 30), id="doubling"),
        pytest.param(WIDE, "|".join(["@reverse"] * 1_000), id="chain"),
        pytest.param(DEEP, "@pretty", id="indentation"),
        pytest.param(DEEP, "@dig:@dig:a", id="descent-in-descent"),
        pytest.param(b'{"k":"' + b"\\u00e9" * 10_000 + b'"}', "[" + ",".join(["k"] * 4_000) + "]", id="escapes"),
        pytest.param(b'{"n":' + b"9" * 60_000 + b".5}", "[" + ",".join(["n"] * 4_000) + "]", id="digits"),
    ],
)
def test_a_path_that_asks_for_too_much_work_is_an_error(document: bytes, path: str) -> None:
    with pytest.raises(ValueError, match=r"^the path asks for too much work on this document"):
        jsonpath.get(document, path)


def test_selections_nest_up_to_a_limit() -> None:
    inside = MAX_NESTING - 1

    assert jsonpath.get(b'{"a":1}', "[" * inside + "a" + "]" * inside) == b"[" * inside + b"1" + b"]" * inside
    with pytest.raises(ValueError, match=f"^the path nests more than {MAX_NESTING} selections"):
        jsonpath.get(b"{}", "[" * MAX_NESTING + "a" + "]" * MAX_NESTING)


def test_a_path_that_is_too_long_is_an_error() -> None:
    with pytest.raises(ValueError, match=f"^the path has {MAX_PATH + 1} bytes but at most {MAX_PATH} are looked up$"):
        jsonpath.get(b"{}", "a" * (MAX_PATH + 1))


def test_bytes_cost_less_than_steps() -> None:
    budget = Budget(steps=3)

    budget.spend(1, read=8, copied=64)

    with pytest.raises(ValueError, match="too much work"):
        budget.spend(1)
