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
