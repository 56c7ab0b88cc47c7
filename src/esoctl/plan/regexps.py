"""Regular expressions as Go means them: RE2 syntax, linear time, Go's way to replace and its words for errors.

RE2 itself does the matching; what differs from Go is settled here: a group name may occur twice, names are ASCII, and
``\\C`` is no escape.

Source: Go's ``regexp`` (``Compile``, ``ReplaceAll``, ``Expand``) and ``regexp/syntax``.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Protocol

import re2

Spans = tuple[tuple[int, int], ...]
"""Where a match and its groups begin and end; -1 for a group without a part in it."""

_MAX_PATTERN = 10_000
_WORDS = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "unexpected )": "unexpected )",
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid repetition size": "invalid repeat count",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
    "invalid escape sequence": "invalid escape sequence",
    "invalid character class range": "invalid character class range",
    "invalid character class": "invalid character class",
    "invalid UTF-8": "invalid UTF-8",
}
_WHOLE = frozenset({"missing )", "unexpected )"})
"""Problems for which Go shows the whole pattern."""
_TOKEN = re.compile(
    r"""\\Q.*?(?:\\E|\Z)                              # quoted
      | \\(?P<escape>.?)
      | \[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]       # a class
      | \(\?P?<(?P<name>[^>]*)>
      | \((?P<other>\??)""",
    re.DOTALL | re.VERBOSE,
)
_NAME = re.compile(r"[A-Za-z0-9_]+")


class _Program(Protocol):
    """What RE2 compiles a pattern to."""

    groups: int

    def search(self, text: bytes, pos: int) -> "_Found | None": ...


class _Found(Protocol):
    def span(self, group: int) -> tuple[int, int]: ...


class Pattern:
    """A compiled pattern."""

    def __init__(self, program: _Program, names: list[str]) -> None:
        self._program = program
        self._names = names

    def matches(self, text: str) -> bool:
        """Whether the pattern occurs somewhere in the text."""
        return self._program.search(_encode(text), 0) is not None

    def replace(self, text: str, target: str) -> str:
        """The text with every match replaced by the target, in which ``$1`` and ``${name}`` are groups."""
        source = _encode(text)
        pieces, copied = [], 0
        for spans in self._replaced(source):
            start, end = spans[0]
            pieces += [source[copied:start], self._expand(source, spans, target)]
            copied = end
        return b"".join([*pieces, source[copied:]]).decode("utf-8", "surrogateescape")

    def _replaced(self, source: bytes) -> Iterator[Spans]:
        """The matches that are replaced: not an empty one right behind another."""
        position = last = 0
        while position <= len(source):
            found = self._program.search(source, position)
            if found is None:
                return
            spans = tuple(found.span(group) for group in range(self._program.groups + 1))
            start, end = spans[0]
            if end > last or start == 0:
                yield spans
            last = end
            position = max(end, position + _rune(source, position))

    def _expand(self, source: bytes, spans: Spans, target: str) -> bytes:
        before, *parts = target.split("$")
        expanded = [_encode(before)]
        parts.reverse()
        while parts:
            part = parts.pop()
            if not part and parts:
                # Two dollars stand for one, and the second begins nothing.
                expanded.append(_encode("$" + parts.pop()))
                continue
            name, rest = _reference(part)
            expanded.append(b"$" if name is None else self._group(source, spans, name))
            expanded.append(_encode(rest))
        return b"".join(expanded)

    def _group(self, source: bytes, spans: Spans, name: str) -> bytes:
        """The text of the group of that number or name; of groups with one name the first that has a part."""
        if name.isascii() and name.isdigit() and (name == "0" or name[0] != "0") and len(name) <= 8:
            wanted = [int(name)]
        else:
            wanted = [group for group, given in enumerate(self._names, 1) if given == name]
        for group in wanted:
            if group < len(spans) and spans[group][0] >= 0:
                return source[slice(*spans[group])]
        return b""


@lru_cache(maxsize=256)
def compile(pattern: str) -> Pattern:  # noqa: A001 - read at the call as regexps.compile
    """The compiled pattern; ValueError with Go's text when it is none."""
    if len(pattern) > _MAX_PATTERN:
        raise ValueError("error parsing regexp: expression too large")
    options = re2.Options()
    options.log_errors = False
    try:
        program = re2.compile(_encode(pattern), options)
    except re2.error as error:
        raise ValueError(f"error parsing regexp: {_problem(pattern, error)}") from None
    return Pattern(program, _names(pattern))


def _names(pattern: str) -> list[str]:
    """The name of each group, empty without one; ValueError for what RE2 lets pass and Go does not."""
    names = []
    for token in _TOKEN.finditer(pattern):
        if token["escape"] == "C":
            raise ValueError("error parsing regexp: invalid escape sequence: `\\C`")
        if token["name"] is not None:
            if not _NAME.fullmatch(token["name"]):
                raise ValueError(f"error parsing regexp: invalid named capture: `{token[0]}`")
            names.append(token["name"])
        elif token["other"] == "":
            names.append("")
    return names


def _problem(pattern: str, error: Exception) -> str:
    """What RE2 says, in the words of Go."""
    said = error.args[0]
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    code = next((code for code in _WORDS if text == code or text.startswith(f"{code}: ")), None)
    if code is None:
        return "expression too large" if "too large" in text else text
    argument = pattern if code in _WHOLE else text[len(code) + 2 :]
    if code == "invalid perl operator":
        return _perl(pattern, argument)
    return f"{_WORDS[code]}: `{argument}`"


def _perl(pattern: str, operator: str) -> str:
    """Go takes a look-behind for a group whose name is wrong, and says of what it does not know only the begin."""
    if operator.startswith("(?<"):
        rest = pattern[pattern.find(operator) :]
        return f"invalid named capture: `{rest[: rest.find('>') + 1] or rest}`"
    shown = "(?P" if operator.startswith("(?P") else operator
    return f"invalid or unsupported Perl syntax: `{shown}`"


def _reference(part: str) -> tuple[str | None, str]:
    """The name a part behind a dollar begins with, and the rest; None when it is no reference."""
    body = part.removeprefix("{")
    end = next((index for index, character in enumerate(body) if not _is_word(character)), len(body))
    braced = body is not part and len(body) < len(part)
    if end == 0 or (braced and body[end : end + 1] != "}"):
        return None, part
    return body[:end], body[end + braced :]


def _is_word(character: str) -> bool:
    return character == "_" or unicodedata.category(character) in {"Lu", "Ll", "Lt", "Lm", "Lo", "Nd"}


def _rune(source: bytes, position: int) -> int:
    """The length of the character at the position, at least 1."""
    end = position + 1
    while end < len(source) and source[end] & 0xC0 == 0x80:
        end += 1
    return end - position


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
