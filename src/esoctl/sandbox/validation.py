"""Checks an object against a CRD's structural schema and says what is wrong, word for word as the API server.

On an update, give the old object as well: what was wrong before and has not changed is let pass (ratcheting).
CEL rules are in ``rules``.

From: k8s.io/kube-openapi, ``validation/validate`` (schema.go, schema_props.go, object_validator.go) and
k8s.io/apiextensions-apiserver, ``pkg/apiserver/validation`` (validation.go, ratcheting.go).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from esoctl.sandbox import formats, limits
from esoctl.sandbox.documents import child
from esoctl.sandbox.field_errors import NO_FIELD, FieldError, FieldErrorType, quote
from esoctl.sandbox.limits import Result, Schema
from esoctl.sandbox.list_items import ABSENT, counterpart, duplicates, old_value, unchanged
from esoctl.sandbox.remembered import remembered


def validate(obj: object, schema: Schema, old: object = None) -> list[FieldError]:
    """What is wrong with an object, lists with the same item twice included."""
    found = _check(obj, schema, "", ABSENT if old is None else old).errors
    if old is None or not any(duplicates(old, schema, "")):
        found = [*found, *duplicates(obj, schema, "")]
    return found


def validate_status(obj: Mapping[str, object], schema: Schema, old: Mapping[str, object]) -> list[FieldError]:
    """The same for a write of the status subresource, which looks at the status only and names fields from there."""
    below = child(child(schema, "properties"), "status")
    found: list[FieldError] = []
    if "status" in obj and below:
        result = _check(obj["status"], below, "", old.get("status", ABSENT))
        found = [replace(error, field=_at_status(error.field)) for error in result.errors]
    if not any(duplicates(old, schema, "")):
        found += duplicates(dict(obj), schema, "")
    return found


def _at_status(path: str) -> str:
    return "status" if path == NO_FIELD else f"status.{path}"


def _check(value: object, schema: Schema, path: str, old: object) -> Result:
    """Check one value and everything below it; what is wrong in an unchanged value is forgiven."""
    result = Result()
    types = limits.types_of(schema)
    name = limits.format_of(schema)
    if types or name:
        limits.check_type(result, value, schema, path)
    if value is None:
        limits.check_enum(result, value, schema, path)
        return result
    if old is not ABSENT and unchanged(value, old, schema):
        # No score: it only counts in alternatives, which know no old value.
        return Result()
    result.score += 2 + bool(types or name)
    _check_alternatives(result, value, schema, path)
    _check_kind(result, value, schema, path, old)
    return result


def _check_kind(result: Result, value: object, schema: Schema, path: str, old: object) -> None:
    """What depends on the JSON type of the value. The score counts what applied, as the server's match count does."""
    if isinstance(value, str):
        name = limits.format_of(schema)
        result.score += 1 + formats.known(name)
        limits.check_text(result, value, schema, path)
        limits.check_format(result, value, name, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        result.score += 2
        limits.check_number(result, value, schema, path)
    elif isinstance(value, list):
        result.score += 2
        _check_list(result, value, schema, path, old)
    limits.check_enum(result, value, schema, path)
    if isinstance(value, dict):
        result.score += 1
        _check_map(result, value, schema, path, old)


def _check_list(result: Result, value: list[object], schema: Schema, path: str, old: object) -> None:
    items = schema.get("items")
    if isinstance(items, dict):
        for at, item in enumerate(value):
            result.take(_check(item, items, f"{path}[{at}]", counterpart(item, schema, old)))
    limits.check_size(result, len(value), schema, path, "Items")


def _check_map(result: Result, value: dict[str, object], schema: Schema, path: str, old: object) -> None:
    limits.check_size(result, len(value), schema, path, "Properties")
    properties, extra = child(schema, "properties"), schema.get("additionalProperties")
    for key in [key for key in value if key not in properties]:
        if extra is False:
            result.add(FieldErrorType.INVALID, path, f"{path}.{key} in body is a forbidden property", key)
        elif isinstance(extra, dict):
            result.take(_check(value[key], extra, f"{path}.{key}", old_value(key, old)))
    for key in [key for key in properties if key in value]:
        where = f"{path}.{key}" if path else key
        result.take(_check(value[key], child(properties, key), where, old_value(key, old)))
    required = schema.get("required")
    for key in required if isinstance(required, list) else []:
        if key not in value:
            result.add(FieldErrorType.REQUIRED, f"{path}.{key}")


def _check_alternatives(result: Result, value: object, schema: Schema, path: str) -> None:
    """anyOf, oneOf, allOf and not. Old values do not count here."""
    result.score += 1
    if not _has_alternatives(schema):
        return
    _check_any_of(result, value, _schemas(schema, "anyOf"), path)
    _check_one_of(result, [_check(value, one, path, ABSENT) for one in _schemas(schema, "oneOf")], path)
    _check_all_of(result, [_check(value, one, path, ABSENT) for one in _schemas(schema, "allOf")], path)
    denied = schema.get("not")
    if isinstance(denied, dict) and not _check(value, denied, path, ABSENT).errors:
        result.add_whole(f"{quote(path)} must not validate the schema (not)")


@remembered
def _has_alternatives(schema: Schema) -> bool:
    return any(key in schema for key in ("anyOf", "oneOf", "allOf", "not"))


def _check_any_of(result: Result, value: object, schemas: Sequence[Schema], path: str) -> None:
    tried = list(_until_valid(_check(value, one, path, ABSENT) for one in schemas))
    if tried and tried[-1].errors:
        result.add_whole(f"{quote(path)} must validate at least one schema (anyOf)")
        result.take(_best(tried))
    elif tried:
        result.take(tried[-1])


def _check_one_of(result: Result, tried: Sequence[Result], path: str) -> None:
    valid = [one for one in tried if not one.errors]
    if not tried:
        return
    if len(valid) == 1:
        result.take(valid[0])
        return
    words = f"Found {len(valid)} valid alternatives" if valid else "Found none valid"
    result.add_whole(f"{quote(path)} must validate one and only one schema (oneOf). {words}")
    if not valid:
        result.take(_best(tried))


def _check_all_of(result: Result, tried: Sequence[Result], path: str) -> None:
    for one in tried:
        result.take(one)
    bad = sum(bool(one.errors) for one in tried)
    if bad:
        words = ". None validated" if bad == len(tried) else ""
        result.add_whole(f"{quote(path)} must validate all the schemas (allOf){words}")


def _until_valid(results: Iterator[Result]) -> Iterator[Result]:
    for one in results:
        yield one
        if not one.errors:
            return


def _best(tried: Sequence[Result]) -> Result:
    """Of alternatives that all fail, the first of those that fit best."""
    return max(tried, key=lambda one: one.score)


def _schemas(schema: Schema, key: str) -> list[Schema]:
    found = schema.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
