"""Rewrites: what is left out, and words that are not known."""

import msgspec
import pytest

from esoctl.model.rewrites import ConflictPolicy, Merge, MergeStrategy, PriorityPolicy, Rewrite
from support.stores import raw


def decoded(body: object) -> Rewrite:
    return msgspec.json.decode(raw(body), type=Rewrite)


def test_a_merge_without_settings_is_strict() -> None:
    assert decoded({"merge": {}}).merge == Merge(
        "", [], PriorityPolicy.STRICT, ConflictPolicy.ERROR, MergeStrategy.EXTRACT
    )


def test_every_setting_of_a_merge_arrives() -> None:
    body = {
        "into": "all",
        "priority": ["a"],
        "priorityPolicy": "IgnoreNotFound",
        "conflictPolicy": "Ignore",
        "strategy": "JSON",
    }

    assert decoded({"merge": body}).merge == Merge(
        "all", ["a"], PriorityPolicy.IGNORE_NOT_FOUND, ConflictPolicy.IGNORE, MergeStrategy.JSON
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"regexp": {"source": "a"}}, id="a regexp without target"),
        pytest.param({"transform": {}}, id="a transform without template"),
        pytest.param({"merge": {"strategy": "Json"}}, id="a word in another spelling"),
    ],
)
def test_half_a_rewrite_does_not_decode(body: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        decoded(body)
