"""Checks rows of the table ``oracle``: templates drawn from a grammar, and what Go's engine gave."""

from __future__ import annotations

from esoctl.errors import TemplateError
from esoctl.template import engine, govalues


def run(row: dict, table: dict) -> tuple[object, object]:
    """What Go gave and what esoctl gives."""
    return {name: row[name] for name in ("output", "error") if name in row}, outcome(
        row["template"], row.get("data", table.get("data"))
    )


def outcome(template: str, data: dict[str, str]) -> dict[str, str]:
    """What esoctl makes of a template, in the oracle's form."""
    try:
        made = engine.render(template, {name: text.encode() for name, text in data.items()}, engine.Env())
    except TemplateError as error:
        return {"error": str(error)}
    return {"output": govalues.valid_text(made)}
