"""Asks Go's engine what templates give; ``main`` writes the table ``tests/parity/golden/oracle.json``.

python hack/oracle/ask.py FILE [COUNT]
"""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from grammar import Case, Grammar

HERE = Path(__file__).resolve().parent
COUNT = 400
FIELDS = (
    "template is named tpl and rendered over data, a map of strings; output is the text, error the error text. "
    "The templates are drawn from hack/oracle/grammar.py by the number in the id."
)


def build(folder: Path) -> Path:
    """The oracle's program; raises LookupError with the reason when it cannot be had."""
    go = shutil.which("go")
    if go is None:
        raise LookupError("Go is not installed")
    program = folder / "oracle"
    made = subprocess.run(
        [go, "build", "-o", str(program), "."],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TZ": "UTC"},
    )
    if made.returncode:
        raise LookupError(f"the oracle cannot be built: {made.stderr.strip()[-300:]}")
    return program


def ask(program: Path, cases: Iterable[Case], *more: str) -> Iterator[dict[str, object]]:
    """An answer for each case, in order; a missing one is an error."""
    asked = list(cases)
    with tempfile.TemporaryFile() as questions:
        questions.writelines(json.dumps(each._asdict()).encode() + b"\n" for each in asked)
        questions.seek(0)
        process = subprocess.Popen([program, *more], stdin=questions, stdout=subprocess.PIPE, env={"TZ": "UTC"})
        with process:
            assert process.stdout is not None
            answers = 0
            for line in process.stdout:
                answers += 1
                yield json.loads(line)
        if answers != len(asked) or process.returncode:
            raise RuntimeError(f"{answers} answers to {len(asked)} questions, status {process.returncode}")


class Asked:
    """Go's engine as a running program that answers one case after the other; close it when done."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"TZ": "UTC"}, bufsize=0
        )
        assert self._process.stdout is not None
        self._answers = io.BufferedReader(self._process.stdout)

    def __call__(self, case: Case) -> dict[str, object]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(case._asdict()).encode() + b"\n")
        return json.loads(self._answers.readline())

    def close(self) -> None:
        """End the program."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._answers.close()
        self._process.wait(10)


def main(file: Path, count: int) -> None:
    """Write the table."""
    with tempfile.TemporaryDirectory() as folder:
        program = build(Path(folder))
        cases = [Grammar(random.Random(seed)).case() for seed in range(count)]
        answers = list(ask(program, cases))
    rows = [
        {"id": f"seed-{seed:04}", **case._asdict(), **answer}
        for seed, (case, answer) in enumerate(zip(cases, answers, strict=True))
    ]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    head = {"table": "oracle", "source": "hack/oracle, written by make oracle", "fields": FIELDS}
    inner = ",\n".join(f"{json.dumps(name)}: {json.dumps(text)}" for name, text in head.items())
    file.write_text(f'{{\n{inner},\n"rows": [\n{lines}\n]\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else COUNT)
