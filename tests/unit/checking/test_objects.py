from typing import Any

import pytest

from esoctl.checking import objects
from esoctl.checking.objects import Judge

AUTH = {
    "secretRef": {
        "accessKeyIDSecretRef": {"name": "keys", "key": "id"},
        "secretAccessKeySecretRef": {"name": "keys", "key": "secret"},
    }
}
AWS = {"service": "SecretsManager", "region": "eu-west-1", "auth": AUTH}


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge()


def an_external_secret(**spec: Any) -> dict[str, Any]:
    data = [{"secretKey": "password", "remoteRef": {"key": "app/db"}}]
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": "shop"},
        "spec": {"secretStoreRef": {"name": "aws"}, "data": data} | spec,
    }


def a_store(kind: str = "SecretStore", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": kind,
        "metadata": {"name": "aws"},
        "spec": {"provider": {"aws": AWS}} | spec,
    }


def told(judge: Judge, body: dict[str, Any]) -> list[str]:
    return [f"{problem.path}: {problem.problem}" for problem in judge.problems(body)]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(an_external_secret(), id="external-secret"),
        pytest.param(an_external_secret(data=None, dataFrom=[{"extract": {"key": "a"}}], target=None), id="with-nulls"),
        pytest.param(an_external_secret() | {"status": {"what": "ever"}}, id="with-a-status"),
        pytest.param(an_external_secret() | {"metadata": {"generateName": "shop-"}}, id="generated-name"),
        pytest.param(a_store(), id="store"),
        pytest.param(a_store("ClusterSecretStore", refreshInterval=60), id="cluster-store"),
    ],
)
def test_what_is_right_is_no_problem(judge: Judge, body: dict[str, Any]) -> None:
    assert judge.problems(body) == []


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        pytest.param({"apiVersion": "external-secrets.io/v1beta1"}, "apiVersion: is not served", id="old-version"),
        pytest.param({"apiVersion": None}, "apiVersion: is missing", id="no-version"),
        pytest.param({"kind": "ExternalSecrets"}, "kind: no kind of external-secrets.io", id="kind-misspelt"),
        pytest.param({"metadata": {}}, "metadata.name: is missing", id="no-name"),
        pytest.param({"metadata": None}, "metadata.name: is missing", id="no-metadata"),
        pytest.param({"spec": None}, "spec: is missing", id="no-spec"),
        pytest.param(
            {"metadata": {"name": "shop", "labels": {"a": 1}}},
            "metadata.labels.a: must be text, not a whole number",
            id="label-that-is-no-text",
        ),
        pytest.param({"extra": 1}, "extra: unknown field", id="unknown-at-the-top"),
    ],
)
def test_the_head_of_an_object_is_checked(judge: Judge, changed: dict[str, Any], found: str) -> None:
    assert told(judge, an_external_secret() | changed) == [found]


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        pytest.param({"refreshInterval": "1d"}, "spec.refreshInterval: time: unknown unit", id="interval"),
        pytest.param({"data": []}, "spec: either data or dataFrom should be specified", id="no-source"),
        pytest.param(
            {"dataFrom": [{"extract": {"key": "a"}, "find": {"name": {"regexp": "a"}}}]},
            "spec.dataFrom[0]: extract and find cannot be set at the same time",
            id="extract-and-find",
        ),
        pytest.param({"dataFrom": [{}]}, "spec.dataFrom[0]: either extract, find, or", id="empty-entry"),
        pytest.param(
            {"target": {"creationPolicy": "Merge", "deletionPolicy": "Delete"}},
            "spec.target.deletionPolicy: deletionPolicy=Delete must not be used",
            id="delete-what-is-not-ours",
        ),
        pytest.param(
            {"target": {"template": {"type": "kubernetes.io/service-account-token"}}},
            'spec.target.template.type: template.type="kubernetes.io/service-account-token" is not allowed',
            id="privileged-type",
        ),
        pytest.param(
            {"target": {"manifest": {"apiVersion": "v1", "kind": "ServiceAccount"}}},
            "spec.target.manifest: kind ServiceAccount of v1 is not allowed",
            id="generic-target",
        ),
        pytest.param({"secretStoreRef": {}}, "spec.secretStoreRef.name: no store is named", id="no-store"),
        pytest.param(
            {"target": {"template": {"data": {"a": "{{ .x | nothing }}"}}}},
            "spec.target.template.data.a: unable to parse template",
            id="template",
        ),
    ],
)
def test_an_external_secret_is_held_against_the_rules_of_the_controller(
    judge: Judge, spec: dict[str, Any], found: str
) -> None:
    (only,) = told(judge, an_external_secret(**spec))

    assert only.startswith(found)


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        pytest.param({"auth": {}}, "spec.auth: auth belongs under spec.provider.aws, not under spec", id="auth"),
        pytest.param({"provider": {}}, "spec.provider: must have exactly one field, not 0", id="no-provider"),
        pytest.param(
            {"provider": {"aws": AWS, "fake": {}}}, "spec.provider: must have exactly one field, not 2", id="two"
        ),
        pytest.param({"provider": {"vault": {"x": 1}}}, "spec.provider.vault: no such provider", id="not-served"),
        pytest.param({"provider": {"awss": {}}}, "spec.provider.awss: unknown field", id="provider-misspelt"),
        pytest.param(
            {"provider": {"aws": AWS | {"region": "mars"}}}, "spec.provider.aws.region: 'mars' is not", id="region"
        ),
        pytest.param({"refreshInterval": -1}, "spec.refreshInterval: invalid refreshInterval -1", id="interval"),
        pytest.param(
            {"conditions": [{"namespaceRegexes": ["a", "("]}]},
            "spec.conditions[0].namespaceRegexes[1]: not a regular expression",
            id="condition",
        ),
        pytest.param(
            {"provider": {"aws": AWS | {"customSessionTags": {"esoStoreKind": "x"}}}},
            "spec.provider.aws.customSessionTags.esoStoreKind: this tag is set by the operator",
            id="reserved-tag",
        ),
    ],
)
def test_a_store_is_held_against_the_rules_of_the_controller(judge: Judge, spec: dict[str, Any], found: str) -> None:
    (only,) = told(judge, a_store(**spec))

    assert only.startswith(found)


def test_everything_is_told_in_one_go(judge: Judge) -> None:
    aws = AWS | {"role": "me", "secretRef": {}}

    found = told(
        judge, a_store(auth={}, refreshInterval=-1, conditions=[{"namespaceRegexes": ["("]}], provider={"aws": aws})
    )

    assert [line.partition(":")[0] for line in found] == [
        "spec.provider.aws.secretRef",
        "spec.auth",
        "spec.refreshInterval",
        "spec.conditions[0].namespaceRegexes[0]",
        "spec.provider.aws.role",
    ]


def test_what_follows_from_a_problem_is_not_told_again(judge: Judge) -> None:
    broken = an_external_secret(
        data=[{"secretKey": "a"}, {"secretKey": "b", "remoteRef": {"key": 5}}], refreshInterval="1d"
    )

    assert [line.partition(":")[0] for line in told(judge, broken)] == [
        "spec.data[0].remoteRef",
        "spec.data[1].remoteRef.key",
        "spec.refreshInterval",
    ]


@pytest.mark.parametrize(
    ("body", "ours"),
    [
        pytest.param({"apiVersion": "external-secrets.io/v1", "kind": "SecretStore"}, True, id="served"),
        pytest.param({"apiVersion": "external-secrets.io/v1beta1", "kind": "SecretStore"}, True, id="old"),
        pytest.param({"apiVersion": "external-secrets.io/v1", "kind": "SecretStor"}, True, id="misspelt"),
        pytest.param({"kind": "SecretStore"}, True, id="no-version"),
        pytest.param({"apiVersion": "external-secrets.io/v1alpha1", "kind": "PushSecret"}, False, id="other-kind"),
        pytest.param({"apiVersion": "other.io/v1", "kind": "SecretStore"}, False, id="other-group"),
        pytest.param({"apiVersion": "v1", "kind": "Secret"}, False, id="secret"),
        pytest.param({"replicas": 3}, False, id="no-object"),
    ],
)
def test_whom_it_concerns(body: dict[str, Any], ours: bool) -> None:
    assert objects.concerned(body) is ours


def test_lists_are_opened_whatever_their_kind() -> None:
    inner = {"kind": "SecretStoreList", "items": [{"kind": "SecretStore"}]}
    outer: dict[str, object] = {"kind": "List", "items": [inner, {"kind": "Secret"}, "no object"]}

    assert list(objects.flatten(outer)) == [{"kind": "SecretStore"}, {"kind": "Secret"}, {}]


@pytest.mark.parametrize(
    ("body", "title"),
    [
        pytest.param({"kind": "Secret", "metadata": {"name": "a"}}, "Secret/a", id="named"),
        pytest.param({"kind": "Secret", "metadata": {"generateName": "a-"}}, "Secret/a-", id="generated"),
        pytest.param({"kind": 5, "metadata": []}, "?/?", id="nothing"),
    ],
)
def test_the_title_of_an_object(body: dict[str, Any], title: str) -> None:
    assert objects.title(body) == title
