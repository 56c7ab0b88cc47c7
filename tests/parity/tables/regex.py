"""Regular expressions: what matches, what replacing gives, what errors say."""

from esoctl.plan import regexps
from parity.rows import Row


def run(row: Row, table: Row) -> tuple[object, object]:
    pattern, inputs = str(row["pattern"]), row["inputs"]
    assert isinstance(inputs, list)
    want = {name: row[name] for name in ("matches", "replaced", "find_error", "rewrite_error") if name in row}
    try:
        compiled = regexps.compile(pattern)
    except ValueError as error:
        got: dict[str, object] = {"find_error": f"could not compile find.name.regexp [{pattern}]: {error}"}
        if "target" in row:
            got["rewrite_error"] = f"failed rewrite operation[0]: regexp failed with failed to compile: {error}"
        return want, got
    got = {"matches": [compiled.matches(text) for text in inputs]}
    if "target" in row:
        got["replaced"] = [compiled.replace(text, str(row["target"])) for text in inputs]
    return want, got
