"""Conversion, reverse conversion and validation of keys."""

from esoctl.plan import naming
from parity.rows import Row, outcome, values, want_map


def run(row: Row, table: Row) -> tuple[object, object]:
    return want_map(row), outcome(lambda: _apply(row))


def _apply(row: Row) -> object:
    given = values(row, "in")
    match row["op"]:
        case "convert":
            return naming.convert(str(row["strategy"]), given)
        case "reverse":
            return naming.reverse(str(row["strategy"]), given)
        case _:
            return naming.validate(given)
