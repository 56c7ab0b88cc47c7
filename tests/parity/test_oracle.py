"""Random templates give what Go's own engine gives. ``ORACLE_EXAMPLES`` says how many are tried, ``ORACLE_SEED`` where
to begin; each seed is one template, so that a difference can be asked for again."""

import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import ModuleType

import pytest

from parity import golden

FOLDER = Path(__file__).parents[2] / "hack/oracle"
EXAMPLES = int(os.environ.get("ORACLE_EXAMPLES", "500"))
FIRST = int(os.environ.get("ORACLE_SEED", "100000"))
AT_ONCE = 500


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
def test_templates_of_the_grammar_give_what_go_gives(ask: ModuleType, program: Path) -> None:
    table = golden.checker("oracle")
    seeds = iter(range(FIRST, FIRST + EXAMPLES))
    differences: list[str] = []
    tried = 0

    while chosen := list(islice(seeds, AT_ONCE)):
        cases = [ask.Grammar(seed).case() for seed in chosen]
        for seed, case, want in zip(chosen, cases, ask.ask(program, cases), strict=True):
            tried += 1
            got = table.outcome(case.template, case.data)
            if got != want:
                differences.append(f"seed {seed}: {case.template!r} over {case.data}: Go {want}, esoctl {got}")

    assert tried == EXAMPLES
    assert not differences, "\n".join(differences[:20])


def test_a_long_answer_arrives_whole(ask: ModuleType, program: Path) -> None:
    cases = [ask.Case('{{ repeat 300000 "ab" }}', {}), ask.Case("{{ .a }}", {"a": "z"})]

    long, short = ask.ask(program, cases)

    assert len(long["output"]) == 600_000
    assert short == {"output": "z"}
