"""Asks Go's engine what templates give; ``main`` writes the tables that ``make oracle`` keeps.

python hack/oracle/ask.py FOLDER    writes oracle.json and oracle-chosen.json there
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

import chosen
from grammar import Case, Grammar

HERE = Path(__file__).resolve().parent
COUNT = 400
FIELDS = (
    "template is named tpl and rendered over data, a map of strings; output is the text, error the error text. "
    "The templates are "
)
DRAWN = FIELDS + "drawn from hack/oracle/grammar.py by the number in the id."
CHOSEN = FIELDS + "those of hack/oracle/chosen.py."


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


def main(folder: Path) -> None:
    """Write the tables."""
    with tempfile.TemporaryDirectory() as scratch:
        program = build(Path(scratch))
        drawn = [(f"seed-{seed:04}", Grammar(random.Random(seed)).case()) for seed in range(COUNT)]
        (folder / "oracle.json").write_text(table(DRAWN, drawn, program), encoding="utf-8")
        text = table(CHOSEN, list(chosen.cases()), program)
        (folder / "oracle-chosen.json").write_text(text, encoding="utf-8")


def table(fields: str, named: list[tuple[str, Case]], program: Path) -> str:
    """One table as JSON, a line for each row; data that all rows share stands at the head."""
    answers = ask(program, [case for _, case in named])
    first = named[0][1].data
    shared = {"data": first} if all(case.data is first for _, case in named) else {}
    rows = [
        {"id": name, "template": case.template, **({} if shared else {"data": case.data}), **answer}
        for (name, case), answer in zip(named, answers, strict=True)
    ]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    head = {"table": "oracle", "source": "hack/oracle, written by make oracle", "fields": fields, **shared}
    inner = ",\n".join(f"{json.dumps(name)}: {json.dumps(held, ensure_ascii=False)}" for name, held in head.items())
    return f'{{\n{inner},\n"rows": [\n{lines}\n]\n}}\n'


if __name__ == "__main__":
    main(Path(sys.argv[1]))
