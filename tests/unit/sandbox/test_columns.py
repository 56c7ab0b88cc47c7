"""JSON paths, ages and cells of the tables."""

from typing import Any

import pytest

from esoctl.sandbox import columns, jsonpaths, moments

DOC: dict[str, Any] = {
    "metadata": {"labels": {"a.b/c": "dotted"}, "creationTimestamp": "2026-01-31T11:58:00Z"},
    "spec": {"list": [{"x": 1}, {"x": 2}], "on": True, "many": ["a", "b"]},
    "status": {"conditions": [{"type": "Other", "status": "False"}, {"type": "Ready", "status": "True"}]},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(".spec.on", True, id="field"),
        pytest.param("spec.on", True, id="without-a-dot"),
        pytest.param(".spec.list[1].x", 2, id="index"),
        pytest.param(".spec.list[-1].x", 2, id="negative-index"),
        pytest.param(".spec.list[*].x", 1, id="all"),
        pytest.param('.status.conditions[?(@.type=="Ready")].status', "True", id="filter"),
        pytest.param(".status.conditions[?(@.type!='Ready')].status", "False", id="unequal-filter"),
        pytest.param(r".metadata.labels.a\.b/c", "dotted", id="escaped-dot"),
        pytest.param(".metadata.labels['a.b/c']", "dotted", id="quoted"),
        pytest.param(".spec.list[7].x", None, id="index-too-large"),
        pytest.param(".nothing.at.all", None, id="absent"),
    ],
)
def test_a_path_finds_its_first_value(path: str, value: object) -> None:
    assert jsonpaths.first(DOC, path) == value


@pytest.mark.parametrize(
    ("since", "shown"),
    [
        pytest.param("2026-01-31T11:59:01Z", "59s", id="seconds"),
        pytest.param("2026-01-31T11:58:01Z", "119s", id="under-two-minutes"),
        pytest.param("2026-01-31T11:55:57Z", "4m3s", id="minutes-and-seconds"),
        pytest.param("2026-01-31T11:55:00Z", "5m", id="whole-minutes"),
        pytest.param("2026-01-31T10:00:00Z", "120m", id="two-hours"),
        pytest.param("2026-01-31T07:30:00Z", "4h30m", id="hours"),
        pytest.param("2026-01-30T12:00:00Z", "24h", id="day"),
        pytest.param("2026-01-28T07:00:00Z", "3d5h", id="days"),
        pytest.param("2025-01-31T12:00:00Z", "365d", id="year"),
        pytest.param("2027-01-31T12:00:00Z", "0s", id="future"),
        pytest.param("soon", "<unknown>", id="no-time"),
    ],
)
def test_an_age_is_written_like_kubectl(since: str, shown: str) -> None:
    assert moments.age(since, "2026-01-31T12:00:00Z") == shown


@pytest.mark.parametrize(
    ("kind", "path", "cell"),
    [
        pytest.param("string", ".spec.on", "true", id="text-of-a-flag"),
        pytest.param("string", ".spec.many", '["a","b"]', id="text-of-a-list"),
        pytest.param("string", ".spec.list[0]", '{"x":1}', id="text-of-an-object"),
        pytest.param("integer", ".spec.list[0].x", 1, id="integer"),
        pytest.param("integer", ".spec.on", None, id="no-integer"),
        pytest.param("boolean", ".spec.on", True, id="boolean"),
        pytest.param("date", ".metadata.creationTimestamp", "2m", id="date"),
        pytest.param("date", ".spec.on", None, id="no-date"),
        pytest.param("string", ".absent", None, id="absent"),
    ],
)
def test_a_cell_fits_the_type_of_its_column(kind: str, path: str, cell: object) -> None:
    (_, column) = columns.of_definition([{"name": "X", "type": kind, "jsonPath": path}])

    assert columns.cell(column, DOC, "2026-01-31T12:00:00Z") == cell
