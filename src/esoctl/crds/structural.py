"""Structural schemas from msgspec types: what the model can decode, as the API server wants it said.

Types give the shape; ``fields`` adds what a type cannot say (descriptions, patterns, limits). Source: Kubernetes API
concepts, "Specifying a structural schema".
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from msgspec import inspect

from esoctl.crds import rules
from esoctl.crds.fields import DESCRIPTIONS, RULES

Schema = dict[str, object]

_SIMPLE: Final[dict[type[inspect.Type], Schema]] = {
    inspect.StrType: {"type": "string"},
    inspect.IntType: {"type": "integer"},
    inspect.BoolType: {"type": "boolean"},
    inspect.RawType: {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
}


def of_type(kind: type) -> Schema:
    """The schema of a msgspec Struct type."""
    return _of(inspect.type_info(kind))


def _of(info: inspect.Type) -> Schema:
    simple = _SIMPLE.get(type(info))
    if simple is not None:
        return dict(simple)
    match info:
        case inspect.StructType():
            return _of_struct(info)
        case inspect.EnumType(cls=cls):
            return {"type": "string", "enum": _members(cls)}
        case inspect.ListType(item_type=item):
            return {"type": "array", "items": _of(item)}
        case inspect.DictType(value_type=value):
            return {"type": "object", "additionalProperties": _of(value)}
        case inspect.UnionType(types=types):
            return _of_union([one for one in types if not isinstance(one, inspect.NoneType)])
    raise TypeError(f"no schema for {type(info).__name__}")


def _of_union(types: list[inspect.Type]) -> Schema:
    if len(types) == 1:
        return _of(types[0])
    return {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True}


def _of_struct(info: inspect.StructType) -> Schema:
    fields = [field for field in info.fields if not field.encode_name.startswith(" ")]
    limits = dict(RULES.get((info.cls, ""), {}))
    also = limits.pop("required", [])
    assert isinstance(also, list)
    required = {*also, *(field.encode_name for field in fields if field.required)}
    schema: Schema = {"type": "object", "properties": {f.encode_name: _of_field(info.cls, f) for f in fields}, **limits}
    schema |= _validations(info.cls)
    return schema | ({"required": sorted(required)} if required else {})


def _of_field(owner: type, field: inspect.Field) -> Schema:
    schema: Schema = {"description": DESCRIPTIONS[owner, field.encode_name], **_of(field.type)}
    return _merged(schema, RULES.get((owner, field.encode_name), {})) | _validations(owner, field.encode_name)


def _validations(owner: type, field: str = "") -> Schema:
    found = rules.of(owner, field)
    return {"x-kubernetes-validations": found} if found else {}


def _merged(schema: Schema, rules: Mapping[str, object]) -> Schema:
    """The schema with the rules laid over it; objects are merged, all else is replaced."""
    merged = dict(schema)
    for key, value in rules.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _members(cls: type[Enum]) -> list[object]:
    return [member.value for member in cls]
