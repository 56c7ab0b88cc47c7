"""Puts waiting reads of one identity together: equal ones become one, plain ones travel in batches.

* Full batches leave at once, the rest when ``gathering`` says so. Without batching a read leaves at the next turn of
  the loop.
* A read joins another only while that one has not been sent, unless it may be answered with something older: then it
  also takes what is under way, or on the shelf of shared answers. Absence is believed only by those who asked before.
* Who stops waiting takes nothing from the others.
* A batch that IAM denies is made of single calls instead, and for an hour no other is tried; one that fails as a whole
  for a reason that single calls may not share is repeated as single calls. Throttling and outages are not: more calls
  would make them worse.
* Each item of a batch has its own error. An item that the answer leaves out is an error too, never absence.

DIFFERS: the reference reads one at a time, and loses the items of a batch that have errors.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

import anyio
import anyio.lowlevel
from anyio.abc import TaskGroup

from esoctl.clock import steady
from esoctl.errors import AccessDenied, ProviderError, SecretMissing, Throttled, Unavailable
from esoctl.model.remote import MetadataPolicy, RemoteKey
from esoctl.model.values import Payload
from esoctl.providers.asking import Asking, asked, asking
from esoctl.providers.aws.gathering import Gathering
from esoctl.providers.aws.sharing import Shared, Shelf

DENIAL_SECONDS = 3600.0
AT_ONCE = 32
"""Calls under way for one identity."""

Answer = Payload | ProviderError


class How(StrEnum):
    """How a read was answered; names of the metric."""

    SINGLE = "single"
    BATCHED = "batched"
    MERGED = "merged"
    """By a call that was made for another reader."""
    SHARED = "shared"
    """By an answer that another reader got a moment ago."""
    FALLBACK = "fallback"
    """By a single call, after a batch that could not be had."""


Count = Callable[[How, int], None]


def _uncounted(_how: How, _reads: int) -> None:
    """Counts nothing."""


class Fetcher(Protocol):
    """How one service is read."""

    @property
    def provider(self) -> str:
        """The label of errors."""
        ...

    @property
    def batch_call(self) -> str:
        """The name of the batch call."""
        ...

    @property
    def batch_size(self) -> int:
        """The most keys that one batch may hold."""
        ...

    async def one(self, ref: RemoteKey) -> Payload:
        """One call for one value; raises ProviderError."""
        ...

    async def many(self, keys: Sequence[str]) -> Mapping[str, Answer]:
        """One call for the current versions of several values; an item that failed is its error."""
        ...


class _Read:
    def __init__(self, ref: RemoteKey, why: Asking) -> None:
        self.ref = ref
        self.haste, self.turn = why.haste, why.turn
        self.asked_at = steady()
        self.sent_at = math.inf
        self._settled = anyio.Event()
        self._answer: Payload | Exception | None = None

    def settle(self, answer: Payload | Exception) -> None:
        self._answer = answer
        self._settled.set()

    async def answer(self) -> Payload:
        await self._settled.wait()
        if isinstance(self._answer, Payload):
            return self._answer
        assert self._answer is not None, "a settled read has an answer"
        raise self._answer.with_traceback(None)


class Planner:
    """Use as an async context manager; reads only inside."""

    def __init__(
        self, fetcher: Fetcher, *, batching: bool = True, shelf: Shelf | None = None, count: Count = _uncounted
    ) -> None:
        self._fetcher = fetcher
        self._batching = batching
        self._shelf = shelf or Shared(0).shelf()
        self._count = count
        self._denied_until = float("-inf")
        self._waiting: dict[RemoteKey, _Read] = {}
        self._under_way: dict[RemoteKey, _Read] = {}
        """Of each key the read that was sent last."""
        self._gathering = Gathering(fetcher.batch_size)
        self._stir = anyio.Event()
        self._sweep_at = math.inf
        self._stack = AsyncExitStack()
        self._tasks: TaskGroup | None = None
        self._at_once = anyio.Semaphore(AT_ONCE)
        self._unsettled: dict[_Read, None] = {}

    async def __aenter__(self) -> Self:
        self._tasks = await self._stack.enter_async_context(anyio.create_task_group())
        self._tasks.start_soon(self._run)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._group.cancel_scope.cancel()
        if isinstance(error, Exception):
            kind = error = traceback = None  # the block's own error passes by, and is not put into a group
        try:
            await self._stack.__aexit__(kind, error, traceback)
        finally:
            self._give_up()

    async def get(self, ref: RemoteKey) -> Payload:
        """Read one value, perhaps together with others; raises ProviderError."""
        why, now = asked(), steady()
        payload = self._shelf.find(ref, now, why.oldest_seconds)
        if payload is not None:
            self._count(How.SHARED, 1)
            return payload
        sent = self._joinable(ref, now, why.oldest_seconds)
        if sent is None:
            return await self._wait(ref, why).answer()
        try:
            payload = await sent.answer()
        except SecretMissing:
            return await self._wait(ref, why).answer()
        self._count(How.SHARED, 1)
        return payload

    def forget(self) -> None:
        """Something has been written: what was answered before is shared with nobody any more."""
        self._shelf.clear()

    def _joinable(self, ref: RemoteKey, now: float, oldest_seconds: float) -> _Read | None:
        """The read that is under way, if it was sent no longer ago."""
        sent, oldest = self._under_way.get(ref), min(oldest_seconds, self._shelf.seconds)
        return sent if sent is not None and oldest > 0 and now - sent.sent_at <= oldest else None

    def _wait(self, ref: RemoteKey, why: Asking) -> _Read:
        """A read that has not been sent yet."""
        read = self._waiting.get(ref)
        if read is None:
            read = self._waiting[ref] = _Read(ref, why)
            self._unsettled[read] = None
        else:
            read.haste, read.turn = min(read.haste, why.haste), min(read.turn, why.turn)
            self._count(How.MERGED, 1)
        self._gathering.came(why.haste, steady())
        self._stir.set()
        return read

    @property
    def _group(self) -> TaskGroup:
        assert self._tasks is not None, "the planner must be entered first"
        return self._tasks

    async def _run(self) -> None:
        while True:
            if not self._waiting:
                await self._rest()
                continue
            all_leave = await self._company()
            self._depart(self._taken(all_leave=all_leave))

    async def _rest(self) -> None:
        """Until there is a read, or something is too old to be kept."""
        with anyio.move_on_at(self._sweep_at) as nap:
            await self._stirred()
        if nap.cancelled_caught:
            self._sweep_at = math.inf
            self._shelf.sweep(steady())

    async def _company(self) -> bool:
        """Wait while company may come; then whether all shall leave, or full batches only."""
        if not self.may_batch:
            await anyio.lowlevel.checkpoint()
            return True
        while len(self._waiting) < self._fetcher.batch_size:
            due = self._gathering.due(under_way=len(self._unsettled) > len(self._waiting))
            if due <= steady():
                return True
            with anyio.move_on_at(due):
                await self._stirred()
        return False

    async def _stirred(self) -> None:
        await self._stir.wait()
        self._stir = anyio.Event()

    def _taken(self, *, all_leave: bool) -> list[_Read]:
        now = steady()
        reads = list(self._waiting.values())
        plain = [read for read in reads if _is_plain(read.ref)]
        size = self._fetcher.batch_size
        staying = [] if all_leave else plain[len(plain) - len(plain) % size :]
        self._waiting = {read.ref: read for read in staying}
        self._gathering.left(now, ((read.haste, read.asked_at) for read in staying))
        leaving = [read for read in reads if read.ref not in self._waiting]
        for read in leaving:
            read.sent_at = now
            self._under_way[read.ref] = read
        return leaving

    @property
    def may_batch(self) -> bool:
        """Whether batch calls are wanted, and were not denied a short while ago."""
        return self._batching and steady() >= self._denied_until

    def _depart(self, reads: Sequence[_Read]) -> None:
        plain = [read for read in reads if _is_plain(read.ref)] if self.may_batch else []
        size = self._fetcher.batch_size
        batches = [plain[start : start + size] for start in range(0, len(plain), size)]
        batched = [batch for batch in batches if len(batch) > 1]
        for batch in batched:
            self._group.start_soon(self._batch, batch)
        together = {read.ref for batch in batched for read in batch}
        self._singly([read for read in reads if read.ref not in together], How.SINGLE)

    def _singly(self, reads: Sequence[_Read], how: How) -> None:
        if reads:
            self._count(how, len(reads))
        for read in reads:
            self._group.start_soon(self._single, read)

    async def _single(self, read: _Read) -> None:
        try:
            async with self._at_once:
                with asking(Asking(turn=read.turn)):
                    answer = await self._fetcher.one(read.ref)
            self._settle(read, answer)
        except Exception as error:  # noqa: BLE001 - carried to whoever asked
            self._settle(read, error)

    async def _batch(self, reads: Sequence[_Read]) -> None:
        try:
            async with self._at_once:
                with asking(Asking(turn=min(read.turn for read in reads))):
                    answers = await self._fetcher.many([read.ref.key for read in reads])
        except AccessDenied:
            self._denied_until = steady() + DENIAL_SECONDS
            self._singly(reads, How.FALLBACK)
        except (Throttled, Unavailable) as error:
            self._settle_all(reads, error)
        except ProviderError:
            self._singly(reads, How.FALLBACK)
        except Exception as error:  # noqa: BLE001 - carried to whoever asked
            self._settle_all(reads, error)
        else:
            # An answer that says nothing of a key is not absence: the key is asked for by itself.
            self._singly([read for read in reads if read.ref.key not in answers], How.FALLBACK)
            answered = [read for read in reads if read.ref.key in answers]
            self._count(How.BATCHED, len(answered))
            for read in answered:
                self._settle(read, answers[read.ref.key])

    def _settle(self, read: _Read, answer: Payload | Exception) -> None:
        now = steady()
        self._unsettled.pop(read, None)
        if self._under_way.get(read.ref) is read:
            del self._under_way[read.ref]
        if isinstance(answer, Payload):
            self._shelf.put(read.ref, answer, read.sent_at)
            self._sweep_at = min(self._sweep_at, now + self._shelf.seconds)
        read.settle(answer)
        self._gathering.answered(now)
        self._stir.set()

    def _settle_all(self, reads: Iterable[_Read], error: Exception) -> None:
        for read in list(reads):
            self._settle(read, error)

    def _give_up(self) -> None:
        """Nobody waits for ever for a planner that has ended."""
        self._shelf.clear()
        provider, call = self._fetcher.provider, "close"
        self._settle_all(self._unsettled, Unavailable(provider, call, f"{provider}: the connection has been closed"))


def _is_plain(ref: RemoteKey) -> bool:
    return not ref.version and ref.metadata is MetadataPolicy.NONE
