"""Reads and writes YAML as the reference's library does.

Scanning and emitting are done by libyaml, of which that library is a port, so error texts and layout are its own; the
meaning of words is decided here. Both work on events with a list of what is open, never on Python's stack.
Source: sigs.k8s.io/yaml 1.6 over go.yaml.in/yaml/v2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import yaml
from yaml.events import AliasEvent, CollectionStartEvent, Event, MappingStartEvent, ScalarEvent

from esoctl.template import govalues, numerals, printf
from esoctl.template.funcs import yamlwords
from esoctl.template.funcs.encoding import decode_base64
from esoctl.template.functions import Context
from esoctl.template.govalues import FunctionError

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG_PREFIX: Final = "tag:yaml.org,2002:"


class YamlError(Exception):
    """A text that is no YAML, in the library's words after ``yaml: ``."""


class Mapping(dict[tuple[type, object], object]):
    """A YAML mapping; keys are kept with their type, since 1, 1.0 and true are different keys."""


class _Open:
    """A sequence or mapping that is not closed yet."""

    __slots__ = ("anchor", "key", "merging", "value", "waiting")

    def __init__(self, value: Mapping | list[object], anchor: str | None) -> None:
        self.value = value
        self.anchor = anchor
        self.key: object = None
        self.waiting = False
        self.merging = False


def load(text: bytes, context: Context) -> object:
    """The value of the first document; None when there is none."""
    return _Reader(context).read(text)


def load_texts(text: bytes, context: Context) -> object:
    """The value of the first document with every word left as it is written; only what means null is None."""
    return _Reader(context, keeps_words=True).read(text)


class _Reader:
    """The state of reading one document."""

    def __init__(self, context: Context, *, keeps_words: bool = False) -> None:
        self._context = context
        self._keeps_words = keeps_words
        self._open: list[_Open] = []
        self._anchors: dict[str, object] = {}
        self._sizes: dict[int, int] = {}
        self._problem: str | None = None
        self._result: object = None
        self._aliased = 0
        self._decoded = 0

    def read(self, text: bytes) -> object:
        budget = self._context.budget
        budget.hold(len(text))
        for event in _events(text):
            budget.step()
            if isinstance(event, yaml.DocumentEndEvent):
                break
            self._take(event)
        if self._problem is not None:
            raise YamlError(self._problem)
        if self._aliased > 100 and self._decoded > 1000 and self._aliased / self._decoded > _allowed(self._decoded):
            raise YamlError("document contains excessive aliasing")
        return self._result

    def _take(self, event: Event) -> None:
        if isinstance(event, AliasEvent):
            self._put(self._alias(event))
        elif isinstance(event, ScalarEvent):
            self._scalar(event)
        elif isinstance(event, CollectionStartEvent):
            self._begin(event)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self._end()

    def _note(self, problem: str) -> None:
        """Remember the first problem of meaning; problems of syntax come before it."""
        if self._problem is None:
            self._problem = problem

    def _begin(self, event: CollectionStartEvent) -> None:
        self._context.budget.too_deep(len(self._open))
        value: Mapping | list[object] = Mapping() if isinstance(event, MappingStartEvent) else []
        opened = _Open(value, event.anchor)
        if event.anchor is not None:
            self._anchors[event.anchor] = opened
        self._open.append(opened)
        self._decoded += 1

    def _end(self) -> None:
        closed = self._open.pop()
        if closed.anchor is not None and self._anchors.get(closed.anchor) is closed:
            self._anchors[closed.anchor] = closed.value
        self._put(closed.value)

    def _alias(self, event: AliasEvent) -> object:
        if event.anchor not in self._anchors:
            raise YamlError(f"unknown anchor '{event.anchor}' referenced")
        value = self._anchors[event.anchor]
        if isinstance(value, _Open):
            self._note(f"anchor '{event.anchor}' value contains itself")
            return None
        size = self._size(value)
        self._aliased += size
        self._decoded += size + 1
        self._context.budget.step(size)
        return value

    def _size(self, value: object) -> int:
        """How many nodes a value has, aliases counted in full."""
        if not isinstance(value, (Mapping, list)):
            return 1
        known = self._sizes.get(id(value))
        if known is None:
            items = value.values() if isinstance(value, Mapping) else value
            extra = len(value) if isinstance(value, Mapping) else 0
            known = 1 + extra + sum(self._sizes.get(id(item), 1) for item in items)
            self._sizes[id(value)] = known
        return known

    def _scalar(self, event: ScalarEvent) -> None:
        self._decoded += 1
        is_merge = event.value == "<<" and (event.implicit[0] or event.tag == _TAG_PREFIX + "merge")
        value = event.value.encode() if is_merge else self._meaning(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        self._put(value, merges=is_merge)

    def _meaning(self, event: ScalarEvent) -> object:
        tag = event.tag or ""
        if tag.startswith(_TAG_PREFIX):
            tag = "!!" + tag[len(_TAG_PREFIX) :]
        if tag in {"", "!"} and (not event.implicit[0] or tag == "!"):
            return event.value.encode()
        try:
            word = yamlwords.resolve(tag, event.value)
            if word.tag == "!!binary":
                return decode_base64(event.value.encode())
        except yamlwords.CannotDecode as error:
            self._note(str(error))
            return None
        except FunctionError:
            self._note("!!binary value contains invalid base64 data")
            return None
        if isinstance(word.value, str) or (self._keeps_words and word.value is not None):
            return event.value.encode()
        if isinstance(word.value, int) and word.value > govalues.INT_MAX:
            return govalues.Uint64(word.value)
        return word.value

    def _put(self, value: object, *, merges: bool = False) -> None:
        """Put a finished value into what is open."""
        if isinstance(value, (Mapping, list)):
            self._size(value)
        if not self._open:
            self._result = value
            return
        top = self._open[-1]
        if isinstance(top.value, list):
            top.value.append(value)
        elif not top.waiting:
            top.key, top.waiting, top.merging = value, True, merges
            if isinstance(value, (Mapping, list)):
                self._note(f"invalid map key: {self._shown(value)}")
        else:
            top.waiting = False
            self._enter(top.value, top, value)

    def _enter(self, mapping: Mapping, top: _Open, value: object) -> None:
        if top.merging:
            self._merge(mapping, value)
        elif not isinstance(top.key, (Mapping, list)):
            mapping[type(top.key), top.key] = value

    def _merge(self, mapping: Mapping, value: object) -> None:
        sources = list(reversed(value)) if isinstance(value, list) else [value]
        for source in sources:
            if not isinstance(source, Mapping):
                self._note("map merge requires map or sequence of maps as the value")
                return
            self._context.budget.elements(len(source))
            mapping.update(source)

    def _shown(self, value: object) -> str:
        return govalues.valid_text(printf.sprintf(b"%#v", [plain(value)], self._context.budget))


def _allowed(count: int) -> float:
    low, high = 400_000, 4_000_000
    if count <= low:
        return 0.99
    return 0.10 if count >= high else 0.99 - 0.89 * (count - low) / (high - low)


def _events(text: bytes) -> Iterator[Event]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.reader.ReaderError as error:
        raise YamlError(str(error.reason)) from None
    except yaml.MarkedYAMLError as error:
        raise YamlError(_located(error)) from None


def _located(error: yaml.MarkedYAMLError) -> str:
    line = 0
    if error.problem_mark is not None and error.problem_mark.line:
        line = error.problem_mark.line + (1 if isinstance(error, yaml.scanner.ScannerError) else 0)
    elif error.context_mark is not None:
        line = error.context_mark.line
    return (f"line {line}: " if line else "") + (error.problem or "unknown problem parsing YAML content")


def key_text(key: object) -> bytes | None:
    """A mapping's key as the text it becomes in JSON; None when it cannot."""
    if isinstance(key, bytes):
        return key
    if isinstance(key, bool):
        return b"true" if key else b"false"
    if isinstance(key, int):
        return b"%d" % key if key <= govalues.INT_MAX else None
    return number_text(key).encode() if isinstance(key, float) else None


def number_text(value: float) -> str:
    """A float with the fewest digits that tell it among 32-bit floats, YAML's names for the special ones."""
    single = _as_single(value)
    special = {"+Inf": ".inf", "-Inf": "-.inf", "NaN": ".nan"}.get(numerals.format_float(single, "g", -1))
    if special is not None:
        return special
    written = (numerals.format_float(single, "g", precision) for precision in range(1, 10))
    return _wide(next(each for each in written if _as_single(float(each)) == single))


def _wide(shown: str) -> str:
    """The digits again, with the shortest form's own rule for exponents."""
    return numerals.format_float(float(shown), "g", -1)


def _as_single(value: float) -> float:
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def plain(value: object, depth: int = 20) -> object:
    """The value with mappings as Go has them, for printing in an error text; what is very deep is left out."""
    if isinstance(value, list):
        return [plain(item, depth - 1) for item in value[:50]] if depth else []
    if isinstance(value, Mapping):
        items = list(value.items())[:50] if depth else []
        return govalues.AnyMap((key_text(key) or b"", plain(item, depth - 1)) for (_, key), item in items)
    return value


def jsonable(value: object, context: Context) -> object:
    """The value as JSON gives it back to a template: text keys, and every number a float."""
    root: list[object] = []
    todo: list[tuple[object, list[object] | dict[bytes, object], bytes, int]] = [(value, root, b"", 1)]
    while todo:
        item, target, key, depth = todo.pop()
        context.budget.step()
        context.budget.too_deep(depth)
        made = _made(item)
        if isinstance(target, list):
            target.append(made)
        else:
            target[key] = made
        if isinstance(item, list) and isinstance(made, list):
            todo.extend((inner, made, b"", depth + 1) for inner in reversed(item))
        elif isinstance(item, Mapping) and isinstance(made, dict):
            context.budget.elements(len(item))
            todo.extend(
                (inner, made, json_key(name, inner, context), depth + 1) for (_, name), inner in _backwards(item)
            )
    return root[0]


def _backwards(mapping: Mapping) -> list[tuple[tuple[type, object], object]]:
    return list(reversed(mapping.items()))


def _made(item: object) -> object:
    if isinstance(item, Mapping):
        return {}
    if isinstance(item, list):
        return []
    if isinstance(item, bytes):
        return govalues.valid_text(item).encode()
    if isinstance(item, float) and (item != item or abs(item) == float("inf")):  # noqa: PLR0124  only NaN differs
        raise YamlError(f"json: unsupported value: {numerals.format_float(item, 'g', -1)}")
    return float(item) if isinstance(item, int) and not isinstance(item, bool) else item


def json_key(name: object, value: object, context: Context) -> bytes:
    """A mapping's key as text; a YamlError when it cannot be one."""
    key = key_text(name)
    if key is None:
        template = b"unsupported map key of type: %s, key: %+#v, value: %+#v"
        kind = None if name is None else b"uint64"
        shown = printf.sprintf(template, [kind, name, plain(value)], context.budget)
        raise YamlError(govalues.valid_text(shown))
    return key
