"""What a plain YAML word means: null, a truth, a number, a timestamp, or itself.

The rules are YAML 1.1 with the additions of the reference's library: yes and on are true, 0o17 and 1_000 are numbers,
1:30 is text. Source: go.yaml.in/yaml/v2 (resolve.go).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from esoctl.template import numerals
from esoctl.template.govalues import INT_MAX, UINT_MAX

_STR: Final = "!!str"
_TRUTHS: Final = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], False),
}
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_SPECIALS: Final = {
    **dict.fromkeys([".nan", ".NaN", ".NAN"], float("nan")),
    **dict.fromkeys([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], float("inf")),
    **dict.fromkeys(["-.inf", "-.Inf", "-.INF"], float("-inf")),
}
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_BINARY: Final = re.compile(r"(?P<sign>-?)0b(?P<digits>[+-]?[01]+)", re.ASCII)
_SIXTIES: Final = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?", re.ASCII)
_DATE: Final = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"(?:(?:[Tt](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2}):(?P<second>[0-9]{1,2})(?:[.,][0-9]+)?"
    r"(?:Z|[+-](?P<zh>[0-9]{2}):(?P<zm>[0-9]{2})))"
    r"|(?: (?P<hour2>[0-9]{1,2}):(?P<minute2>[0-9]{1,2}):(?P<second2>[0-9]{1,2})(?:[.,][0-9]+)?))?",
    re.ASCII,
)
_MOST: Final = {
    **dict.fromkeys(["hour", "hour2"], 23),
    **dict.fromkeys(["minute", "minute2", "second", "second2"], 59),
    "zh": 24,
    "zm": 60,
}
_MONTH_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
RESOLVABLE: Final = frozenset({"", "!!str", "!!bool", "!!int", "!!float", "!!null", "!!timestamp"})


class Word(NamedTuple):
    """The tag of a word and its value; the value of text and of a timestamp is the word itself."""

    tag: str
    value: object


class CannotDecode(Exception):
    """A word that does not fit the tag it was given."""


def resolve(tag: str, word: str) -> Word:
    """What the word means under the tag, empty when it has none."""
    if tag not in RESOLVABLE:
        return Word(tag, word)
    if tag == _STR:
        return Word(_STR, word)
    found = _plain(tag, word)
    if tag in {"", found.tag}:
        return found
    if tag == "!!float" and found.tag == "!!int" and isinstance(found.value, int) and found.value <= INT_MAX:
        return Word(tag, float(found.value))
    raise CannotDecode(f"cannot decode {found.tag} `{word}` as a {tag}")


def _plain(tag: str, word: str) -> Word:
    if word in _NULLS:
        return Word("!!null", None)
    if word in _TRUTHS:
        return Word("!!bool", _TRUTHS[word])
    if word in _SPECIALS:
        return Word("!!float", _SPECIALS[word])
    if word[0] == ".":
        value = numerals.parse_float(word)
        return Word(_STR, word) if value is None else Word("!!float", value)
    if word[0] in "+-0123456789":
        return _number(tag, word)
    return Word(_STR, word)


def _number(tag: str, word: str) -> Word:
    if tag in {"", "!!timestamp"} and is_timestamp(word):
        return Word("!!timestamp", word)
    plain = word.replace("_", "")
    whole = _integer(plain)
    if whole is not None:
        return Word("!!int", whole)
    if _FLOAT.fullmatch(plain):
        value = numerals.parse_float(plain)
        if value is not None:
            return Word("!!float", value)
    return Word(_STR, word)


def _integer(plain: str) -> int | None:
    if len(plain) > 400:
        return None
    number = numerals.integer(plain)
    if number is None:
        found = _BINARY.fullmatch(plain)
        number = (
            int(found["sign"] + found["digits"], 2) if found and found["sign"] + found["digits"][:1] != "--" else None
        )
    if number is None or not -INT_MAX - 1 <= number <= UINT_MAX or (number > INT_MAX and plain[0] in "+-"):
        return None
    return number


def is_timestamp(word: str) -> bool:
    """Whether the word is a date, or a date and time, in one of the forms the library reads."""
    found = _DATE.fullmatch(word)
    if found is None:
        return False
    year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    if not 1 <= month <= 12 or any(found[name] and int(found[name]) > most for name, most in _MOST.items()):
        return False
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= day <= _MONTH_DAYS[month - 1] + leap


def is_plain_text(word: str) -> bool:
    """Whether the word, written without quotes, would be read back as this text."""
    if word[:1] in {"+", "-", *"0123456789"} and ":" in word and _SIXTIES.fullmatch(word):
        return False
    return resolve("", word).tag == _STR
