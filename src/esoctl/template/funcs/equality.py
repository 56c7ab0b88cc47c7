"""Deep equality and deep copies, as Go's reflect.DeepEqual and mitchellh/copystructure.

Both keep a list of what is still to do, so that no depth and no cycle can exhaust the interpreter.
"""

from __future__ import annotations

from esoctl.template.functions import Context
from esoctl.template.limits import Budget


def deep_equal(budget: Budget, left: object, right: object) -> bool:
    """Whether two values have the same types and contents; cycles are followed once."""
    todo = [(left, right)]
    seen: set[tuple[int, int]] = set()
    while todo:
        first, second = todo.pop()
        budget.step()
        if type(first) is not type(second):
            return False
        if isinstance(first, (dict, list)) and isinstance(second, (dict, list)):
            pair = (id(first), id(second))
            if first is second or pair in seen:
                continue
            seen.add(pair)
            inner = _pairs(first, second)
            if inner is None:
                return False
            todo.extend(inner)
        elif first != second:
            return False
    return True


def _pairs(
    first: dict[bytes, object] | list[object], second: dict[bytes, object] | list[object]
) -> list[tuple[object, object]] | None:
    """What has to be equal inside; None when the shapes differ."""
    if len(first) != len(second):
        return None
    if isinstance(first, dict):
        assert isinstance(second, dict)
        if first.keys() != second.keys():
            return None
        return [(first[key], second[key]) for key in first]
    return list(zip(first, second, strict=True))


def deep_copy(context: Context, value: object) -> object:
    """A copy that shares no map and no slice with the original; a cycle runs into the limits."""
    if not isinstance(value, (dict, list)):
        return value
    copied = type(value)()
    todo: list[tuple[object, object, int]] = [(value, copied, 1)]
    while todo:
        source, target, depth = todo.pop()
        context.budget.too_deep(depth)
        items = _items(source)
        context.budget.elements(len(items))
        for key, item in items:
            inner = type(item)() if isinstance(item, (dict, list)) else item
            context.budget.step()
            if isinstance(item, (dict, list)):
                todo.append((item, inner, depth + 1))
            _put(target, key, inner)
    return copied


def _items(source: object) -> list[tuple[object, object]]:
    if isinstance(source, dict):
        return list(source.items())
    assert isinstance(source, list)
    return list(enumerate(source))


def _put(target: object, key: object, item: object) -> None:
    if isinstance(target, dict):
        target[key] = item
    elif isinstance(target, list):
        target.append(item)
