"""The dict functions. ``set``, ``unset`` and the merges change the dict they are given, as in the reference.

Where Go walks a map in random order (keys, values) the order of the keys is used (DIFFERS: output is the same each
time). Source: the reference's dict functions (Masterminds/sprig, with dario.cat/mergo beneath the merges).
"""

from __future__ import annotations

from typing import Final

from esoctl.template import govalues
from esoctl.template.funcs.equality import deep_copy
from esoctl.template.funcs.lists import is_empty
from esoctl.template.funcs.strings import shown
from esoctl.template.functions import ANY, DICT, LIST, Context, Function, function
from esoctl.template.govalues import FunctionError, NilMap, Strings
from esoctl.template.limits import LimitExceeded

_Dict = dict[bytes, object]
_DEEPEST_MERGE: Final = 150


def _dict(context: Context, *values: object) -> _Dict:
    made: _Dict = {}
    for index in range(0, len(values), 2):
        made[shown(context, values[index])] = values[index + 1] if index + 1 < len(values) else b""
    return made


def _get(held: _Dict, key: bytes) -> object:
    return held.get(key, b"")


def _set(held: _Dict, key: bytes, value: object) -> _Dict:
    if isinstance(held, NilMap):
        raise FunctionError("assignment to entry in nil map")
    held[key] = value
    return held


def _unset(held: _Dict, key: bytes) -> _Dict:
    held.pop(key, None)
    return held


def _has_key(held: _Dict, key: bytes) -> bool:
    return key in held


def _pluck(key: bytes, *dicts: _Dict) -> list[object]:
    return [held[key] for held in dicts if key in held]


def _keys(context: Context, *dicts: _Dict) -> Strings:
    context.budget.elements(sum(map(len, dicts)))
    return Strings(key for held in dicts for key in sorted(held))


def _values(held: _Dict) -> list[object]:
    return [held[key] for key in sorted(held)]


def _pick(held: _Dict, *keys: bytes) -> _Dict:
    return {key: held[key] for key in keys if key in held}


def _omit(held: _Dict, *keys: bytes) -> _Dict:
    omitted = set(keys)
    return {key: value for key, value in held.items() if key not in omitted}


def _merge(context: Context, target: _Dict, *sources: _Dict) -> object:
    return _merged(context, target, sources, overwrites=False)


def _merge_overwrite(context: Context, target: _Dict, *sources: _Dict) -> object:
    return _merged(context, target, sources, overwrites=True)


def _merged(context: Context, target: _Dict, sources: tuple[_Dict, ...], *, overwrites: bool) -> _Dict:
    if isinstance(target, NilMap) and any(not isinstance(source, NilMap) for source in sources):
        target = {}
    for source in sources:
        _merge_into(context, target, source, overwrites=overwrites, depth=1)
    return target


def _merge_into(context: Context, target: _Dict, source: _Dict, *, overwrites: bool, depth: int) -> None:
    if depth > _DEEPEST_MERGE:
        raise LimitExceeded(f"limit exceeded: merging dicts nested more than {_DEEPEST_MERGE} deep")
    for key in sorted(source):
        context.budget.step()
        value, old = source[key], target.get(key)
        if isinstance(value, dict) and isinstance(old, dict) and not isinstance(old, NilMap):
            _merge_into(context, old, value, overwrites=overwrites, depth=depth + 1)
        if _replaces(target, key, value, overwrites=overwrites):
            target[key] = value


def _replaces(target: _Dict, key: bytes, value: object, *, overwrites: bool) -> bool:
    """Whether the value takes the place of what is there; two dicts have just been merged, so the first stays."""
    if value is None:
        return overwrites
    old = target.get(key)
    if isinstance(value, dict) and isinstance(old, dict) and old:
        return False
    return overwrites or is_empty(old)


def _dig(context: Context, *args: object) -> object:
    if len(args) < 3:
        raise FunctionError("dig needs at least three arguments")
    *names, default, held = args
    keys = [_asserted(name, bytes, "string") for name in names]
    for index, key in enumerate(keys):
        context.budget.step()
        step = _asserted(held, dict, DICT)
        assert isinstance(step, dict)
        if key not in step:
            return default
        held = step[key]
        if index == len(keys) - 1:
            return held
    return held


def _asserted(value: object, cls: type, name: str) -> object:
    """A type assertion; its failure reads as in Go."""
    if isinstance(value, cls) and govalues.type_of(value) == name:
        return value
    actual = "nil" if value is None else govalues.type_of(value)
    raise FunctionError(f"interface conversion: interface {{}} is {actual}, not {name}")


def _deep_copy(context: Context, value: object) -> object:
    if value is None:
        raise FunctionError("reflect: call of reflect.Value.Type on zero Value")
    return deep_copy(context, value)


_MERGE: Final = function(_merge, f"{DICT}, ...{DICT}", ANY, context=True)
_MERGE_OVERWRITE: Final = function(_merge_overwrite, f"{DICT}, ...{DICT}", ANY, context=True)

DICTS: Final[dict[str, Function]] = {
    "dict": function(_dict, f"...{ANY}", DICT, context=True),
    "get": function(_get, f"{DICT}, string", ANY),
    "set": function(_set, f"{DICT}, string, {ANY}", DICT),
    "unset": function(_unset, f"{DICT}, string", DICT),
    "hasKey": function(_has_key, f"{DICT}, string", "bool"),
    "pluck": function(_pluck, f"string, ...{DICT}", LIST),
    "keys": function(_keys, f"...{DICT}", "[]string", context=True),
    "values": function(_values, DICT, LIST),
    "pick": function(_pick, f"{DICT}, ...string", DICT),
    "omit": function(_omit, f"{DICT}, ...string", DICT),
    "merge": _MERGE,
    "mustMerge": _MERGE,
    "mergeOverwrite": _MERGE_OVERWRITE,
    "mustMergeOverwrite": _MERGE_OVERWRITE,
    "dig": function(_dig, f"...{ANY}", ANY, context=True),
    "deepCopy": function(_deep_copy, ANY, ANY, context=True),
    "mustDeepCopy": function(_deep_copy, ANY, ANY, context=True),
}
