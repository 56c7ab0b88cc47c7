"""Sessions tagged by the operator: what AWS is told, and that no store can claim to be another."""

import re

import pytest

from esoctl.errors import SpecError
from esoctl.model.keys import Kind
from esoctl.providers.aws import decoding
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session, Settings
from esoctl.providers.aws.spec import Hop, Spec
from esoctl.providers.aws.tags import Tagging
from support import stores
from support.aws import a_body

ROLE = "arn:aws:iam::123456789012:role/reader"
OTHER = "arn:aws:iam::123456789012:role/between"
BLUE = Tagging("prod-1")


def spec(kind: Kind = Kind.SECRET_STORE, name: str = "main", **changes: object) -> Spec:
    return decoding.decode(stores.raw(a_body(**changes)), stores.a_scope(kind, name))


def tagged(store: Spec, namespace: str = "team") -> tuple[Hop, ...]:
    return BLUE.tagged(store.roles.hops(store.store, namespace), store, namespace)


def test_the_last_role_is_tagged_with_cluster_namespace_and_store() -> None:
    first, last = tagged(spec(role=ROLE, additionalRoles=[OTHER]))

    assert first == Hop(OTHER)
    assert dict(last.tags) == {
        "esoCluster": "prod-1",
        "esoNamespace": "team",
        "esoStoreKind": "SecretStore",
        "esoStoreName": "main",
    }
    assert last.session == "team.main@prod-1"


def test_the_last_of_additional_roles_is_tagged_where_there_is_no_other() -> None:
    (hop,) = tagged(spec(additionalRoles=[OTHER]))

    assert dict(hop.tags)["esoCluster"] == "prod-1"


def test_a_store_that_assumes_no_role_has_nothing_to_tag() -> None:
    assert tagged(spec()) == ()


@pytest.mark.parametrize(
    ("kind", "reference", "account"),
    [
        pytest.param(Kind.SECRET_STORE, {"name": "app"}, "team/app", id="the store's namespace"),
        pytest.param(Kind.CLUSTER_SECRET_STORE, {"name": "app"}, "team/app", id="the consumer's namespace"),
        pytest.param(Kind.CLUSTER_SECRET_STORE, {"name": "app", "namespace": "infra"}, "infra/app", id="a named one"),
    ],
)
def test_the_service_account_is_told(kind: Kind, reference: dict[str, str], account: str) -> None:
    (hop,) = tagged(spec(kind, auth={"jwt": {"serviceAccountRef": reference}}, role=ROLE))

    assert dict(hop.tags)["esoServiceAccount"] == account


def test_the_users_own_tags_are_kept_beside_those_of_the_operator() -> None:
    (hop,) = tagged(spec(role=ROLE, sessionTags=[{"key": "team", "value": "blue"}], externalID="x"))

    assert dict(hop.tags)["team"] == "blue"
    assert len(hop.tags) == 5
    assert hop.external_id == "x"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        pytest.param(
            {"sessionTags": [{"key": "team", "value": "b"}, {"key": "esoNamespace", "value": "other"}]},
            "spec.provider.aws.sessionTags[1].key",
            id="a namespace",
        ),
        pytest.param(
            {"sessionTags": [{"key": "ESOCLUSTER", "value": "other"}]},
            "spec.provider.aws.sessionTags[0].key",
            id="in other letters",
        ),
        pytest.param(
            {"sessionTagsPolicy": "Custom", "customSessionTags": {"esoServiceAccount": "other"}},
            "spec.provider.aws.customSessionTags.esoServiceAccount",
            id="among custom tags",
        ),
        pytest.param(
            {"sessionTags": [{"key": f"k{number}", "value": "v"} for number in range(46)]},
            "spec.provider.aws.sessionTags",
            id="too many",
        ),
    ],
)
def test_W04_a_store_cannot_claim_to_be_another(changes: dict[str, object], path: str) -> None:
    with pytest.raises(SpecError) as caught:
        Aws(Session(Settings(tagging=BLUE))).decode(stores.raw(a_body(role=ROLE, **changes)), stores.a_scope())

    assert caught.value.path == path
    assert "; remove" in caught.value.problem


def test_without_the_option_those_tags_are_the_users() -> None:
    body = a_body(role=ROLE, sessionTags=[{"key": "esoNamespace", "value": "other"}])

    backend = Aws(Session()).decode(stores.raw(body), stores.a_scope())

    assert backend.spec.roles.tags == (("esoNamespace", "other"),)


@pytest.mark.parametrize(
    ("kind", "role", "apart"),
    [
        (Kind.CLUSTER_SECRET_STORE, ROLE, True),
        (Kind.CLUSTER_SECRET_STORE, None, False),
        (Kind.SECRET_STORE, ROLE, False),
    ],
)
def test_W04_namespaces_of_a_cluster_store_share_no_session(kind: Kind, role: str | None, apart: bool) -> None:
    body = a_body(auth=None, role=role)

    backend = Aws(Session(Settings(tagging=BLUE))).decode(stores.raw(body), stores.a_scope(kind))

    assert backend.per_consumer is apart


def test_a_long_session_name_is_cut_and_stays_distinct() -> None:
    names = {tagged(spec(role=ROLE, name="s" * 80 + end), "team")[0].session for end in ("a", "b")}

    assert len(names) == 2
    assert all(re.fullmatch(r"[\w+=,.@-]{2,64}", name) for name in names)


@pytest.mark.parametrize("name", ["", "a b", "é", "-x", "x" * 101])
def test_a_cluster_name_that_cannot_be_a_tag_is_refused(name: str) -> None:
    with pytest.raises(SpecError, match="--cluster-name"):
        Tagging(name)
