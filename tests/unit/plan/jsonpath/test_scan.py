from esoctl.plan.jsonpath import scan
from esoctl.plan.jsonpath.budget import Budget
from esoctl.plan.jsonpath.values import Kind, Span, span


def test_brackets_of_all_kinds_close_one_another() -> None:
    whole = span(b'[{"]":1)] x')

    assert scan.close(whole, 0, Budget()) == 9
    assert whole.document.closes == {0: 9, 1: 8}


def test_what_stays_open_ends_with_the_text_or_behind_it() -> None:
    assert scan.close(span(b"[1,2"), 0, Budget()) == 4
    assert scan.close(span(b'["a'), 0, Budget()) == 4


def test_a_bracket_does_not_close_outside_of_its_part() -> None:
    whole = span(b'[1 "x"]')

    assert scan.close(whole, 0, Budget()) == 7
    assert scan.close(Span(whole.document, 0, 6), 0, Budget()) == 6
    assert scan.close(Span(whole.document, 0, 5), 0, Budget()) == 6


def test_the_first_value_of_a_text_may_be_an_open_string() -> None:
    assert scan.root(span(b' "a\\nb'), Budget()).text == b"a\nb"
    assert scan.root(span(b'"ab'), Budget()).text == b"ab"
    assert not scan.root(span(b" x1"), Budget()).exists
    assert not scan.root(span(b"  "), Budget()).exists
    assert scan.root(span(b"[1] x"), Budget()).raw == b"[1] x"


def test_each_member_has_key_and_value() -> None:
    members = list(scan.each(scan.root(span(b'{"a":1,"\\u0062":{"c":2}}'), Budget()), Budget()))

    assert [(key.text if key else None, value.raw) for key, value in members] == [(b"a", b"1"), (b"b", b'{"c":2}')]


def test_broken_members_end_the_object() -> None:
    for broken in (b'{"a":1,"b', b'{"a":1,"b":"x', b'{"a":1,"b"'):
        members = list(scan.each(scan.root(span(broken), Budget()), Budget()))
        assert [value.raw for _, value in members] == [b"1"]


def test_a_scalar_is_its_own_only_element() -> None:
    (pair,) = scan.each(scan.root(span(b"true"), Budget()), Budget())

    assert pair[0] is None
    assert pair[1].kind is Kind.TRUE
