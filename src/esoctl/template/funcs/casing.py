"""Changes of case and word style: swapcase, camelcase, snakecase, kebabcase.

Source: the reference's functions, which are those of huandu/xstrings and Masterminds/goutils.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from esoctl.template import govalues
from esoctl.template.funcs.strings import SPACES
from esoctl.template.functions import Function, function

_CHINESE: Final = (("\u4e00", "\u9fcc"), ("\u3400", "\u4d85"), ("\U00020000", "\U0002b81d"))


def _is_connector(rune: str) -> bool:
    return rune in "-_" or rune in SPACES


def _is_upper(rune: str) -> bool:
    return unicodedata.category(rune) == "Lu"


def _is_lower(rune: str) -> bool:
    return unicodedata.category(rune) == "Ll"


def _is_alphabet(rune: str) -> bool:
    """Letters other than the Chinese characters."""
    return rune.isalpha() and not any(first <= rune <= last for first, last in _CHINESE)


def _swapcase(value: bytes) -> bytes:
    parts: list[str] = []
    after_space = True
    for rune in govalues.valid_text(value):
        category = unicodedata.category(rune)
        if category in {"Lu", "Lt"}:
            parts.append(govalues.lower_rune(rune))
            after_space = False
        elif category == "Ll":
            parts.append(govalues.title_rune(rune) if after_space else govalues.upper_rune(rune))
            after_space = False
        else:
            parts.append(rune)
            after_space = rune in SPACES
    return "".join(parts).encode()


def _camelcase(value: bytes) -> bytes:
    runes = govalues.valid_text(value)
    start = 0
    while start < len(runes) and _is_connector(runes[start]):
        start += 1
    if start == len(runes):
        return (runes + runes[-1:]).encode()
    parts = list(runes[:start])
    lowers = _is_upper(runes[start])
    current = govalues.upper_rune(runes[start])
    for rune in runes[start + 1 :]:
        previous, current = current, rune
        if _is_connector(previous):
            if _is_connector(current):
                parts.append(previous)
                continue
            lowers = _is_upper(current)
            current = govalues.upper_rune(current)
            continue
        if lowers:
            lowers = _is_upper(current)
            current = govalues.lower_rune(current) if lowers else current
        parts.append(previous)
    return "".join([*parts, current]).encode()


class _Words:
    """The words of a text, each with its kind: number, upper, alphabet, connector, punctuation or other."""

    def __init__(self, runes: str) -> None:
        self._runes = runes
        self._start = 0

    @property
    def more(self) -> bool:
        """Whether there is another word."""
        return self._start < len(self._runes)

    def next(self) -> tuple[str, str]:
        """The kind of the next word, and the word; both empty at the end."""
        if not self.more:
            return "", ""
        start = self._start
        kind = _kind(self._runes[start])
        end = _upper_end(self._runes, start) if kind == "upper" else _same_end(self._runes, kind, start + 1)
        self._start = end
        return kind, self._runes[start:end]


def _kind(rune: str) -> str:
    category = unicodedata.category(rune)
    if _is_connector(rune):
        return "connector"
    if category[0] == "P":
        return "punctuation"
    if category == "Lu":
        return "upper"
    if _is_alphabet(rune):
        return "alphabet"
    return "number" if category[0] == "N" else "other"


def _same_end(runes: str, kind: str, start: int) -> int:
    end = start
    while end < len(runes) and _kind(runes[end]) == kind:
        end += 1
    return end


def _upper_end(runes: str, start: int) -> int:
    """The end of HTTP in HTTPServer, of Server in ServerName."""
    following = start + 1
    if following == len(runes):
        return following
    if not _is_upper(runes[following]):
        return _same_end(runes, "alphabet", following)
    end = _same_end(runes, "upper", following)
    return end - 1 if end < len(runes) and _is_alphabet(runes[end]) else end


def _separated(value: bytes, connector: str) -> bytes:
    words = _Words(govalues.valid_text(value))
    parts: list[str] = []
    kind, word = words.next()
    while words.more:
        if kind != "connector":
            parts.append(_lowered(kind, word, connector))
        before, last = kind, word
        kind, word = words.next()
        if before == "number":
            kind, word = _glue_letters(words, parts, (kind, word), connector)
        elif before == "connector":
            parts.append(_lowered(before, last, connector))
        elif before != "punctuation":
            kind, word = _after_letters(words, parts, (kind, word), connector)
    parts.append(_lowered(kind, word, connector))
    return "".join(parts).encode()


def _glue_letters(words: _Words, parts: list[str], current: tuple[str, str], connector: str) -> tuple[str, str]:
    """Small letters and digits right after a number belong to it."""
    kind, word = current
    while kind in {"alphabet", "number"}:
        parts.append(_lowered(kind, word, connector))
        kind, word = words.next()
    if kind not in {"", "connector", "punctuation"}:
        parts.append(connector)
    return kind, word


def _after_letters(words: _Words, parts: list[str], current: tuple[str, str], connector: str) -> tuple[str, str]:
    kind, word = current
    if kind != "number":
        if kind not in {"connector", "punctuation"}:
            parts.append(connector)
        return current
    if not words.more:
        return current
    number = word
    kind, word = words.next()
    if kind != "alphabet":
        parts.append(_lowered("number", number, connector))
        if kind not in {"connector", "punctuation"}:
            parts.append(connector)
        return kind, word
    parts += [connector, _lowered("number", number, connector)]
    return _glue_letters(words, parts, (kind, word), connector)


def _lowered(kind: str, word: str, connector: str) -> str:
    if kind == "connector":
        return connector * len(word)
    return "".join(map(govalues.lower_rune, word)) if kind == "upper" else word


def _snakecase(value: bytes) -> bytes:
    return _separated(value, "_")


def _kebabcase(value: bytes) -> bytes:
    return _separated(value, "-")


CASING: Final[dict[str, Function]] = {
    "swapcase": function(_swapcase, "string", "string", slow=True),
    "camelcase": function(_camelcase, "string", "string", slow=True),
    "snakecase": function(_snakecase, "string", "string", slow=True),
    "kebabcase": function(_kebabcase, "string", "string", slow=True),
}
