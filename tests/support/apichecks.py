"""What ``esoctl.kube`` and ``esoctl.informers`` promise together, checked on a live server: the sandbox or a real one.

Each check gets a ``Place`` of its own, an empty namespace, and is a coroutine function in ``CHECKS``.
"""

import base64
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import anyio
import msgspec
import pytest

from esoctl import errors
from esoctl.informers import documents
from esoctl.informers.changes import Change
from esoctl.informers.informer import Informer
from esoctl.informers.ports import ListWatch
from esoctl.informers.watcher import Options as WatcherOptions
from esoctl.informers.watcher import Streaming
from esoctl.kube.api import JSON_PATCH, MERGE_PATCH, Api, Collection, Selection
from esoctl.kube.connect import Surroundings, connect
from esoctl.kube.events import Recorder
from esoctl.kube.transport import Call, Options, Transport
from esoctl.model import secret
from esoctl.model.keys import Kind
from esoctl.model.kinds import RESOURCES, Resource
from esoctl.model.meta import Bare, Meta

SECRET = RESOURCES[Kind.SECRET]
NAMESPACE = RESOURCES[Kind.NAMESPACE]
ACCOUNT = RESOURCES[Kind.SERVICE_ACCOUNT]
EVENT = RESOURCES[Kind.EVENT]
MANAGER = "tests"
CANARY = "hunter2 never to be seen"


@dataclass(frozen=True)
class Place:
    api: Api
    namespace: str
    transport: Transport

    async def apply(self, name: str, labels: dict[str, str] | None = None, **data: str) -> Meta:
        body = a_secret(name, labels, **data)
        return meta(await self.api.apply(SECRET, self.namespace, name, body, manager=MANAGER))

    async def read(self, name: str) -> Any:
        return json.loads(await self.api.get(SECRET, self.namespace, name))

    def selection(self, **fields: Any) -> Selection:
        return Selection(SECRET, self.namespace, **fields)

    def informer(
        self, changes: list[Change[Any]], source: ListWatch | None = None, *, streams: bool = True, **fields: Any
    ) -> Informer[Any]:
        decode = bare if fields.get("metadata_only") else secret.decode
        options = WatcherOptions(lambda: 0.0, page_limit=3, streaming=Streaming(allowed=streams))
        found = source or Collection(self.api, self.selection(**fields))
        return Informer("secrets", found, decode, changes.append, options=options)


@dataclass(frozen=True)
class Asking(Collection):
    """A collection that notes what it is asked; with ``wrongly`` it asks for streams as no server accepts it."""

    transport: Transport
    asked: list[str] = field(default_factory=list)
    wrongly: bool = False

    async def page(self, **query: Any) -> bytes:
        self.asked.append("page")
        return await super().page(**query)

    def watch(self, *, initial: bool, **query: Any) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        self.asked.append("stream" if initial else "watch")
        if initial and self.wrongly:
            return self.transport.stream(
                Call("GET", self.selection.path, {"watch": "true", "sendInitialEvents": "true"})
            )
        return super().watch(initial=initial, **query)


@asynccontextmanager
async def running(*informers: Informer[Any]) -> AsyncIterator[None]:
    """Informers that have their first list."""
    async with anyio.create_task_group() as group:
        for informer in informers:
            group.start_soon(informer.run)
            with anyio.fail_after(20):
                await informer.synced.wait()
        yield
        group.cancel_scope.cancel()


def meta(document: bytes) -> Meta:
    return bare(document).metadata


def bare(document: bytes | msgspec.Raw) -> Bare:
    return msgspec.json.decode(document, type=Bare)


def a_secret(name: str, labels: dict[str, str] | None = None, **data: str) -> bytes:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    metadata = {"name": name} | ({"labels": labels} if labels else {})
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": encoded}).encode()


@asynccontextmanager
async def a_place(kubeconfig: str) -> AsyncIterator[Place]:
    endpoint = await connect(kubeconfig, None, Surroundings({}))
    async with Transport(endpoint, Options(draw=lambda: 0.5)) as transport:
        api = Api(transport)
        name = f"kube-{secrets.token_hex(4)}"
        await api.create(NAMESPACE, "", json.dumps({"metadata": {"name": name}}).encode())
        yield Place(api, name, transport)
        # One more call: a stream that was hung up on has said goodbye in TLS by then.
        await api.remove(NAMESPACE, "", name)


async def an_apply_owns_its_keys_and_takes_back_those_it_no_longer_wants(place: Place) -> None:
    await place.apply("db", user="a", password="b")
    await place.api.patch(SECRET, place.namespace, "db", b'{"data":{"foreign":"eA=="}}', content_type=MERGE_PATCH)

    await place.apply("db", user="a")

    assert (await place.read("db"))["data"] == {"user": "YQ==", "foreign": "eA=="}


async def a_delete_spares_an_object_that_is_not_the_one_meant(place: Place) -> None:
    applied = await place.apply("db", user="a")

    with pytest.raises(errors.Conflict):
        await place.api.remove(SECRET, place.namespace, "db", uid="another")
    with pytest.raises(errors.Conflict):
        await place.api.remove(SECRET, place.namespace, "db", uid=applied.uid, resource_version="1")
    await place.api.remove(SECRET, place.namespace, "db", uid=applied.uid, resource_version=applied.resource_version)

    with pytest.raises(errors.NotFound):
        await place.read("db")


async def a_refusal_has_its_class_and_no_value(place: Place) -> None:
    await place.apply("db", user="a")
    api, namespace = place.api, place.namespace
    quoting = json.dumps({"metadata": {"labels": {"x": CANARY}}}).encode()
    undecodable = json.dumps({"data": {"x": CANARY}}).encode()
    structured = json.dumps({"apiVersion": "v1", "kind": "Secret", "data": {"x": {"y": CANARY}}}).encode()
    stale = json.dumps([{"op": "test", "path": "/metadata/resourceVersion", "value": "1"}]).encode()
    refused: list[tuple[type[errors.ClusterError], Awaitable[object]]] = [
        (errors.NotFound, api.get(SECRET, namespace, "absent")),
        (errors.Conflict, api.create(SECRET, namespace, a_secret("db"))),
        (errors.Invalid, api.patch(SECRET, namespace, "db", stale, content_type=JSON_PATCH)),
        (errors.Invalid, api.patch(SECRET, namespace, "db", quoting, content_type=MERGE_PATCH)),
        (errors.Invalid, api.patch(SECRET, namespace, "db", undecodable, content_type=MERGE_PATCH)),
        (errors.Invalid, api.apply(SECRET, namespace, "db", structured, manager=MANAGER)),
        (errors.Invalid, api.page(place.selection(), token="garbage")),
    ]
    for wanted, call in refused:
        with pytest.raises(wanted) as caught:
            await call
        assert "hunter2" not in str(caught.value)


async def an_apply_without_force_does_not_take_a_field_from_another(place: Place) -> None:
    await place.apply("db", user="a")

    with pytest.raises(errors.Conflict) as caught:
        await place.api.apply(SECRET, place.namespace, "db", a_secret("db", user="b"), manager="other", force=False)

    assert ".data.user" in str(caught.value)


async def I_06_pages_together_are_the_whole(place: Place) -> None:
    for name in "abcde":
        await place.apply(name)
    names, token = [], ""

    for _ in range(3):
        page = json.loads(await place.api.page(place.selection(), limit=2, token=token))
        names += [item["metadata"]["name"] for item in page["items"]]
        token = page["metadata"].get("continue", "")

    assert (names, token) == (["a", "b", "c", "d", "e"], "")


async def I_10_a_version_not_reached_yet_is_told_by_its_reason(place: Place) -> None:
    with pytest.raises(errors.Unreachable) as caught:
        await place.api.page(place.selection(), resource_version="999999999", match="NotOlderThan")

    assert caught.value.reason == "ResourceVersionTooLarge"


async def I_46_metadata_alone_has_no_values(place: Place) -> None:
    await place.apply("db", user="a")

    one = await place.api.get(SECRET, place.namespace, "db", metadata_only=True)
    page = json.loads(await place.api.page(place.selection(metadata_only=True)))

    assert json.loads(one)["kind"] == "PartialObjectMetadata"
    assert "data" not in json.loads(one)
    assert [sorted(item.keys() - {"kind", "apiVersion"}) for item in page["items"]] == [["metadata"]]


async def I_01_a_list_is_one_stream_that_goes_on_as_the_watch(place: Place) -> None:
    for name in "abcde":
        await place.apply(name)
    changes: list[Change[Any]] = []
    source = Asking(place.api, place.selection(), place.transport)
    informer = place.informer(changes, source)

    async with running(informer):
        known = sorted(thing.metadata.name for thing in informer.store.all())
        later = await place.apply("f")
        assert await informer.reach(later.resource_version)

    assert {*"abcde"} <= {*known}
    assert (changes[-1].kind.value, changes[-1].metadata.name) == ("added", "f")
    assert source.asked == ["stream"]
    assert int(informer.store.resource_version) >= int(later.resource_version)


async def I_01_a_stream_and_pages_give_the_same(place: Place) -> None:
    for name in "abcde":
        await place.apply(name, {"managed": "yes"}, user="a")
    streamed, paged = (place.informer([], label_selector="managed=yes", streams=streams) for streams in (True, False))

    async with running(streamed, paged):
        found = [sorted(informer.store.all(), key=lambda thing: thing.metadata.name) for informer in (streamed, paged)]

    assert found[0] == found[1]
    assert len(found[0]) == 5


async def I_02_a_stream_that_the_server_refuses_is_answered_by_pages(place: Place) -> None:
    await place.apply("a")
    source = Asking(place.api, place.selection(), place.transport, wrongly=True)
    informer = place.informer([], source)

    async with running(informer):
        assert informer.store.get(place.namespace, "a") is not None

    assert source.asked[:2] == ["stream", "page"]
    assert informer.statistics().lists == {"refused": 1, "ok": 1}


async def I_09_a_stream_is_not_older_than_what_was_seen(place: Place) -> None:
    seen = await place.apply("a")
    source = place.api.watch(place.selection(), resource_version=seen.resource_version, timeout_seconds=5, initial=True)

    async with source as lines:
        events = [json.loads(await anext(lines))]
        while events[-1]["type"] != "BOOKMARK":
            events.append(json.loads(await anext(lines)))

    assert "a" in [event["object"]["metadata"].get("name") for event in events]
    assert int(events[-1]["object"]["metadata"]["resourceVersion"]) >= int(seen.resource_version)


async def I_10_a_stream_from_a_version_not_reached_yet_is_refused_so_too(place: Place) -> None:
    error = await first_error(
        place.api.watch(place.selection(), resource_version="999999999", timeout_seconds=5, initial=True)
    )

    assert error.reason == "ResourceVersionTooLarge"


async def first_error(stream: AbstractAsyncContextManager[AsyncIterator[bytes]]) -> errors.ClusterError:
    """How a stream is refused: by status or by its first event."""
    try:
        async with stream as lines:
            event = documents.event(await anext(lines))
            assert event is not None
            return documents.complaint(event.object)
    except errors.ClusterError as error:
        return error


async def an_informer_follows_what_happens(place: Place) -> None:
    for name in "abcde":
        await place.apply(name, {"managed": "yes"}, user="a")
    whole: list[Change[Any]] = []
    partial: list[Change[Any]] = []
    values = place.informer(whole, label_selector="managed=yes")
    metadata = place.informer(partial, metadata_only=True)
    async with running(values, metadata):
        changed = await place.apply("a", {"managed": "yes"}, user="b")
        assert await values.reach(changed.resource_version)
        assert values.store.get(place.namespace, "a").data == {"user": b"b"}
        left = await place.apply("b", {"managed": "no"}, user="a")
        assert await values.reach(left.resource_version)
        assert await metadata.reach(left.resource_version)

    assert [(change.kind.value, change.metadata.name) for change in whole[5:]] == [("modified", "a"), ("deleted", "b")]
    assert len(values.store) == 4
    assert len(metadata.store) >= 5
    assert metadata.store.get(place.namespace, "b").metadata.labels == {"managed": "no"}


async def a_token_is_issued_for_an_audience(place: Place) -> None:
    account = json.dumps({"metadata": {"name": "reader"}}).encode()
    await place.api.create(ACCOUNT, place.namespace, account)

    token = await place.api.token(place.namespace, "reader", ["sts.amazonaws.com"])

    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["sub"] == f"system:serviceaccount:{place.namespace}:reader"
    assert claims["aud"] == ["sts.amazonaws.com"]


async def events_are_created_and_counted_up(place: Place) -> None:
    recorder = Recorder(place.api, "external-secrets", lambda: datetime.now(UTC))
    about = await place.apply("db")
    cluster = Meta(name=f"css-{place.namespace}", uid="u")
    async with anyio.create_task_group() as group:
        group.start_soon(recorder.run)
        for count in (1, 2):
            for _ in range(count):
                recorder.record(about, "Secret", "v1", "Normal", "Updated", "secret updated")
            assert await recorder.flush(20)
        recorder.record(cluster, "ClusterSecretStore", "external-secrets.io/v1", "Warning", "Invalid", "no")
        assert await recorder.flush(20)
        group.cancel_scope.cancel()

    assert recorder.statistics().dropped == {}
    here = json.loads(await place.api.page(Selection(EVENT, place.namespace)))["items"]
    assert [(item["message"], item["count"]) for item in here] == [("secret updated", 3)]
    default = json.loads(await place.api.page(Selection(EVENT, "default")))["items"]
    assert cluster.name in [item["involvedObject"]["name"] for item in default]


async def a_kind_that_is_not_served_says_so(place: Place) -> None:
    nowhere = Resource(Kind.EXTERNAL_SECRET, "nowhere.example.com", "v1", "things", namespaced=True)

    with pytest.raises(errors.NotFound) as caught:
        await place.api.page(Selection(nowhere))

    assert caught.value.status == 404


Check = Callable[[Place], Awaitable[None]]
CHECKS: list[Check] = [
    an_apply_owns_its_keys_and_takes_back_those_it_no_longer_wants,
    a_delete_spares_an_object_that_is_not_the_one_meant,
    a_refusal_has_its_class_and_no_value,
    an_apply_without_force_does_not_take_a_field_from_another,
    I_06_pages_together_are_the_whole,
    I_10_a_version_not_reached_yet_is_told_by_its_reason,
    I_46_metadata_alone_has_no_values,
    I_01_a_list_is_one_stream_that_goes_on_as_the_watch,
    I_01_a_stream_and_pages_give_the_same,
    I_02_a_stream_that_the_server_refuses_is_answered_by_pages,
    I_09_a_stream_is_not_older_than_what_was_seen,
    I_10_a_stream_from_a_version_not_reached_yet_is_refused_so_too,
    an_informer_follows_what_happens,
    a_token_is_issued_for_an_audience,
    events_are_created_and_counted_up,
    a_kind_that_is_not_served_says_so,
]
