"""toYaml and fromYaml.

Both go by way of JSON, as in the reference: numbers are floats, keys are texts in natural order. A text that is no YAML
gives a dict with the single key ``Error``. Source: the reference's yaml functions over sigs.k8s.io/yaml.
"""

from __future__ import annotations

import functools
import re
from typing import Final

import yaml as libyaml
from yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from esoctl.template import govalues, numerals
from esoctl.template.funcs import jsontext, yamltext, yamlwords
from esoctl.template.funcs.jsontext import JsonError
from esoctl.template.funcs.yamltext import YamlError
from esoctl.template.functions import ANY, DICT, Context, Function, function
from esoctl.template.limits import LimitExceeded

_DUMPER: Final = getattr(libyaml, "CSafeDumper", libyaml.SafeDumper)
_CONTROL: Final = re.compile("[\x7f-\x84\x86-\x9f\ufffe\uffff]")
_LONGEST_KEY: Final = 1024
_NEXT_LINES: Final = re.compile(" *\x85(?:[ \x85]*\x85)? *")


def _from_yaml(context: Context, text: bytes) -> dict[bytes, object]:
    try:
        value = yamltext.load(text, context)
    except YamlError as error:
        return {b"Error": f"error converting YAML to JSON: yaml: {error}".encode()}
    try:
        made = yamltext.jsonable(value, context)
    except YamlError as error:
        return {b"Error": f"error converting YAML to JSON: {error}".encode()}
    if made is None:
        return {}
    if isinstance(made, dict):
        return made
    kind = {list: "array", bytes: "string", bool: "bool", float: "number"}[type(made)]
    problem = f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
    return {b"Error": f"error unmarshaling JSON: while decoding JSON: {problem}".encode()}


def _to_yaml(context: Context, value: object) -> bytes:
    try:
        return dumps(value, context).removesuffix(b"\n")
    except JsonError:
        return b""


def dumps(value: object, context: Context) -> bytes:
    """The value as YAML; JsonError when JSON cannot hold it."""
    events = _events(value, context)
    context.budget.step(len(events))
    written = libyaml.emit(events, Dumper=_DUMPER, allow_unicode=True, width=80)
    text = written if isinstance(written, bytes) else written.encode()
    context.budget.hold(len(text))
    return text.removesuffix(b"...\n") if text.endswith(b"\n...\n") else text


class _Held:
    """A value that is still to be written, and how deep it is."""

    __slots__ = ("depth", "value")

    def __init__(self, value: object, depth: int) -> None:
        self.value = value
        self.depth = depth


def _events(value: object, context: Context) -> list[Event]:
    events: list[Event] = [StreamStartEvent(encoding="utf-8"), DocumentStartEvent(explicit=False)]
    path: set[int] = set()
    todo: list[object] = [_Held(value, 0)]
    while todo:
        item = todo.pop()
        if isinstance(item, int):
            path.discard(item)
        elif isinstance(item, Event):
            events.append(item)
        elif isinstance(item, _Held):
            context.budget.step(4)
            held = item.value
            if isinstance(held, (dict, list)) and not govalues.is_nil(held):
                _enter(held, path, item.depth, context)
                todo += [id(held), *reversed(_members(held, item.depth + 1, context))]
            else:
                events.append(_scalar(held))
    return [*events, DocumentEndEvent(explicit=False), StreamEndEvent()]


def _enter(held: object, path: set[int], depth: int, context: Context) -> None:
    if id(held) in path:
        raise JsonError(f"json: unsupported value: encountered a cycle via {govalues.type_of(held)}")
    context.budget.too_deep(depth)
    path.add(id(held))


def _members(held: dict[bytes, object] | list[object], depth: int, context: Context) -> list[object]:
    context.budget.elements(len(held) * 4)
    if isinstance(held, list):
        items = [_Held(item, depth) for item in held]
        return [SequenceStartEvent(None, None, True, flow_style=False), *items, SequenceEndEvent()]
    pieces: list[object] = [MappingStartEvent(None, None, True, flow_style=False)]
    texts = {govalues.valid_text(key): value for key, value in held.items()}
    for key in sorted(texts, key=_natural):
        if len(key) > _LONGEST_KEY:
            raise JsonError("a key too long for YAML")
        pieces += [_text(key), _Held(texts[key], depth)]
    return [*pieces, MappingEndEvent()]


def _scalar(value: object) -> ScalarEvent:
    if isinstance(value, bytes):
        return _text(govalues.valid_text(value))
    if value is None or govalues.is_nil(value):
        return _word("null")
    if isinstance(value, bool):
        return _word("true" if value else "false")
    if isinstance(value, int):
        return _word(str(int(value)))
    if isinstance(value, float):
        return _word(_number(value))
    encode = getattr(value, "go_json", None)
    if encode is None:
        raise JsonError(f"json: unsupported type: {govalues.type_of(value)}")
    return _text(govalues.valid_text(encode()))


def _number(value: float) -> str:
    """The number after its way through JSON: whole ones have no exponent as long as 64 bits hold them."""
    word = yamlwords.resolve("", jsontext.number(value).decode())
    if isinstance(word.value, int):
        return str(word.value)
    return numerals.format_float(value, "g", -1)


def _word(text: str) -> ScalarEvent:
    return ScalarEvent(None, None, (True, True), text)


def _folded(found: re.Match[str]) -> str:
    """What YAML makes of the line ends that JSON writes as they are, on the way through it."""
    return "\n" * (found.group().count("\x85") - 1) or " "


def _text(text: str) -> ScalarEvent:
    text = _NEXT_LINES.sub(_folded, text)
    if _CONTROL.search(text):
        raise JsonError("yaml: control characters are not allowed")
    style = '"'
    if "\n" in text:
        style = "|"
    elif yamlwords.is_plain_text(text):
        style = ""
    return ScalarEvent(None, None, (True, True), text, style=style or None)


@functools.cmp_to_key
def _natural(left: str, right: str) -> int:
    """The order of keys: letters after everything else, numbers by their value."""
    for index, (first, second) in enumerate(zip(left, right, strict=False)):
        if first == second:
            continue
        if first.isalpha() and second.isalpha():
            return -1 if first < second else 1
        if first.isalpha() or second.isalpha():
            return -1 if second.isalpha() else 1
        return _numbers_order(left, right, index)
    return len(left) - len(right)


def _numbers_order(left: str, right: str, index: int) -> int:
    base = _leading(left, index) if "0" in {left[index], right[index]} else 0
    first, first_end = _digits(left, index, base)
    second, second_end = _digits(right, index, base)
    if first != second:
        return -1 if first < second else 1
    if first_end != second_end:
        return first_end - second_end
    return -1 if left[index] < right[index] else 1


def _leading(text: str, index: int) -> int:
    """1 when a digit other than zero comes just before, so that zeros count."""
    index -= 1
    while index >= 0 and text[index].isdecimal():
        if text[index] != "0":
            return 1
        index -= 1
    return 0


def _digits(text: str, index: int, base: int) -> tuple[int, int]:
    end = index
    while end < len(text) and text[end].isdecimal():
        end += 1
    if end - index > 4000:
        raise LimitExceeded("limit exceeded: a key with a number of more than 4000 digits")
    digits = "".join(str(int(char)) for char in text[index:end])
    return int(f"{base}{digits}" if digits else base), end


YAML: Final[dict[str, Function]] = {
    "toYaml": function(_to_yaml, ANY, "string", context=True),
    "fromYaml": function(_from_yaml, "string", DICT, context=True),
}
