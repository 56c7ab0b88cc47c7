"""Puts waiting reads of one identity together: equal ones become one, plain ones travel in batches.

* A lone read leaves after two milliseconds without company. While more keep coming, or others are under way, reads are
  collected up to a full batch or for forty milliseconds. Without batching a read leaves at the next turn of the loop.
* A read joins another only while that one has not been sent: an answer is never older than the question.
* Who stops waiting takes nothing from the others.
* A batch that IAM denies is made of single calls instead, and for an hour no other is tried; one that fails as a whole
  for a reason that single calls may not share is repeated as single calls. Throttling and outages are not: more calls
  would make them worse.
* Each item of a batch has its own error. An item that the answer leaves out is an error too, never absence.

DIFFERS: the reference reads one at a time, and loses the items of a batch that have errors.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Protocol, Self

import anyio
import anyio.lowlevel
from anyio.abc import TaskGroup

from esoctl.errors import AccessDenied, ProviderError, Throttled, Unavailable
from esoctl.model.remote import MetadataPolicy, RemoteKey
from esoctl.model.values import Payload

QUIET_SECONDS = 0.002
LONGEST_SECONDS = 0.04
DENIAL_SECONDS = 3600.0
AT_ONCE = 32
"""Calls under way for one identity."""

Answer = Payload | ProviderError


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
    def __init__(self, ref: RemoteKey) -> None:
        self.ref = ref
        self.asked_at = anyio.current_time()
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

    def __init__(self, fetcher: Fetcher, *, batching: bool = True) -> None:
        self._fetcher = fetcher
        self._batching = batching
        self._denied_until = float("-inf")
        self._waiting: dict[RemoteKey, _Read] = {}
        self._arrival = anyio.Event()
        self._stack = AsyncExitStack()
        self._tasks: TaskGroup | None = None
        self._at_once = anyio.Semaphore(AT_ONCE)
        self._unsettled: set[_Read] = set()

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
        read = self._waiting.get(ref)
        if read is None:
            read = self._waiting[ref] = _Read(ref)
            self._unsettled.add(read)
            self._arrival.set()
        return await read.answer()

    @property
    def _group(self) -> TaskGroup:
        assert self._tasks is not None, "the planner must be entered first"
        return self._tasks

    async def _run(self) -> None:
        while True:
            await self._arrival.wait()
            all_leave = await self._company()
            self._depart(self._taken(all_leave=all_leave))
            if not self._waiting:
                self._arrival = anyio.Event()

    async def _company(self) -> bool:
        """Wait while company may come; then whether all shall leave, or full batches only."""
        if not self._may_batch():
            await anyio.lowlevel.checkpoint()
            return True
        deadline = next(iter(self._waiting.values())).asked_at + LONGEST_SECONDS
        seen = -1
        while len(self._waiting) < self._fetcher.batch_size:
            # Reads under way will soon be done, and whoever made them is likely to ask for more.
            busy = len(self._unsettled) > len(self._waiting)
            if anyio.current_time() >= deadline or (seen == len(self._waiting) and not busy):
                return True
            seen = len(self._waiting)
            await anyio.sleep(QUIET_SECONDS)
        return False

    def _taken(self, *, all_leave: bool) -> list[_Read]:
        reads = list(self._waiting.values())
        plain = [read for read in reads if _is_plain(read.ref)]
        size = self._fetcher.batch_size
        staying = [] if all_leave else plain[len(plain) - len(plain) % size :]
        self._waiting = {read.ref: read for read in staying}
        return [read for read in reads if read.ref not in self._waiting]

    def _may_batch(self) -> bool:
        return self._batching and anyio.current_time() >= self._denied_until

    def _depart(self, reads: Sequence[_Read]) -> None:
        plain = [read for read in reads if _is_plain(read.ref)] if self._may_batch() else []
        size = self._fetcher.batch_size
        batches = [plain[start : start + size] for start in range(0, len(plain), size)]
        batched = [batch for batch in batches if len(batch) > 1]
        for batch in batched:
            self._group.start_soon(self._batch, batch)
        together = {read.ref for batch in batched for read in batch}
        self._singly([read for read in reads if read.ref not in together])

    def _singly(self, reads: Sequence[_Read]) -> None:
        for read in reads:
            self._group.start_soon(self._single, read)

    async def _single(self, read: _Read) -> None:
        try:
            async with self._at_once:
                self._settle(read, await self._fetcher.one(read.ref))
        except Exception as error:  # noqa: BLE001 - carried to whoever asked
            self._settle(read, error)

    async def _batch(self, reads: Sequence[_Read]) -> None:
        try:
            async with self._at_once:
                answers = await self._fetcher.many([read.ref.key for read in reads])
        except AccessDenied:
            self._denied_until = anyio.current_time() + DENIAL_SECONDS
            self._singly(reads)
        except (Throttled, Unavailable) as error:
            self._settle_all(reads, error)
        except ProviderError:
            self._singly(reads)
        except Exception as error:  # noqa: BLE001 - carried to whoever asked
            self._settle_all(reads, error)
        else:
            # An answer that says nothing of a key is not absence: the key is asked for by itself.
            self._singly([read for read in reads if read.ref.key not in answers])
            for read in reads:
                if read.ref.key in answers:
                    self._settle(read, answers[read.ref.key])

    def _settle(self, read: _Read, answer: Payload | Exception) -> None:
        self._unsettled.discard(read)
        read.settle(answer)

    def _settle_all(self, reads: Iterable[_Read], error: Exception) -> None:
        for read in list(reads):
            self._settle(read, error)

    def _give_up(self) -> None:
        """Nobody waits for ever for a planner that has ended."""
        provider, call = self._fetcher.provider, "close"
        self._settle_all(self._unsettled, Unavailable(provider, call, f"{provider}: the connection has been closed"))


def _is_plain(ref: RemoteKey) -> bool:
    return not ref.version and ref.metadata is MetadataPolicy.NONE
