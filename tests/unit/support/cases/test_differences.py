import pytest

from support.cases.differences import differences, unwanted


def a_condition(**changes: str) -> dict[str, str]:
    return {"type": "Ready", "status": "False", "reason": "SecretSyncedError", "message": "could not get it"} | changes


@pytest.mark.parametrize(
    ("want", "got"),
    [
        pytest.param({"a": [1]}, {"a": [1]}, id="the same"),
        pytest.param(
            {"conditions": [a_condition()]},
            {"conditions": [a_condition(message="could not get it: no such key")]},
            id="a failure that says more",
        ),
        pytest.param(
            {"conditions": [a_condition()]},
            {"conditions": [a_condition(), a_condition(type="Healthy")]},
            id="a condition of our own",
        ),
        pytest.param(
            {"events": ["ExternalSecret | a | Warning | UpdateFailed | old text"]},
            {"events": ["ExternalSecret | a | Warning | UpdateFailed | new text"]},
            id="the text of a warning",
        ),
    ],
)
def test_no_difference_is_seen(want: object, got: object) -> None:
    assert list(differences(want, got)) == []


@pytest.mark.parametrize(
    ("want", "got", "path"),
    [
        pytest.param({"a": {"b": 1}}, {"a": {}}, "/a/b", id="a value that is missing"),
        pytest.param({"conditions": [a_condition()]}, {"conditions": []}, "/conditions/Ready", id="no condition"),
        pytest.param({"conditions": []}, {"conditions": [a_condition()]}, "/conditions/Ready", id="a Ready too many"),
        pytest.param(
            {"conditions": [a_condition(status="True")]},
            {"conditions": [a_condition(status="True", message="could not get it, or more")]},
            "/conditions/Ready",
            id="a success that says more",
        ),
        pytest.param(
            {"events": ["ExternalSecret | a | Normal | Updated | secret updated"]},
            {"events": ["ExternalSecret | a | Normal | Updated | another text"]},
            "/events",
            id="the text of a normal event",
        ),
    ],
)
def test_a_difference_is_seen_at_its_path(want: object, got: object, path: str) -> None:
    assert [found.path for found in differences(want, got)] == [path]


def test_a_deviation_allows_its_case_and_path_only() -> None:
    found = list(differences({"a": 1, "b": 1}, {"a": 2, "b": 2}))
    deviations = [{"case": "store-*", "path": "/a", "why": "wanted"}, {"table": "hash", "row": "1"}]

    assert [d.path for d in unwanted("store-valid", found, deviations)] == ["/b"]
    assert [d.path for d in unwanted("target-owner", found, deviations)] == ["/a", "/b"]


def test_a_deviation_with_an_expectation_allows_only_that() -> None:
    (found,) = differences({"a": 1}, {"a": 2})

    assert unwanted("one", [found], [{"case": "*", "path": "/a", "want": 2, "why": "wanted"}]) == []
    assert unwanted("one", [found], [{"case": "*", "path": "/a", "want": 3, "why": "wanted"}]) == [found]


def test_an_expected_failure_may_say_more_too() -> None:
    want, got = a_condition(message="new text"), a_condition(message="new text: and its reason")
    (found,) = differences({"conditions": [a_condition()]}, {"conditions": [got]})

    assert unwanted("one", [found], [{"case": "*", "path": "/conditions/Ready", "want": want, "why": "wanted"}]) == []
