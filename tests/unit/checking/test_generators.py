"""``esoctl check`` understands generators."""

from typing import Any

import pytest

from esoctl.checking import objects
from esoctl.checking.objects import Judge

JUDGE = Judge()


def a_generator(kind: str, /, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "generators.external-secrets.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": "maker"},
        "spec": spec,
    }


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(a_generator("Fake", data={"a": "b"}), id="fake"),
        pytest.param(a_generator("Password", length=8, digits=2, encoding="hex", secretKeys=["a"]), id="password"),
        pytest.param(a_generator("UUID"), id="uuid"),
        pytest.param(
            {key: value for key, value in a_generator("UUID").items() if key != "spec"}, id="uuid-without-a-spec"
        ),
        pytest.param(a_generator("ClusterGenerator", kind="UUID", generator={"uuidSpec": {}}), id="cluster-generator"),
    ],
)
def test_a_generator_that_is_right_is_no_problem(body: dict[str, Any]) -> None:
    assert objects.concerned(body)
    assert JUDGE.problems(body) == []


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        pytest.param(
            a_generator("Password", length=4, digits=3, symbols=3),
            ["spec: number of digits and symbols must be less than total length"],
            id="impossible",
        ),
        pytest.param(
            a_generator("ClusterGenerator", kind="Password", generator={"fakeSpec": {}}),
            ["spec: invalid ClusterGenerator: when kind is Password, PasswordSpec must be set"],
            id="mismatch",
        ),
        pytest.param(a_generator("UUID") | {"apiVersion": "v1"}, ["apiVersion: is not served"], id="version"),
    ],
)
def test_a_generator_that_can_make_nothing_is_told(body: dict[str, Any], problems: list[str]) -> None:
    assert [f"{one.path}: {one.problem}" for one in JUDGE.problems(body)] == problems


def test_a_generator_of_a_kind_that_is_not_served_is_not_judged() -> None:
    assert not objects.concerned(a_generator("Grafana"))
