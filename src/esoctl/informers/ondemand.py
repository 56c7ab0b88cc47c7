"""Informers of kinds that are followed only while something needs them.

The first user of a kind starts its informer, the last one to leave stops it and frees what it knew. Nobody waits for
these informers: what they would have said in the meantime is found by the next refresh. Source: the reference's
informer manager for generic targets.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

import anyio
from anyio.abc import TaskGroup

from esoctl.informers.informer import Informer
from esoctl.model.kinds import Resource
from esoctl.model.meta import Bare


@dataclass(slots=True)
class _Followed:
    informer: Informer[Bare]
    users: set[Hashable] = field(default_factory=set)
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)


class OnDemand:
    """Run it as a task; ``want`` may be called before that."""

    def __init__(self, make: Callable[[Resource], Informer[Bare]]) -> None:
        self._make = make
        self._followed: dict[Resource, _Followed] = {}
        self._needs: dict[Hashable, frozenset[Resource]] = {}
        self._group: TaskGroup | None = None

    def want(self, user: Hashable, resources: Iterable[Resource]) -> None:
        """Follow these kinds for the user, and no others any more."""
        before, now = self._needs.pop(user, frozenset[Resource]()), frozenset(resources)
        if now:
            self._needs[user] = now
        for resource in now - before:
            self._join(resource, user)
        for resource in before - now:
            self._leave(resource, user)

    def followed(self) -> dict[Resource, Informer[Bare]]:
        """The informers there are."""
        return {resource: one.informer for resource, one in self._followed.items()}

    async def run(self) -> None:
        """Follow what is wanted until cancelled."""
        async with anyio.create_task_group() as group:
            self._group = group
            for one in self._followed.values():
                group.start_soon(_follow, one)
            await anyio.sleep_forever()

    def _join(self, resource: Resource, user: Hashable) -> None:
        one = self._followed.get(resource)
        if one is None:
            one = self._followed[resource] = _Followed(self._make(resource))
            if self._group is not None:
                self._group.start_soon(_follow, one)
        one.users.add(user)

    def _leave(self, resource: Resource, user: Hashable) -> None:
        one = self._followed[resource]
        one.users.discard(user)
        if not one.users:
            del self._followed[resource]
            one.scope.cancel()


async def _follow(one: _Followed) -> None:
    with one.scope:
        await one.informer.run()
