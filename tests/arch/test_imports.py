"""What a command loads: those that run in a shell or a hook must not wait for the machines of the operator."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = str(ROOT / "manifests" / "examples")
HEAVY = ("aiobotocore", "aiohttp", "botocore", "kubernetes_asyncio", "moto", "prometheus_client", "rich")
PROGRAM = """
import json, sys
from esoctl.cli import main
main(sys.argv[1:], standalone_mode=False) if sys.argv[1] != "check" else None
if sys.argv[1] == "check":
    try:
        main(sys.argv[1:], standalone_mode=False)
    except SystemExit as end:
        assert end.code == 0
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""


def loaded(*arguments: str) -> set[str]:
    """The packages a command loads, by their top names."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("--help",), id="help"),
        pytest.param(("crds",), id="crds"),
        pytest.param(("check", "-f", EXAMPLES), id="check"),
    ],
)
def test_a_command_that_answers_at_once_loads_no_machine(arguments: tuple[str, ...]) -> None:
    found = loaded(*arguments)

    assert "esoctl" in found
    assert found.isdisjoint(HEAVY), sorted(found & set(HEAVY))


def test_help_loads_nothing_but_the_command_line() -> None:
    assert loaded("--help").isdisjoint({"anyio", "cryptography", "msgspec", "re2", "structlog", "yaml"})
