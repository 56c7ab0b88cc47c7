"""The merge of conditions: what moves, what stays."""

from hypothesis import given
from hypothesis import strategies as st

from esoctl.model import conditions
from esoctl.model.conditions import Condition

TEXTS = st.sampled_from(["", "a", "b"])
CONDITIONS = st.builds(
    Condition, st.sampled_from(["Ready", "Deleted"]), st.sampled_from(["True", "False"]), TEXTS, TEXTS, TEXTS
)


def test_a_condition_that_was_never_set_is_added_behind_the_others() -> None:
    other = Condition("Deleted", "False")
    new = Condition("Ready", "True", "SecretSynced", "secret synced", "now")

    assert conditions.merge([other], new) == [other, new]


def test_a_status_that_flips_takes_the_new_time() -> None:
    merged = conditions.merge(
        [Condition("Ready", "False", "x", "y", "then")], Condition("Ready", "True", "", "", "now")
    )

    assert [found.last_transition_time for found in merged] == ["now"]


def test_a_status_that_stays_keeps_its_time_and_takes_the_new_words() -> None:
    merged = conditions.merge(
        [Condition("Ready", "True", "old", "old words", "then")], Condition("Ready", "True", "new", "new words", "now")
    )

    assert merged == [Condition("Ready", "True", "new", "new words", "then")]


@given(st.lists(CONDITIONS, max_size=4), CONDITIONS)
def test_after_a_merge_the_type_is_there_once_and_the_others_are_untouched(
    old: list[Condition], new: Condition
) -> None:
    merged = conditions.merge(old, new)

    assert [found for found in merged if found.type != new.type] == [found for found in old if found.type != new.type]
    (mine,) = [found for found in merged if found.type == new.type]
    assert (mine.status, mine.reason, mine.message) == (new.status, new.reason, new.message)
    assert conditions.merge(merged, new) == merged


def test_a_condition_is_found_by_its_type() -> None:
    ready = Condition("Ready", "True")

    assert conditions.find([Condition("Deleted"), ready]) is ready
    assert conditions.find([ready], "Deleted") is None
