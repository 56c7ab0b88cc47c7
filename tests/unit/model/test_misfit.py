"""What does not fit a schema is said by its path, and never by its value."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esoctl.model import external_secret, misfit, store
from support.stores import raw

CANARY = "hunter2-do-not-print"


def fault(body: object, kind: object) -> msgspec.ValidationError:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(raw(body), type=kind)
    return caught.value


@pytest.mark.parametrize(
    ("body", "described"),
    [
        pytest.param({"metadata": 1}, ("metadata", "must be object, got int"), id="another type"),
        pytest.param({"metadata": {}}, ("metadata", "is missing name"), id="a missing field"),
        pytest.param({}, ("", "is missing metadata"), id="a missing field of the whole"),
        pytest.param([], ("", "must be object, got array"), id="the whole"),
        pytest.param(
            {"metadata": {"name": "a", "labels": {"b": 1}}},
            ("metadata.labels[...]", "must be str, got int"),
            id="inside a map",
        ),
        pytest.param(
            {"metadata": {"name": "a", "finalizers": ["b", 1]}},
            ("metadata.finalizers[1]", "must be str, got int"),
            id="inside a list",
        ),
    ],
)
def test_the_place_comes_first_and_the_words_are_plain(body: object, described: tuple[str, str]) -> None:
    assert misfit.describe(fault(body, store.Store)) == described


def test_a_check_of_our_own_names_its_field() -> None:
    error = fault({"metadata": {"name": "a"}, "spec": {"refreshInterval": "x"}}, external_secret.ExternalSecret)

    path, problem = misfit.describe(error)

    assert path == "spec.refreshInterval"
    assert problem.startswith('time: invalid duration "x"; write it')


def test_a_check_of_our_own_on_the_whole_object() -> None:
    assert misfit.describe(msgspec.ValidationError("interval: too short")) == ("interval", "too short")


def test_broken_json_has_no_path() -> None:
    with pytest.raises(msgspec.DecodeError) as caught:
        msgspec.json.decode(b'{"metadata": {', type=store.Store)

    assert misfit.describe(caught.value) == ("", "Input data was truncated")


WRONG = st.sampled_from([1, 1.5, True, CANARY, [CANARY], {CANARY: CANARY}])


@settings(deadline=None)
@given(
    st.recursive(
        WRONG | st.none(),
        lambda deeper: st.dictionaries(
            st.sampled_from(["data", "dataFrom", "remoteRef", "extract", "find", "target", "template", "secretKey"]),
            deeper | st.lists(deeper, max_size=2),
            max_size=3,
        ),
        max_leaves=8,
    )
)
def test_a_spec_of_any_shape_decodes_or_is_described_without_a_value(spec: object) -> None:
    item = external_secret.decode(json.dumps({"metadata": {"name": "a"}, "spec": spec}).encode())

    path, problem = item.unfit
    assert bool(problem) is (item.spec is None and spec is not None)
    assert CANARY not in path + problem
