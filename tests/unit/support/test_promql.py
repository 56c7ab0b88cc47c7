"""What the tests understand of PromQL."""

import pytest

from support import promql
from support.promql import Selector

SAMPLES = [
    ("workqueue_depth", {"name": "externalsecret", "controller": "externalsecret"}),
    ("workqueue_depth", {"name": "secretstore", "controller": "secretstore"}),
    ("reads_total", {"how": "single"}),
]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("workqueue_depth", ["workqueue_depth"]),
        ("sum by (job_name) (rate(reads_total[5m])) > 0", ["reads_total"]),
        ("sum(reads_total) by (how) / sum(workqueue_depth)", ["reads_total", "workqueue_depth"]),
        ('label_replace(reads_total, "a_b", "$1", "c_d", "(.*)")', ["reads_total"]),
        ('reads_total{how="a_b"} unless on (in_stance) workqueue_depth == 0', ["reads_total", "workqueue_depth"]),
        ("histogram_quantile(0.9, a_b) or vector(0)", ["a_b"]),
    ],
)
def test_the_series_of_an_expression_are_found(expression: str, found: list[str]) -> None:
    assert [selector.name for selector in promql.selectors(expression)] == found


def test_matchers_are_read() -> None:
    (selector,) = promql.selectors('a_b{c="d",e=~"f|g"}[5m]')

    assert selector == Selector("a_b", (("c", "=", "d"), ("e", "=~", "f|g")))


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        pytest.param("sum(workqueue_depth) by (name)", "", id="there"),
        pytest.param('workqueue_depth{service=~"x.*",name="secretstore"}', "", id="labels of the scrape are not ours"),
        pytest.param('workqueue_depth{name!~"external.*"}', "", id="not like"),
        pytest.param("other_depth", "no series other_depth", id="another name"),
        pytest.param('workqueue_depth{name="pushsecret"}', "no workqueue_depth with", id="another value"),
        pytest.param('workqueue_depth{color="red"}', "no workqueue_depth with", id="another label"),
        pytest.param("sum by (color) (workqueue_depth)", "no series has a label color", id="another group"),
    ],
)
def test_what_is_missing_is_told(expression: str, problem: str) -> None:
    assert "; ".join(promql.missing(expression, SAMPLES)).startswith(problem)
    assert bool(promql.missing(expression, SAMPLES)) is bool(problem)
