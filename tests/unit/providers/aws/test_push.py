"""The metadata of an entry to push: what it sets, and what is refused in which words."""

from collections.abc import Callable

import pytest

from esoctl.errors import SpecError
from esoctl.providers.aws import push
from esoctl.providers.aws.push import ParameterSettings, SecretSettings
from support import stores

ENVELOPE = {"apiVersion": "kubernetes.external-secrets.io/v1alpha1", "kind": "PushSecretMetadata"}


def spec(**fields: object) -> dict[str, object]:
    return {**ENVELOPE, "spec": fields}


def test_without_metadata_the_references_defaults_hold() -> None:
    assert push.for_secret(None) == SecretSettings(
        text=False, description="secret 'managed-by:external-secrets'", kms_key="alias/aws/secretsmanager", tags=None
    )
    assert push.for_parameter(stores.raw(None)) == ParameterSettings(kind="String", kms_key="alias/aws/ssm")


def test_settings_of_a_secret() -> None:
    metadata = spec(tags={"a": "b"}, description="ours", secretPushFormat="string", kmsKeyId="alias/x")

    assert push.for_secret(stores.raw(metadata)) == SecretSettings(True, "ours", "alias/x", {"a": "b"})


@pytest.mark.parametrize("name", ["kmsKeyId", "kmsKeyID", "KMSKEYID"])
def test_names_are_read_without_regard_to_case(name: str) -> None:
    assert push.for_secret(stores.raw(spec(**{name: "alias/x"}))).kms_key == "alias/x"


@pytest.mark.parametrize(
    ("tier", "sent"),
    [
        pytest.param({}, {}, id="none"),
        pytest.param({"type": "Standard"}, {}, id="standard"),
        pytest.param({"type": "Advanced"}, {"Tier": "Advanced"}, id="advanced"),
        pytest.param(
            {"type": "Advanced", "policies": [{"Type": "Expiration"}]},
            {"Tier": "Advanced", "Policies": '[{"Type":"Expiration"}]'},
            id="with policies",
        ),
    ],
)
def test_settings_of_a_parameter(tier: dict[str, object], sent: dict[str, str]) -> None:
    found = push.for_parameter(stores.raw(spec(secretType="SecureString", tier=tier, encodeAsDecoded=True)))

    assert (found.kind, found.tier) == ("SecureString", sent)


@pytest.mark.parametrize(
    ("decode", "metadata", "path", "problem"),
    [
        pytest.param(push.for_secret, {"spec": {}}, "metadata", "missing required field", id="no envelope"),
        pytest.param(
            push.for_secret, {**ENVELOPE, "kind": "Other"}, "metadata", "must be of apiVersion", id="another kind"
        ),
        pytest.param(push.for_secret, {**ENVELOPE, "more": 1}, "metadata", "unknown field", id="an unknown field"),
        pytest.param(push.for_secret, spec(colour="red"), "metadata.spec", "unknown field `colour`", id="in the spec"),
        pytest.param(push.for_secret, spec(tags={"a": 1}), "metadata.spec.tags[...]", "Expected `str`", id="a number"),
        pytest.param(
            push.for_secret, spec(secretPushFormat="hex"), "metadata.spec.secretPushFormat", "use binary", id="a format"
        ),
        pytest.param(
            push.for_secret,
            spec(tags={"managed-by": "me"}),
            "metadata.spec.tags.managed-by",
            "choose another key",
            id="the owner's tag",
        ),
        pytest.param(
            push.for_secret,
            spec(resourcePolicy={}),
            "metadata.spec.resourcePolicy",
            "esoctl does not manage this; remove it",
            id="a policy",
        ),
        pytest.param(
            push.for_parameter, spec(secretType="Text"), "metadata.spec.secretType", "use String", id="a type"
        ),
    ],
)
def test_metadata_that_does_not_fit(
    decode: Callable[[object], object], metadata: object, path: str, problem: str
) -> None:
    with pytest.raises(SpecError) as caught:
        decode(stores.raw(metadata))

    assert caught.value.path == path
    assert problem in caught.value.problem
