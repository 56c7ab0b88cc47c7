"""Cuts a template into tokens, one at a time, as the parser asks for them.

Positions count characters of the source, lines count from 1. Trim marks are dealt with here: the parser never sees
them. Source: the Go package text/template/parse (lex.go).
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final, NamedTuple

from esoctl.template import quoting

_SPACES: Final = " \t\r\n"
_COMMENT: Final = "/*"
_COMMENT_END: Final = "*/"
_TERMINATORS: Final = ".,|:)("
_NUMBER: Final = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*\.?[0-7_]*|0[bB][01_]*\.?[01_]*"
    r"|[0-9_]*\.?[0-9_]*(?:[eE][+-]?[0-9_]*)?)i?",
    re.ASCII,
)
_QUOTED: Final = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"')
_CHARACTER: Final = re.compile(r"'(?:[^'\\\n]|\\[^\n])*'")


class Kind(Enum):
    """What a token is."""

    ERROR = auto()
    EOF = auto()
    TEXT = auto()
    LEFT_DELIM = auto()
    RIGHT_DELIM = auto()
    SPACE = auto()
    ASSIGN = auto()
    DECLARE = auto()
    PIPE = auto()
    CHAR = auto()
    LEFT_PAREN = auto()
    RIGHT_PAREN = auto()
    FIELD = auto()
    VARIABLE = auto()
    IDENTIFIER = auto()
    DOT = auto()
    NIL = auto()
    BOOL = auto()
    NUMBER = auto()
    COMPLEX = auto()
    CHARACTER = auto()
    STRING = auto()
    RAW_STRING = auto()
    KEYWORD = auto()


KEYWORDS: Final = frozenset({"block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"})
_WORDS: Final = {"nil": Kind.NIL, "true": Kind.BOOL, "false": Kind.BOOL} | dict.fromkeys(KEYWORDS, Kind.KEYWORD)
_MARKS: Final = {"=": Kind.ASSIGN, "|": Kind.PIPE}


class Token(NamedTuple):
    """A piece of the source: what, where, and which line it begins on."""

    kind: Kind
    pos: int
    value: str
    line: int

    def shown(self) -> str:
        """The token as Go shows it in error texts."""
        if self.kind is Kind.EOF:
            return "EOF"
        if self.kind is Kind.ERROR:
            return self.value
        if self.kind in {Kind.KEYWORD, Kind.NIL, Kind.DOT}:
            return f"<{self.value}>"
        value = self.value.encode("utf-8", "surrogateescape")
        if len(value) > 10:
            return quoting.quote(self.value[:10].encode("utf-8", "surrogateescape")).decode() + "..."
        return quoting.quote(value).decode()


class Lexer:
    """The state of cutting one source."""

    def __init__(self, source: str, left: str, right: str) -> None:
        self._source = source
        self._left = left or "{{"
        self._right = right or "}}"
        self._pos = 0
        self._start = 0
        self._line = 1
        self._inside = False
        self._parens = 0

    def next(self) -> Token:
        """The next token; after an error or the end, the end again."""
        return self._action() if self._inside else self._text()

    def _emit(self, kind: Kind) -> Token:
        value = self._source[self._start : self._pos]
        token = Token(kind, self._start, value, self._line)
        if kind in {Kind.TEXT, Kind.SPACE, Kind.RAW_STRING}:
            self._line += value.count("\n")
        self._start = self._pos
        return token

    def _skip(self, end: int) -> None:
        self._line += self._source.count("\n", self._start, end)
        self._pos = self._start = end

    def _error(self, problem: str) -> Token:
        token = Token(Kind.ERROR, self._start, problem, self._line)
        self._source = ""
        self._pos = self._start = 0
        return token

    def _text(self) -> Token:
        source = self._source
        while True:
            found = source.find(self._left, self._pos)
            if found < 0:
                self._pos = len(source)
                return self._emit(Kind.TEXT if self._pos > self._start else Kind.EOF)
            if found > self._start:
                end = found
                if self._trims_before(found + len(self._left)):
                    end = self._start + len(source[self._start : found].rstrip(_SPACES))
                self._pos = end
                token = self._emit(Kind.TEXT)
                self._skip(found)
                if token.value:
                    return token
            token_or_none = self._left_delim()
            if token_or_none is not None:
                return token_or_none

    def _trims_before(self, pos: int) -> bool:
        return self._source[pos : pos + 1] == "-" and self._source[pos + 1 : pos + 2] in set(_SPACES)

    def _left_delim(self) -> Token | None:
        after = self._pos + len(self._left)
        marker = 2 if self._trims_before(after) else 0
        if self._source.startswith(_COMMENT, after + marker):
            self._skip(after + marker)
            return self._comment()
        self._pos = after
        token = self._emit(Kind.LEFT_DELIM)
        self._inside = True
        self._skip(after + marker)
        self._parens = 0
        return token

    def _comment(self) -> Token | None:
        end = self._source.find(_COMMENT_END, self._pos + len(_COMMENT))
        if end < 0:
            return self._error("unclosed comment")
        end += len(_COMMENT_END)
        found, trims = self._at_right_delim(end)
        if not found:
            return self._error("comment ends before closing delimiter")
        end += len(self._right) + (2 if trims else 0)
        self._skip(self._spaces_after(end) if trims else end)
        return None

    def _spaces_after(self, pos: int) -> int:
        source = self._source
        while pos < len(source) and source[pos] in _SPACES:
            pos += 1
        return pos

    def _at_right_delim(self, pos: int) -> tuple[bool, bool]:
        source = self._source
        marked = source[pos : pos + 1] in set(_SPACES) and source[pos + 1 : pos + 2] == "-"
        if marked and source.startswith(self._right, pos + 2):
            return True, True
        return source.startswith(self._right, pos), False

    def _right_delim(self, *, trims: bool) -> Token:
        if trims:
            self._skip(self._pos + 2)
        self._pos += len(self._right)
        token = self._emit(Kind.RIGHT_DELIM)
        if trims:
            self._skip(self._spaces_after(self._pos))
        self._inside = False
        return token

    def _action(self) -> Token:
        found, trims = self._at_right_delim(self._pos)
        if found:
            return self._right_delim(trims=trims) if self._parens == 0 else self._error("unclosed left paren")
        if self._pos >= len(self._source):
            return self._error("unclosed action")
        char = self._source[self._pos]
        if char in _SPACES:
            return self._space()
        if char in _MARKS:
            self._pos += 1
            return self._emit(_MARKS[char])
        if char in "\"'`":
            return self._literal(char)
        if char in "()":
            return self._paren(char)
        if char == "$":
            return self._variable()
        return self._word(char)

    def _word(self, char: str) -> Token:
        following = self._source[self._pos + 1 : self._pos + 2]
        if char == "." and following and not "0" <= following <= "9":
            self._pos += 1
            return self._field(Kind.FIELD)
        if char in "+-." or "0" <= char <= "9":
            return self._number()
        if is_alphanumeric(char):
            return self._identifier()
        return self._odd(char, following)

    def _odd(self, char: str, following: str) -> Token:
        if char == ":":
            if following != "=":
                return self._error("expected :=")
            self._pos += 2
            return self._emit(Kind.DECLARE)
        if char.isascii() and char.isprintable():
            self._pos += 1
            return self._emit(Kind.CHAR)
        return self._error(f"unrecognized character in action: {_named(char)}")

    def _space(self) -> Token:
        end = self._spaces_after(self._pos)
        if self._source.startswith("-" + self._right, end):
            if end - self._pos == 1:
                return self._right_delim(trims=True)
            end -= 1
        self._pos = end
        return self._emit(Kind.SPACE)

    def _paren(self, char: str) -> Token:
        self._pos += 1
        if char == "(":
            self._parens += 1
            return self._emit(Kind.LEFT_PAREN)
        self._parens -= 1
        if self._parens < 0:
            return self._error("unexpected right paren")
        return self._emit(Kind.RIGHT_PAREN)

    def _literal(self, char: str) -> Token:
        if char == "`":
            end = self._source.find("`", self._pos + 1)
            if end < 0:
                return self._error("unterminated raw quoted string")
            self._pos = end + 1
            return self._emit(Kind.RAW_STRING)
        pattern, kind, name = (
            (_QUOTED, Kind.STRING, "quoted string")
            if char == '"'
            else (_CHARACTER, Kind.CHARACTER, "character constant")
        )
        found = pattern.match(self._source, self._pos)
        if found is None:
            return self._error(f"unterminated {name}")
        self._pos = found.end()
        return self._emit(kind)

    def _variable(self) -> Token:
        self._pos += 1
        if self._at_terminator():
            return self._emit(Kind.VARIABLE)
        return self._field(Kind.VARIABLE)

    def _field(self, kind: Kind) -> Token:
        if self._at_terminator():
            return self._emit(Kind.DOT if kind is Kind.FIELD else kind)
        self._run()
        if not self._at_terminator():
            return self._error(f"bad character {_named(self._source[self._pos])}")
        return self._emit(kind)

    def _run(self) -> None:
        source, pos = self._source, self._pos
        while pos < len(source) and is_alphanumeric(source[pos]):
            pos += 1
        self._pos = pos

    def _identifier(self) -> Token:
        self._run()
        if not self._at_terminator():
            return self._error(f"bad character {_named(self._source[self._pos])}")
        return self._emit(_WORDS.get(self._source[self._start : self._pos], Kind.IDENTIFIER))

    def _at_terminator(self) -> bool:
        if self._pos >= len(self._source):
            return True
        char = self._source[self._pos]
        return char in _SPACES or char in _TERMINATORS or self._source.startswith(self._right, self._pos)

    def _number(self) -> Token:
        if not self._scan_number():
            return self._bad_number()
        if self._source[self._pos : self._pos + 1] in {"+", "-"}:
            if not self._scan_number() or self._source[self._pos - 1] != "i":
                return self._bad_number()
            return self._emit(Kind.COMPLEX)
        return self._emit(Kind.NUMBER)

    def _scan_number(self) -> bool:
        found = _NUMBER.match(self._source, self._pos)
        if found is not None:
            self._pos = found.end()
        if self._pos < len(self._source) and is_alphanumeric(self._source[self._pos]):
            self._pos += 1
            return False
        return True

    def _bad_number(self) -> Token:
        value = self._source[self._start : self._pos].encode("utf-8", "surrogateescape")
        return self._error(f"bad number syntax: {quoting.quote(value).decode()}")


def is_alphanumeric(char: str) -> bool:
    """Whether Go takes the character for a letter, a digit or an underscore."""
    return char == "_" or char.isalpha() or char.isdecimal()


def _named(char: str) -> str:
    if "\ud800" <= char <= "\udfff":
        char = "\ufffd"
    shown = f" '{char}'" if quoting.is_print(char) else ""
    return f"U+{ord(char):04X}{shown}"
