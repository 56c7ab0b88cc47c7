"""Checks rows of the table ``template-functions``: every function exists with the reference's signature."""

from __future__ import annotations

from esoctl.template.funcs.table import FUNCTIONS


def run(row: dict, table: dict) -> tuple[object, object]:
    """The parameter types and the result of the reference, and ours; an error result has no place in ours."""
    known = FUNCTIONS.get(row["id"])
    if known is None:
        return row["args"], None
    params = [*known.params, *([f"...{known.variadic}"] if known.variadic else [])]
    return (row["args"], row["returns"][0]), (params, known.result)
