"""Every fault of docs/faults.md has a test with its id where the page says, and no test has an id that is not there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "faults.md"
ROW = re.compile(r"^\| (F\d\d) \| .+ \| (cluster|process|untested) \| [^|]+ \|$", re.MULTILINE)
NAME = re.compile(r"^ *(?:async )?def (test_\w+)\(", re.MULTILINE)
ID = re.compile(r"_(F\d\d)(?=_)")
UNTESTED = {"F49", "F56"}
LAST = 68


def places() -> dict[str, str]:
    return dict(ROW.findall(PAGE.read_text()))


def ids_in(where: str) -> set[str]:
    """The ids in the names of the tests of that place."""
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        inside = "cluster" if "cluster" in path.relative_to(ROOT).parts else "process"
        names = NAME.findall(path.read_text()) if inside == where else []
        found |= {number for name in names for number in ID.findall(name)}
    return found


def test_the_page_has_every_fault_once_and_in_order() -> None:
    assert [number for number, _ in ROW.findall(PAGE.read_text())] == [f"F{number:02}" for number in range(1, LAST + 1)]


def test_every_fault_has_a_test_in_its_place() -> None:
    missing = {number for number, where in places().items() if number not in ids_in(where)}

    assert missing == UNTESTED


def test_no_test_has_the_id_of_another_list() -> None:
    assert (ids_in("cluster") | ids_in("process")) - places().keys() == set()
