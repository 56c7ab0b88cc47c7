"""Takes part in an election: reads and writes the Lease as ``election`` says, and tells the rest where we stand.

It runs on a thread, an event loop and connections of its own (``campaign``), so that a busy main loop does not lose the
Lease by accident; and it renews only while the main loop shows that it lives, so that one that stands still loses it on
purpose. What crosses threads is ``Standing`` alone: single values, written by one side and read by the other.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import anyio
import msgspec
import structlog

from esoctl.errors import ClusterError, Conflict, NotFound
from esoctl.kube.election import Election, Part
from esoctl.model.lease import Lease, LeaseSpec

HEARTBEAT_SECONDS = 2.0
"""A main loop that was not seen for longer than this has its Lease left alone."""
RELEASE_SECONDS = 5.0
LOOK_SECONDS = 0.05
"""How soon a wish to stop is seen, and a change of part by the main loop."""

log = structlog.get_logger("esoctl.election")


class Leases(Protocol):
    """One Lease on the API server; raises ClusterError."""

    async def read(self) -> Lease: ...
    async def create(self, spec: LeaseSpec) -> Lease: ...
    async def replace(self, spec: LeaseSpec, version: str) -> Lease: ...


@dataclass(slots=True)
class Standing:
    """What the main loop and the elector tell one another."""

    beat: float
    """Written by the main loop: when it last proved to run."""
    stop: bool = False
    """Written by the main loop: let the Lease go and end."""
    part: Part = Part.CANDIDATE
    deadline: float = float("-inf")
    """Until when no other can lead, on the clock of ``now``."""
    trouble: str = ""
    """Why the Lease could not be read or written lately; empty when it could."""


@dataclass(slots=True)
class Elector:
    """One candidate; ``run`` returns when it is deposed or told to stop."""

    leases: Leases
    election: Election
    standing: Standing
    now: Callable[[], float]
    """Seconds of a clock that goes on while the machine sleeps."""
    wall: Callable[[], datetime]
    draw: Callable[[], float]
    _last_good: float = field(init=False)

    async def run(self) -> None:
        """Try for the Lease and keep it."""
        self._last_good = self.now()
        while not self.standing.stop and self.election.part is not Part.DEPOSED:
            began = self.now()
            if self._main_loop_lives():
                await self._try()
            self.election.check(self.now())
            self._tell()
            await self._pause(self.election.wait(self.now(), self.draw(), self.now() - began))
        if self.standing.stop:
            await self._release()
        self._tell()

    def _main_loop_lives(self) -> bool:
        return self.now() - self.standing.beat < HEARTBEAT_SECONDS

    async def _try(self) -> None:
        """One attempt to acquire or renew; a leader writes what it knows first and reads only when that fails."""
        election, began = self.election, self.now()
        try:
            if election.part is Part.LEADER and election.seen is not None and await self._write():
                return
            await self._read()
            await self._write()
        except (ClusterError, msgspec.MsgspecError, TimeoutError) as error:
            self._failed(error)
        else:
            self._last_good, self.standing.trouble = began, ""

    async def _read(self) -> None:
        with anyio.fail_after(self.election.timings.request):
            try:
                lease = await self.leases.read()
            except NotFound:
                self.election.see(None, self.now())
            else:
                self.election.see(lease, self.now())

    async def _write(self) -> bool:
        """Write our claim, if there is one; false when somebody else was quicker or the Lease is gone."""
        election, sent = self.election, self.now()
        claim = election.claim(sent, self.wall())
        if claim is None:
            return True
        try:
            with anyio.fail_after(election.timings.request):
                election.won(await self._put(claim), sent)
        except (Conflict, NotFound):
            election.forget()
            return False
        return True

    async def _put(self, spec: LeaseSpec) -> Lease:
        seen = self.election.seen
        if seen is None:
            return await self.leases.create(spec)
        return await self.leases.replace(spec, seen.metadata.resource_version)

    def _failed(self, error: Exception) -> None:
        self.election.forget()
        trouble = (
            f"cannot use the Lease: {error}" if isinstance(error, ClusterError) else "cannot use the Lease in time"
        )
        if trouble != self.standing.trouble:
            log.warning("election", part=self.election.part, problem=trouble)
        self.standing.trouble = trouble

    def _tell(self) -> None:
        standing, election = self.standing, self.election
        if standing.part is not election.part:
            log.info("election", part=election.part, identity=election.identity)
        standing.deadline = election.deadline
        standing.part = election.part

    async def _pause(self, seconds: float) -> None:
        """Wait that long, or until told to stop."""
        end = self.now() + seconds
        while not self.standing.stop and self.election.part is not Part.DEPOSED and self.now() < end:  # noqa: ASYNC110  the wish to stop comes from another thread
            await anyio.sleep(LOOK_SECONDS)

    async def _release(self) -> None:
        """Let the Lease go, so that the next candidate need not wait for it to expire."""
        with anyio.move_on_after(RELEASE_SECONDS):
            try:
                while spec := self.election.released(self.wall()):
                    if await self._let_go(spec):
                        break
            except (ClusterError, msgspec.MsgspecError) as error:
                log.warning("the Lease could not be let go; the next leader waits for its end", problem=str(error))
        self.election.part = Part.DEPOSED

    async def _let_go(self, spec: LeaseSpec) -> bool:
        try:
            await self._put(spec)
        except Conflict:
            self.election.see(await self.leases.read(), self.now())
            return False
        return True
