"""The journey of one ExternalSecret, over ports in memory: what is read, written and told, and in what order."""

import json
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import anyio
import msgspec
import pytest

from esoctl.errors import (
    AccessDenied,
    ClusterError,
    Conflict,
    Denied,
    EsoctlError,
    Invalid,
    StoreBusy,
    StoreFailing,
    StoreNotReady,
    Throttled,
    Unreachable,
)
from esoctl.model import external_secret
from esoctl.model.external_secret import ExternalSecret, ExternalSecretStatus
from esoctl.model.keys import Key, StoreRef
from esoctl.model.meta import Meta
from esoctl.model.remote import Quirks
from esoctl.plan.observed import FINALIZER
from esoctl.plan.verdict import BUSY_SECONDS, SLOW_RETRY
from esoctl.reconcile.aside import AT_ONCE, Threads
from esoctl.reconcile.external_secret import ExternalSecretReconciler
from esoctl.reconcile.gather import Opened
from esoctl.reconcile.generic_targets import GenericTargets
from esoctl.reconcile.objects import ApiObjects
from esoctl.reconcile.ports import Again, Done, Gone, Outcome, Parked, Waits
from esoctl.reconcile.removals import ABSENCE_SECONDS
from esoctl.reconcile.targets import Targets
from esoctl.template.engine import Env
from support.builders import ES_UID, TARGET_UID, a_store, a_target, an_entry, an_external_secret, an_extract, synced
from support.day import EPOCH, LoopClock
from support.memory_cluster import MemoryCluster, MemoryViews
from support.memory_provider import MemoryClient, Vault

pytestmark = pytest.mark.asyncio

DISABLED = GenericTargets(ApiObjects(None), False, lambda key, resources: None)  # type: ignore[arg-type]  # never asked


@dataclass
class Scene:
    """One reconciler and its world."""

    vault: Vault = field(default_factory=lambda: Vault({"app/db": b"new"}))
    views: MemoryViews = field(default_factory=MemoryViews)
    cluster: MemoryCluster = field(default_factory=MemoryCluster)
    broken: dict[str, EsoctlError] = field(default_factory=dict)
    threads: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        targets = Targets(self.views, self.cluster)
        self.reconciler = ExternalSecretReconciler(
            self.views, self.cluster, self.open_store, targets, LoopClock(), self.env, "default", DISABLED
        )

    @asynccontextmanager
    async def open_store(self, ref: StoreRef, consumer: str) -> AsyncIterator[Opened]:
        if ref.name in self.broken:
            raise self.broken[ref.name]
        yield Opened(MemoryClient(self.vault), Quirks())

    def env(self, now: datetime) -> Env:
        return Env(now=now, entropy=self.entropy)

    def entropy(self, size: int) -> bytes:
        self.threads.append(threading.current_thread().name)
        return bytes(size)

    def holds(self, *things: Any) -> None:
        self.views.put(*things)

    async def visit(self, es: ExternalSecret | None = None) -> Outcome:
        if es is not None:
            self.views.put(es)
        return await self.reconciler.reconcile(Key(*KEY))

    def ready(self) -> tuple[str, str, str]:
        condition = self.cluster.statuses()[-1]["conditions"][0]
        return condition["status"], condition["reason"], condition["message"]


KEY = ("ExternalSecret", "team-a", "shop")


def with_status(es: ExternalSecret, **more: Any) -> ExternalSecret:
    return msgspec.structs.replace(es, status=msgspec.convert(synced(es, **more), ExternalSecretStatus))


def unfit(**metadata: Any) -> ExternalSecret:
    meta = {"name": "shop", "namespace": "team-a", "uid": ES_UID, "resourceVersion": "10", **metadata}
    return external_secret.decode(json.dumps({"metadata": meta, "spec": {"data": "hunter2"}}).encode())


async def test_a_first_sync_writes_the_secret_the_status_and_an_event() -> None:
    scene = Scene()

    with scene.cluster.only("apply_secret", "patch_status"):
        outcome = await scene.visit(an_external_secret(refreshInterval="1h"))

    assert isinstance(outcome, Done)
    assert outcome.again is not None
    assert scene.ready() == ("True", "SecretSynced", "secret synced")
    assert scene.cluster.told() == ["Normal Created secret created"]
    assert scene.cluster.secrets["team-a", "shop"].data == {"password": b"new"}


async def test_a_visit_right_after_the_sync_does_nothing() -> None:
    scene = Scene()
    es = an_external_secret()
    scene.holds(a_target({"password": b"new"}))

    with scene.cluster.only():
        assert isinstance(await scene.visit(with_status(es, at="2026-06-01T12:00:00Z")), Done)
    assert scene.vault.asked == {}


async def test_an_object_that_is_gone_is_forgotten() -> None:
    scene = Scene()
    await scene.visit(an_external_secret())
    scene.views.external_secrets.clear()

    assert await scene.visit() == Gone()
    assert scene.reconciler.targets.written == {}


async def test_an_object_of_another_class_is_left_alone() -> None:
    scene = Scene()
    scene.holds(a_store(controller="other"))

    with scene.cluster.only():
        assert await scene.visit(an_external_secret()) == Done()


async def test_a_spec_that_does_not_fit_is_told_and_waits_for_an_edit() -> None:
    scene = Scene()

    assert await scene.visit(unfit()) == Parked("spec.data: must be array, got str")
    assert scene.ready()[2] == "invalid ExternalSecret: spec.data: must be array, got str"
    assert scene.cluster.told() == ["Warning UpdateFailed spec.data: must be array, got str"]
    assert "hunter2" not in str(scene.cluster.bodies)


@pytest.mark.parametrize(
    ("finalizers", "calls"),
    [([], []), ([FINALIZER, "other/one"], [("set_finalizers", "ExternalSecret/team-a/shop", "other/one", "10")])],
)
async def test_a_deleted_object_is_let_go_even_when_its_spec_does_not_fit(
    finalizers: list[str], calls: list[tuple[str, ...]]
) -> None:
    scene = Scene()

    assert await scene.visit(unfit(finalizers=finalizers, deletionTimestamp="2026-06-01T11:00:00Z")) == Done()
    assert scene.cluster.calls == calls


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        pytest.param(AccessDenied("AWS", "Get", "denied"), Again("x"), id="denied"),
        pytest.param(Throttled("AWS", "Get", "slow down", after=7.0), Again("x", 7.0), id="throttled"),
    ],
)
async def test_a_failed_fetch_writes_nothing_but_the_status(failure: EsoctlError, outcome: Again) -> None:
    scene = Scene()
    scene.vault.failures["app/db"] = failure

    with scene.cluster.only("patch_status"):
        found = await scene.visit(an_external_secret())

    assert isinstance(found, Again)
    assert found.after == outcome.after
    assert found.refresh is not None
    assert scene.ready()[:2] == ("False", "SecretSyncedError")
    assert scene.ready()[2].startswith("could not get secret data from provider: error processing spec.data[0]")


async def test_one_store_that_cannot_be_used_fails_the_whole() -> None:
    scene = Scene(broken={"other": StoreNotReady("other", 'SecretStore "other" is not ready')})
    entry = {**an_entry("app/db", "k"), "sourceRef": {"storeRef": {"name": "other"}}}

    with scene.cluster.only("patch_status"):
        await scene.visit(an_external_secret(data=[an_entry(), entry]))

    assert 'SecretStore "other" is not ready' in scene.ready()[2]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param(
            {"syncWindows": {"kind": "allow", "windows": [{"schedule": "never", "duration": "1h"}]}},
            "invalid ExternalSecret: spec.syncWindows.windows[0]",
            id="windows",
        ),
        pytest.param(
            {"target": {"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}}},
            "invalid generic target: generic targets are disabled.",
            id="manifest",
        ),
        pytest.param({"data": [{**an_entry(), "sourceRef": {}}]}, "could not get secret data", id="entry"),
    ],
)
async def test_what_the_user_must_edit_is_parked(spec: Mapping[str, Any], message: str) -> None:
    scene = Scene()

    assert isinstance(await scene.visit(an_external_secret(**spec)), Parked)
    assert scene.ready()[2].startswith(message)


@pytest.mark.parametrize(
    ("error", "after", "message"),
    [
        pytest.param(Unreachable(503, "", "away", 3.0), 3.0, "could not update secret: away", id="away"),
        pytest.param(Denied(403, "", "quota"), SLOW_RETRY, "could not update secret: quota", id="denied"),
        pytest.param(Invalid(422, "", "too long"), SLOW_RETRY, "could not update secret: too long", id="invalid"),
    ],
)
async def test_a_write_that_fails(error: ClusterError, after: float, message: str) -> None:
    scene = Scene()
    scene.cluster.refuse("apply_secret", error)

    outcome = await scene.visit(an_external_secret())

    assert isinstance(outcome, Again)
    assert outcome.after == after
    assert scene.ready() == ("False", "SecretSyncedError", message)


async def test_a_conflict_is_tried_again_without_a_word() -> None:
    scene = Scene()
    scene.cluster.refuse("apply_secret", Conflict(409, "Conflict", "newer"))

    with scene.cluster.only("apply_secret"):
        assert isinstance(await scene.visit(an_external_secret()), Again)
    assert scene.cluster.notes == []


async def test_a_status_that_cannot_be_written_is_tried_again() -> None:
    scene = Scene()
    scene.vault.failures["app/db"] = AccessDenied("AWS", "Get", "denied")
    scene.cluster.refuse("patch_status", Unreachable(0, "", "away"))

    outcome = await scene.visit(an_external_secret())

    assert isinstance(outcome, Again)
    assert outcome.problem.endswith("denied; and the status could not be written: away")


async def test_a_success_whose_status_cannot_be_written_is_no_success() -> None:
    scene = Scene()
    scene.cluster.refuse("patch_status", Unreachable(0, "", "away"))

    assert isinstance(await scene.visit(an_external_secret()), Again)


async def test_what_is_missing_is_told_where_absence_is_tolerated() -> None:
    scene = Scene()

    await scene.visit(
        an_external_secret(target={"deletionPolicy": "Merge"}, data=[an_entry(), an_entry("gone", "other")])
    )

    assert scene.cluster.told() == [
        "Normal MissingProviderSecret secret does not exist at provider using spec.data[1] (key=gone)",
        "Normal Created secret created",
    ]


async def test_what_is_missing_is_told_even_when_a_later_entry_fails() -> None:
    scene = Scene()
    scene.vault.failures["bad"] = AccessDenied("AWS", "Get", "denied")

    await scene.visit(
        an_external_secret(target={"deletionPolicy": "Merge"}, data=[an_entry("gone", "a"), an_entry("bad", "b")])
    )

    first, second = scene.cluster.told()
    assert first == "Normal MissingProviderSecret secret does not exist at provider using spec.data[0] (key=gone)"
    assert second.startswith("Warning UpdateFailed")


DELETE = {"deletionPolicy": "Delete"}


async def test_a_secret_is_deleted_only_when_two_reads_agree() -> None:
    scene = Scene(vault=Vault())
    es = an_external_secret(target=DELETE, finalizers=[FINALIZER])
    scene.holds(a_target())

    with scene.cluster.only():
        waits = await scene.visit(with_status(es, at="2026-06-01T09:00:00Z"))
    await anyio.sleep(ABSENCE_SECONDS)
    with scene.cluster.only("meta", "remove_secret", "patch_status"):
        await scene.visit()

    assert isinstance(waits, Done)
    assert waits.again is not None
    assert scene.vault.asked["app/db"] == 2
    assert scene.cluster.calls[1] == ("remove_secret", "team-a", "shop", TARGET_UID, "20")
    assert scene.ready() == ("True", "SecretDeleted", "secret deleted due to DeletionPolicy=Delete")


async def test_a_value_that_is_back_at_the_second_read_saves_the_secret() -> None:
    scene = Scene(vault=Vault())
    es = an_external_secret(target=DELETE, finalizers=[FINALIZER])
    scene.holds(a_target())
    opened = scene.open_store

    @asynccontextmanager
    async def back_later(ref: StoreRef, consumer: str) -> AsyncIterator[Opened]:
        async with opened(ref, consumer) as found:
            yield found
        scene.vault.values["app/db"] = b"back"

    reconciler = ExternalSecretReconciler(
        scene.views, scene.cluster, back_later, scene.reconciler.targets, LoopClock(), scene.env, "default", DISABLED
    )
    scene.views.put(with_status(es, at="2026-06-01T09:00:00Z"))
    with scene.cluster.only("apply_secret", "patch_status"):
        await reconciler.reconcile(Key(*KEY))
        await reconciler.reconcile(Key(*KEY))

    assert scene.cluster.secrets["team-a", "shop"].data["password"] == b"back"
    assert reconciler.removals.sightings == {}


async def test_REL_14_a_key_goes_only_after_two_reads_that_are_a_minute_apart() -> None:
    scene = Scene()
    scene.holds(a_target({"password": b"new", "gone": b"old"}))
    entries = [an_entry(), an_entry("app/gone", "gone")]
    es = an_external_secret(data=entries, target={"deletionPolicy": "Merge"})

    with scene.cluster.only():
        await scene.visit(with_status(es, at="2026-06-01T09:00:00Z"))
        await anyio.sleep(ABSENCE_SECONDS - 1)
        await scene.visit()
    await anyio.sleep(1)
    with scene.cluster.only("meta", "apply_secret", "patch_status"):
        await scene.visit()


SHRUNK = Vault({"app/db": b'{"password":"new"}'})
"""The value of a remote secret that had a property ``gone`` before."""


async def test_REL_14_a_property_goes_only_after_two_reads_that_are_a_minute_apart() -> None:
    scene = Scene(vault=SHRUNK)
    scene.holds(a_target({"password": b"new", "gone": b"old"}))
    es = an_external_secret(dataFrom=[an_extract()])

    with scene.cluster.only():
        waits = await scene.visit(with_status(es, at="2026-06-01T09:00:00Z"))
        await anyio.sleep(ABSENCE_SECONDS - 1)
        await scene.visit()
    await anyio.sleep(1)
    with scene.cluster.only("meta", "apply_secret", "patch_status"):
        await scene.visit()

    assert waits == Done(EPOCH + timedelta(seconds=ABSENCE_SECONDS))
    assert scene.cluster.told()[0] == (
        "Normal MissingProviderSecret the provider gives no value any more for: gone; "
        "nothing is removed unless a read after 2026-06-01T12:01:00Z finds it missing too"
    )
    assert scene.cluster.bodies[1]["data"].keys() == {"password"}


async def test_REL_14_a_restart_begins_the_proof_anew() -> None:
    before, after = Scene(vault=SHRUNK), Scene(vault=SHRUNK)
    es = with_status(an_external_secret(dataFrom=[an_extract()]), at="2026-06-01T09:00:00Z")
    for scene in (before, after):
        scene.holds(a_target({"password": b"new", "gone": b"old"}))

    await before.visit(es)
    await anyio.sleep(ABSENCE_SECONDS)

    with after.cluster.only():
        await after.visit(es)


async def test_REL_14_an_edited_spec_takes_its_keys_at_once() -> None:
    scene = Scene(vault=SHRUNK)
    scene.holds(a_target({"password": b"new", "gone": b"old"}))
    es = with_status(an_external_secret(dataFrom=[an_extract()]), syncedResourceVersion="0-abc")

    with scene.cluster.only("meta", "apply_secret", "patch_status"):
        await scene.visit(es)


async def test_REL_14_a_sync_that_fails_in_between_begins_the_proof_anew() -> None:
    scene = Scene(vault=SHRUNK)
    target = a_target({"password": b"new", "gone": b"old"})
    scene.holds(target)
    es = with_status(an_external_secret(dataFrom=[an_extract()]), at="2026-06-01T09:00:00Z")

    await scene.visit(es)
    await anyio.sleep(ABSENCE_SECONDS)
    scene.holds(a_target({"password": b"new", "gone": b"old"}, owner="another", owner_name="other"))
    await scene.visit()
    scene.holds(target)

    with scene.cluster.only():
        await scene.visit()


@pytest.mark.parametrize(
    "live",
    [
        pytest.param(None, id="gone"),
        pytest.param(Meta("shop", "team-a", "another", generation=1), id="replaced"),
        pytest.param(Meta("shop", "team-a", ES_UID, generation=2), id="edited"),
        pytest.param(Meta("shop", "team-a", ES_UID, generation=1, deletion_timestamp="now"), id="being deleted"),
    ],
)
@pytest.mark.parametrize(
    ("values", "target", "name"),
    [
        pytest.param({}, DELETE, "shop", id="target"),
        pytest.param({"app/db": b"new"}, {}, "shop", id="key"),
        pytest.param({"app/db": b"new"}, {}, "earlier", id="orphan"),
    ],
)
async def test_REL_20_I_34_nothing_is_removed_for_an_external_secret_that_is_another_now(
    live: Meta | None, values: dict[str, bytes], target: dict[str, str], name: str
) -> None:
    scene = Scene(vault=Vault(values))
    scene.cluster.live[Key(*KEY)] = live
    scene.holds(a_target({"password": b"new", "more": b"x"}, name=name))
    es = an_external_secret(target=target, finalizers=[FINALIZER])

    await scene.visit(with_status(es, at="2026-06-01T09:00:00Z", binding={"name": ""}))
    await anyio.sleep(ABSENCE_SECONDS)
    outcome = await scene.visit()

    assert isinstance(outcome, Again)
    assert "is another now" in outcome.problem or "somebody else wrote" in outcome.problem
    assert "remove_secret" not in scene.cluster.names()
    assert ("apply_secret" in scene.cluster.names()) is (name == "earlier")


async def test_the_finalizer_is_set_before_anything_is_written() -> None:
    scene = Scene()

    with scene.cluster.only("set_finalizers", "apply_secret", "patch_status"):
        await scene.visit(an_external_secret(target=DELETE))

    assert scene.cluster.calls[0] == ("set_finalizers", "ExternalSecret/team-a/shop", FINALIZER, "10")


@pytest.mark.parametrize(
    ("target", "owner", "calls"),
    [
        pytest.param(DELETE, ES_UID, ["remove_secret", "set_finalizers"], id="ours goes too"),
        pytest.param(DELETE, "other", ["set_finalizers"], id="another's stays"),
        pytest.param({}, ES_UID, ["set_finalizers"], id="it is kept by policy"),
    ],
)
async def test_a_deletion_asks_no_provider(target: dict[str, str], owner: str, calls: list[str]) -> None:
    scene = Scene()
    scene.holds(a_target(owner=owner))

    with scene.cluster.only(*calls):
        assert await scene.visit(an_external_secret(target=target, deleting=True, finalizers=[FINALIZER])) == Done()
    assert scene.vault.asked == {}


async def test_a_deletion_that_cannot_delete_keeps_the_finalizer() -> None:
    scene = Scene()
    scene.holds(a_target())
    scene.cluster.refuse("remove_secret", Denied(403, "", "no"))

    outcome = await scene.visit(an_external_secret(target=DELETE, deleting=True, finalizers=[FINALIZER]))

    assert isinstance(outcome, Again)
    assert "set_finalizers" not in scene.cluster.names()
    assert scene.ready()[2] == "could not delete secret: no"


async def test_a_target_that_was_renamed_leaves_no_orphan() -> None:
    scene = Scene()
    scene.holds(a_target(name="earlier"))

    with scene.cluster.only("apply_secret", "meta", "remove_secret", "patch_status"):
        await scene.visit(an_external_secret())

    assert scene.cluster.told() == [
        "Normal Created secret created",
        "Normal Deleted secret deleted because it was orphaned",
    ]


async def test_orphans_that_cannot_be_deleted_are_told() -> None:
    scene = Scene()
    scene.holds(a_target(name="earlier"))
    scene.cluster.refuse("remove_secret", Denied(403, "", "no"))

    await scene.visit(an_external_secret())

    assert scene.ready()[2] == "could not delete orphaned secrets: no"


async def test_a_refused_status_after_a_good_write_is_told_as_one() -> None:
    scene = Scene()
    scene.cluster.refuse("patch_status", Denied(403, "", "no status for you"))

    outcome = await scene.visit(an_external_secret())

    assert isinstance(outcome, Again)
    assert "apply_secret" in scene.cluster.names()
    told = [status["conditions"][0]["message"] for status in scene.cluster.statuses() if status["conditions"]]
    assert told[-1:] == ["could not update status: no status for you"]


async def test_a_finalizer_that_cannot_be_taken_off_an_unreadable_object_is_tried_again() -> None:
    scene = Scene()
    scene.cluster.refuse("set_finalizers", Unreachable(503, "", "not now", after=7.0))

    outcome = await scene.visit(unfit(deletionTimestamp="2026-06-01T11:00:00Z", finalizers=[FINALIZER]))

    assert outcome == Again("could not take the finalizer off: not now", 7.0)


async def test_a_template_is_rendered_in_a_thread_so_that_the_loop_stays_free() -> None:
    scene = Scene()

    await scene.visit(an_external_secret(target={"template": {"data": {"k": "{{ randBytes 4 }}{{ .password }}"}}}))

    assert scene.threads
    assert threading.main_thread().name not in scene.threads
    assert isinstance(scene.reconciler.aside, Threads)
    assert scene.reconciler.aside.limiter.total_tokens == AT_ONCE


async def test_a_template_that_fails_is_told_without_a_value() -> None:
    scene = Scene(vault=Vault({"app/db": b"hunter2"}))

    outcome = await scene.visit(an_external_secret(target={"template": {"data": {"k": "{{ .password }}{{ .no }}"}}}))

    assert isinstance(outcome, Again)
    assert scene.ready()[2].startswith("could not update secret: unable to execute template at key k")
    assert "hunter2" not in str(scene.cluster.bodies) + str(scene.cluster.notes)


async def test_nothing_is_written_under_policy_none() -> None:
    scene = Scene()

    with scene.cluster.only("patch_status"):
        await scene.visit(an_external_secret(target={"creationPolicy": "None"}))
    assert scene.ready() == ("True", "SecretSynced", "secret synced")


async def test_Q_26_an_object_of_a_store_that_fails_tells_it_once_and_waits() -> None:
    scene = Scene(broken={"aws": StoreFailing("SecretStore/team-a/aws", "nobody answers")})
    es = with_status(an_external_secret(refreshInterval="1h"), at="2026-01-01T00:00:00Z")
    scene.holds(a_target())

    outcome = await scene.visit(es)

    assert isinstance(outcome, Waits)
    assert outcome.behind == "SecretStore/team-a/aws"
    assert "nobody answers" in scene.ready()[2]


async def test_Q_26_an_object_that_has_told_its_own_failure_says_nothing_more() -> None:
    scene = Scene(broken={"aws": StoreFailing("SecretStore/team-a/aws", "nobody answers")})
    own = {"type": "Ready", "status": "False", "reason": "SecretSyncedError", "message": "my own"}
    es = with_status(an_external_secret(refreshInterval="1h"), at="2026-01-01T00:00:00Z", conditions=[own])
    scene.holds(a_target())

    outcome = await scene.visit(es)

    assert isinstance(outcome, Waits)
    assert scene.cluster.statuses() == []


async def test_Q_27_a_busy_store_puts_a_ready_object_off_without_a_word() -> None:
    scene = Scene(broken={"aws": StoreBusy("SecretStore/aws", "16 others wait")})
    es = with_status(an_external_secret(refreshInterval="1h"), at="2026-01-01T00:00:00Z")
    scene.holds(a_target())

    outcome = await scene.visit(es)

    assert outcome == Done(LoopClock().now() + timedelta(seconds=BUSY_SECONDS))
    assert scene.cluster.statuses() == []
    assert scene.cluster.told() == []


async def test_a_status_that_the_informer_has_not_seen_yet_is_not_forgotten() -> None:
    scene = Scene()
    es = an_external_secret(refreshInterval="1h")
    await scene.visit(es)
    asked, reports = scene.vault.asked["app/db"], len(scene.cluster.statuses())

    again = await scene.visit(es)

    assert isinstance(again, Done)
    assert (scene.vault.asked["app/db"], len(scene.cluster.statuses())) == (asked, reports)


async def test_a_namesake_does_not_inherit_the_status_of_its_predecessor() -> None:
    scene = Scene()
    es = an_external_secret()
    await scene.visit(es)
    reports = len(scene.cluster.statuses())

    await scene.visit(msgspec.structs.replace(es, metadata=msgspec.structs.replace(es.metadata, uid="another")))

    assert len(scene.cluster.statuses()) == reports + 1


async def test_an_edited_source_that_could_not_be_synced_stays_a_reason_to_sync() -> None:
    scene = Scene()
    scene.holds(a_target({"password": b"old"}))
    es = with_status(an_external_secret(), at="2026-06-01T11:50:00Z")
    scene.reconciler.stale.add(Key(*KEY))
    scene.broken["aws"] = StoreBusy("aws", "busy")

    await scene.visit(es)
    assert scene.reconciler.stale == {Key(*KEY)}

    del scene.broken["aws"]
    await scene.visit(es)
    assert scene.reconciler.stale == set()
    assert scene.cluster.secrets["team-a", "shop"].data == {"password": b"new"}
