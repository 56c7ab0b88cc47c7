"""SEC-05: ``esoctl check`` gives the verdict of the definitions, at the same place, and needs no CEL for it."""

import subprocess
import sys

import pytest

from esoctl.checking.objects import Judge
from support import vectors
from support.vectors import Vector

EACH = pytest.mark.parametrize("vector", [pytest.param(one, id=one.id) for one in vectors.ALL])


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge()


@EACH
def test_sec_05_check_passes_what_the_definition_lets_pass(judge: Judge, vector: Vector) -> None:
    assert judge.problems(vector.manifest(vector.passes)) == []


@EACH
def test_sec_05_check_names_the_place_of_what_the_definition_refuses(judge: Judge, vector: Vector) -> None:
    assert vector.at in [problem.path for problem in judge.problems(vector.manifest(vector.fails))]


def test_check_works_where_cel_is_not_installed() -> None:
    blocked = "import sys; sys.modules['cel_expr_python'] = None; from esoctl.checking.objects import Judge; Judge()"

    assert subprocess.run([sys.executable, "-c", blocked], check=False).returncode == 0
