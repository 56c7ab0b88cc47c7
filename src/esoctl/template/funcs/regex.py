"""The regular expression functions, over RE2, which Go's own package follows.

A pattern means what it means in Go and takes linear time. Which matches a loop finds, and how a replacement expands, is
Go's too. Source: the Go package regexp by way of the reference's functions (Masterminds/sprig).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import re2

from esoctl.template import govalues
from esoctl.template.functions import Context, Function, function
from esoctl.template.govalues import FunctionError, NilStrings, Strings

_LONGEST: Final = 10_000
_WHOLE_PATTERN: Final = frozenset({"missing )", "unexpected )"})
_PROBLEMS: Final = {
    "invalid escape sequence": "invalid escape sequence",
    "invalid character class": "invalid character class",
    "invalid character class range": "invalid character class range",
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "unexpected )": "unexpected )",
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid UTF-8": "invalid UTF-8",
    "invalid named capture group": "invalid named capture",
}
_META: Final = str.maketrans({char: f"\\{char}" for char in "\\.+*?()|[]{}^$"})
_NAMED: Final = re.compile(rb"\$(?:\$|(?P<plain>[0-9A-Za-z_]+)|\{(?P<braced>[0-9A-Za-z_]+)\})")


class PatternError(Exception):
    """A pattern that is none, in Go's words."""


class Pattern(NamedTuple):
    """A compiled pattern: where it matches from a position on, and the names of its groups."""

    search: Callable[[bytes, int], tuple[tuple[int, int], ...] | None]
    names: dict[bytes, int]


@functools.lru_cache(maxsize=128)
def compiled(pattern: bytes) -> Pattern:
    """The pattern, ready to search with."""
    if len(pattern) > _LONGEST:
        raise PatternError("error parsing regexp: expression too large")
    options = re2.Options()
    options.log_errors = False
    try:
        program = re2.compile(pattern, options)
    except re2.error as error:
        raise PatternError(_problem(pattern, error.args[0] if error.args else b"")) from None

    def search(text: bytes, start: int) -> tuple[tuple[int, int], ...] | None:
        found = program.search(text, start)
        return None if found is None else tuple(found.span(group) for group in range(program.groups + 1))

    return Pattern(search, dict(program.groupindex))


def _problem(pattern: bytes, said: object) -> str:
    """What RE2 says in the words of Go."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    for code in sorted(_PROBLEMS, key=len, reverse=True):
        if text == code or text.startswith(code + ": "):
            argument = text[len(code) + 2 :]
            shown = govalues.valid_text(pattern) if code in _WHOLE_PATTERN else argument
            return f"error parsing regexp: {_PROBLEMS[code]}: `{shown}`"
    return "error parsing regexp: expression too large" if "too large" in text else f"error parsing regexp: {text}"


def _rune_size(text: bytes, position: int) -> int:
    """The bytes of the rune at that position; 0 at the end."""
    if position >= len(text):
        return 0
    first = text[position]
    size = 1 if first < 0xC2 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    chunk = text[position : position + size]
    try:
        return size if len(chunk.decode()) == 1 else 1
    except UnicodeDecodeError:
        return 1


def matches(context: Context, pattern: Pattern, text: bytes, limit: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """The matches Go finds, one after the other: an empty one never right behind another."""
    position, previous_end, count = 0, -1, 0
    while (limit < 0 or count < limit) and position <= len(text):
        context.budget.step(2 + (len(text) - position) // 4096)
        spans = pattern.search(text, position)
        if spans is None:
            return
        start, end = spans[0]
        accepted = True
        if end == position:
            accepted = start != previous_end
            position += _rune_size(text, position) or len(text) + 1
        else:
            position = end
        previous_end = end
        if accepted:
            count += 1
            yield spans


def replace(
    context: Context, pattern: Pattern, text: bytes, expand: Callable[[tuple[tuple[int, int], ...]], bytes]
) -> bytes:
    """The text with every match replaced."""
    parts: list[bytes] = []
    last_end = position = 0
    while position <= len(text):
        context.budget.step(2 + (len(text) - position) // 4096)
        spans = pattern.search(text, position)
        if spans is None:
            break
        start, end = spans[0]
        parts.append(text[last_end:start])
        if end > last_end or start == 0:
            new = expand(spans)
            context.budget.hold(len(new))
            parts.append(new)
        last_end = end
        position = max(position + (_rune_size(text, position) or 1), end)
    return b"".join([*parts, text[last_end:]])


def expander(pattern: Pattern, template: bytes, text: bytes) -> Callable[[tuple[tuple[int, int], ...]], bytes]:
    """What a replacement template with $1 and ${name} becomes for a match."""

    def group(found: re.Match[bytes], spans: tuple[tuple[int, int], ...]) -> bytes:
        name = found["plain"] or found["braced"]
        if name is None:
            return b"$"
        index = int(name) if name.isdigit() and len(name) < 9 else pattern.names.get(name, -1)
        if not 0 <= index < len(spans) or spans[index][0] < 0:
            return b""
        return text[spans[index][0] : spans[index][1]]

    if b"$" not in template:
        return lambda _: template
    return lambda spans: _NAMED.sub(lambda found: group(found, spans), template)


def _or_fail(pattern: bytes) -> Pattern:
    try:
        return compiled(pattern)
    except PatternError as error:
        raise FunctionError(str(error)) from None


def _or_panic(pattern: bytes) -> Pattern:
    try:
        return compiled(pattern)
    except PatternError as error:
        shown = govalues.valid_text(pattern)
        quoted = f"`{shown}`" if "`" not in shown else f'"{shown}"'
        raise FunctionError(f"regexp: Compile({quoted}): {error}") from None


_Compile = Callable[[bytes], Pattern]


def _match(context: Context, pattern: bytes, text: bytes) -> bool:
    try:
        return compiled(pattern).search(_paid(context, text), 0) is not None
    except PatternError:
        return False


def _must_match(context: Context, pattern: bytes, text: bytes) -> bool:
    return _or_fail(pattern).search(_paid(context, text), 0) is not None


def _paid(context: Context, text: bytes) -> bytes:
    context.budget.step(len(text) // 256)
    return text


def _find(compile_: _Compile) -> Callable[[Context, bytes, bytes], bytes]:
    def find(context: Context, pattern: bytes, text: bytes) -> bytes:
        spans = compile_(pattern).search(_paid(context, text), 0)
        return b"" if spans is None else text[spans[0][0] : spans[0][1]]

    return find


def _find_all(compile_: _Compile) -> Callable[[Context, bytes, bytes, int], Strings]:
    def find_all(context: Context, pattern: bytes, text: bytes, limit: int) -> Strings:
        found = Strings()
        for spans in matches(context, compile_(pattern), text, limit):
            context.budget.elements(1)
            found.append(text[spans[0][0] : spans[0][1]])
        return found or NilStrings()

    return find_all


def _replace_all(compile_: _Compile) -> Callable[[Context, bytes, bytes, bytes], bytes]:
    def replace_all(context: Context, pattern: bytes, text: bytes, template: bytes) -> bytes:
        program = compile_(pattern)
        return replace(context, program, text, expander(program, template, text))

    return replace_all


def _replace_literal(compile_: _Compile) -> Callable[[Context, bytes, bytes, bytes], bytes]:
    def replace_literal(context: Context, pattern: bytes, text: bytes, new: bytes) -> bytes:
        return replace(context, compile_(pattern), text, lambda _: new)

    return replace_literal


def _split(compile_: _Compile) -> Callable[[Context, bytes, bytes, int], Strings]:
    def split(context: Context, pattern: bytes, text: bytes, limit: int) -> Strings:
        program = compile_(pattern)
        if limit == 0:
            return NilStrings()
        if pattern and not text:
            return Strings([b""])
        parts = Strings()
        begin = end = 0
        for spans in matches(context, program, text, limit):
            if limit > 0 and len(parts) == limit - 1:
                break
            context.budget.elements(1)
            end = spans[0][0]
            if spans[0][1] != 0:
                parts.append(text[begin:end])
            begin = spans[0][1]
        if end != len(text):
            parts.append(text[begin:])
        return parts

    return split


def _quote_meta(text: bytes) -> bytes:
    return govalues.translated(text.decode("latin-1"), _META).encode("latin-1")


def _both(
    name: str, make: Callable[[_Compile], Callable[..., object]], params: str, result: str
) -> dict[str, Function]:
    """A function that panics on a bad pattern and its twin that returns an error; they word it differently."""
    return {
        name: function(make(_or_panic), params, result, context=True),
        f"must{name[0].upper()}{name[1:]}": function(make(_or_fail), params, result, context=True),
    }


REGEX: Final[dict[str, Function]] = {
    "regexMatch": function(_match, "string, string", "bool", context=True),
    "mustRegexMatch": function(_must_match, "string, string", "bool", context=True),
    **_both("regexFind", _find, "string, string", "string"),
    **_both("regexFindAll", _find_all, "string, string, int", "[]string"),
    **_both("regexReplaceAll", _replace_all, "string, string, string", "string"),
    **_both("regexReplaceAllLiteral", _replace_literal, "string, string, string", "string"),
    **_both("regexSplit", _split, "string, string, int", "[]string"),
    "regexQuoteMeta": function(_quote_meta, "string", "string"),
}
