import os
from pathlib import Path

import pytest

from parity import golden

FILES = sorted((Path(__file__).parent / "golden").glob("*.json"))
CHECKED = [path for path in FILES if golden.checker(str(golden.load(path)["table"]))]
MOST = int(os.environ.get("GOLDEN_FAILURES", "50"))


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in CHECKED])
def test_every_row_of_the_table_has_the_wanted_outcome(path: Path) -> None:
    count, failures = golden.check(golden.load(path), MOST)

    assert count > 0
    assert not failures, "\n".join(map(str, failures))
