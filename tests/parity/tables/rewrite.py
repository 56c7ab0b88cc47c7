"""``dataFrom[].rewrite``: keys before and after.

Wanted deviations, as rules: integers keep their digits; a template that names a field that is not there, or decodes
what does not decode, is an error and not a key.
"""

import json
import re

import msgspec

from esoctl.model.rewrites import Rewrite
from esoctl.plan import floats, render, rewrite
from esoctl.template.engine import Env
from parity.rows import Row, outcome, values, want_map

INTEGER = re.compile(r"(?<![\w.+-])-?[0-9]{16,}(?![\w.])")
DECODERS = ("b64dec", "b32dec", "hexdec")
DECODE_ERRORS = ("illegal base", "encoding/hex:")


def run(row: Row, table: Row) -> tuple[object, object]:
    operations = msgspec.convert(row["rewrite"], list[Rewrite])
    want, got = want_map(row), outcome(lambda: _apply(operations, row))
    if _is_error_as_key(row):
        prefix = re.compile(
            r"failed rewrite operation\[\d+\]: transform failed with failed to execute template for key "
        )
        refused = isinstance(got, dict) and prefix.match(str(got.get("error")))
        return "refused", "refused" if refused else got
    return _with_digits(want, row), got


def _apply(operations: list[Rewrite], row: Row) -> object:
    return rewrite.apply(operations, values(row, "in"), lambda template, key: render.key(template, key, Env()))


def _is_error_as_key(row: Row) -> bool:
    """Whether the reference made a key of a missing field or of an error text."""
    output = row.get("output")
    templates = json.dumps(row["rewrite"])
    return isinstance(output, dict) and any(
        "<no value>" in key or (key.startswith(DECODE_ERRORS) and any(name in templates for name in DECODERS))
        for key in output
    )


def _with_digits(want: object, row: Row) -> object:
    """The recorded outcome with the digits of large integers, which floating point changes, put back."""
    if "output" not in row or "merge" not in json.dumps(row["rewrite"]):
        return want
    assert isinstance(want, dict)
    restored = dict(want["output"])
    for source in values(row, "in").values():
        for digits in INTEGER.findall(source.decode(errors="replace")):
            for printed in {floats.decimal(float(digits)), floats.json(float(digits))} - {digits}:
                whole = re.compile(rb"(?<![\w.+-])" + re.escape(printed.encode()) + rb"(?![\w.])")
                restored = {key: whole.sub(digits.encode(), text) for key, text in restored.items()}
    return {"output": restored}
