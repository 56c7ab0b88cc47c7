import pytest

from esoctl.checking.fields import UNKNOWN, Check
from esoctl.crds.fields import KEY, NAME
from esoctl.plan.validate import Problem

CHOICE = {
    "type": "object",
    "properties": {"left": {"type": "string"}, "right": {"type": "string"}},
    "minProperties": 1,
    "maxProperties": 1,
}
SCHEMA = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "count": {"type": "integer"},
        "flag": {"type": "boolean"},
        "list": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "map": {"type": "object", "additionalProperties": {"type": "string"}},
        "deep": {
            "type": "object",
            "properties": {"must": {"type": "string", "description": "The one thing."}},
            "required": ["must"],
        },
        "either": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
        "colour": {"type": "string", "enum": ["Red", "Green"]},
        "name": {"type": "string", **NAME},
        "key": {"type": "string", **KEY},
        "odd": {"type": "string", "pattern": "^x+$"},
        "choice": CHOICE,
        "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}


def problems(**fields: object) -> list[Problem]:
    return Check(SCHEMA).problems(fields)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"text": "a", "count": 1, "flag": True, "list": ["a"], "map": {"a": "b"}}, id="every-type"),
        pytest.param({"count": 2.0}, id="whole-number-with-a-point"),
        pytest.param({"text": None, "deep": None, "map": {"a": None}}, id="null-is-absent"),
        pytest.param({"either": 1}, id="int-or-string-int"),
        pytest.param({"either": "1h"}, id="int-or-string-text"),
        pytest.param({"colour": "Red", "name": "a.b-c", "key": "A_b.c"}, id="patterns"),
        pytest.param({"open": {"any": {"thing": [1]}}}, id="open"),
        pytest.param({"choice": {"left": "x", "right": None}}, id="choice"),
    ],
)
def test_what_fits_is_no_problem(fields: dict[str, object]) -> None:
    assert problems(**fields) == []


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        pytest.param(
            {"text": 5}, Problem("text", "must be text, not a whole number", "put it in quotes"), id="text-int"
        ),
        pytest.param(
            {"text": False}, Problem("text", "must be text, not true or false", "put it in quotes"), id="text-bool"
        ),
        pytest.param({"text": 1.5}, Problem("text", "must be text, not a number", "put it in quotes"), id="text-float"),
        pytest.param(
            {"count": "5"},
            Problem("count", "must be a whole number, not text", "write digits, without quotes"),
            id="int-text",
        ),
        pytest.param({"count": 1.5}, Problem("count", "must be a whole number, not a number", ""), id="int-float"),
        pytest.param(
            {"flag": "yes"},
            Problem("flag", "must be true or false, not text", "write true or false, without quotes"),
            id="bool-text",
        ),
        pytest.param(
            {"list": {"a": "b"}},
            Problem("list", "must be a list, not fields of its own", "put a dash before each entry"),
            id="list-map",
        ),
        pytest.param(
            {"deep": [{"must": "a"}]},
            Problem("deep", "must be fields of its own, not a list", "remove the dash"),
            id="map-list",
        ),
        pytest.param({"list": ["a", None]}, Problem("list[1]", "must be text, not empty", ""), id="null-in-list"),
        pytest.param({"list": []}, Problem("list", "must have at least 1 entries", ""), id="too-few"),
        pytest.param(
            {"map": {"a.b": 1}}, Problem("map.a.b", "must be text, not a whole number", "put it in quotes"), id="in-map"
        ),
        pytest.param({"deep": {}}, Problem("deep.must", "is missing", "add it: The one thing"), id="missing"),
        pytest.param({"deep": {"must": None}}, Problem("deep.must", "is missing", "add it: The one thing"), id="null"),
        pytest.param(
            {"either": True}, Problem("either", "must be a whole number or text, not true or false", ""), id="either"
        ),
        pytest.param({"colour": "red"}, Problem("colour", "must be one of Red, Green", "write Red"), id="enum-case"),
        pytest.param({"colour": "violet"}, Problem("colour", "must be one of Red, Green", ""), id="enum-far"),
        pytest.param({"name": ""}, Problem("name", "must not be empty", "write it, or remove the field"), id="empty"),
        pytest.param({"key": "a" * 254}, Problem("key", "must have at most 253 characters, not 254", ""), id="long"),
        pytest.param(
            {"key": "a b"}, Problem("key", "may hold letters, digits, '-', '_' and '.' only", ""), id="pattern-in-words"
        ),
        pytest.param({"odd": "y"}, Problem("odd", "must match ^x+$", ""), id="pattern"),
        pytest.param(
            {"choice": {"left": "a", "right": "b"}},
            Problem("choice", "must have exactly one field, not 2", "choose one of left, right"),
            id="two-of-a-choice",
        ),
        pytest.param(
            {"choice": {}},
            Problem("choice", "must have exactly one field, not 0", "choose one of left, right"),
            id="none-of-a-choice",
        ),
        pytest.param(
            {"choice": {"lefd": "a"}}, Problem("choice.lefd", UNKNOWN, "did you mean left?"), id="a-choice-misspelt"
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_remedy(fields: dict[str, object], found: Problem) -> None:
    assert problems(**fields) == [found]


def test_everything_is_told_at_once() -> None:
    found = problems(text=1, flag="x", deep={"must": 2, "more": 3})

    assert [problem.path for problem in found] == ["text", "flag", "deep.must", "deep.more"]
