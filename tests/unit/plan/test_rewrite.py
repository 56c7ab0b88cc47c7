import re

import pytest

from esoctl.errors import KeyCollision, SpecError, TemplateError
from esoctl.model.rewrites import ConflictPolicy, Merge, MergeStrategy, PriorityPolicy, Regexp, Rewrite, Transform
from esoctl.plan import rewrite

TWO = {"one": b'{"a":"1","b":2.50}', "two": b'{"b":"3"}'}


def upper(template: str, key: str) -> str:
    return template.replace("KEY", key.upper())


def apply(*operations: Rewrite, values: dict[str, bytes]) -> dict[str, bytes]:
    return rewrite.apply(operations, values, upper)


def regexp(source: str, target: str) -> Rewrite:
    return Rewrite(regexp=Regexp(source=source, target=target))


def test_operations_follow_one_another() -> None:
    result = apply(regexp("^app-", ""), Rewrite(transform=Transform(template="KEY_")), values={"app-db": b"v"})

    assert result == {"DB_": b"v"}


def test_an_entry_without_operation_changes_nothing() -> None:
    assert apply(Rewrite(), values={"a": b"v"}) == {"a": b"v"}


def test_of_several_operations_in_one_entry_merge_comes_before_regexp_before_transform() -> None:
    both = Rewrite(regexp=Regexp(source="a", target="b"), transform=Transform(template="T"))
    merging = Rewrite(merge=Merge(), regexp=Regexp(source="a", target="b"))

    assert apply(both, values={"a": b"{}"}) == {"b": b"{}"}
    assert apply(merging, values={"a": b"{}"}) == {}


@pytest.mark.parametrize(
    ("operation", "what"),
    [
        pytest.param(regexp(".$", ""), 'regexp failed with keys "k1" and "k2" both become "k"', id="regexp"),
        pytest.param(
            Rewrite(transform=Transform(template="k")),
            'transform failed with keys "k1" and "k2" both become "k"',
            id="transform",
        ),
    ],
)
def test_keys_that_become_one_are_an_error_that_names_both(operation: Rewrite, what: str) -> None:
    with pytest.raises(KeyCollision, match=re.escape(f"failed rewrite operation[1]: {what}")):
        apply(Rewrite(), operation, values={"k2": b"", "k1": b""})


def test_a_bad_pattern_is_an_error() -> None:
    expected = "failed rewrite operation[0]: regexp failed with failed to compile: error parsing regexp: "
    with pytest.raises(SpecError, match=re.escape(f"{expected}missing closing ): `(`")):
        apply(regexp("(", "x"), values={})


@pytest.mark.parametrize(
    ("problem", "stage"),
    [
        pytest.param("template: transform:1: unclosed action", "parse template", id="parse"),
        pytest.param(
            'template: transform:1:3: executing "transform" at <.x>: no', 'execute template for key "k"', id="execute"
        ),
    ],
)
def test_a_template_that_fails_is_an_error(problem: str, stage: str) -> None:
    def failing(_template: str, _key: str) -> str:
        raise TemplateError("transform", problem)

    message = f"failed rewrite operation[0]: transform failed with failed to {stage}: {problem}"
    with pytest.raises(SpecError, match=re.escape(message)):
        rewrite.apply([Rewrite(transform=Transform(template=""))], {"k": b""}, failing)


@pytest.mark.parametrize(
    ("merge", "result"),
    [
        pytest.param(Merge(conflict_policy=ConflictPolicy.IGNORE), {"a": b"1", "b": b"3"}, id="later-names-win"),
        pytest.param(
            Merge(conflict_policy=ConflictPolicy.IGNORE, priority=["one"]), {"a": b"1", "b": b"2.5"}, id="priority-wins"
        ),
        pytest.param(
            Merge(
                conflict_policy=ConflictPolicy.IGNORE,
                priority=["gone"],
                priority_policy=PriorityPolicy.IGNORE_NOT_FOUND,
                strategy=MergeStrategy.JSON,
                into="all",
            ),
            {**TWO, "all": b'{"a":"1","b":"3"}'},
            id="into-one-key",
        ),
    ],
)
def test_objects_are_merged(merge: Merge, result: dict[str, bytes]) -> None:
    assert apply(Rewrite(merge=merge), values=TWO) == result


def test_merged_members_become_values_by_their_kind() -> None:
    source = b'{"s":"x","z":null,"i":12345678901234567890,"f":1e21,"t":true,"o":{"b":1,"a":"<"},"l":[1.0]}'

    result = apply(Rewrite(merge=Merge()), values={"src": source})

    assert result == {
        "s": b"x",
        "z": b"",
        "i": b"12345678901234567890",
        "f": b"1000000000000000000000",
        "t": b"true",
        "o": b'{"a":"\\u003c","b":1}',
        "l": b"[1]",
    }


@pytest.mark.parametrize(
    ("merge", "values", "problem"),
    [
        pytest.param(Merge(), TWO, "conflicts: b", id="conflict"),
        pytest.param(Merge(priority=["no"]), TWO, 'key "no" not found in input map', id="priority"),
        pytest.param(Merge(strategy=MergeStrategy.JSON), {}, "missing 'into' field", id="into"),
        pytest.param(
            Merge(),
            {"a": b"bad"},
            "failed to unmarshal JSON: invalid character 'b' looking for beginning of value",
            id="no-json",
        ),
        pytest.param(
            Merge(),
            {"a": b"[]"},
            "failed to unmarshal JSON: json: cannot unmarshal array into Go value of type map[string]interface {}",
            id="no-object",
        ),
    ],
)
def test_a_merge_that_fails_says_why(merge: Merge, values: dict[str, bytes], problem: str) -> None:
    message = f"failed rewrite operation[0]: merge failed with {problem}"
    with pytest.raises(SpecError, match=re.escape(message)):
        apply(Rewrite(merge=merge), values=values)
