from typing import Any

import pytest

from esoctl.checking import texts
from support.builders import an_external_secret


def found(**spec: Any) -> list[tuple[str, str]]:
    es = an_external_secret(**spec)
    assert es.spec is not None
    return [(problem.path, problem.problem) for problem in texts.problems(es.spec)]


def test_texts_that_are_right_are_no_problem() -> None:
    template = {
        "data": {"a": "{{ .password | b64enc }}"},
        "templateFrom": [{"literal": "{{ .x }}"}, {"secret": {"name": "s"}}],
    }
    rewrite = [
        {"regexp": {"source": "^a(.*)", "target": "$1"}},
        {"transform": {"template": "{{ .value }}"}},
        {"merge": {}},
    ]

    assert (
        found(target={"template": template}, dataFrom=[{"find": {"name": {"regexp": "."}}, "rewrite": rewrite}]) == []
    )


@pytest.mark.parametrize(
    ("template", "path"),
    [
        pytest.param({"data": {"a": "{{"}}, "data.a", id="data"),
        pytest.param({"metadata": {"labels": {"a": "{{"}}}, "metadata.labels.a", id="label"),
        pytest.param({"metadata": {"annotations": {"a": "{{"}}}, "metadata.annotations.a", id="annotation"),
        pytest.param({"templateFrom": [{}, {"literal": "{{"}]}, "templateFrom[1].literal", id="literal"),
    ],
)
def test_a_template_that_does_not_parse(template: dict[str, Any], path: str) -> None:
    ((where, problem),) = found(target={"template": template})

    assert where == f"spec.target.template.{path}"
    assert problem.startswith("unable to parse template: ")


@pytest.mark.parametrize(
    ("entry", "path", "said"),
    [
        pytest.param({"find": {"name": {"regexp": "("}}}, "find.name.regexp", "not a regular expression", id="find"),
        pytest.param(
            {"extract": {"key": "a"}, "rewrite": [{"regexp": {"source": "[", "target": ""}}]},
            "rewrite[0].regexp.source",
            "not a regular expression",
            id="rewrite",
        ),
        pytest.param(
            {"extract": {"key": "a"}, "rewrite": [{"merge": {}}, {"transform": {"template": "{{ no }}"}}]},
            "rewrite[1].transform.template",
            "unable to parse template",
            id="transform",
        ),
    ],
)
def test_a_pattern_or_rewrite_that_does_not_compile(entry: dict[str, Any], path: str, said: str) -> None:
    ((where, problem),) = found(dataFrom=[entry])

    assert where == f"spec.dataFrom[0].{path}"
    assert problem.startswith(said)
