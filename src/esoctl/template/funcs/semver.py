"""Semantic versions: semver and semverCompare.

Source: the reference's functions over Masterminds/semver v3. Patterns run on RE2, so no version or constraint can take
long.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Final

import re2

from esoctl.template import govalues
from esoctl.template.functions import Context, Function, function
from esoctl.template.govalues import FunctionError, Method, Struct, Uint64

_POINTER: Final = "*semver.Version"
_SUFFIX: Final = r"(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
_LOOSE: Final = r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?" + _SUFFIX
_OPERATORS: Final = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^"
_LONGEST: Final = 4096
_WILD: Final = frozenset({"", "x", "X", "*"})

_VERSION: Final = re2.compile(r"v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?" + _SUFFIX)
_CONSTRAINT: Final = re2.compile(rf"\s*({_OPERATORS})\s*({_LOOSE})\s*")
_RANGE: Final = re2.compile(rf"\s*({_LOOSE})\s+-\s+({_LOOSE})\s*")
_EACH: Final = re2.compile(rf"({_OPERATORS})\s*({_LOOSE})")
_VALID: Final = re2.compile(rf"(\s*({_OPERATORS})\s*({_LOOSE})\s*)((?:\s+|,\s*)({_OPERATORS})\s*({_LOOSE})\s*)*")


class Version(Struct):
    """semver.Version, by pointer as the functions give it."""

    go_kind = "ptr"
    go_type = _POINTER

    def __init__(self, numbers: tuple[int, int, int], pre: str, metadata: str, original: str) -> None:
        self.numbers = numbers
        self.pre = pre
        self.metadata = metadata
        self.original = original

    def __str__(self) -> str:
        shown = ".".join(map(str, self.numbers))
        return shown + (f"-{self.pre}" if self.pre else "") + (f"+{self.metadata}" if self.metadata else "")

    def go_string(self) -> bytes:
        return str(self).encode()

    def go_json(self) -> bytes:
        """The version in JSON."""
        return self.go_string()

    def compare(self, other: Version) -> int:
        """-1, 0 or 1 by precedence."""
        if self.numbers != other.numbers:
            return 1 if self.numbers > other.numbers else -1
        if not self.pre or not other.pre:
            return bool(other.pre) - bool(self.pre)
        return compare_prerelease(self.pre, other.pre)

    def methods(self) -> dict[str, Method]:
        one = (_POINTER,)
        return {
            "Major": Method((), functools.partial(self._number, 0)),
            "Minor": Method((), functools.partial(self._number, 1)),
            "Patch": Method((), functools.partial(self._number, 2)),
            "Prerelease": Method((), self.pre.encode),
            "Metadata": Method((), self.metadata.encode),
            "Original": Method((), lambda: govalues.encode(self.original)),
            "String": Method((), self.go_string),
            "IncMajor": Method((), functools.partial(self._next, 0)),
            "IncMinor": Method((), functools.partial(self._next, 1)),
            "IncPatch": Method((), functools.partial(self._next, 2)),
            "Compare": Method(one, self.compare),
            "Equal": Method(one, lambda other: self.compare(other) == 0),
            "LessThan": Method(one, lambda other: self.compare(other) < 0),
            "LessThanEqual": Method(one, lambda other: self.compare(other) <= 0),
            "GreaterThan": Method(one, lambda other: self.compare(other) > 0),
            "GreaterThanEqual": Method(one, lambda other: self.compare(other) >= 0),
        }

    def _number(self, position: int) -> Uint64:
        return Uint64(self.numbers[position])

    def _next(self, position: int) -> Version:
        major, minor, patch = self.numbers
        steps = ((major + 1, 0, 0), (major, minor + 1, 0), (major, minor, patch + (not self.pre)))
        following = _Plain(steps[position], "", "", "")
        following.original = ("v" if self.original.startswith("v") else "") + str(following)
        return following


class _Plain(Version):
    """semver.Version by value, as the next versions are."""

    go_kind = "struct"
    go_type = "semver.Version"


def compare_prerelease(left: str, right: str) -> int:
    """-1, 0 or 1: numbers by value and below words, fewer parts below more."""
    first, second = left.split("."), right.split(".")
    for index in range(max(len(first), len(second))):
        one = first[index] if index < len(first) else ""
        two = second[index] if index < len(second) else ""
        if one != two:
            return _compare_part(one, two)
    return 0


def _compare_part(one: str, two: str) -> int:
    if not one or not two:
        return 1 if one else -1
    first, second = _uint(one), _uint(two)
    if first is None and second is None:
        return 1 if one > two else -1
    if first is None or second is None:
        return 1 if first is None else -1
    return 1 if first > second else -1


def _uint(text: str) -> int | None:
    if not (text.isascii() and text.isdecimal()) or len(text) > 20:
        return None
    return int(text) if int(text) <= govalues.UINT_MAX else None


def parse(text: str) -> Version:
    """The version written leniently: a v before it, and parts left out, are fine."""
    found = _VERSION.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise FunctionError("invalid semantic version")
    major, minor, patch = (_segment((found.group(index) or "0").removeprefix(".")) for index in (1, 2, 3))
    pre, metadata = found.group(5) or "", found.group(8) or ""
    for part in pre.split("."):
        if len(part) > 1 and part[0] == "0" and part.isdecimal():
            raise FunctionError("version segment starts with 0")
    return Version((major, minor, patch), pre, metadata, text)


def _segment(digits: str) -> int:
    number = int(digits) if len(digits) < 4000 else govalues.UINT_MAX + 1
    if number > govalues.UINT_MAX:
        problem = f'strconv.ParseUint: parsing "{digits}": value out of range'
        raise FunctionError(f"error parsing version segment: {problem}")
    return number


class Constraint:
    """One comparison of a constraint. Dirty means that parts of the version were left open."""

    def __init__(self, text: str) -> None:
        found = _CONSTRAINT.fullmatch(text)
        if found is None:
            raise FunctionError(f"improper constraint: {text}")
        self.operator: str = found.group(1)
        parts = [found.group(3), (found.group(4) or "").removeprefix("."), (found.group(5) or "").removeprefix(".")]
        wild = next((index for index, part in enumerate(parts) if part in _WILD), 3)
        self.dirty = wild < 3
        self.minor_dirty = wild == 1
        self.patch_dirty = wild == 2
        known = parts[:wild] if wild else []
        try:
            self.version = parse(".".join([*known, *["0"] * (3 - len(known))]) + (found.group(6) or ""))
        except FunctionError:
            raise FunctionError("constraint parser error") from None

    def allows(self, version: Version) -> bool:
        """Whether the version satisfies the comparison."""
        if version.pre and not self.version.pre:
            return False
        return _CHECKS[self.operator](self, version)

    def differs(self, version: Version) -> bool:
        """The operator !=."""
        if not self.dirty:
            return version.compare(self.version) != 0
        ours, theirs = self.version.numbers, version.numbers
        if ours[0] != theirs[0] or (ours[1] != theirs[1] and not self.minor_dirty):
            return True
        if self.minor_dirty:
            return False
        if not self.patch_dirty:
            return ours[2] != theirs[2] or version.compare(self.version) != 0
        return bool(version.pre or self.version.pre) and compare_prerelease(version.pre, self.version.pre) != 0

    def above(self, version: Version) -> bool:
        """The operator >."""
        ours, theirs = self.version.numbers, version.numbers
        if not self.dirty:
            return version.compare(self.version) > 0
        if ours[0] != theirs[0] or self.minor_dirty:
            return theirs[0] > ours[0]
        return theirs[1] > ours[1] if self.patch_dirty else version.compare(self.version) > 0

    def below(self, version: Version) -> bool:
        """The operator <."""
        return version.compare(self.version) < 0

    def at_least(self, version: Version) -> bool:
        """The operator >=."""
        return version.compare(self.version) >= 0

    def at_most(self, version: Version) -> bool:
        """The operator <=."""
        if not self.dirty:
            return version.compare(self.version) <= 0
        ours, theirs = self.version.numbers, version.numbers
        return theirs[0] < ours[0] or (theirs[0] == ours[0] and (theirs[1] <= ours[1] or self.minor_dirty))

    def near(self, version: Version) -> bool:
        """The operator ~: patches may differ."""
        if version.compare(self.version) < 0:
            return False
        ours, theirs = self.version.numbers, version.numbers
        if ours == (0, 0, 0) and not self.minor_dirty and not self.patch_dirty:
            return True
        return ours[0] == theirs[0] and (ours[1] == theirs[1] or self.minor_dirty)

    def same(self, version: Version) -> bool:
        """The operator =, or none."""
        return self.near(version) if self.dirty else version.compare(self.version) == 0

    def compatible(self, version: Version) -> bool:
        """The operator ^: what is left of the first part that is not zero stays."""
        if version.compare(self.version) < 0:
            return False
        ours, theirs = self.version.numbers, version.numbers
        if ours[0] > 0 or self.minor_dirty or theirs[0] > 0:
            return ours[0] == theirs[0]
        if ours[1] > 0 or self.patch_dirty or theirs[1] > 0:
            return ours[1] == theirs[1]
        return ours[2] == theirs[2]


_CHECKS: Final[dict[str, Callable[[Constraint, Version], bool]]] = {
    "": Constraint.same,
    "=": Constraint.same,
    "!=": Constraint.differs,
    ">": Constraint.above,
    "<": Constraint.below,
    ">=": Constraint.at_least,
    "=>": Constraint.at_least,
    "<=": Constraint.at_most,
    "=<": Constraint.at_most,
    "~": Constraint.near,
    "~>": Constraint.near,
    "^": Constraint.compatible,
}


def constraints(text: str) -> list[list[Constraint]]:
    """Alternatives, each a list of comparisons that must all hold."""
    if len(text) > _LONGEST:
        raise FunctionError("improper constraint: too long")
    rewritten = text
    for found in _RANGE.finditer(text):
        rewritten = rewritten.replace(found.group(0), f">= {found.group(1)}, <= {found.group(11)} ", 1)
    alternatives: list[list[Constraint]] = []
    for alternative in rewritten.split("||"):
        if _VALID.fullmatch(alternative) is None:
            raise FunctionError(f"improper constraint: {alternative}")
        alternatives.append([Constraint(found.group(0)) for found in _EACH.finditer(alternative)])
    return alternatives


def _semver(text: bytes) -> Version:
    return parse(_ascii(text))


def _ascii(text: bytes) -> str:
    return re.sub(r"[\udc80-\udcff]", "\ufffd", govalues.text(text))


def _semver_compare(context: Context, constraint: bytes, version: bytes) -> bool:
    context.budget.step((len(constraint) + len(version)) // 8)
    alternatives = constraints(_ascii(constraint))
    parsed = parse(_ascii(version))
    return any(all(each.allows(parsed) for each in alternative) for alternative in alternatives)


SEMVER: Final[dict[str, Function]] = {
    "semver": function(_semver, "string", _POINTER),
    "semverCompare": function(_semver_compare, "string, string", "bool", context=True),
}
