"""Secret values refuse to be printed, and are otherwise a plain map."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.model.values import Payload, Values

MAPS = st.dictionaries(st.text(max_size=3), st.binary(max_size=5), max_size=4)


@given(MAPS, MAPS)
def test_values_compare_and_hash_as_their_items_do(left: dict[str, bytes], right: dict[str, bytes]) -> None:
    assert (Values(left) == Values(right)) is (left == right)
    assert Values(left) == left
    assert hash(Values(left)) == hash(Values(dict(reversed(list(left.items())))))


def test_values_do_not_follow_the_map_they_were_made_of() -> None:
    source = {"a": b"1"}
    values = Values(source)
    source["a"] = b"2"

    assert (values["a"], list(values), len(values)) == (b"1", ["a"], 1)
    with pytest.raises(KeyError):
        values["b"]


def test_nothing_is_an_empty_map() -> None:
    assert not Values()
    assert repr(Values()) == "Values()"


def test_SEC_values_show_keys_and_sizes_only() -> None:
    assert repr(Values({"password": b"hunter2", "empty": b""})) == "Values(password=<7 bytes>, empty=<0 bytes>)"


def test_SEC_a_payload_shows_its_version_only() -> None:
    text = f"{Payload(b'hunter2', 'v1')} {Payload(b'hunter2', 'v1')!r}"

    assert "hunter2" not in text
    assert "version='v1'" in text
