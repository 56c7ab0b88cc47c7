"""Decoding strategies, for one value and for maps."""

from esoctl.plan import decoding
from parity.rows import Row, outcome, value, values, want_map, want_value


def run(row: Row, table: Row) -> tuple[object, object]:
    strategy = str(row["strategy"])
    given = value(row, "value")
    if given is None:
        return want_map(row), outcome(lambda: decoding.decode_map(strategy, values(row, "in")))
    return want_value(row), outcome(lambda: decoding.decode(strategy, given))
