"""Durations: text or JSON to nanoseconds and back to text."""

from esoctl.model import durations
from parity.rows import Row, error


def run(row: Row, table: Row) -> tuple[object, object]:
    if "error" in row:
        return error(row), _error(row)
    nanoseconds = _parse(row)
    want = (row["ns"], row["printed"], row.get("marshalled", row["printed"]))
    printed = durations.format(nanoseconds)
    return want, (nanoseconds, printed, printed)


def _parse(row: Row) -> int:
    if "text" in row:
        return durations.parse(str(row["text"]))
    if "json" in row:
        return durations.from_json(row["json"])
    given = row["ns"]
    assert isinstance(given, int)
    return given


def _error(row: Row) -> str:
    try:
        return f"no error but {_parse(row)}"
    except ValueError as raised:
        return str(raised)
