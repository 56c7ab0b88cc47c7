"""How Go calls the kinds of JSON, as users see them in messages."""

import pytest

from esoctl.plan import extract, jsonerrors


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (b"{}", "object"),
        (b"[]", "array"),
        (b'"hunter2"', "string"),
        (b"true", "bool"),
        (b"false", "bool"),
        (b"-1.5", "number"),
    ],
)
def test_a_kind_is_told_by_its_first_character(document: bytes, kind: str) -> None:
    assert jsonerrors.kind(document) == kind
    if kind != "object":
        with pytest.raises(ValueError, match=f"json: cannot unmarshal {kind} into Go value of type map") as caught:
            extract.as_map(document)
        assert "hunter2" not in str(caught.value)
