"""Fields that have no effect are told by their path; those at their defaults are not."""

from typing import Any

import pytest

from esoctl.plan import unused
from support.builders import a_store, an_external_secret

ENTRY = {"secretKey": "a", "remoteRef": {"key": "a"}}
WINDOWS = {"kind": "deny", "windows": [{"schedule": "@daily", "duration": "1h"}]}
MANIFEST = {"apiVersion": "v1", "kind": "ConfigMap"}


@pytest.mark.parametrize(
    ("spec", "paths"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"syncWindows": WINDOWS}, [], id="windows of Periodic"),
        pytest.param({"syncWindows": WINDOWS, "refreshPolicy": "OnChange"}, ["spec.syncWindows"], id="windows"),
        pytest.param(
            {"data": [{"secretKey": "a", "remoteRef": {"key": "a", "conversionStrategy": "Unicode"}}]},
            ["spec.data[0].remoteRef.conversionStrategy"],
            id="conversion of one key",
        ),
        pytest.param(
            {"data": [{"secretKey": "a", "remoteRef": {"key": "a", "conversionStrategy": "Default"}}]},
            [],
            id="a default",
        ),
        pytest.param(
            {"dataFrom": [{"extract": {"key": "a", "conversionStrategy": "Unicode"}, "rewrite": [{"merge": {}}]}]},
            ["spec.dataFrom[0].extract.conversionStrategy"],
            id="conversion beside rewrite",
        ),
        pytest.param({"dataFrom": [{"extract": {"key": "a", "conversionStrategy": "Unicode"}}]}, [], id="conversion"),
        pytest.param(
            {"target": {"template": {"templateFrom": [{"literal": "a: b"}, {"target": "Labels"}]}}},
            ["spec.target.template.templateFrom[1]"],
            id="an empty templateFrom",
        ),
        pytest.param(
            {
                "target": {
                    "manifest": MANIFEST,
                    "template": {"type": "Opaque", "mergePolicy": "Merge", "metadata": {"finalizers": ["a.b/c"]}},
                }
            },
            [
                "spec.target.template.type",
                "spec.target.template.metadata.finalizers",
                "spec.target.template.mergePolicy",
            ],
            id="what only Secrets have",
        ),
    ],
)
def test_the_fields_without_effect_are_told(spec: dict[str, Any], paths: list[str]) -> None:
    found = an_external_secret(**spec).spec
    assert found is not None

    assert [problem.path for problem in unused.external_secret(found)] == paths


@pytest.mark.parametrize(
    ("spec", "cluster", "paths"),
    [
        pytest.param({}, False, [], id="nothing"),
        pytest.param({"conditions": [{"namespaces": ["a"]}]}, True, [], id="conditions of a ClusterSecretStore"),
        pytest.param({"conditions": [{"namespaces": ["a"]}]}, False, ["spec.conditions"], id="conditions"),
        pytest.param(
            {"provider": {"fake": {}}, "retrySettings": {"maxRetries": 2}}, False, ["spec.retrySettings"], id="retries"
        ),
        pytest.param(
            {"provider": {"aws": {}}, "retrySettings": {"maxRetries": 2, "retryInterval": "1s"}},
            False,
            ["spec.retrySettings.retryInterval"],
            id="pauses",
        ),
    ],
)
def test_the_fields_of_a_store_without_effect_are_told(spec: dict[str, Any], cluster: bool, paths: list[str]) -> None:
    found = a_store(**spec).spec
    assert found is not None

    assert [problem.path for problem in unused.store(found, cluster=cluster)] == paths


def test_all_of_them_make_one_message() -> None:
    found = a_store(provider={"fake": {}}, conditions=[{}], retrySettings={}).spec
    assert found is not None

    text = unused.text(unused.store(found, cluster=False))

    assert text == (
        "spec.conditions has no effect: limits nothing: a SecretStore serves its own namespace only; "
        "spec.retrySettings has no effect: the fake provider makes no requests"
    )
