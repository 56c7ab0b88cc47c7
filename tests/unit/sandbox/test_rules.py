"""CEL rules of schemas. The messages were recorded from kube-apiserver 1.36.3."""

import pytest

from esoctl.sandbox.rules import check

STRING, INTEGER = {"type": "string"}, {"type": "integer"}


def a_rule(rule: str, **more: object) -> dict[str, object]:
    return {"rule": rule, **more}


def an_object_schema(*rules: dict[str, object], **properties: object) -> dict[str, object]:
    return {"type": "object", "properties": properties, "x-kubernetes-validations": list(rules)}


def messages(spec: object, schema: dict[str, object], old: object = None) -> list[str]:
    whole = {"type": "object", "properties": {"spec": schema}}
    before = None if old is None else {"spec": old}
    return [error.message() for error in check({"spec": spec}, before, whole)]


@pytest.mark.parametrize(
    ("rule", "spec"),
    [
        pytest.param("!has(self.a) || self.a > 1", {"a": 1}, id="has"),
        pytest.param("self.list.size() == 2", {"list": []}, id="size"),
        pytest.param("self.s.matches('^a+$')", {"s": "b"}, id="matches"),
        pytest.param("'x' in self.list", {"list": ["y"]}, id="in"),
        pytest.param("self.list.all(x, x != 'y')", {"list": ["y"]}, id="all"),
        pytest.param("self.list.exists(x, x == 'y')", {"list": ["z"]}, id="exists"),
        pytest.param("self.list.exists_one(x, x == 'y')", {"list": ["y", "y"]}, id="exists one"),
        pytest.param("self.list.filter(x, x > 'b').map(x, x + '!') == ['c!']", {"list": ["a"]}, id="filter and map"),
        pytest.param("self.s.startsWith('a') && self.s.endsWith('b')", {"s": "a"}, id="starts and ends"),
        pytest.param("self.s.lowerAscii().contains('b')", {"s": "A"}, id="lower case"),
        pytest.param("self.s.split(',').size() == 2", {"s": "a"}, id="split"),
        pytest.param("has(self.a) ? self.a == 1 : false", {}, id="conditional"),
        pytest.param("int(self.s) == 3 && string(self.a) == '3'", {"s": "3", "a": 4}, id="conversion"),
        pytest.param("duration(self.s) > duration('1h')", {"s": "1m"}, id="duration"),
        pytest.param("self.?a.orValue(1) == 1", {"a": 2}, id="optional"),
    ],
)
def test_a_broken_rule_is_told(rule: str, spec: dict[str, object]) -> None:
    schema = an_object_schema(a_rule(rule), a=INTEGER, s=STRING, list={"type": "array", "items": STRING})

    assert messages(spec, schema) == [f"spec: Invalid value: failed rule: {rule}"]


def test_a_rule_that_holds_is_silent() -> None:
    assert messages({"a": 2}, an_object_schema(a_rule("self.a == 2"), a=INTEGER)) == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({"message": " told "}, "spec: Invalid value: told", id="message"),
        pytest.param(
            {"message": "told", "reason": "FieldValueForbidden", "fieldPath": ".a"},
            "spec.a: Forbidden: told",
            id="forbidden",
        ),
        pytest.param({"message": "told", "reason": "FieldValueRequired"}, "spec: Required value: told", id="required"),
        pytest.param({"message": "told", "reason": "FieldValueDuplicate"}, "spec: Duplicate value", id="duplicate"),
        pytest.param({"messageExpression": "'a is ' + string(self.a)"}, "spec: Invalid value: a is 1", id="expression"),
        pytest.param({"messageExpression": "self.gone", "message": "told"}, "spec: Invalid value: told", id="fails"),
        pytest.param({"messageExpression": "'  '"}, "spec: Invalid value: failed rule: self.a == 2", id="says nothing"),
        pytest.param({"messageExpression": "'a\\nb'", "message": "told"}, "spec: Invalid value: told", id="two lines"),
    ],
)
def test_how_a_broken_rule_is_told(more: dict[str, object], expected: str) -> None:
    assert messages({"a": 1}, an_object_schema(a_rule("self.a == 2", **more), a=INTEGER)) == [expected]


def test_scalars_show_their_value() -> None:
    field = {**STRING, "x-kubernetes-validations": [a_rule("self == 'x'")]}

    assert messages({"s": "y"}, an_object_schema(s=field)) == ["spec.s: Invalid value: \"y\": failed rule: self == 'x'"]


def test_rules_reach_into_lists_and_maps() -> None:
    even = {**INTEGER, "x-kubernetes-validations": [a_rule("self % 2 == 0")]}
    schema = an_object_schema(
        list={"type": "array", "items": even}, map={"type": "object", "additionalProperties": even}
    )

    assert messages({"list": [2, 3], "map": {"k": 5, "l": 4}}, schema) == [
        "spec.list[1]: Invalid value: 3: failed rule: self % 2 == 0",
        "spec.map[k]: Invalid value: 5: failed rule: self % 2 == 0",
    ]


def test_rules_of_the_whole_resource_see_its_name() -> None:
    schema = {"type": "object", "x-kubernetes-validations": [a_rule("self.metadata.name == 'y'", message="root")]}

    found = check({"kind": "X", "metadata": {"name": "x"}}, None, schema)

    assert [error.message() for error in found] == ["<nil>: Invalid value: root"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(None, {"a": 1}, [], id="new object"),
        pytest.param({"a": 1}, {"a": 1}, [], id="unchanged"),
        pytest.param({"a": 1}, {"a": 2}, ["spec: Invalid value: immutable"], id="changed"),
    ],
)
def test_a_transition_rule_needs_an_old_value(old: object, new: object, expected: list[str]) -> None:
    schema = an_object_schema(a_rule("self.a == oldSelf.a", message="immutable"), a=INTEGER)

    assert messages(new, schema, old) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(None, {"a": 2}, ["spec: Invalid value: m"], id="new object"),
        pytest.param(None, {"a": 1}, [], id="new object that holds"),
        pytest.param({"a": 1}, {"a": 0}, ["spec: Invalid value: m"], id="smaller"),
        pytest.param({"a": 1}, {"a": 3}, [], id="larger"),
    ],
)
def test_a_rule_may_take_the_old_value_as_an_optional(old: object, new: object, expected: list[str]) -> None:
    rule = "oldSelf.hasValue() ? self.a >= oldSelf.value().a : self.a == 1"
    schema = an_object_schema(a_rule(rule, optionalOldSelf=True, message="m"), a=INTEGER)

    assert messages(new, schema, old) == expected


def test_items_of_a_list_with_keys_meet_their_old_selves() -> None:
    grows = {**INTEGER, "x-kubernetes-validations": [a_rule("self >= oldSelf")]}
    item = {"type": "object", "properties": {"k": STRING, "v": grows}}
    keyed = {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items": item}
    old = {"list": [{"k": "a", "v": 1}, {"k": "b", "v": 2}]}
    new = {"list": [{"k": "b", "v": 1}, {"k": "a", "v": 3}]}

    assert messages(new, an_object_schema(list=keyed), old) == [
        "spec.list[0].v: Invalid value: 1: failed rule: self >= oldSelf"
    ]


def test_a_rule_that_failed_before_is_let_pass_while_its_value_stays() -> None:
    part = an_object_schema(a_rule("self.a > 5"), a=INTEGER)
    schema = an_object_schema(part=part, other=STRING)
    old = {"part": {"a": 1}, "other": "x"}

    assert messages({"part": {"a": 1}, "other": "y"}, schema, old) == []
    assert messages({"part": {"a": 2}, "other": "x"}, schema, old) == [
        "spec.part: Invalid value: failed rule: self.a > 5"
    ]


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        pytest.param("self.a > 1", "no such key: a evaluating rule: self.a > 1", id="missing field"),
        pytest.param("self.list[2] == 'x'", "index out of bounds: 2 evaluating rule: self.list[2] == 'x'", id="index"),
        pytest.param("1 / self.zero == 1", "division by zero evaluating rule: 1 / self.zero == 1", id="division"),
    ],
)
def test_a_rule_that_cannot_be_evaluated(rule: str, problem: str) -> None:
    schema = an_object_schema(a_rule(rule), a=INTEGER, zero=INTEGER, list={"type": "array", "items": STRING})

    assert messages({"zero": 0, "list": []}, schema) == [f'spec: Invalid value: "object": {problem}']


def test_fields_are_seen_by_their_escaped_names_and_types() -> None:
    schema = an_object_schema(
        a_rule("self.x__dash__y == 1 && self.__namespace__ == 'n' && self.number == 1.0 && self.bytes == b'a'"),
        **{
            "x-y": INTEGER,
            "namespace": STRING,
            "number": {"type": "number"},
            "bytes": {"type": "string", "format": "byte"},
        },
    )

    assert messages({"x-y": 1, "namespace": "n", "number": 1, "bytes": "YQ=="}, schema) == []


def test_null_is_not_checked() -> None:
    field = {**STRING, "nullable": True, "x-kubernetes-validations": [a_rule("self == 'x'")]}

    assert messages({"s": None}, an_object_schema(s=field)) == []
