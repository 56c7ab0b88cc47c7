"""Our finalizer, when the version that was seen is the latest, and when it is not."""

from dataclasses import dataclass, field
from typing import cast

import pytest
from msgspec import structs

from esoctl.errors import Conflict
from esoctl.model.keys import Key
from esoctl.model.meta import Meta
from esoctl.plan.observed import FINALIZER, Observed
from esoctl.reconcile import finalizing
from esoctl.reconcile.ports import Cluster
from support.builders import an_external_secret, observed

pytestmark = pytest.mark.asyncio

OTHER = "example.org/theirs"


@dataclass
class Server:
    """Holds one object, of which ``live`` is the latest version."""

    live: Meta | None
    written: list[list[str]] = field(default_factory=list)

    async def meta(self, key: Key) -> Meta | None:
        return self.live

    async def set_finalizers(self, key: Key, finalizers: list[str], resource_version: str) -> None:
        if self.live is None or resource_version != self.live.resource_version:
            raise Conflict(409, "Conflict", "a newer version exists")
        self.written.append(finalizers)


def seen(*finalizers: str, deleting: bool = False) -> Observed:
    return observed(an_external_secret(finalizers=finalizers, deleting=deleting))


def later(found: Observed, **changes: object) -> Server:
    """A server on which the object was changed since."""
    return Server(structs.replace(found.es.metadata, resource_version="later", **changes))


def as_cluster(server: Server) -> Cluster:
    return cast("Cluster", server)


async def test_it_is_written_with_the_version_that_was_seen() -> None:
    found = seen(OTHER)
    server = Server(found.es.metadata)

    await finalizing.put_on(found, as_cluster(server))

    assert server.written == [[OTHER, FINALIZER]]


async def test_an_informer_that_lags_costs_one_look_at_the_object() -> None:
    found = seen(FINALIZER, deleting=True)
    server = later(found, finalizers=[FINALIZER, OTHER])

    await finalizing.take_off(found, as_cluster(server))

    assert server.written == [[OTHER]]


async def test_what_is_so_already_is_not_written() -> None:
    found = seen()
    server = later(found, finalizers=[FINALIZER])

    await finalizing.put_on(found, as_cluster(server))

    assert server.written == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"uid": "another"}, id="another object of that name"),
        pytest.param({"deletion_timestamp": "2026-06-01T11:00:00Z"}, id="it is being deleted by now"),
    ],
)
async def test_nothing_is_put_on_what_is_no_more_as_it_was(changes: dict[str, object]) -> None:
    found = seen()
    server = later(found, **changes)

    with pytest.raises(Conflict):
        await finalizing.put_on(found, as_cluster(server))

    assert server.written == []


async def test_an_object_that_is_gone_has_no_finalizer() -> None:
    with pytest.raises(Conflict):
        await finalizing.take_off(seen(FINALIZER, deleting=True), as_cluster(Server(None)))
