"""Checks rows of the table ``template-scope``: templates put into an object by scope, target and decoding."""

from __future__ import annotations

from datetime import UTC, datetime

from esoctl.errors import TemplateError
from esoctl.template import engine, targets


def run(row: dict, table: dict) -> tuple[object, object]:
    """What the reference gave and what esoctl gives; equal when the row passes."""
    want = row["error"] if "error" in row else _without_nil(row["output"])
    data = {name: value.encode() for name, value in row["data"].items()}
    job = targets.Job(row["templates"], row["scope"], row["target"], row["decoding"])
    env = engine.Env(now=datetime(2026, 11, 24, tzinfo=UTC))
    try:
        got: object = _without_nil(targets.apply(row["object"], job, data, env))
    except TemplateError as error:
        got = str(error)
    return want, got


def _without_nil(output: dict) -> dict:
    """An empty value of a Secret is null in the recorded JSON, because Go has a nil slice for it."""
    if output.get("kind") == "Secret" and output.get("data"):
        output = output | {"data": {key: value or "" for key, value in output["data"].items()}}
    return output
