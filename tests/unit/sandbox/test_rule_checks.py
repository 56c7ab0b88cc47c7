"""Checks of CEL rules in CRDs. The messages were recorded from kube-apiserver 1.36.3."""

import pytest

from esoctl.sandbox.rule_checks import problems

STRING, INTEGER = {"type": "string"}, {"type": "integer"}


def messages(*rules: dict[str, object]) -> list[str]:
    schema = {"type": "object", "properties": {"a": INTEGER, "s": STRING}, "x-kubernetes-validations": list(rules)}
    return [error.message() for error in problems(schema, "root")]


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param({"rule": "self.a == 1"}, id="plain"),
        pytest.param({"rule": "self.a == oldSelf.a"}, id="transition"),
        pytest.param({"rule": "!oldSelf.hasValue() || self.a == 1", "optionalOldSelf": True}, id="optional old self"),
        pytest.param({"rule": "self.s == 'self.gone'"}, id="text that looks like a field"),
        pytest.param({"rule": "self.metadata.name.startsWith('x')"}, id="name of the resource"),
        pytest.param(
            {"rule": "self.a == 1", "messageExpression": "'a is ' + string(self.a)", "fieldPath": ".a"}, id="message"
        ),
    ],
)
def test_sound_rules(rule: dict[str, object]) -> None:
    assert messages(rule) == []


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param({"rule": " "}, ".rule: Required value: rule is not specified", id="empty"),
        pytest.param(
            {"rule": "self.a == 1", "message": " "},
            '.message: Invalid value: " ": must be non-empty if specified',
            id="blank",
        ),
        pytest.param(
            {"rule": "self.a == 1", "message": "a\nb"},
            '.message: Invalid value: "a\\nb": must not contain line breaks',
            id="message of two lines",
        ),
        pytest.param(
            {"rule": "self.a\n == 1"},
            ".message: Required value: message must be specified if rule contains line breaks",
            id="rule of two lines",
        ),
        pytest.param(
            {"rule": "self.a == 1", "reason": "x"},
            '.reason: Unsupported value: "x": supported values: '
            '"FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"',
            id="reason",
        ),
        pytest.param(
            {"rule": "self.a == 1", "fieldPath": ".zz"},
            '.fieldPath: Invalid value: ".zz": must be a valid path',
            id="path",
        ),
        pytest.param(
            {"rule": "self.a == 1", "optionalOldSelf": True},
            ".optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule",
            id="optional old self without use",
        ),
    ],
)
def test_what_a_rule_says_of_itself(rule: dict[str, object], expected: str) -> None:
    assert messages(rule) == [f"root.x-kubernetes-validations[0]{expected}"]


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        pytest.param(
            "self.zz == 1", "<input>:1:5: undefined field 'zz'\n | self.zz == 1\n | ....^", id="unknown field"
        ),
        pytest.param(
            "self.a == 1 && self.a.b == 2",
            "<input>:1:22: type 'int' does not support field selection\n | self.a == 1 && self.a.b == 2\n | "
            ".....................^",
            id="field of a number",
        ),
        pytest.param(
            "foo(self.a)",
            "<input>:1:4: undeclared reference to 'foo' (in container '')\n | foo(self.a)\n | ...^",
            id="unknown function",
        ),
    ],
)
def test_rules_that_do_not_compile(rule: str, problem: str) -> None:
    [message] = messages({"rule": rule})

    assert message.endswith(f"compilation failed: ERROR: {problem}")
    assert message.startswith('root.x-kubernetes-validations[0].rule: Invalid value: {"Rule":"')


@pytest.mark.parametrize(
    ("rule", "ending"),
    [
        pytest.param({"rule": "1 + 1"}, "}: cel expression must evaluate to a bool", id="rule"),
        pytest.param(
            {"rule": "self.a == 1", "messageExpression": "1"},
            "}: messageExpression must evaluate to a string",
            id="message expression",
        ),
    ],
)
def test_the_result_must_have_the_right_type(rule: dict[str, object], ending: str) -> None:
    [message] = messages(rule)

    assert message.endswith(ending)


def test_old_values_cannot_be_had_inside_a_list_without_keys() -> None:
    item = {**STRING, "x-kubernetes-validations": [{"rule": "self == oldSelf"}]}
    schema = {"type": "object", "properties": {"list": {"type": "array", "items": item}}}

    assert [error.message() for error in problems(schema, "root")] == [
        (
            'root.properties[list].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": '
            "oldSelf cannot be used on the uncorrelatable portion of the schema within root.properties[list]"
        )
    ]
