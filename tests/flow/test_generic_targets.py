"""Targets that are no Secrets: the whole operator over a sandbox."""

from typing import Any

import pytest

from esoctl.kube.transport import Call
from esoctl.plan import hashing
from esoctl.plan.observed import CREATED_BY_LABEL, DATA_HASH_ANNOTATION, FINALIZER, MANAGED_LABEL
from support.day import MERGE, Day, a_day
from support.widgets import WIDGET, serve_widgets

pytestmark = pytest.mark.asyncio

CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap"}
SYNCED = ("True", "ResourceSynced", "secret synced")
DISABLED = "generic targets are disabled. Enable with --unsafe-allow-generic-targets flag"


def config_map(**target: object) -> dict[str, object]:
    return {"manifest": CONFIG_MAP, **target}


def texts(day: Day, name: str = "shop") -> Any:
    found = day.get("ConfigMap", name)
    return None if found is None else found.get("data") or {}


async def synced(day: Day, name: str = "shop", **spec: object) -> None:
    day.external_secret(name, **spec)
    await day.until(lambda: day.ready(name) == SYNCED)


async def test_without_the_flag_the_condition_says_how_to_allow_them() -> None:
    async with a_day() as day:
        day.external_secret(target=config_map())
        await day.until(lambda: day.ready()[0] == "False")

        assert day.ready()[1:] == ("SecretSyncedError", f"invalid generic target: {DISABLED}")
        await day.until(lambda: f"Warning UpdateFailed {DISABLED}" in day.events())
        assert texts(day) is None
        day.delete("ExternalSecret", "shop")
        await day.until(lambda: day.get("ExternalSecret", "shop") is None)


async def test_a_config_map_gets_the_values_and_says_whose_it_is() -> None:
    async with a_day(generic_targets=True) as day:
        await synced(day, target=config_map())

        made, es = day.get("ConfigMap", "shop"), day.get("ExternalSecret", "shop")
        assert made["data"] == {"password": "first"}
        assert made["metadata"]["labels"] == {
            MANAGED_LABEL: "true",
            CREATED_BY_LABEL: hashing.owner_hash("team-a", "shop"),
        }
        assert made["metadata"]["annotations"] == {DATA_HASH_ANNOTATION: hashing.content_hash({"password": "first"})}
        (owner,) = made["metadata"]["ownerReferences"]
        assert (owner["uid"], owner["controller"]) == (es["metadata"]["uid"], True)
        assert es["status"]["binding"] == {"name": "shop"}
        assert day.get("Secret", "shop") is None
        await day.until(lambda: "Normal Created Created ConfigMap shop" in day.events())


async def test_a_new_value_is_written_and_an_unchanged_refresh_writes_nothing() -> None:
    async with a_day(generic_targets=True) as day:
        await synced(day, target=config_map(), refreshInterval="1m")
        version = day.get("ConfigMap", "shop")["metadata"]["resourceVersion"]
        asked = day.vault.asked["db"]
        await day.until(lambda: day.vault.asked["db"] >= asked + 2, seconds=300)
        assert day.get("ConfigMap", "shop")["metadata"]["resourceVersion"] == version

        day.vault.values["db"] = b"second"
        await day.until(lambda: texts(day) == {"password": "second"}, seconds=120)
        await day.until(lambda: "Normal Updated Updated ConfigMap shop" in day.events())
        data = day.get("ConfigMap", "shop")
        assert data["metadata"]["annotations"][DATA_HASH_ANNOTATION] == hashing.content_hash(data["data"])


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param({"data": {"password": "theirs"}}, id="value"),
        pytest.param({"data": {"password": None}}, id="key"),
        pytest.param({"metadata": {"labels": {MANAGED_LABEL: None}}}, id="managed label"),
        pytest.param({"metadata": {"labels": {CREATED_BY_LABEL: "x"}}}, id="owner label"),
        pytest.param({"metadata": {"ownerReferences": None}}, id="owner"),
        pytest.param({"metadata": {"annotations": {DATA_HASH_ANNOTATION: "0"}}, "data": {"password": "x"}}, id="hash"),
    ],
)
async def test_drift_is_repaired_at_once(patch: dict[str, object]) -> None:
    async with a_day(generic_targets=True) as day:
        await synced(day, target=config_map(), refreshInterval="0")
        await day.settle()
        before = day.get("ConfigMap", "shop")

        day.edit("ConfigMap", "shop", patch)
        await day.settle(5)

        after = day.get("ConfigMap", "shop")
        for each in (before, after):
            for name in ("resourceVersion", "managedFields", "generation"):
                each["metadata"].pop(name, None)
        assert after == before


async def test_a_deleted_target_is_made_anew() -> None:
    async with a_day(generic_targets=True) as day:
        await synced(day, target=config_map(), refreshInterval="0")
        await day.settle()

        day.delete("ConfigMap", "shop")

        await day.until(lambda: texts(day) == {"password": "first"}, seconds=5)


async def test_what_others_write_stays_and_makes_no_work() -> None:
    async with a_day(generic_targets=True) as day:
        await synced(day, target=config_map(), refreshInterval="0")
        await day.settle()
        asked = day.vault.asked["db"]

        day.edit("ConfigMap", "shop", {"data": {"theirs": "x"}, "metadata": {"labels": {"app": "y"}}})
        await day.settle(30)
        assert day.vault.asked["db"] == asked

        day.external_secret(data={"other": "db"}, target=config_map())
        await day.until(lambda: texts(day) == {"theirs": "x", "other": "first"})
        assert day.get("ConfigMap", "shop")["metadata"]["labels"]["app"] == "y"


def widget(day: Day) -> Any:
    return day.do("GET", f"/apis/example.com/v1/namespaces/{day.namespace}/widgets/shop")


async def test_a_template_reaches_any_path_of_any_kind() -> None:
    template = {
        "metadata": {"labels": {"tier": "{{ .password }}"}},
        "templateFrom": [
            {"literal": "pods: 3\nlength: {{ .password | len }}", "target": "spec.hard"},
            {"configMap": {"name": "texts", "items": [{"key": "scopes"}]}, "target": "spec.scopes"},
            {"literal": "note: for {{ .password }}", "target": "Annotations"},
        ],
    }
    async with a_day(generic_targets=True) as day:
        serve_widgets(day)
        day.make_config_map("texts", {"scopes": '["NotTerminating"]'})

        await synced(day, target={"manifest": WIDGET, "template": template})

        made = widget(day)
        assert made["spec"] == {"hard": {"pods": 3, "length": 5}, "scopes": ["NotTerminating"]}
        assert made["metadata"]["labels"]["tier"] == "first"
        assert made["metadata"]["annotations"]["note"] == "for first"
        assert made["metadata"]["annotations"][DATA_HASH_ANNOTATION] == hashing.content_hash(made["spec"])


async def test_without_a_template_any_other_kind_gets_the_values_under_spec_data() -> None:
    async with a_day(generic_targets=True) as day:
        serve_widgets(day)

        await synced(day, target={"manifest": WIDGET})

        assert widget(day)["spec"] == {"data": {"password": "first"}}


async def test_status_that_a_controller_writes_into_the_target_makes_no_work() -> None:
    async with a_day(generic_targets=True) as day:
        serve_widgets(day)
        await synced(day, target={"manifest": WIDGET}, refreshInterval="0")
        await day.settle(10)
        calls = len(day.transport.calls)

        path = f"/apis/example.com/v1/namespaces/{day.namespace}/widgets/shop/status"
        for number in range(5):
            day.do("PATCH", path, {"status": {"seen": number}}, MERGE)
            await day.settle(1)

        assert [call.path for call in day.transport.calls[calls:] if "widgets" in call.path] == []


async def test_a_kind_that_is_installed_later_is_served_then() -> None:
    async with a_day(generic_targets=True) as day:
        day.external_secret(target={"manifest": WIDGET})
        await day.until(lambda: "no matches for kind" in day.ready()[2])

        serve_widgets(day)

        await day.until(lambda: day.ready() == SYNCED, seconds=60)


def listed(day: Day) -> list[Call]:
    return [call for call in day.transport.calls if call.path.endswith("/widgets")]


async def test_the_kinds_in_use_are_watched_and_no_others() -> None:
    async with a_day(generic_targets=True) as day:
        serve_widgets(day)
        day.external_secret()
        await day.until(lambda: day.ready()[1] == "SecretSynced")
        assert listed(day) == []

        await synced(day, target={"manifest": WIDGET})
        await day.settle()
        (call,) = listed(day)
        assert "PartialObjectMetadata" in call.accept
        assert call.query["labelSelector"] == f"{MANAGED_LABEL}=true"


async def test_merge_writes_into_what_is_there_and_takes_away_only_its_own() -> None:
    async with a_day(generic_targets=True) as day:
        day.external_secret(target=config_map(creationPolicy="Merge"))
        missing = ("True", "ResourceMissing", "resource will not be created due to CreationPolicy=Merge")
        await day.until(lambda: day.ready() == missing)

        day.make_config_map("shop", {"own": "mine", "same": "first"})
        keys = {"password": "db", "same": "db"}
        day.external_secret(data=keys, target=config_map(creationPolicy="Merge"))
        await day.until(lambda: texts(day) == {"own": "mine", "same": "first", "password": "first"})

        day.external_secret(data={"new": "db"}, target=config_map(creationPolicy="Merge"))
        await day.until(lambda: texts(day) == {"own": "mine", "same": "first", "new": "first"})
        assert "ownerReferences" not in day.get("ConfigMap", "shop")["metadata"]


async def test_a_value_that_is_gone_takes_the_target_with_it_under_delete() -> None:
    async with a_day(generic_targets=True) as day:
        await synced(day, target=config_map(deletionPolicy="Delete"), refreshInterval="1m")
        assert day.get("ExternalSecret", "shop")["metadata"]["finalizers"] == [FINALIZER]

        del day.vault.values["db"]
        await day.until(lambda: texts(day) is None, seconds=180)

        await day.until(lambda: day.ready()[:2] == ("True", "ResourceDeleted"))
        await day.until(lambda: "Normal Deleted Deleted ConfigMap shop" in day.events())


async def test_a_value_that_is_gone_leaves_the_target_under_retain() -> None:
    async with a_day(generic_targets=True) as day:
        await synced(day, target=config_map(creationPolicy="Orphan"), refreshInterval="1m")

        del day.vault.values["db"]
        await day.until(lambda: day.ready() != SYNCED, seconds=180)

        assert texts(day) == {"password": "first"}


@pytest.mark.parametrize(("ours", "left"), [(True, None), (False, {"password": "first"})])
async def test_a_deleted_object_takes_only_its_own_target_with_it(ours: bool, left: object) -> None:
    async with a_day(generic_targets=True) as day:
        await synced(day, target=config_map(deletionPolicy="Delete"), refreshInterval="0")
        await day.settle()
        if not ours:
            day.edit("ConfigMap", "shop", {"metadata": {"ownerReferences": None}})

        day.delete("ExternalSecret", "shop")

        await day.until(lambda: day.get("ExternalSecret", "shop") is None)
        assert texts(day) == left


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        pytest.param({"apiVersion": "example.com/v1", "kind": "Thing"}, "no matches for kind", id="unknown group"),
        pytest.param({"apiVersion": "v1", "kind": "Thing"}, "no matches for kind", id="unknown kind"),
        pytest.param({"apiVersion": "v1", "kind": "Namespace"}, "has cluster scope", id="cluster scope"),
    ],
)
async def test_a_kind_that_cannot_be_a_target_is_told(manifest: dict[str, str], said: str) -> None:
    async with a_day(generic_targets=True) as day:
        day.external_secret(target={"manifest": manifest})

        await day.until(lambda: said in day.ready()[2])

        assert day.ready()[:2] == ("False", "ResourceSyncedError")
        day.delete("ExternalSecret", "shop")
        await day.until(lambda: day.get("ExternalSecret", "shop") is None)


async def test_a_target_another_external_secret_owns_is_refused() -> None:
    async with a_day(generic_targets=True) as day:
        await synced(day, target=config_map())

        day.external_secret("other", target=config_map(name="shop"))

        await day.until(lambda: "owned by another ExternalSecret: shop" in day.ready("other")[2])
        assert day.ready("other")[:2] == ("False", "ResourceSyncedError")


async def test_a_broken_template_is_told_and_the_target_stays() -> None:
    async with a_day(generic_targets=True) as day:
        await synced(day, target=config_map())

        day.external_secret(target=config_map(template={"data": {"password": "{{ .missing | fail }}"}}))

        await day.until(lambda: day.ready()[0] == "False")
        assert day.ready()[2].startswith("could not apply template to manifest: ")
        assert texts(day) == {"password": "first"}


async def test_a_value_that_is_no_text_is_refused_by_its_key() -> None:
    async with a_day(generic_targets=True) as day:
        day.vault.values["db"] = b"\xff\xfe"
        day.external_secret(target=config_map())

        await day.until(lambda: "the value of password is not text" in day.ready()[2])


async def test_what_the_reference_wrote_is_taken_over() -> None:
    async with a_day(generic_targets=True) as day:
        data = {"password": "first", "old": "x"}
        labels = {MANAGED_LABEL: "true"}
        body = {"metadata": {"name": "shop", "labels": labels}, "data": data}
        path = f"/api/v1/namespaces/{day.namespace}/configmaps"
        day.as_manager("external-secrets", "POST", path, body)

        await synced(day, target=config_map())

        assert texts(day) == {"password": "first"}
        managers = [one["manager"] for one in day.get("ConfigMap", "shop")["metadata"]["managedFields"]]
        assert managers == [hashing.field_manager("shop")]


async def test_a_secret_that_is_named_by_manifest_is_an_ordinary_secret() -> None:
    async with a_day() as day:
        day.external_secret(target={"manifest": {"apiVersion": "v1", "kind": "Secret"}})

        await day.until(lambda: day.data() == {"password": b"first"})
        assert day.ready()[1] == "SecretSynced"


async def test_a_kind_that_is_no_target_any_more_is_watched_no_longer() -> None:
    async with a_day(generic_targets=True) as day:
        await synced(day, target=config_map())
        await day.settle()

        day.external_secret()
        await day.until(lambda: day.data() == {"password": b"first"})
        await day.until(lambda: day.get("ConfigMap", "shop") is None)
        await day.settle()
        calls = len(day.transport.calls)
        day.make_config_map("shop", {"password": "theirs"})
        await day.settle(10)

        assert texts(day) == {"password": "theirs"}
        assert [call.path for call in day.transport.calls[calls:] if "configmaps" in call.path] == []


async def test_in_one_namespace_targets_are_watched_there_only() -> None:
    async with a_day(generic_targets=True, namespaces=("team-a",)) as day:
        await synced(day, target=config_map(), refreshInterval="0")
        await day.settle()

        day.edit("ConfigMap", "shop", {"data": {"password": "theirs"}})

        await day.until(lambda: texts(day) == {"password": "first"}, seconds=5)
        paths = {call.path for call in day.transport.calls if call.path.endswith("/configmaps")}
        assert paths == {"/api/v1/namespaces/team-a/configmaps"}


async def test_fields_that_another_program_writes_again_and_again_make_no_fetches() -> None:
    async with a_day(generic_targets=True) as day:
        serve_widgets(day)
        await synced(day, target={"manifest": WIDGET}, refreshInterval="1m")
        path = f"/apis/example.com/v1/namespaces/{day.namespace}/widgets/shop"
        for number in range(100):
            day.do("PATCH", path, {"spec": {"replicas": number}}, MERGE)
            await day.settle(0.5)

        asked = day.vault.asked["db"]
        await day.settle(50)

        assert asked < 10
        assert widget(day)["spec"] == {"data": {"password": "first"}, "replicas": 99}
