"""How wrong fields are put into words."""

import pytest

from esoctl.sandbox.field_errors import OMITTED, FieldError, FieldErrorType, blocks_rules, quote, show


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("a", '"a"', id="text"),
        pytest.param('"\\\n\x00\x7fé\u200b', '"\\"\\\\\\n\\x00\\x7fé\\u200b"', id="text to escape"),
        pytest.param(True, "true", id="truth"),
        pytest.param(None, "null", id="null"),
        pytest.param(3.0, "3", id="whole float"),
        pytest.param(1.5, "1.5", id="float"),
        pytest.param({"b": [1], "a": "<x>"}, '{"a":"\\u003cx\\u003e","b":[1]}', id="object"),
    ],
)
def test_values_are_shown_as_go_prints_them(value: object, text: str) -> None:
    assert show(value) == text


@pytest.mark.parametrize(
    ("error", "message"),
    [
        pytest.param(FieldError(FieldErrorType.REQUIRED, "a.b"), "a.b: Required value", id="required"),
        pytest.param(FieldError(FieldErrorType.FORBIDDEN, "a", "no", "x"), "a: Forbidden: no", id="forbidden"),
        pytest.param(FieldError(FieldErrorType.INVALID, "a", "no", "x"), 'a: Invalid value: "x": no', id="invalid"),
        pytest.param(FieldError(FieldErrorType.INVALID, "a", "no", OMITTED), "a: Invalid value: no", id="omitted"),
        pytest.param(
            FieldError(FieldErrorType.DUPLICATE, "a", "", {"k": 1}), 'a: Duplicate value: {"k":1}', id="twice"
        ),
    ],
)
def test_messages(error: FieldError, message: str) -> None:
    assert error.message() == message


def test_what_keeps_rules_from_being_looked_at() -> None:
    required, invalid = (FieldError(kind, "a") for kind in (FieldErrorType.REQUIRED, FieldErrorType.INVALID))

    assert blocks_rules([invalid, required])
    assert not blocks_rules([invalid])


def test_quotes_keep_what_can_be_printed() -> None:
    assert quote("Grüße 你好") == '"Grüße 你好"'
