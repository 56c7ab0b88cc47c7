"""Evaluates the JSON paths of printer columns and selectable fields.

The dialect is the simple one that definitions of custom resources allow: fields, quoted fields, indices, ``[*]`` and
equality filters such as ``.status.conditions[?(@.type=="Ready")].status``.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from esoctl.sandbox import lookup

_STEP = re.compile(
    r"""\.(?P<field>(?:[^.\[\\]|\\.)+)
      | \[\?\(\s*@\.(?P<left>[^=!\s]+)\s*(?P<sign>==|!=)\s*(?P<right>[^)]*?)\s*\)\]
      | \['(?P<quoted>[^']*)'\]
      | \[(?P<index>-?\d+|\*)\]""",
    re.VERBOSE,
)


def first(doc: object, path: str) -> object:
    """The first value at the path, None when there is none."""
    return next(_walk(doc, list(_steps(path))), None)


@lru_cache(maxsize=256)
def _steps(path: str) -> tuple[dict[str, str | None], ...]:
    text = path if path.startswith((".", "[")) else f".{path}"
    return tuple(match.groupdict() for match in _STEP.finditer(text))


def _walk(value: object, steps: list[dict[str, str | None]]) -> Iterator[object]:
    if not steps:
        if value is not None:
            yield value
        return
    for found in _advance(value, steps[0]):
        yield from _walk(found, steps[1:])


def _advance(value: object, step: dict[str, str | None]) -> list[object]:
    if step["left"] is not None:
        return _filtered(value, step["left"], step["sign"] == "==", step["right"] or "")
    if step["index"] is not None:
        return _indexed(value, step["index"])
    name = step["quoted"] if step["field"] is None else step["field"].replace("\\.", ".")
    if isinstance(value, dict) and name in value:
        return [value[name]]
    return []


def _filtered(value: object, left: str, wanted: bool, right: str) -> list[object]:
    if not isinstance(value, list):
        return []
    literal = right.strip("\"'")
    return [item for item in value if (_word(lookup.find(item, *left.split("."))) == literal) is wanted]


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _indexed(value: object, index: str) -> list[object]:
    if not isinstance(value, list):
        return list(value.values()) if index == "*" and isinstance(value, dict) else []
    if index == "*":
        return value
    position = int(index)
    return [value[position]] if -len(value) <= position < len(value) else []
