import pytest

from esoctl.plan.jsonpath import selection
from esoctl.plan.jsonpath.selection import Member


@pytest.mark.parametrize(
    ("path", "members", "rest"),
    [
        (b"[a,b.c]x", [Member(b"", b"a"), Member(b"", b"b.c")], b"x"),
        (b'{"n,":a,m:b}', [Member(b'"n,"', b"a"), Member(b"m", b"b")], b""),
        (b"{a.@dig:b,c|@x:d}", [Member(b"", b"a.@dig:b"), Member(b"", b"c|@x:d")], b""),
        (b"{a:b:c,d\\,e}", [Member(b"a", b"b:c"), Member(b"", b"d\\,e")], b""),
        (b"{a.#(b=1,2),{c,d}}", [Member(b"", b"a.#(b=1,2)"), Member(b"", b"{c,d}")], b""),
        (b"{}", [Member(b"", b"")], b""),
        (b"{a", [], b""),
    ],
)
def test_members_are_parted_by_commas_outside_of_brackets(path: bytes, members: list[Member], rest: bytes) -> None:
    assert selection.parse(path) == (members, rest)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (b"a.b", b'"b"'),
        (b"a|b", b'"b"'),
        (b"a\\.b", b'"a\\\\.b"'),
        (b"a.#", b'"_"'),
        (b'q"', b'"q\\""'),
        (b".a", b'"a"'),
    ],
)
def test_a_member_is_named_by_the_last_part_of_its_path(path: bytes, name: bytes) -> None:
    assert selection.name(path) == name
