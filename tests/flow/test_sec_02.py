"""SEC-02: no reference of a namespaced object reaches another namespace: a typed denial, and not one request there."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from esoctl.crds.generate import all_crds
from esoctl.errors import SpecError, StoreForbidden
from esoctl.model.keys import Kind, StoreRef
from esoctl.plan import access
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session
from esoctl.providers.contract import Scope
from support.api import Json
from support.day import Day, a_day

OWN = "team-a"
FOREIGN = ["kube-system", "default", "team-b", "team", "team-a-b", "a", "esoctl", "0"]
AUTH = "spec.provider.aws.auth"
REFERENCES = {
    f"{AUTH}.secretRef.accessKeyIDSecretRef": ("secretRef", "accessKeyIDSecretRef"),
    f"{AUTH}.secretRef.secretAccessKeySecretRef": ("secretRef", "secretAccessKeySecretRef"),
    f"{AUTH}.secretRef.sessionTokenSecretRef": ("secretRef", "sessionTokenSecretRef"),
    f"{AUTH}.jwt.serviceAccountRef": ("jwt", "serviceAccountRef"),
}
"""Every field of the served kinds that can name a namespace, and how it is reached."""
NAMES = st.from_regex(r"\A[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?\Z")


def provider(reference: str, namespace: str) -> Json:
    """The body of a store whose only foreign reference is that one."""
    way, field = REFERENCES[reference]
    names = ("accessKeyIDSecretRef", "secretAccessKeySecretRef", "sessionTokenSecretRef")
    auth: Json = {"secretRef": {name: {"name": "keys", "key": name[:5]} for name in names}}
    if way == "jwt":
        auth = {"jwt": {"serviceAccountRef": {"name": "keys"}}}
    auth[way][field]["namespace"] = namespace
    return {"service": "SecretsManager", "region": "eu-west-1", "auth": auth}


def namespaced(schema: Any, path: str = "") -> Iterator[str]:
    """The path of every object in a schema that has a field called namespace."""
    properties = schema.get("properties") or {}
    if "namespace" in properties:
        yield path
    for name, below in properties.items():
        yield from namespaced(below, f"{path}.{name}".lstrip("."))
    if isinstance(schema.get("items"), dict):
        yield from namespaced(schema["items"], f"{path}[]")


@pytest.mark.parametrize("definition", [pytest.param(one, id=one["metadata"]["name"]) for one in all_crds()])  # type: ignore[index]
def test_sec_02_no_field_that_names_a_namespace_is_left_out_here(definition: Any) -> None:
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]

    assert set(namespaced(schema)) - set(REFERENCES) == set()


@pytest.mark.parametrize("reference", list(REFERENCES))
@pytest.mark.asyncio
async def test_sec_02_a_foreign_namespace_is_denied_and_never_asked_for(reference: str) -> None:
    async with a_day({"aws": Aws(Session())}) as day:
        for number, foreign in enumerate(FOREIGN):
            day.apply("SecretStore", f"reaching-{number}", {"provider": {"aws": provider(reference, foreign)}})
            day.external_secret(f"reader-{number}", secretStoreRef={"name": f"reaching-{number}"})
        for number, foreign in enumerate(FOREIGN):
            store, reader = f"reaching-{number}", f"reader-{number}"
            await day.until(lambda store=store: day.ready(store, "SecretStore")[0] == "False")
            await day.until(lambda reader=reader: day.ready(reader)[0] == "False")
            reason, message = day.ready(store, "SecretStore")[1:]
            assert reason == "InvalidProviderConfig"
            assert f"{reference}.namespace" in message
            assert foreign in message
        await day.settle(600)

        assert asked_elsewhere(day) == []


@pytest.mark.asyncio
async def test_sec_02_a_cluster_store_that_does_not_admit_the_namespace_is_never_asked() -> None:
    async with a_day() as day:
        spec = {"provider": {"fake": {"data": [{"key": "keys", "value": "k"}]}}, "conditions": [{"namespaces": ["b"]}]}
        day.apply("ClusterSecretStore", "theirs", spec)
        day.external_secret(secretStoreRef={"name": "theirs", "kind": "ClusterSecretStore"})
        await day.until(lambda: "denied by spec.condition" in day.ready()[2])
        await day.settle(600)

        assert day.vault.asked["db"] == 0
        assert asked_elsewhere(day) == []


def asked_elsewhere(day: Day) -> list[str]:
    """Every request for an object of another namespace than the test's; events of cluster stores live elsewhere."""
    paths = [call.path for call in day.transport.calls if "/namespaces/" in call.path and "/events" not in call.path]
    return [path for path in paths if path.partition("/namespaces/")[2].partition("/")[0] != OWN]


@given(foreign=NAMES, reference=st.sampled_from(list(REFERENCES)))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_sec_02_every_foreign_namespace_in_every_reference_is_a_typed_denial(foreign: str, reference: str) -> None:
    if foreign == OWN:
        return
    scope = Scope(StoreRef(Kind.SECRET_STORE, OWN, "one"))
    with pytest.raises(SpecError, match=r"\.namespace"):
        Aws(Session()).decode(msgspec.Raw(msgspec.json.encode(provider(reference, foreign))), scope)


@given(foreign=st.text(max_size=80), consumer=NAMES)
@settings(max_examples=300, deadline=None)
def test_sec_02_the_one_resolver_gives_a_secret_store_nothing_but_its_own(foreign: str, consumer: str) -> None:
    store = StoreRef(Kind.SECRET_STORE, OWN, "one")
    try:
        found = access.secret_namespace(store, consumer, foreign)
    except StoreForbidden:
        assert foreign not in ("", OWN)
    else:
        assert found == OWN
