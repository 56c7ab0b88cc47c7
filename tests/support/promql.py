"""What an expression of PromQL asks of the series: names, labels that are matched, labels that are kept apart.

Enough of the language for dashboards and alerts; Prometheus itself says whether an expression is valid.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

OF_THE_SCRAPE = frozenset({"service", "job", "instance"})
"""Labels that no series has by itself: whoever scrapes sets them."""
KEYWORDS = frozenset({"by", "on", "ignoring", "without", "group_left", "group_right", "and", "or", "unless", "bool"})
SELECTOR = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\{[^}]*\})?(\s*\()?")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
GROUPED = re.compile(r"\bby\s*\(([^)]*)\)")
LABELS = re.compile(r"\b(?:by|on|ignoring|without|group_left|group_right)\s*\([^)]*\)")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')

Sample = tuple[str, Mapping[str, str]]


@dataclass(frozen=True)
class Selector:
    """One choice of series."""

    name: str
    matchers: tuple[tuple[str, str, str], ...] = ()

    def takes(self, labels: Mapping[str, str]) -> bool:
        return all(
            label in OF_THE_SCRAPE or _fits(labels.get(label, ""), how, text) for label, how, text in self.matchers
        )


def selectors(expression: str) -> list[Selector]:
    """Every choice of series in the expression."""
    bare = LABELS.sub(" ", expression)
    inside = [(match.start(), match.end()) for match in QUOTED.finditer(bare)]
    found = []
    for match in SELECTOR.finditer(bare):
        name, braces, opens = match.groups()
        if any(start <= match.start() < end for start, end in inside) or _within(bare, match.start()):
            continue
        if not opens and name not in KEYWORDS and "_" in name:
            found.append(Selector(name, tuple(MATCHER.findall(braces or ""))))
    return found


def grouped(expression: str) -> set[str]:
    """The labels that results are kept apart by."""
    return {label.strip() for found in GROUPED.findall(expression) for label in found.split(",") if label.strip()}


def missing(expression: str, samples: Sequence[Sample]) -> list[str]:
    """What the expression asks for and no sample has."""
    problems, known = [], set[str]()
    for selector in selectors(expression):
        named = [labels for name, labels in samples if name == selector.name]
        taken = [labels for labels in named if selector.takes(labels)]
        known.update(*taken)
        if not named:
            problems.append(f"no series {selector.name}")
        elif not taken:
            problems.append(f"no {selector.name} with {selector.matchers}; there is {named[0]}")
    unknown = sorted(grouped(expression) - OF_THE_SCRAPE - known)
    return problems or [f"no series has a label {label}" for label in unknown]


def _within(text: str, place: int) -> bool:
    """Whether the place is inside braces or brackets."""
    before = text[:place]
    return before.count("{") > before.count("}") or before.count("[") > before.count("]")


def _fits(value: str, how: str, text: str) -> bool:
    if how in ("=", "!="):
        return (value == text) is (how == "=")
    return bool(re.fullmatch(text, value)) is (how == "=~")
