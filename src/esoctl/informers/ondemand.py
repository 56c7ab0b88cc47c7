"""Informers that run only while something needs them.

The first user starts an informer, the last one to leave stops it and frees what it knew. Nobody waits for
these informers: what they would have said in the meantime is found by the next refresh. Source: the reference's
informer manager for generic targets.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

from esoctl.informers.informer import Informer
from esoctl.model.meta import Bare

Wanted = TypeVar("Wanted", bound=Hashable)
"""What tells one collection from another."""


@dataclass(slots=True)
class _Followed:
    informer: Informer[Bare]
    users: set[Hashable] = field(default_factory=set)
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)


class OnDemand(Generic[Wanted]):
    """Run it as a task; ``want`` may be called before that."""

    def __init__(self, make: Callable[[Wanted], Informer[Bare]]) -> None:
        self._make = make
        self._followed: dict[Wanted, _Followed] = {}
        self._needs: dict[Hashable, frozenset[Wanted]] = {}
        self._group: TaskGroup | None = None

    def want(self, user: Hashable, wanted: Iterable[Wanted]) -> None:
        """Follow these for the user, and no others any more."""
        before, now = self._needs.pop(user, frozenset[Wanted]()), frozenset(wanted)
        if now:
            self._needs[user] = now
        for one in now - before:
            self._join(one, user)
        for one in before - now:
            self._leave(one, user)

    def followed(self) -> dict[Wanted, Informer[Bare]]:
        """The informers there are."""
        return {wanted: one.informer for wanted, one in self._followed.items()}

    async def run(self) -> None:
        """Follow what is wanted until cancelled."""
        async with anyio.create_task_group() as group:
            self._group = group
            for one in self._followed.values():
                group.start_soon(_follow, one)
            await anyio.sleep_forever()

    def _join(self, wanted: Wanted, user: Hashable) -> None:
        one = self._followed.get(wanted)
        if one is None:
            one = self._followed[wanted] = _Followed(self._make(wanted))
            if self._group is not None:
                self._group.start_soon(_follow, one)
        one.users.add(user)

    def _leave(self, wanted: Wanted, user: Hashable) -> None:
        one = self._followed[wanted]
        one.users.discard(user)
        if not one.users:
            del self._followed[wanted]
            one.scope.cancel()


async def _follow(one: _Followed) -> None:
    with one.scope:
        await one.informer.run()
