import pytest

from esoctl.errors import SpecError
from esoctl.model.keys import Kind
from esoctl.model.store import RetrySettings
from esoctl.providers.aws import decoding
from esoctl.providers.aws.spec import (
    Deletion,
    Hop,
    Roles,
    Service,
    Spec,
    StaticKeys,
    TagsPolicy,
    WebIdentity,
)
from esoctl.providers.contract import Scope, SecretKeyRef, ServiceAccountRef
from support import stores
from support.aws import a_body

ROLE = "arn:aws:iam::123456789012:role/reader"


def decode(body: object, scope: Scope | None = None) -> Spec:
    return decoding.decode(stores.raw(body), scope or stores.a_scope())


def static(**selectors: object) -> dict[str, object]:
    good = {
        "accessKeyIDSecretRef": {"name": "keys", "key": "id"},
        "secretAccessKeySecretRef": {"name": "keys", "key": "key"},
    }
    return {"secretRef": good | selectors}


def test_a_plain_store_is_read() -> None:
    spec = decode(a_body())

    assert spec == Spec(
        store=stores.a_scope().store,
        service=Service.SECRETS_MANAGER,
        region="eu-west-1",
        auth=StaticKeys(SecretKeyRef("keys", "id"), SecretKeyRef("keys", "key")),
    )


def test_every_field_is_read() -> None:
    body = a_body(
        service="ParameterStore",
        role=ROLE,
        additionalRoles=[ROLE + "-1", ROLE + "-2"],
        externalID="ext",
        sessionTags=[{"key": "team", "value": "blue"}],
        sessionTagsPolicy="Custom",
        customSessionTags={"b": "2", "a": "1", "empty": ""},
        transitiveTagKeys=["team"],
        prefix="/app/",
        secretsManager={"recoveryWindowInDays": 7},
        auth=static(sessionTokenSecretRef={"name": "keys", "key": "token"}),
    )

    spec = decode(body)

    assert spec.service is Service.PARAMETER_STORE
    assert spec.roles == Roles(
        additional=(ROLE + "-1", ROLE + "-2"),
        role=ROLE,
        external_id="ext",
        policy=TagsPolicy.CUSTOM,
        tags=(("team", "blue"),),
        custom=(("a", "1"), ("b", "2")),
        transitive=("team",),
    )
    assert (spec.prefix, spec.deletion) == ("/app/", Deletion(window_days=7))
    assert isinstance(spec.auth, StaticKeys)
    assert spec.auth.token == SecretKeyRef("keys", "token")


@pytest.mark.parametrize(
    "region",
    [
        "eu-west-1",
        "us-gov-west-1",
        "cn-north-1",
        "ap-southeast-7",
        "eusc-de-east-1",
        "us-isob-east-1",
        "fips-us-east-1",
    ],
)
def test_regions_of_every_partition_are_taken(region: str) -> None:
    assert decode(a_body(region=region)).region == region


AUTH = "spec.provider.aws.auth"
REFUSED = [
    pytest.param({"region": None}, "spec.provider.aws.region", id="no region"),
    pytest.param({"region": ""}, "spec.provider.aws.region", id="an empty region"),
    pytest.param({"region": "mars-north-1"}, "spec.provider.aws.region", id="a region of no partition"),
    pytest.param({"region": "eu west 1"}, "spec.provider.aws.region", id="a region with a space"),
    pytest.param({"region": "a/b@c"}, "spec.provider.aws.region", id="a region that leads elsewhere"),
    pytest.param({"region": "eu-west-1.evil.example"}, "spec.provider.aws.region", id="a region that is a host"),
    pytest.param({"region": "eu-west-1\n"}, "spec.provider.aws.region", id="a region with a newline"),
    pytest.param({"region": 7}, "spec.provider.aws.region", id="a number as region"),
    pytest.param({"service": None}, "spec.provider.aws.service", id="no service"),
    pytest.param({"service": "S3"}, "spec.provider.aws.service", id="an unknown service"),
    pytest.param({"auth": {"jwt": {}}}, f"{AUTH}.jwt.serviceAccountRef", id="jwt without an account"),
    pytest.param(
        {"auth": {"jwt": {"serviceAccountRef": {}}}},
        f"{AUTH}.jwt.serviceAccountRef.name",
        id="an account without a name",
    ),
    pytest.param({"auth": {"secretRef": {}}}, f"{AUTH}.secretRef.accessKeyIDSecretRef.name", id="an empty secretRef"),
    pytest.param(
        {"auth": static(secretAccessKeySecretRef={})},
        f"{AUTH}.secretRef.secretAccessKeySecretRef.name",
        id="half a key",
    ),
    pytest.param(
        {"auth": static(accessKeyIDSecretRef={"name": "keys"})},
        f"{AUTH}.secretRef.accessKeyIDSecretRef.key",
        id="a reference without a key",
    ),
    pytest.param(
        {"auth": static(accessKeyIDSecretRef={"name": "keys", "key": "id", "namespace": "kube-system"})},
        f"{AUTH}.secretRef.accessKeyIDSecretRef.namespace",
        id="another namespace",
    ),
    pytest.param(
        {"auth": {"jwt": {"serviceAccountRef": {"name": "sa", "namespace": "kube-system"}}}},
        f"{AUTH}.jwt.serviceAccountRef.namespace",
        id="an account of another namespace",
    ),
    pytest.param({"role": "reader"}, "spec.provider.aws.role", id="a role that is no ARN"),
    pytest.param({"additionalRoles": [ROLE, "x"]}, "spec.provider.aws.additionalRoles[1]", id="a hop that is no ARN"),
    pytest.param({"sessionTagsPolicy": "All"}, "spec.provider.aws.sessionTagsPolicy", id="an unknown tags policy"),
    pytest.param(
        {"customSessionTags": {"esoNamespace": "x"}},
        "spec.provider.aws.customSessionTags.esoNamespace",
        id="our own tag",
    ),
    pytest.param({"sessionTags": [{"key": "a"}]}, "spec.provider.aws.sessionTags[0]", id="a tag without a value"),
    pytest.param(
        {"secretsManager": {"recoveryWindowInDays": 3}},
        "spec.provider.aws.secretsManager.recoveryWindowInDays",
        id="a window that AWS refuses",
    ),
    pytest.param(
        {"secretsManager": {"recoveryWindowInDays": 7, "forceDeleteWithoutRecovery": True}},
        "spec.provider.aws.secretsManager",
        id="force and window",
    ),
]


@pytest.mark.parametrize(("changes", "path"), REFUSED)
def test_what_cannot_work_is_refused_with_the_place(changes: dict[str, object], path: str) -> None:
    with pytest.raises(SpecError) as caught:
        decode(a_body(**changes))

    assert caught.value.path == path


def test_the_own_namespace_may_be_written_and_makes_no_difference() -> None:
    refs = {"accessKeyIDSecretRef": {"name": "keys", "key": "id", "namespace": stores.NAMESPACE}}

    assert decode(a_body(auth=static(**refs))) == decode(a_body())


def test_jwt_wins_over_keys() -> None:
    auth = static() | {"jwt": {"serviceAccountRef": {"name": "sa", "audiences": ["x"]}}}

    assert decode(a_body(auth=auth)).auth == WebIdentity(ServiceAccountRef("sa", "", ("x",)))


@pytest.mark.parametrize("auth", [pytest.param(None, id="no auth"), pytest.param({}, id="an empty auth")])
def test_without_keys_the_environment_decides(auth: object) -> None:
    assert decode(a_body(auth=auth)).auth is None


@pytest.mark.parametrize(
    ("auth", "kind", "referent"),
    [
        pytest.param(static(), Kind.CLUSTER_SECRET_STORE, True, id="keys of the consumer"),
        pytest.param(static(), Kind.SECRET_STORE, False, id="keys of the store's namespace"),
        pytest.param(
            {
                "secretRef": {
                    name: {"name": "keys", "key": "k", "namespace": "infra"}
                    for name in ("accessKeyIDSecretRef", "secretAccessKeySecretRef")
                }
            },
            Kind.CLUSTER_SECRET_STORE,
            False,
            id="keys of a fixed namespace",
        ),
        pytest.param({"jwt": {"serviceAccountRef": {"name": "sa"}}}, Kind.CLUSTER_SECRET_STORE, True, id="an account"),
        pytest.param({}, Kind.CLUSTER_SECRET_STORE, False, id="the environment"),
    ],
)
def test_a_cluster_store_is_referent_when_a_reference_leaves_the_namespace_open(
    auth: object, kind: Kind, referent: bool
) -> None:
    assert decode(a_body(auth=auth), stores.a_scope(kind)).referent is referent


def test_its_references_are_told() -> None:
    token = {"sessionTokenSecretRef": {"name": "more", "key": "token"}}

    refs = decode(a_body(auth=static(**token))).secret_refs

    assert refs == (SecretKeyRef("keys", "key"), SecretKeyRef("keys", "id"), SecretKeyRef("more", "token"))


@pytest.mark.parametrize(
    ("retry", "attempts"),
    [
        pytest.param(None, 3, id="no settings"),
        pytest.param(RetrySettings(), 3, id="empty settings"),
        pytest.param(RetrySettings(max_retries=1, retry_interval="5s"), 1, id="one attempt"),
        pytest.param(RetrySettings(max_retries=0), 10, id="no limit"),
        pytest.param(RetrySettings(max_retries=500), 10, id="too many"),
    ],
)
def test_retries_are_attempts_and_have_a_limit(retry: RetrySettings | None, attempts: int) -> None:
    assert decode(a_body(), stores.a_scope(retry=retry)).attempts == attempts


@pytest.mark.parametrize(
    ("retry", "path"),
    [
        pytest.param(RetrySettings(max_retries=-1), "spec.retrySettings.maxRetries", id="negative"),
        pytest.param(RetrySettings(retry_interval="5 seconds"), "spec.retrySettings.retryInterval", id="no duration"),
    ],
)
def test_retry_settings_that_cannot_be_read_are_refused(retry: RetrySettings, path: str) -> None:
    with pytest.raises(SpecError) as caught:
        decode(a_body(), stores.a_scope(retry=retry))

    assert caught.value.path == path


def test_only_the_last_role_carries_external_id_and_tags() -> None:
    roles = Roles(additional=("first",), role="last", external_id="ext", tags=(("a", "b"),), transitive=("a",))

    hops = roles.hops(stores.a_scope().store, "team")

    assert hops == (Hop("first"), Hop("last", "ext", (("a", "b"),), ("a",)))


def test_additional_roles_are_assumed_without_a_role() -> None:
    assert Roles(additional=("first",)).hops(stores.a_scope().store, "team") == (Hop("first"),)


@pytest.mark.parametrize(
    ("policy", "tags"),
    [
        pytest.param(TagsPolicy.NONE, (("hand", "made"),), id="none"),
        pytest.param(
            TagsPolicy.SIMPLE,
            (("esoNamespace", "team"), ("esoStoreKind", "SecretStore"), ("esoStoreName", "main")),
            id="simple",
        ),
        pytest.param(
            TagsPolicy.CUSTOM,
            (("esoNamespace", "team"), ("esoStoreKind", "SecretStore"), ("esoStoreName", "main"), ("zone", "z")),
            id="custom",
        ),
    ],
)
def test_a_tags_policy_replaces_the_tags_written_by_hand(policy: TagsPolicy, tags: tuple[tuple[str, str], ...]) -> None:
    roles = Roles(role="r", policy=policy, tags=(("hand", "made"),), custom=(("zone", "z"),))

    (hop,) = roles.hops(stores.a_scope().store, "team")

    assert hop.tags == tags


@pytest.mark.parametrize(
    ("changes", "kind", "per_consumer"),
    [
        pytest.param({}, Kind.CLUSTER_SECRET_STORE, True, id="keys of the consumer"),
        pytest.param({"auth": {}}, Kind.CLUSTER_SECRET_STORE, False, id="the environment"),
        pytest.param({"auth": {}, "role": ROLE}, Kind.CLUSTER_SECRET_STORE, False, id="a role"),
        pytest.param(
            {"auth": {}, "role": ROLE, "sessionTagsPolicy": "Simple"},
            Kind.CLUSTER_SECRET_STORE,
            True,
            id="a role tagged with the namespace",
        ),
        pytest.param(
            {"auth": {}, "role": ROLE, "sessionTagsPolicy": "Simple"}, Kind.SECRET_STORE, False, id="one namespace only"
        ),
        pytest.param(
            {"auth": {}, "sessionTagsPolicy": "Simple"}, Kind.CLUSTER_SECRET_STORE, False, id="tags of no role"
        ),
    ],
)
def test_SEC_13_a_store_serves_each_namespace_by_itself_where_its_identity_tells_them_apart(
    changes: dict[str, object], kind: Kind, per_consumer: bool
) -> None:
    assert decode(a_body(**changes), stores.a_scope(kind)).per_consumer is per_consumer
