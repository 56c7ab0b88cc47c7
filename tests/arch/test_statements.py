"""Every promise of docs/reliability-statements.md has a test that carries its id, and no test an id without a promise.

An id stands in a name (`test_I_07_…`, `I_07_…` for a check that runs on several servers) or in the id of a row
(`pytest.param(…, id="I_07 …")`). `tests/conftest.py` gives all of them the marker `statement`.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability-statements.md"
ROW = re.compile(r"^\| ([IQT]-\d\d) \| (.+) \|$", re.MULTILINE)
NAME = re.compile(r"(?:^|_)([IQT])_(\d\d)(?=_)")
LABEL = re.compile(r"\b([IQT])_(\d\d)(?= )")
COUNTS = {"I": 46, "Q": 38, "T": 16}
MOST_NOT_APPLICABLE = 8


def promises() -> dict[str, str]:
    return dict(ROW.findall(PAGE.read_text()))


def not_applicable() -> dict[str, str]:
    return {number: text for number, text in promises().items() if text.startswith("not applicable:")}


def names(module: ast.Module) -> Iterator[str]:
    """Names that pytest may show: of tests and checks, and of what is collected under a name of its own."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def labels(module: ast.Module) -> Iterator[str]:
    """Ids of rows."""
    calls = (node for node in ast.walk(module) if isinstance(node, ast.Call))
    for keyword in (keyword for call in calls for keyword in call.keywords):
        if keyword.arg == "id" and isinstance(keyword.value, ast.Constant):
            yield str(keyword.value.value)


def proven() -> dict[str, set[str]]:
    """Where each id is found."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        module = ast.parse(path.read_text())
        ids = [match for name in names(module) for match in NAME.findall(name)]
        ids += [match for label in labels(module) for match in LABEL.findall(label + " ")]
        for letter, number in ids:
            found.setdefault(f"{letter}-{number}", set()).add(str(path.relative_to(ROOT)))
    return found


def test_the_page_has_every_promise_once_and_in_order() -> None:
    wanted = [f"{letter}-{number:02}" for letter, count in COUNTS.items() for number in range(1, count + 1)]

    assert [number for number, _ in ROW.findall(PAGE.read_text())] == wanted


def test_every_promise_has_a_test() -> None:
    assert sorted(promises().keys() - not_applicable().keys() - proven().keys()) == []


def test_no_test_has_an_id_without_a_promise() -> None:
    known = promises().keys() - not_applicable().keys()

    assert {number: where for number, where in proven().items() if number not in known} == {}


def test_few_are_not_applicable_and_each_says_why() -> None:
    assert len(not_applicable()) <= MOST_NOT_APPLICABLE
    assert all(len(text) > 100 for text in not_applicable().values())
