"""SEC-04: no path gives a target that grants rights: template, templateFrom, manifest, Merge. No admission is at work.

Each case is served by the whole operator; what counts is what is in the cluster afterwards.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from esoctl.plan import privileged
from support.day import Day, a_day

pytestmark = pytest.mark.asyncio

TOKEN = "kubernetes.io/service-account-token"
BOOTSTRAP = "bootstrap.kubernetes.io/token"
ACCOUNT = "kubernetes.io/service-account.name"
CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap"}


@asynccontextmanager
async def an_open_day(**config: object) -> AsyncIterator[Day]:
    """A day on which the API server admits whatever fits the schema."""
    async with a_day(**config) as day:  # type: ignore[arg-type]  # settings, not providers
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/externalsecrets.external-secrets.io"
        day.do("PUT", path, without_rules(day.do("GET", path)))
        yield day


def without_rules(schema: Any) -> Any:
    if isinstance(schema, list):
        return [without_rules(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: without_rules(one) for name, one in schema.items() if name != "x-kubernetes-validations"}


def secret_template(**template: object) -> dict[str, Any]:
    return {"template": template}


def literal(target: str, text: str) -> list[dict[str, str]]:
    return [{"target": target, "literal": text}]


def shaped(target: str, text: str) -> dict[str, Any]:
    return {"manifest": CONFIG_MAP, "template": {"templateFrom": literal(target, text)}}


SECRETS = [
    pytest.param(secret_template(type=TOKEN), id="template: token"),
    pytest.param(secret_template(type=BOOTSTRAP), id="template: bootstrap token"),
    pytest.param(
        secret_template(type=TOKEN, metadata={"annotations": {ACCOUNT: "default"}}), id="template: token of an account"
    ),
    pytest.param(secret_template(metadata={"annotations": {ACCOUNT: "default"}}), id="template: annotation"),
    pytest.param(
        secret_template(metadata={"annotations": {privileged.LAST_APPLIED: "{}"}}), id="template: last applied"
    ),
    pytest.param(secret_template(metadata={"finalizers": ["foregroundDeletion"]}), id="template: finalizer"),
    pytest.param(
        secret_template(metadata={"finalizers": ["kubernetes.io/pvc-protection"]}), id="template: finalizer of a domain"
    ),
    pytest.param(secret_template(templateFrom=literal("Annotations", f"{ACCOUNT}: default")), id="from: annotation"),
    pytest.param(
        secret_template(templateFrom=literal("Annotations", '{{ "kubernetes.io/" }}service-account.uid: x')),
        id="from: rendered name",
    ),
    pytest.param(secret_template(templateFrom=literal("type", TOKEN)), id="from: type"),
    pytest.param(secret_template(templateFrom=literal("metadata.ownerReferences", "a: b")), id="from: owner"),
    pytest.param(secret_template(templateFrom=literal("metadata", "finalizers: x")), id="from: finalizer"),
    pytest.param(
        {"manifest": {"apiVersion": "v1", "kind": "Secret"}, "template": {"type": TOKEN}}, id="manifest: Secret"
    ),
]


@pytest.mark.parametrize("target", SECRETS)
@pytest.mark.parametrize("policy", ["Owner", "Orphan", "CreateOrMerge"])
async def test_sec_04_no_secret_that_grants_rights_is_made(target: dict[str, Any], policy: str) -> None:
    async with an_open_day(generic_targets=True) as day:
        day.external_secret(target={**target, "creationPolicy": policy})

        await day.until(lambda: day.ready()[0] == "False")

        assert "allowed" in day.ready()[2]
        assert day.get("Secret", "shop") is None


@pytest.mark.parametrize("target", SECRETS)
async def test_sec_04_no_secret_that_is_there_is_made_to_grant_rights(target: dict[str, Any]) -> None:
    async with an_open_day() as day:
        day.make_secret("shop", {"own": "mine"})
        before = day.get("Secret", "shop")

        day.external_secret(target={**target, "creationPolicy": "Merge"})
        await day.until(lambda: day.ready()[0] == "False")

        assert day.get("Secret", "shop") == before


@pytest.mark.parametrize("kind", [TOKEN, BOOTSTRAP])
async def test_sec_04_nothing_is_merged_into_a_secret_that_grants_rights(kind: str) -> None:
    async with an_open_day() as day:
        day.make_secret("shop", {"own": "mine"}, type=kind, metadata={"annotations": {ACCOUNT: "default"}})
        before = day.get("Secret", "shop")

        day.external_secret(target={"creationPolicy": "Merge"})
        await day.until(lambda: day.ready()[0] == "False")

        assert "is not allowed" in day.ready()[2]
        assert day.get("Secret", "shop") == before


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("rbac.authorization.k8s.io/v1", "Role"),
        ("rbac.authorization.k8s.io/v1", "RoleBinding"),
        ("rbac.authorization.k8s.io/v1beta1", "ClusterRoleBinding"),
        ("v1", "ServiceAccount"),
        ("v1", "Pod"),
        ("v1", "ReplicationController"),
        ("apps/v1", "Deployment"),
        ("batch/v1", "CronJob"),
        ("certificates.k8s.io/v1", "CertificateSigningRequest"),
        ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
        ("external-secrets.io/v1", "SecretStore"),
        ("external-secrets.io/v1", "ExternalSecret"),
        ("generators.external-secrets.io/v1alpha1", "Password"),
    ],
)
async def test_sec_04_kinds_that_grant_rights_are_no_targets(version: str, kind: str) -> None:
    async with an_open_day(generic_targets=True) as day:
        before = len(day.transport.writes())
        day.external_secret(target={"manifest": {"apiVersion": version, "kind": kind}})

        await day.until(lambda: f"kind {kind} of {version} is not allowed" in day.ready()[2])

        assert day.ready()[1] == "SecretSyncedError"
        writes = [
            path for path in day.transport.writes()[before:] if not path.endswith("/status") and "/events" not in path
        ]
        assert writes == []


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(shaped("kind", "Role"), id="kind"),
        pytest.param(shaped("apiVersion", "rbac.authorization.k8s.io/v1"), id="version"),
        pytest.param(shaped("metadata.name", "name: other"), id="name"),
        pytest.param(shaped("metadata", "name: other"), id="another name"),
        pytest.param(shaped("metadata", "namespace: kube-system"), id="namespace"),
        pytest.param(shaped("metadata.ownerReferences[0]", "kind: Pod\nname: x\nuid: y\napiVersion: v1"), id="owner"),
        pytest.param(shaped("metadata", "finalizers: [foregroundDeletion]"), id="finalizer"),
        pytest.param(shaped("metadata.finalizers", "- foregroundDeletion"), id="finalizer at its path"),
        pytest.param(shaped("metadata", "uid: x"), id="uid"),
        pytest.param(shaped("metadata.managedFields[0]", "manager: x"), id="managed fields"),
        pytest.param(shaped("status", "ready: 'true'"), id="status"),
        pytest.param(shaped("Annotations", f"{ACCOUNT}: default"), id="annotation"),
        pytest.param(shaped("metadata.annotations", f"{privileged.LAST_APPLIED}: '{{}}'"), id="annotation at its path"),
        pytest.param(
            {"manifest": CONFIG_MAP, "template": {"metadata": {"annotations": {ACCOUNT: "x"}}}},
            id="template annotation",
        ),
    ],
)
@pytest.mark.parametrize("policy", ["Owner", "CreateOrMerge"])
async def test_sec_04_no_path_reaches_what_an_object_is_or_who_binds_it(target: dict[str, Any], policy: str) -> None:
    async with an_open_day(generic_targets=True) as day:
        if policy == "CreateOrMerge":
            day.make_config_map("shop", {"own": "mine"})
        before = day.get("ConfigMap", "shop")

        day.external_secret(target={**target, "creationPolicy": policy})
        await day.until(lambda: day.ready()[0] == "False")

        assert day.get("ConfigMap", "shop") == before
        assert everything(day) == {"shop"} if before else everything(day) == set()


def everything(day: Day) -> set[str]:
    """The ConfigMaps and Secrets of all namespaces."""
    found = [day.do("GET", f"/api/v1/{plural}")["items"] for plural in ("configmaps", "secrets")]
    return {one["metadata"]["name"] for items in found for one in items}


async def test_sec_04_a_finalizer_of_the_users_own_domain_is_served() -> None:
    async with an_open_day() as day:
        day.external_secret(target=secret_template(metadata={"finalizers": ["example.com/audit"]}))

        await day.until(lambda: day.data() is not None)

        assert day.get("Secret", "shop")["metadata"]["finalizers"] == ["example.com/audit"]


async def test_sec_09_a_target_never_has_the_annotation_of_kubectl_apply() -> None:
    async with an_open_day(generic_targets=True) as day:
        annotations = {privileged.LAST_APPLIED: '{"spec": {}}', "team": "a"}
        for name, target in (("shop", {}), ("shaped", {"manifest": CONFIG_MAP})):
            day.external_secret(name, target=target)
            day.edit("ExternalSecret", name, {"metadata": {"annotations": annotations}})
        await day.until(lambda: day.get("ConfigMap", "shaped") is not None and day.data() is not None)
        await day.settle(5)

        for found in (day.get("Secret", "shop"), day.get("ConfigMap", "shaped")):
            assert privileged.LAST_APPLIED not in found["metadata"]["annotations"]
            assert found["metadata"]["annotations"]["team"] == "a"


async def test_sec_09_targets_are_applied_under_one_field_manager_and_foreign_parts_stay() -> None:
    async with an_open_day() as day:
        day.external_secret(refreshInterval="1m")
        await day.until(lambda: day.data() is not None)
        metadata = {"labels": {"theirs": "x"}, "annotations": {"theirs": "y"}}
        day.edit("Secret", "shop", {"stringData": {"foreign": "mine"}, "metadata": metadata})
        day.vault.values["db"] = b"second"

        await day.until(lambda: day.data() == {"password": b"second", "foreign": b"mine"}, seconds=180)

        found = day.get("Secret", "shop")["metadata"]
        assert (found["labels"]["theirs"], found["annotations"]["theirs"]) == ("x", "y")
        ours = [one for one in found["managedFields"] if one["manager"] != "user"]
        assert [(one["manager"], one["operation"]) for one in ours] == [
            ("externalsecrets.external-secrets.io/shop", "Apply")
        ]
