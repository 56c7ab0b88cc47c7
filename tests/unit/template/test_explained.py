"""The explanations of the functions: complete, true, and the same in the documents."""

from pathlib import Path

import pytest

from esoctl.template import explained
from esoctl.template.explained import Explanation
from esoctl.template.funcs.table import FUNCTIONS

REFERENCE = Path(__file__).parents[3] / "docs/reference/templates.md"


def test_every_function_is_explained() -> None:
    assert sorted(explained.FUNCTIONS) == sorted(FUNCTIONS)


@pytest.mark.parametrize("each", [pytest.param(each, id=name) for name, each in explained.FUNCTIONS.items()])
def test_an_example_gives_what_is_written_and_calls_its_function(each: Explanation) -> None:
    assert explained.result_of(each) == each.result
    assert each.name in each.example


def test_the_reference_is_what_the_command_writes() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == explained.as_markdown()


def test_a_function_is_told_at_length_with_its_types() -> None:
    assert explained.as_text(("quote", "upper")) == (
        f"quote(...interface {{}}) string\n  {explained.FUNCTIONS['quote'].line}\n"
        f"  {explained.FUNCTIONS['quote'].example}  gives  {explained.FUNCTIONS['quote'].result}\n\n"
        f"upper(string) string\n  {explained.FUNCTIONS['upper'].line}\n"
        f"  {explained.FUNCTIONS['upper'].example}  gives  {explained.FUNCTIONS['upper'].result}\n"
    )


def test_all_functions_are_told_in_two_lines_each() -> None:
    lines = explained.as_text(()).splitlines()

    assert [line.split()[0] for line in lines[::2]] == list(explained.FUNCTIONS)
    assert all(line.startswith(" " * 29) and "  gives  " in line for line in lines[1::2])


def test_no_function_of_an_unknown_name_is_told() -> None:
    with pytest.raises(KeyError, match="nosuch"):
        explained.as_text(("nosuch",))
