"""Random templates give what Go's own engine gives. ``ORACLE_EXAMPLES`` says how many are tried; Hypothesis draws them
and shrinks a difference to the smallest template that shows it."""

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parity import golden

FOLDER = Path(__file__).parents[2] / "hack/oracle"
EXAMPLES = int(os.environ.get("ORACLE_EXAMPLES", "500"))
PARTS = 5
"""Side by side, and because Hypothesis slows down with what it remembers."""


@pytest.fixture(scope="module")
def ask() -> Iterator[ModuleType]:
    sys.path.insert(0, str(FOLDER))
    try:
        import ask as module  # noqa: PLC0415  a tool beside the Go program, not a package

        yield module
    finally:
        sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def program(ask: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return ask.build(tmp_path_factory.mktemp("oracle"))
    except LookupError as error:
        pytest.skip(str(error))


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(PARTS))
def test_templates_of_the_grammar_give_what_go_gives(ask: ModuleType, program: Path, part: int) -> None:
    table = golden.checker("oracle")
    asked = ask.Asked(program)
    tried = 0

    @given(st.randoms(use_true_random=False))
    @settings(max_examples=EXAMPLES // PARTS, deadline=None, suppress_health_check=list(HealthCheck))
    def same(draw: random.Random) -> None:
        nonlocal tried
        tried += 1
        case = ask.Grammar(draw).case()
        assert table.outcome(case.template, case.data) == asked(case), (
            f"part {part}: {case.template!r} over {case.data}"
        )

    try:
        same()
    finally:
        asked.close()
    assert tried >= EXAMPLES // PARTS


def test_a_long_answer_arrives_whole(ask: ModuleType, program: Path) -> None:
    cases = [ask.Case('{{ repeat 300000 "ab" }}', {}), ask.Case("{{ .a }}", {"a": "z"})]

    long, short = ask.ask(program, cases)

    assert len(long["output"]) == 600_000
    assert short == {"output": "z"}
