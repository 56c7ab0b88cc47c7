"""Evaluates the CEL rules (``x-kubernetes-validations``) of a CRD's schema.

A rule that looks at ``oldSelf`` runs only where there is an old value, unless it takes it as an optional. A rule that
failed before and whose value has not changed is let pass (ratcheting).

From: k8s.io/apiextensions-apiserver, ``pkg/apiserver/schema/cel/validation.go``; Kubernetes documentation, "Validation
rules" of custom resources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from esoctl.sandbox import expressions
from esoctl.sandbox.documents import child, text, written
from esoctl.sandbox.expressions import ExpressionError
from esoctl.sandbox.field_errors import NO_FIELD, OMITTED, FieldError, FieldErrorType
from esoctl.sandbox.list_items import ABSENT, counterpart, old_value, parts, unchanged
from esoctl.sandbox.remembered import remembered

Schema = Mapping[str, object]
_MESSAGE_LIMIT = 5120
_SOUND_LIMIT = 1000
_REASONS = {
    "FieldValueForbidden": FieldErrorType.FORBIDDEN,
    "FieldValueRequired": FieldErrorType.REQUIRED,
    "FieldValueDuplicate": FieldErrorType.DUPLICATE,
}
_ROOT: Schema = {
    "apiVersion": {"type": "string"},
    "kind": {"type": "string"},
    "metadata": {"type": "object", "properties": {"name": {"type": "string"}, "generateName": {"type": "string"}}},
}


def check(obj: object, old: object, schema: Schema) -> list[FieldError]:
    """Which rules an object breaks; ``old`` is None for a new one."""
    start = _Place("", with_root(schema), obj, ABSENT if old is None else old, forgiven=False)
    return [*_broken_at(start), *(error for place in _below(start) for error in _visit_once(place))]


@remembered
def with_root(schema: Schema) -> Schema:
    """The schema of a whole resource with what every resource has."""
    return {**schema, "properties": {**_ROOT, **child(schema, "properties")}}


def rules_of(schema: Schema) -> list[Schema]:
    """The rules of one node of a schema."""
    found = schema.get("x-kubernetes-validations")
    return [rule for rule in found if isinstance(rule, dict)] if isinstance(found, list) else []


@dataclass(frozen=True)
class _Place:
    """A value with its schema and what was there before."""

    path: str
    schema: Schema
    value: object
    old: object
    forgiven: bool
    """The nearest part that can be compared with its old self has not changed."""

    def below(self, path: str, schema: Schema, value: object, old: object) -> _Place:
        forgiven = self.unchanged if old is ABSENT else unchanged(value, old, schema)
        return _Place(path, schema, value, old, forgiven)

    @property
    def unchanged(self) -> bool:
        return self.forgiven if self.old is ABSENT else unchanged(self.value, self.old, self.schema)


def _own_rules(schema: Schema) -> list[Schema]:
    """The rules that look at the value of one node, those of ``allOf`` among them."""
    more = schema.get("allOf")
    schemas = [schema, *(more if isinstance(more, list) else [])]
    return [rule for one in schemas for rule in rules_of(one if isinstance(one, dict) else {})]


@remembered
def has_rules(schema: Schema) -> bool:
    """Whether there are rules, at any depth."""
    return bool(_own_rules(schema)) or any(map(has_rules, parts(schema)))


@remembered
def _sound(_schema: Schema) -> set[tuple[bytes, bytes, bool]]:
    """Values, old values and whether they were forgiven, of which is known that they break no rule."""
    return set()


def _visit_once(place: _Place) -> list[FieldError]:
    """The same as ``_visit``: what breaks no rule is not looked at a second time."""
    known = _sound(place.schema)
    value, old = written(place.value), b"" if place.old is ABSENT else written(place.old)
    if value is None or old is None:
        return list(_visit(place))
    key = value, old, place.forgiven
    if key in known:
        return []
    found = list(_visit(place))
    if not found:
        if len(known) >= _SOUND_LIMIT:
            known.clear()
        known.add(key)
    return found


def _visit(place: _Place) -> Iterator[FieldError]:
    yield from _broken_at(place)
    for below in _below(place):
        yield from _visit(below)


def _broken_at(place: _Place) -> Iterator[FieldError]:
    """The rules of the place itself."""
    if place.value is None:
        return
    for rule in _own_rules(place.schema):
        yield from _check_rule(rule, place)


def _below(place: _Place) -> Iterator[_Place]:
    """The places inside that have rules."""
    schema, value, old = place.schema, place.value, place.old
    if isinstance(value, dict):
        properties, extra = child(schema, "properties"), schema.get("additionalProperties")
        for key, item in value.items():
            before = old_value(key, old)
            if key in properties:
                below = child(properties, key)
                if has_rules(below):
                    yield place.below(f"{place.path}.{key}" if place.path else key, below, item, before)
            elif isinstance(extra, dict) and has_rules(extra):
                yield place.below(f"{place.path}[{key}]", extra, item, before)
    elif isinstance(value, list) and has_rules(items := child(schema, "items")):
        for at, item in enumerate(value):
            yield place.below(f"{place.path}[{at}]", items, item, counterpart(item, schema, old))


def _check_rule(rule: Schema, place: _Place) -> Iterator[FieldError]:
    source = text(rule, "rule")
    if not source.strip():
        return
    kind = text(place.schema, "type")
    try:
        expression = compiled(rule, "rule", place.schema)
    except ExpressionError as error:
        yield _error(place.path, f"rule compile error: compilation failed: {error}", kind)
        return
    has_old = place.old is not ABSENT and place.old is not None
    if expression.uses_old and not has_old and not expression.optional_old:
        return
    try:
        holds = _evaluate(expression, place, has_old)
    except ExpressionError as error:
        yield _error(place.path, _explain(str(error), rule), kind)
        return
    if holds is not True and (expression.uses_old or not place.unchanged):
        yield _broken(rule, place)


def compiled(rule: Schema, key: str, schema: Schema) -> expressions.Expression:
    """A rule's expression, ready to evaluate."""
    optional = rule.get("optionalOldSelf") is True
    return expressions.compiled(text(rule, key), expressions.type_of(schema), optional_old=optional)


def _evaluate(expression: expressions.Expression, place: _Place, has_old: bool) -> object:
    value = expressions.view(place.value, place.schema)
    old = expressions.view(place.old, place.schema) if has_old else None
    return expression.evaluate(value, old, has_old=has_old)


def _error(path: str, detail: str, value: object) -> FieldError:
    return FieldError(FieldErrorType.INVALID, path or NO_FIELD, detail, value)


def _explain(problem: str, rule: Schema) -> str:
    said = (text(rule, "message") or text(rule, "rule")).strip()
    if problem.startswith("no such overload"):
        words = "call arguments did not match a supported operator, function or macro signature for rule"
        return f"'{problem}': {words}: {said}"
    return f"{problem} evaluating rule: {said}"


def _broken(rule: Schema, place: _Place) -> FieldError:
    reason = _REASONS.get(text(rule, "reason"), FieldErrorType.INVALID)
    value = OMITTED if text(place.schema, "type") in ("object", "array") else place.value
    inside = field_path(text(rule, "fieldPath"), place.schema) or ""
    path = f"{place.path}.{inside}" if place.path and inside else place.path or inside
    detail = "" if reason is FieldErrorType.DUPLICATE else _message(rule, place)
    return FieldError(reason, path or NO_FIELD, detail, value)


def _message(rule: Schema, place: _Place) -> str:
    said = _message_expression(rule, place) if text(rule, "messageExpression") else ""
    return said or text(rule, "message").strip() or f"failed rule: {text(rule, 'rule').strip()}"


def _message_expression(rule: Schema, place: _Place) -> str:
    """What the rule's message expression says; empty when it cannot be used."""
    try:
        expression = compiled(rule, "messageExpression", place.schema)
        has_old = place.old is not ABSENT and place.old is not None
        said = _evaluate(expression, place, has_old)
    except ExpressionError:
        return ""
    words = said.strip() if isinstance(said, str) else ""
    return "" if "\n" in words or len(words.encode()) > _MESSAGE_LIMIT else words


_STEP = re.compile(r"\.([^.\[\]]+)|\['((?:\\.|[^'\\])*)'\]")


def field_path(written: str, schema: Schema) -> str | None:
    """A rule's ``fieldPath`` as error messages write it; None when it is not one of the schema's."""
    path, at, node = "", 0, schema
    while at < len(written):
        found = _STEP.match(written, at)
        if found is None:
            return None
        name = found[1] if found[1] is not None else re.sub(r"\\(.)", r"\1", found[2])
        properties, extra = child(node, "properties"), node.get("additionalProperties")
        if name in properties:
            path, node = f"{path}.{name}" if path else name, child(properties, name)
        elif not properties and isinstance(extra, dict):
            path, node = f"{path}[{name}]", extra
        else:
            return None
        at = found.end()
    return path
