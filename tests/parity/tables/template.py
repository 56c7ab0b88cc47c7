"""Checks rows of the table ``template``: one text rendered over a map of strings.

A row marked loose ends in wording of the Go runtime: that there is an error, and the text up to it, is what counts.
"""

from __future__ import annotations

import base64
import random
import re
from datetime import UTC, datetime

from esoctl.errors import TemplateError
from esoctl.template import engine

_WRAPPED = "unable to execute template at key {key}: "
_LOOSE_TAIL = re.compile(r"(error calling \w+: |: )(?!.*(error calling \w+: )).*$", re.DOTALL)


def run(row: dict, table: dict) -> tuple[object, object]:
    """What the reference gave and what esoctl gives; equal when the row passes."""
    want, got = _wanted(row), _given(row, table)
    if row.get("loose") and isinstance(want, str) and isinstance(got, str):
        return _head(want), _head(got)
    return want, got


def environment(row: dict) -> engine.Env:
    """The environment rows are rendered in; its randomness is the same each time."""
    source = random.Random(7)
    return engine.Env(
        now=datetime(2026, 11, 24, 6, 30, 0, tzinfo=UTC),
        entropy=source.randbytes,
        delimiters=(row.get("left_delimiter", "{{"), row.get("right_delimiter", "}}")),
        name=row.get("key", "tpl"),
    )


def _head(text: str) -> str:
    return _LOOSE_TAIL.sub(r"\1", text)


def _wanted(row: dict) -> object:
    if "error" in row:
        return row["error"]
    return base64.b64decode(row["output_b64"]) if "output_b64" in row else row["output"].encode()


def data_of(row: dict, table: dict) -> dict[str, bytes]:
    """The values of a row, wherever they are kept."""
    data = {name: value.encode() for name, value in row["data"].items()}
    data |= {name: base64.b64decode(value) for name, value in row.get("data_b64", {}).items()}
    for name, entry in row.get("data_ref", {}).items():
        text = table["texts"].get(entry)
        data[name] = text.encode() if text is not None else base64.b64decode(table["blobs"][entry])
    return data


def _given(row: dict, table: dict) -> object:
    try:
        return engine.render(row["template"], data_of(row, table), environment(row))
    except TemplateError as error:
        stage = "execute" if ": executing " in str(error) or "executing" in str(error) else "parse"
        key = row.get("key", "tpl")
        return f"{_WRAPPED.format(key=key)}unable to {stage} template at key {key}: {error}"
