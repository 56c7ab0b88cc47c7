"""Patterns with ``*`` for any text and ``?`` for any one character.

DIFFERS: the reference gives up on patterns that make it backtrack much and reports no match; here matching takes
time in proportion to text and pattern, so the answer is always the right one.

Source: tidwall/match 1.1 ``Match``.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from esoctl.plan.jsonpath import text

_TOKEN = re.compile(r"\\(.?)|(\*+)|(\?)|[^\\*?]+", re.DOTALL)


class _Segment(NamedTuple):
    """What stands between two stars: it fits a fixed number of characters."""

    pattern: re.Pattern[str]
    length: int


def matches(value: bytes, pattern: bytes) -> bool:
    """Whether the whole value fits the pattern."""
    segments = _segments(pattern)
    return segments is not None and _fit(text.readable(value), segments)


def _fit(value: str, segments: tuple[_Segment, ...]) -> bool:
    """The first segment at the begin, the last at the end, the others in order: the leftmost place is good enough."""
    first, *others = segments
    if not others:
        return first.pattern.fullmatch(value) is not None
    if not first.pattern.match(value):
        return False
    *inner, last = others
    position = first.length
    for segment in inner:
        found = segment.pattern.search(value, position)
        if not found:
            return False
        position = found.end()
    at = len(value) - last.length
    return at >= position and last.pattern.match(value, at) is not None


@lru_cache(maxsize=64)
def _segments(pattern: bytes) -> tuple[_Segment, ...] | None:
    """The segments; None for a pattern that fits nothing because nothing follows its last backslash."""
    segments: list[list[str]] = [[]]
    for token in _TOKEN.finditer(text.readable(pattern)):
        escaped, star, any_one = token.groups()
        if star:
            segments.append([])
        elif any_one:
            segments[-1].append(".")
        elif escaped is not None:
            if not escaped and len(segments) == 1:
                return None
            # Behind a star the reference reads from the end, where a lone backslash is a character like others.
            segments[-1].append(re.escape(escaped or "\\"))
        else:
            segments[-1] += map(re.escape, token[0])
    return tuple(_Segment(re.compile("".join(parts), re.DOTALL), len(parts)) for parts in segments)
