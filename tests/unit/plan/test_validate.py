"""What can be said of a manifest alone: refusals, advice, and stores that cannot be used."""

from typing import Any

import msgspec
import pytest

from esoctl.errors import SpecError
from esoctl.model.external_secret import ExternalSecretSpec
from esoctl.plan import validate
from esoctl.plan.validate import Problem
from support.builders import a_store, an_entry, an_external_secret, an_extract


def spec_of(**spec: Any) -> ExternalSecretSpec:
    found = an_external_secret(**spec).spec
    assert found is not None
    return found


def found(**spec: Any) -> list[Problem]:
    return validate.external_secret("team-a", spec_of(**spec))


def window(**window: str) -> dict[str, Any]:
    return {"kind": "allow", "windows": [{"schedule": "0 1 * * *", "duration": "1h", **window}]}


def test_a_valid_one_has_no_problem() -> None:
    assert found(syncWindows=window(), target={"template": {"data": {"a": "b"}}}) == []


@pytest.mark.parametrize(
    ("spec", "path", "problem"),
    [
        pytest.param(
            {"target": {"manifest": {"apiVersion": "v1", "kind": "Pod"}}},
            "spec.target.manifest",
            "kind Pod of v1 is not allowed: it runs as any ServiceAccount",
            id="manifest",
        ),
        pytest.param(
            {"target": {"template": {"engineVersion": "v1"}}},
            "spec.target.template.engineVersion",
            "unsupported template engine version: v1",
            id="template",
        ),
        pytest.param(
            {"target": {"template": {"type": "bootstrap.kubernetes.io/token"}}},
            "spec.target.template.type",
            'template.type="bootstrap.kubernetes.io/token" is not allowed',
            id="privileged",
        ),
        pytest.param(
            {"syncWindows": window(schedule="never")},
            "spec.syncWindows.windows[0]",
            "schedule 'never' is not valid",
            id="window",
        ),
        pytest.param({"dataFrom": [{}]}, "spec.dataFrom[0]", "either extract, find, or", id="dataFrom"),
        pytest.param(
            {"dataFrom": [{"extract": {"key": "a"}, "rewrite": [{"merge": {"strategy": "JSON"}}]}]},
            "spec.dataFrom[0].rewrite[0].merge.into",
            "strategy JSON needs into, the key of the merged object",
            id="merge into nothing",
        ),
        pytest.param(
            {"dataFrom": [{"find": {"tags": {"a": "b"}, "property": "c"}}]},
            "spec.dataFrom[0].find.property",
            "find takes whole secrets and no property",
            id="a property with find",
        ),
        pytest.param(
            {"data": [{**an_entry(), "sourceRef": {}}]},
            "spec.data[0].sourceRef",
            "generatorRef or storeRef must be set",
            id="data",
        ),
        pytest.param(
            {"target": {"deletionPolicy": "Delete", "creationPolicy": "Merge"}},
            "spec.target.deletionPolicy",
            "deletionPolicy=Delete must not be used when the controller doesn't own the secret",
            id="delete what is not owned",
        ),
        pytest.param(
            {"target": {"deletionPolicy": "Merge", "creationPolicy": "None"}},
            "spec.target.deletionPolicy",
            "deletionPolicy=Merge must not be used with creationPolicy=None: there is no Secret to merge with",
            id="merge with nothing",
        ),
        pytest.param({"data": []}, "spec", "either data or dataFrom should be specified", id="nothing to fetch"),
        pytest.param(
            {"data": [an_entry("a", "k"), an_entry("b", "k")]}, "spec.data", "duplicate secretKey found: k", id="twice"
        ),
    ],
)
def test_one_problem_is_told_with_its_place(spec: dict[str, Any], path: str, problem: str) -> None:
    (told,) = found(**spec)

    assert told.path == path
    assert told.problem.startswith(problem)
    assert problem


def test_a_key_given_twice_is_fine_where_absence_is_tolerated() -> None:
    assert found(data=[an_entry("a", "k"), an_entry("b", "k")], target={"deletionPolicy": "Merge"}) == []


def test_all_problems_are_told_in_the_order_of_the_fields() -> None:
    told = found(
        target={"manifest": {"kind": "ConfigMap"}, "deletionPolicy": "Delete", "creationPolicy": "Orphan"},
        syncWindows=window(duration="soon"),
        dataFrom=[an_extract("a"), {}],
        data=[{**an_entry(), "sourceRef": {}}],
    )

    assert [problem.path for problem in told] == [
        "spec.target.manifest",
        "spec.syncWindows.windows[0]",
        "spec.dataFrom[1]",
        "spec.data[0].sourceRef",
        "spec.target.deletionPolicy",
    ]


@pytest.mark.parametrize("manifest", [None, {"apiVersion": "v1", "kind": "Secret"}])
def test_a_secret_is_the_target_that_is_served(manifest: dict[str, str] | None) -> None:
    validate.target(spec_of(target={"manifest": manifest}))


@pytest.mark.parametrize(
    ("unfit", "text"),
    [
        (("", ""), "spec: is missing; see the examples in the documentation"),
        (("spec.data", "must be array, got str"), "spec.data: must be array, got str"),
    ],
)
def test_an_object_without_a_spec_that_fits(unfit: tuple[str, str], text: str) -> None:
    assert str(validate.unfit(unfit, "spec")) == text


@pytest.mark.parametrize(
    ("spec", "path", "problem"),
    [
        pytest.param({"auth": {"x": 1}}, "spec.auth", "auth belongs under spec.provider.aws", id="misplaced auth"),
        pytest.param({"refreshInterval": "1d"}, "spec.refreshInterval", "write it with the units", id="interval"),
        pytest.param({"provider": {}}, "spec.provider", "exactly one backend specified, found 0", id="none"),
        pytest.param({"provider": {"a": {}, "b": {}}}, "spec.provider", "specified, found 2", id="several"),
        pytest.param(
            {"conditions": [{"namespaceRegexes": ["("]}]},
            "spec.conditions[0].namespaceRegexes[0]",
            "not a regular expression",
            id="conditions",
        ),
    ],
)
def test_a_store_that_cannot_be_used_says_where(spec: dict[str, Any], path: str, problem: str) -> None:
    found = a_store(**spec).spec
    assert found is not None

    with pytest.raises(SpecError, match=problem) as caught:
        validate.store_spec("aws", found)
    assert caught.value.path == path


def test_a_store_that_can_be_used() -> None:
    found = a_store(refreshInterval=60).spec
    assert found is not None

    validate.store_spec("aws", found)
    validate.store_spec("aws", msgspec.structs.replace(found, refresh_interval="1m"))


def test_a_problem_tells_its_remedy() -> None:
    (told,) = found(target={"template": {"type": "bootstrap.kubernetes.io/token"}})

    assert (told.path, told.remedy) == ("spec.target.template.type", "choose another type")
