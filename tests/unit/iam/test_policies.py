"""The least policy for what is read: actions, resources and conditions, by identity."""

import json
from typing import Any

import pytest
from moto.iam.policy_validation import IAMPolicyDocumentValidator, IAMTrustPolicyDocumentValidator

from esoctl.iam import policies
from esoctl.iam.grants import Choice
from esoctl.iam.policies import Guess, Policies, Use
from esoctl.model.keys import Kind
from esoctl.model.remote import Find, MetadataPolicy, RemoteKey
from esoctl.providers.aws import decoding
from support import stores
from support.aws import a_body

ROLE = "arn:aws:iam::123456789012:role/reader"
SM = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
PS = "arn:aws:ssm:eu-west-1:123456789012:parameter/"
FETCH = MetadataPolicy.FETCH


HERE = Guess("123456789012")
WITHOUT_KMS = Choice(kms=False)


def made(
    *requests: RemoteKey | Find,
    choice: Choice = WITHOUT_KMS,
    guess: Guess = HERE,
    session_tags: bool = False,
    kind: Kind = Kind.SECRET_STORE,
    annotations: dict[tuple[str, str], dict[str, str]] | None = None,
    **changes: object,
) -> Policies:
    spec = decoding.decode(stores.raw(a_body(**changes)), stores.a_scope(kind))
    uses = [Use(spec, "team", request) for request in requests]
    return policies.policies(uses, annotations or {}, choice, guess, session_tags=session_tags)


def statements(found: Policies, identity: str | None = None) -> dict[str, Any]:
    """Statements by their sid, of the one identity or of the named one."""
    document: Any = found.permissions[identity] if identity else next(iter(found.permissions.values()))
    return {statement["Sid"]: statement for statement in document["Statement"]}


def allowed(found: Policies, identity: str | None = None) -> dict[str, Any]:
    """Resources by action."""
    return {
        action: statement["Resource"]
        for statement in statements(found, identity).values()
        for action in statement["Action"]
    }


def test_a_secret_is_named_with_the_six_characters_that_aws_adds() -> None:
    assert allowed(made(RemoteKey("app/db"))) == {"secretsmanager:GetSecretValue": [f"{SM}app/db-??????"]}


@pytest.mark.parametrize(
    ("key", "resource"),
    [
        pytest.param("app/db", f"{SM}app/db-??????", id="a name"),
        pytest.param(f"{SM}app/db-AbCdEf", f"{SM}app/db-AbCdEf", id="a whole ARN"),
        pytest.param(f"{SM}app/db", f"{SM}app/db-??????", id="an ARN without its end"),
        pytest.param(
            "arn:aws:secretsmanager:us-east-1:999999999999:secret:x-AbCdEf",
            "arn:aws:secretsmanager:us-east-1:999999999999:secret:x-AbCdEf",
            id="an ARN of elsewhere",
        ),
    ],
)
def test_names_and_arns_of_secrets(key: str, resource: str) -> None:
    assert allowed(made(RemoteKey(key)))["secretsmanager:GetSecretValue"] == [resource]


def test_the_prefix_of_the_store_is_part_of_the_name() -> None:
    assert allowed(made(RemoteKey("db"), prefix="app/"))["secretsmanager:GetSecretValue"] == [f"{SM}app/db-??????"]


@pytest.mark.parametrize(
    ("requests", "batching", "together"),
    [
        pytest.param([RemoteKey("a"), RemoteKey("b")], True, True, id="two secrets"),
        pytest.param([RemoteKey("a"), RemoteKey("b")], False, False, id="no batching"),
        pytest.param([RemoteKey("a"), RemoteKey("a")], True, False, id="one secret twice"),
        pytest.param([RemoteKey("a"), RemoteKey("b", "AWSPREVIOUS")], True, False, id="one of them a version"),
        pytest.param([RemoteKey("a"), RemoteKey("b", "", FETCH)], True, False, id="one of them tags"),
    ],
)
def test_batch_calls_are_allowed_only_where_they_are_made(
    requests: list[RemoteKey], batching: bool, together: bool
) -> None:
    found = allowed(made(*requests, choice=Choice(batching, kms=False)))

    assert found.get("secretsmanager:BatchGetSecretValue") == ("*" if together else None)


def test_tags_of_a_secret_need_another_right_than_its_value() -> None:
    assert allowed(made(RemoteKey("a", "", FETCH))) == {"secretsmanager:DescribeSecret": [f"{SM}a-??????"]}


@pytest.mark.parametrize(
    ("find", "resource"),
    [
        pytest.param(Find(regexp="db"), f"{SM}*", id="anything"),
        pytest.param(Find(regexp="^app/"), f"{SM}app/*", id="a beginning"),
        pytest.param(Find(regexp=r"^app/db\.main.*"), f"{SM}app/db.main*", id="an escaped sign"),
        pytest.param(Find(regexp="^apps?"), f"{SM}app*", id="a letter that may be missing"),
        pytest.param(Find(regexp="^app|^web"), f"{SM}*", id="either of two"),
        pytest.param(Find(regexp=".*", path="app/"), f"{SM}app/*", id="a path"),
        pytest.param(Find(tags=(("env", "prod"),)), f"{SM}*", id="tags"),
    ],
)
def test_a_search_of_secrets_lists_and_reads_what_it_may_find(find: Find, resource: str) -> None:
    assert allowed(made(find)) == {
        "secretsmanager:GetSecretValue": [resource],
        "secretsmanager:ListSecrets": "*",
        "secretsmanager:BatchGetSecretValue": "*",
    }


def test_a_search_without_batching_needs_no_batch_call() -> None:
    assert "secretsmanager:BatchGetSecretValue" not in allowed(made(Find(regexp="x"), choice=Choice(False, kms=False)))


def test_what_a_wider_resource_takes_in_is_not_repeated() -> None:
    assert allowed(made(RemoteKey("app/db"), Find(regexp="^app/")))["secretsmanager:GetSecretValue"] == [f"{SM}app/*"]


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        pytest.param([RemoteKey("/app/db")], {"ssm:GetParameter": [f"{PS}app/db"]}, id="a path"),
        pytest.param([RemoteKey("db", "3")], {"ssm:GetParameter": [f"{PS}db"]}, id="a version"),
        pytest.param(
            [RemoteKey("/a"), RemoteKey("/b")],
            {"ssm:GetParameter": [f"{PS}a", f"{PS}b"], "ssm:GetParameters": [f"{PS}a", f"{PS}b"]},
            id="two",
        ),
        pytest.param([RemoteKey("/a", "", FETCH)], {"ssm:ListTagsForResource": [f"{PS}a"]}, id="tags of one"),
        pytest.param([Find(regexp="x")], {"ssm:GetParametersByPath": [f"{PS}*"]}, id="by name"),
        pytest.param(
            [Find(regexp="x", path="/app/")], {"ssm:GetParametersByPath": [f"{PS}app", f"{PS}app/*"]}, id="below"
        ),
        pytest.param(
            [Find(path="/app", tags=(("a", "b"),))],
            {
                "ssm:DescribeParameters": "*",
                "tag:GetResources": "*",
                "ssm:GetParameter": [f"{PS}app/*"],
                "ssm:GetParameters": [f"{PS}app/*"],
            },
            id="by tags",
        ),
    ],
)
def test_parameters(requests: list[RemoteKey | Find], expected: dict[str, object]) -> None:
    assert allowed(made(*requests, service="ParameterStore")) == expected


def test_decryption_is_allowed_through_the_service_of_what_may_be_read_only() -> None:
    found = statements(made(RemoteKey("a"), RemoteKey("b", "", FETCH), choice=Choice()))["DecryptSecrets"]

    assert found == {
        "Sid": "DecryptSecrets",
        "Effect": "Allow",
        "Action": ["kms:Decrypt"],
        "Resource": ["arn:aws:kms:eu-west-1:123456789012:key/*"],
        "Condition": {
            "StringEquals": {"kms:ViaService": ["secretsmanager.eu-west-1.amazonaws.com"]},
            "StringLike": {"kms:EncryptionContext:SecretARN": [f"{SM}a-??????"]},
        },
    }


def test_decryption_of_parameters() -> None:
    found = statements(made(RemoteKey("/a"), service="ParameterStore", choice=Choice()))["DecryptParameters"]

    assert found["Condition"] == {
        "StringEquals": {"kms:ViaService": ["ssm.eu-west-1.amazonaws.com"]},
        "StringLike": {"kms:EncryptionContext:PARAMETER_ARN": [f"{PS}a"]},
    }


def test_a_known_key_is_the_only_one() -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1"

    assert allowed(made(RemoteKey("a"), choice=Choice(kms_keys=(key,))))["kms:Decrypt"] == [key]


def test_the_key_of_another_accounts_secret_is_in_that_account() -> None:
    found = made(RemoteKey("arn:aws:secretsmanager:eu-west-1:999999999999:secret:x-AbCdEf"), choice=Choice())

    assert allowed(found)["kms:Decrypt"] == ["arn:aws:kms:eu-west-1:999999999999:key/*"]


@pytest.mark.parametrize(
    ("region", "beginning", "via"),
    [
        pytest.param(
            "cn-north-1",
            "arn:aws-cn:secretsmanager:cn-north-1:",
            ["secretsmanager.cn-north-1.amazonaws.com", "secretsmanager.cn-north-1.amazonaws.com.cn"],
            id="China",
        ),
        pytest.param(
            "us-gov-west-1",
            "arn:aws-us-gov:secretsmanager:us-gov-west-1:",
            ["secretsmanager.us-gov-west-1.amazonaws.com"],
            id="GovCloud",
        ),
        pytest.param(
            "fips-us-east-1",
            "arn:aws:secretsmanager:us-east-1:",
            ["secretsmanager.us-east-1.amazonaws.com"],
            id="a FIPS name of a region",
        ),
    ],
)
def test_partitions(region: str, beginning: str, via: list[str]) -> None:
    found = statements(made(RemoteKey("a"), region=region, choice=Choice()))

    assert found["ReadSecrets"]["Resource"][0].startswith(beginning)
    assert found["DecryptSecrets"]["Condition"]["StringEquals"]["kms:ViaService"] == via


def test_every_link_of_a_chain_may_assume_the_next_and_the_last_one_reads() -> None:
    between = "arn:aws:iam::222222222222:role/between"
    found = made(RemoteKey("a"), additionalRoles=[between], role=ROLE, guess=Guess())
    keys = "the owner of the access key in Secret team/keys"

    assert list(found.permissions) == [ROLE, between, keys]
    assert allowed(found, keys) == {"sts:AssumeRole": [between]}
    assert allowed(found, between) == {"sts:AssumeRole": [ROLE]}
    assert allowed(found, ROLE) == {"secretsmanager:GetSecretValue": [f"{SM}a-??????"]}


@pytest.mark.parametrize(
    ("changes", "session_tags", "tagged"),
    [
        pytest.param({}, False, False, id="no tags"),
        pytest.param({}, True, True, id="the operator's"),
        pytest.param({"sessionTags": [{"key": "a", "value": "b"}]}, False, True, id="the store's"),
        pytest.param({"sessionTagsPolicy": "Simple"}, False, True, id="a policy's"),
    ],
)
def test_tagging_a_session_is_a_right_and_a_trust_of_its_own(
    changes: dict[str, object], session_tags: bool, tagged: bool
) -> None:
    found = made(RemoteKey("a"), role=ROLE, auth=None, session_tags=session_tags, **changes)
    trust: Any = found.trust[ROLE]

    assert ("sts:TagSession" in allowed(found, "the identity of the operator")) is tagged
    assert ("sts:TagSession" in trust["Statement"][0]["Action"]) is tagged


def test_a_role_trusts_who_assumes_it_by_the_external_id() -> None:
    trust: Any = made(RemoteKey("a"), role=ROLE, auth=None, externalID="x-1").trust[ROLE]

    assert trust["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:role/ROLE"},
            "Action": ["sts:AssumeRole"],
            "Condition": {"StringEquals": {"sts:ExternalId": "x-1"}},
        }
    ]


def test_the_role_of_a_service_account_trusts_its_tokens() -> None:
    auth = {"jwt": {"serviceAccountRef": {"name": "app", "audiences": ["vault"]}}}
    annotations = {("team", "app"): {"eks.amazonaws.com/role-arn": ROLE}}
    found = made(RemoteKey("a"), auth=auth, annotations=annotations, guess=Guess(oidc_provider="oidc.example.com/id/1"))
    trust: Any = found.trust[ROLE]

    assert allowed(found, ROLE) == {"secretsmanager:GetSecretValue": [f"{SM}a-??????"]}
    assert trust["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/1"},
            "Action": ["sts:AssumeRoleWithWebIdentity"],
            "Condition": {
                "StringEquals": {
                    "oidc.example.com/id/1:aud": ["sts.amazonaws.com", "vault"],
                    "oidc.example.com/id/1:sub": "system:serviceaccount:team:app",
                }
            },
        }
    ]


def test_a_service_account_that_is_not_among_the_manifests_is_named() -> None:
    found = made(RemoteKey("a"), auth={"jwt": {"serviceAccountRef": {"name": "app"}}}, guess=Guess())

    assert list(found.permissions) == ["the role of ServiceAccount team/app"]
    assert allowed(found)["secretsmanager:GetSecretValue"] == [
        "arn:aws:secretsmanager:eu-west-1:ACCOUNT:secret:a-??????"
    ]


def test_the_length_is_counted_as_aws_counts_it() -> None:
    assert policies.size({"Version": "2012-10-17", "Statement": [{"Sid": "a b"}]}) == 51


@pytest.mark.parametrize("service", ["SecretsManager", "ParameterStore"])
def test_an_independent_reader_of_policies_takes_every_document(service: str) -> None:
    requests = (RemoteKey("a"), RemoteKey("b"), RemoteKey("c", "", FETCH), Find(regexp="^x/"), Find(tags=(("k", "v"),)))
    found = made(*requests, service=service, role=ROLE, externalID="x", choice=Choice(), session_tags=True)

    for document in found.permissions.values():
        IAMPolicyDocumentValidator(json.dumps(document)).validate()
    for document in found.trust.values():
        IAMTrustPolicyDocumentValidator(json.dumps(document)).validate()
