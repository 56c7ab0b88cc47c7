import pytest

from esoctl.plan.jsonpath import options
from esoctl.plan.jsonpath.budget import Budget
from esoctl.plan.jsonpath.pretty import Layout


@pytest.mark.parametrize(
    ("argument", "is_set"),
    [
        (b"", False),
        (b'{"deep":true}', True),
        (b'{"deep":1}', True),
        (b'{"deep":0}', False),
        (b'{"deep":"T"}', True),
        (b'{"deep":"no"}', False),
        (b'{"deep":true,"deep":false}', False),
        (b'{"other":true}', False),
        (b"[true]", False),
    ],
)
def test_a_flag_is_what_its_last_member_says(argument: bytes, is_set: bool) -> None:
    assert options.flag(argument, b"deep", Budget()) is is_set


@pytest.mark.parametrize(
    ("argument", "layout"),
    [
        (b"", Layout()),
        (b'{"width":10,"sortKeys":true}', Layout(width=10, sort=True)),
        (b'{"width":"20"}', Layout(width=20)),
        (b'{"width":"x"}', Layout(width=0)),
        (b'{"width":true}', Layout(width=1)),
        (b'{"width":null}', Layout(width=0)),
        (b'{"width":90071992547409910}', Layout(width=90071992547409910)),
        (b'{"width":1e300}', Layout(width=0)),
        (b'{"indent":" x\\t","prefix":">"}', Layout(indent=b" \t")),
    ],
)
def test_a_layout_takes_numbers_and_blanks(argument: bytes, layout: Layout) -> None:
    assert options.layout(argument, Budget()) == layout
