"""Checks the CEL rules of a CRD's schema: do they compile, and is what they say of themselves in order.

From: k8s.io/apiextensions-apiserver, ``pkg/apis/apiextensions/validation``, whose words these are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from esoctl.sandbox import expressions, rules
from esoctl.sandbox.documents import child, go_json, text
from esoctl.sandbox.expressions import ExpressionError
from esoctl.sandbox.field_errors import FieldError, FieldErrorType, Verbatim, quote

Schema = Mapping[str, object]
_REASONS = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")


def problems(schema: Schema, path: str) -> list[FieldError]:
    """What is wrong with the rules of a schema, those of its root included."""
    return list(_visit(rules.with_root(schema), path, ""))


def _visit(schema: Schema, path: str, no_old_within: str) -> Iterator[FieldError]:
    for at, rule in enumerate(rules.rules_of(schema)):
        where = f"{path}.x-kubernetes-validations[{at}]"
        found = list(_form(rule, schema, where))
        yield from found or _expressions(rule, schema, where, no_old_within)
    for name, below in child(schema, "properties").items():
        if isinstance(below, dict):
            yield from _visit(below, f"{path}.properties[{name}]", no_old_within)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _visit(child(schema, "additionalProperties"), f"{path}.additionalProperties", no_old_within)
    if isinstance(schema.get("items"), dict):
        keyed = text(schema, "x-kubernetes-list-type") == "map"
        yield from _visit(child(schema, "items"), f"{path}.items", no_old_within or ("" if keyed else path))


def _form(rule: Schema, schema: Schema, where: str) -> Iterator[FieldError]:
    source, message = text(rule, "rule").strip(), text(rule, "message")
    if not source:
        yield FieldError(FieldErrorType.REQUIRED, f"{where}.rule", "rule is not specified")
    elif message and not message.strip():
        yield FieldError(FieldErrorType.INVALID, f"{where}.message", "must be non-empty if specified", message)
    elif "\n" in message.strip():
        yield FieldError(FieldErrorType.INVALID, f"{where}.message", "must not contain line breaks", message)
    elif "\n" in source and not message:
        words = "message must be specified if rule contains line breaks"
        yield FieldError(FieldErrorType.REQUIRED, f"{where}.message", words)
    if text(rule, "messageExpression") and not text(rule, "messageExpression").strip():
        words = "messageExpression must be non-empty if specified"
        yield FieldError(FieldErrorType.REQUIRED, f"{where}.messageExpression", words)
    reason = text(rule, "reason")
    if reason and reason not in _REASONS:
        words = "supported values: " + ", ".join(quote(one) for one in _REASONS)
        yield FieldError(FieldErrorType.NOT_SUPPORTED, f"{where}.reason", words, reason)
    path = text(rule, "fieldPath")
    if path and rules.field_path(path, schema) is None:
        yield FieldError(FieldErrorType.INVALID, f"{where}.fieldPath", "must be a valid path", path)


def _expressions(rule: Schema, schema: Schema, where: str, no_old_within: str) -> Iterator[FieldError]:
    shown = Verbatim(_write(rule))
    uses_old = False
    try:
        uses_old = _compile(rule, "rule", schema).uses_old
    except ExpressionError as error:
        yield FieldError(FieldErrorType.INVALID, f"{where}.rule", str(error), shown)
    else:
        yield from _message(rule, schema, where, shown)
    if uses_old and no_old_within:
        words = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {no_old_within}"
        yield FieldError(FieldErrorType.INVALID, f"{where}.rule", words, text(rule, "rule"))
    elif not uses_old and rule.get("optionalOldSelf") is not None:
        words = "may not be set if oldSelf is not used in rule"
        yield FieldError(FieldErrorType.INVALID, f"{where}.optionalOldSelf", words, rule["optionalOldSelf"])


def _message(rule: Schema, schema: Schema, where: str, shown: Verbatim) -> Iterator[FieldError]:
    if not text(rule, "messageExpression"):
        return
    try:
        _compile(rule, "messageExpression", schema)
    except ExpressionError as error:
        yield FieldError(FieldErrorType.INVALID, f"{where}.messageExpression", str(error), shown)


_WRONG_RESULTS = {
    "rule": ("BOOL", "cel expression must evaluate to a bool"),
    "messageExpression": ("STRING", "messageExpression must evaluate to a string"),
}


def _compile(rule: Schema, key: str, schema: Schema) -> expressions.Expression:
    wanted, complaint = _WRONG_RESULTS[key]
    failed = "compilation failed" if key == "rule" else f"{key} compilation failed"
    try:
        found = rules.compiled(rule, key, schema)
    except ExpressionError as error:
        raise ExpressionError(f"{failed}: {error}") from None
    missing = expressions.undefined_field(text(rule, key), schema)
    if missing:
        raise ExpressionError(f"{failed}: {missing}")
    if found.result not in (wanted, "DYN"):
        raise ExpressionError(complaint)
    return found


def _write(rule: Schema) -> str:
    """A rule as Go writes its struct."""
    shown = {
        "Rule": text(rule, "rule"),
        "Message": text(rule, "message"),
        "MessageExpression": text(rule, "messageExpression"),
        "Reason": rule.get("reason"),
        "FieldPath": text(rule, "fieldPath"),
        "OptionalOldSelf": rule.get("optionalOldSelf"),
    }
    return go_json(shown, in_order=True)
