"""Says what was probably meant by a field that does not exist: a name like it, or the place where that name belongs."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

Schema = Mapping[str, object]

SURE: Final = 0.8
LIKELY: Final = 0.6
_MANY: Final = 12
_FEW: Final = 2
FORBIDDEN: Final = "FieldValueForbidden"
_PASSED_OVER: Final = ("status", "metadata")


class _Place(NamedTuple):
    """A node of the schema that has fields, as the steps that lead to it."""

    steps: tuple[str, ...]
    schema: Schema

    @property
    def path(self) -> str:
        return ".".join(self.steps)

    def fields(self) -> dict[str, Schema]:
        """The fields that may be given; those that exist only to be refused are left out."""
        properties = self.schema.get("properties")
        found = properties if isinstance(properties, Mapping) else {}
        refused = _refused(self.schema)
        return {name: below for name, below in found.items() if name not in refused and isinstance(below, Mapping)}


def of_unknown(name: str, value: object, path: str, whole: Schema) -> str:
    """What to do about the unknown field ``name`` of the object at ``path``."""
    here = tuple(re.sub(r"\[\d+\]", "[]", path).split(".")) if path else ()
    places = list(_places(whole, ()))
    known = next((list(place.fields()) for place in places if place.steps == here), [])
    if sure := nearest(name, known, SURE):
        return f"write {sure}"
    if homes := _homes(name, value, here, places):
        return f"{name} belongs under {' or '.join(homes)}"
    if likely := nearest(name, known, LIKELY):
        return f"did you mean {likely}?"
    return f"known here: {', '.join(known)}" if 0 < len(known) <= _MANY else "remove it"


def nearest(name: str, known: list[str], alike: float = LIKELY) -> str:
    """The known name most like this one, whatever the case; empty when none is."""
    by_lower = {one.lower(): one for one in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=alike)
    return by_lower[found[0]] if found else ""


def names(value: object) -> list[str]:
    """The texts in a list of a schema."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _homes(name: str, value: object, here: tuple[str, ...], places: list[_Place]) -> list[str]:
    """Where a field of that name and shape exists, nearest first; none when there are too many to be of help."""
    named = [(place, place.fields()[name]) for place in places if place.steps != here and name in place.fields()]
    candidates = [place for place, below in named if _takes(below, value)] or [place for place, _ in named]
    if not candidates:
        return []
    best = min(_distance(place.steps, here) for place in candidates)
    found = [place.path or "the top of the object" for place in candidates if _distance(place.steps, here) == best]
    return found if len(found) <= _FEW else []


def _takes(schema: Schema, value: object) -> bool:
    nested = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else ""
    return schema.get("type") == nested if nested else schema.get("type") not in ("object", "array")


def _distance(there: tuple[str, ...], here: tuple[str, ...]) -> int:
    """Steps up and down from one to the other."""
    shared = 0
    for one, other in zip(there, here, strict=False):
        if one != other:
            break
        shared += 1
    return len(there) + len(here) - 2 * shared


def _places(schema: Schema, steps: tuple[str, ...]) -> Iterator[_Place]:
    place = _Place(steps, schema)
    items = schema.get("items")
    if isinstance(items, Mapping) and steps:
        yield from _places(items, (*steps[:-1], f"{steps[-1]}[]"))
    below = place.fields()
    if below:
        yield place
    for name, found in below.items():
        if steps or name not in _PASSED_OVER:
            yield from _places(found, (*steps, name))


def _refused(schema: Schema) -> set[str]:
    rules = schema.get("x-kubernetes-validations")
    found = [rule for rule in rules if isinstance(rule, Mapping)] if isinstance(rules, list) else []
    return {str(rule.get("fieldPath")).removeprefix(".") for rule in found if rule.get("reason") == FORBIDDEN}
