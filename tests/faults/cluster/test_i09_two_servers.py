"""I-09 on two real API servers, one of which lags behind: an informer that must list anew does not go back in time."""

import pathlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest

from esoctl.errors import Gone
from esoctl.informers.changes import Change
from esoctl.kube.api import Collection
from support import apichecks, kubeconfig
from support.faults.components import Parts

STALE_SECONDS = 12.0
"""Longer than a server waits for a version that it does not have."""


@dataclass(frozen=True)
class Expiring(Collection):
    """Tells once what a watch is told whose version is too old; notes how lists are asked for."""

    told: list[str] = field(default_factory=list)
    expired: anyio.Event = field(default_factory=anyio.Event)

    @asynccontextmanager
    async def watch(self, *, initial: bool, resource_version: str, **query: Any) -> AsyncIterator[AsyncIterator[bytes]]:
        if self.expired.is_set() and not initial and "expired" not in self.told:
            self.told.append("expired")
            raise Gone(410, "Expired", "too old resource version")
        if initial:
            self.told.append(f"stream from {'a floor' if resource_version else 'anywhere'}")
        async with super().watch(initial=initial, resource_version=resource_version, **query) as lines:
            yield lines


@pytest.mark.cluster
@pytest.mark.asyncio
async def test_I_09_a_list_at_a_server_that_lags_behind_never_brings_back_what_was(
    parts: Parts, tmp_path: pathlib.Path
) -> None:
    with parts.two_servers():
        parts.entrance.lead_to("a")
        config = kubeconfig.write(parts.entrance.access, tmp_path / "kubeconfig")
        async with apichecks.a_place(str(config)) as place:
            await place.apply("changes", user="old")
            await place.apply("goes", user="old")
            changes: list[Change[Any]] = []
            source = Expiring(place.api, place.selection())
            informer = place.informer(changes, source)
            async with apichecks.running(informer):
                parts.pipe.pause()
                await place.api.remove(apichecks.SECRET, place.namespace, "goes")
                newest = await place.apply("changes", user="new")
                assert await informer.reach(newest.resource_version)
                seen = len(changes)

                source.expired.set()
                parts.entrance.lead_to("b")
                await anyio.sleep(STALE_SECONDS)
                assert informer.store.get(place.namespace, "changes").data == {"user": b"new"}
                assert informer.store.get(place.namespace, "goes") is None
                assert len(changes) == seen, changes[seen:]
                assert source.told[:3] == ["stream from anywhere", "expired", "stream from a floor"]

                parts.pipe.resume()
                later = await place.apply("changes", user="later")
                assert await informer.reach(later.resource_version, 30)
                assert informer.store.get(place.namespace, "changes").data == {"user": b"later"}
