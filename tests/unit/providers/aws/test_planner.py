"""The planner against a fetcher that writes down what it was asked, on the virtual clock."""

import math
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import pytest

from esoctl.errors import AccessDenied, BadAnswer, EsoctlError, ProviderError, SecretMissing, Throttled, Unavailable
from esoctl.model.remote import MetadataPolicy, RemoteKey
from esoctl.model.values import Payload
from esoctl.providers.asking import Asking, Haste, accepting, asking
from esoctl.providers.aws.planner import DENIAL_SECONDS, How, Planner
from esoctl.providers.aws.sharing import Shared, Shelf

LABEL = "AWS/Test"


@dataclass
class Diary:
    """A fetcher that takes 10 ms a call; ``batch_failure`` fails whole batches, ``failures`` single keys."""

    batch_size: int = 5
    provider: str = LABEL
    batch_call: str = "BatchGet"
    calls: list[object] = field(default_factory=list)
    batch_failure: Exception | None = None
    failures: dict[str, ProviderError] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    seconds: float = 0.01
    values: dict[str, str] = field(default_factory=dict)

    async def one(self, ref: RemoteKey) -> Payload:
        self.calls.append(ref if ref.version or ref.metadata is MetadataPolicy.FETCH else ref.key)
        await anyio.sleep(self.seconds)
        if ref.key in self.failures:
            raise self.failures[ref.key]
        return self._payload(ref.key)

    async def many(self, keys: Sequence[str]) -> Mapping[str, Payload | ProviderError]:
        self.calls.append(list(keys))
        await anyio.sleep(self.seconds)
        if self.batch_failure is not None:
            raise self.batch_failure
        return {key: self.failures.get(key) or self._payload(key) for key in keys if key not in self.left_out}

    def _payload(self, key: str) -> Payload:
        return Payload(self.values.get(key, f"value of {key}").encode())


@asynccontextmanager
async def planning(diary: Diary, *, batching: bool = True) -> AsyncIterator[Planner]:
    async with Planner(diary, batching=batching) as planner:
        yield planner


async def read(planner: Planner, refs: Sequence[RemoteKey | str]) -> list[bytes | type[Exception]]:
    """Read all at the same time; answers in their order."""
    answers: dict[int, bytes | type[Exception]] = {}

    async def one(number: int, ref: RemoteKey) -> None:
        try:
            answers[number] = (await planner.get(ref)).value
        except Exception as error:
            answers[number] = type(error)

    async with anyio.create_task_group() as tasks:
        for number, ref in enumerate(refs):
            tasks.start_soon(one, number, ref if isinstance(ref, RemoteKey) else RemoteKey(ref))
    return [answers[number] for number in range(len(refs))]


@pytest.mark.asyncio
async def test_a_lone_read_is_a_single_call_after_two_milliseconds() -> None:
    diary = Diary(seconds=0.0)

    async with planning(diary) as planner:
        started = anyio.current_time()
        answers = await read(planner, ["a"])
        waited = anyio.current_time() - started

    assert (answers, diary.calls) == ([b"value of a"], ["a"])
    assert waited <= 0.003


@pytest.mark.asyncio
async def test_T_14_equal_reads_that_wait_are_one_call() -> None:
    diary = Diary()

    async with planning(diary) as planner:
        answers = await read(planner, ["a"] * 50)

    assert (answers, diary.calls) == ([b"value of a"] * 50, ["a"])


@pytest.mark.asyncio
async def test_different_reads_that_wait_are_batched_up_to_the_size() -> None:
    diary = Diary(batch_size=5)

    async with planning(diary) as planner:
        answers = await read(planner, list("abcdefghijk"))

    assert answers == [f"value of {key}".encode() for key in "abcdefghijk"]
    assert diary.calls == [list("abcde"), list("fghij"), "k"]


@pytest.mark.asyncio
async def test_reads_that_come_one_after_another_wait_for_one_another() -> None:
    diary = Diary(batch_size=20)

    async with planning(diary) as planner, anyio.create_task_group() as tasks:
        for key in "abcdef":
            tasks.start_soon(planner.get, RemoteKey(key))
            await anyio.sleep(0.0008)

    assert diary.calls == [list("abcdef")]


@pytest.mark.asyncio
async def test_a_stream_of_reads_does_not_delay_the_first_for_ever() -> None:
    diary = Diary(batch_size=1000, seconds=0.0)

    async with planning(diary) as planner, anyio.create_task_group() as tasks:
        for number in range(200):
            tasks.start_soon(planner.get, RemoteKey(f"{number}"))
            await anyio.sleep(0.0008)

    assert len(diary.calls) >= 3


@pytest.mark.asyncio
async def test_versions_and_tags_are_never_batched() -> None:
    diary = Diary()
    refs = [RemoteKey("a"), RemoteKey("b"), RemoteKey("a", "v1"), RemoteKey("b", metadata=MetadataPolicy.FETCH)]

    async with planning(diary) as planner:
        await read(planner, refs)

    assert sorted(diary.calls, key=str) == sorted([["a", "b"], refs[2], refs[3]], key=str)


@pytest.mark.asyncio
async def test_without_batching_every_key_is_a_call_at_once() -> None:
    diary = Diary(seconds=0.0)

    async with planning(diary, batching=False) as planner:
        started = anyio.current_time()
        await read(planner, ["a", "b", "a"])
        waited = anyio.current_time() - started

    assert (diary.calls, waited) == (["a", "b"], 0.0)


@pytest.mark.asyncio
async def test_a_read_does_not_join_one_that_has_been_sent() -> None:
    diary = Diary(values={"a": "old"}, seconds=1.0)
    answers: list[bytes] = []

    async def get(planner: Planner) -> None:
        answers.append((await planner.get(RemoteKey("a"))).value)

    async with planning(diary) as planner, anyio.create_task_group() as tasks:
        tasks.start_soon(get, planner)
        await anyio.sleep(0.5)
        tasks.start_soon(get, planner)

    assert diary.calls == ["a", "a"]


@pytest.mark.asyncio
async def test_an_item_that_fails_fails_alone() -> None:
    diary = Diary(failures={"b": SecretMissing(LABEL, "BatchGet", "gone"), "c": BadAnswer(LABEL, "BatchGet", "odd")})

    async with planning(diary) as planner:
        answers = await read(planner, ["a", "b", "c"])

    assert answers == [b"value of a", SecretMissing, BadAnswer]
    assert diary.calls == [["a", "b", "c"]]


@pytest.mark.asyncio
async def test_an_item_that_the_answer_leaves_out_is_asked_for_by_itself() -> None:
    diary = Diary(left_out={"b"})

    async with planning(diary) as planner:
        answers = await read(planner, ["a", "b"])

    assert answers == [b"value of a", b"value of b"]
    assert diary.calls == [["a", "b"], "b"]


@pytest.mark.asyncio
async def test_a_denied_batch_becomes_single_calls_and_is_not_tried_again_for_an_hour() -> None:
    diary = Diary(batch_failure=AccessDenied(LABEL, "BatchGet", "denied"))

    async with planning(diary) as planner:
        first = await read(planner, ["a", "b"])
        await anyio.sleep(DENIAL_SECONDS - 1)
        await read(planner, ["c", "d"])
        await anyio.sleep(2)
        await read(planner, ["e", "f"])

    assert first == [b"value of a", b"value of b"]
    assert diary.calls == [["a", "b"], "a", "b", "c", "d", ["e", "f"], "e", "f"]


@pytest.mark.asyncio
async def test_a_batch_that_fails_for_another_reason_becomes_single_calls_this_once() -> None:
    diary = Diary(batch_failure=SecretMissing(LABEL, "BatchGet", "one of them"))

    async with planning(diary) as planner:
        first = await read(planner, ["a", "b"])
        diary.batch_failure = None
        await read(planner, ["c", "d"])

    assert first == [b"value of a", b"value of b"]
    assert diary.calls == [["a", "b"], "a", "b", ["c", "d"]]


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", [Throttled, Unavailable])
async def test_throttling_and_outages_are_not_answered_with_more_calls(kind: type[ProviderError]) -> None:
    diary = Diary(batch_failure=kind(LABEL, "BatchGet", "not now"))

    async with planning(diary) as planner:
        answers = await read(planner, ["a", "b"])

    assert answers == [kind, kind]
    assert diary.calls == [["a", "b"]]


@pytest.mark.asyncio
@pytest.mark.parametrize("keys", [pytest.param(["a"], id="single"), pytest.param(["a", "b"], id="batch")])
async def test_a_bug_reaches_whoever_asked_and_the_planner_goes_on(keys: list[str]) -> None:
    diary = Diary()
    diary.batch_failure = ValueError("a bug")
    diary.failures["a"] = ValueError("a bug")  # type: ignore[assignment] # a bug is of no expected kind

    async with planning(diary) as planner:
        answers = await read(planner, keys)
        diary.batch_failure = None
        after = await read(planner, ["c"])

    assert answers == [ValueError] * len(keys)
    assert after == [b"value of c"]


@pytest.mark.asyncio
async def test_T_14_who_stops_waiting_takes_nothing_from_the_others() -> None:
    diary = Diary(seconds=1.0)
    answers: list[bytes] = []

    async def impatient(planner: Planner) -> None:
        with anyio.move_on_after(0.5):
            await planner.get(RemoteKey("a"))

    async def patient(planner: Planner) -> None:
        answers.append((await planner.get(RemoteKey("a"))).value)

    async with planning(diary) as planner, anyio.create_task_group() as tasks:
        tasks.start_soon(impatient, planner)
        tasks.start_soon(patient, planner)

    assert (answers, diary.calls) == ([b"value of a"], ["a"])


@pytest.mark.asyncio
async def test_nobody_waits_for_ever_for_a_planner_that_has_ended() -> None:
    diary = Diary(seconds=1.0)
    outcome: list[type[Exception]] = []

    async def wait(planner: Planner) -> None:
        try:
            await planner.get(RemoteKey("a"))
        except EsoctlError as error:
            outcome.append(type(error))

    async with anyio.create_task_group() as tasks, planning(diary) as planner:
        tasks.start_soon(wait, planner)
        await anyio.sleep(0.5)

    assert outcome == [Unavailable]


@pytest.mark.asyncio
async def test_no_more_than_a_share_of_calls_is_under_way_at_once() -> None:
    under_way, most = 0, 0

    class Counting(Diary):
        async def one(self, ref: RemoteKey) -> Payload:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await anyio.sleep(1)
            under_way -= 1
            return Payload(b"x")

    async with planning(Counting(), batching=False) as planner:
        await read(planner, [f"{number}" for number in range(100)])

    assert most == 32


@pytest.mark.asyncio
async def test_what_does_not_fill_a_batch_waits_for_more_while_others_are_under_way() -> None:
    diary = Diary(batch_size=5, seconds=0.03)

    async with planning(diary) as planner, anyio.create_task_group() as tasks:
        tasks.start_soon(read, planner, list("abcdefgh"))
        await anyio.sleep(0.02)
        tasks.start_soon(read, planner, list("ij"))

    assert diary.calls == [list("abcde"), list("fghij")]


@pytest.mark.asyncio
async def test_a_read_beside_a_call_that_hangs_waits_forty_milliseconds_at_most() -> None:
    diary = Diary(seconds=10.0)

    async with planning(diary) as planner, anyio.create_task_group() as tasks:
        tasks.start_soon(planner.get, RemoteKey("slow"))
        await anyio.sleep(1)
        diary.seconds = 0.0
        started = anyio.current_time()
        await planner.get(RemoteKey("quick"))
        waited = anyio.current_time() - started

    assert 0.04 <= waited < 0.05


@pytest.mark.asyncio
async def test_a_thousand_reads_of_a_busy_operator_are_few_calls() -> None:
    diary = Diary(batch_size=20, seconds=0.005)
    keys, draw = iter(range(1000)), random.Random(1)

    async def worker(planner: Planner) -> None:
        for key in keys:
            await planner.get(RemoteKey(f"{key}"))
            await anyio.sleep(0.005 * (0.5 + draw.random()))

    async with planning(diary) as planner, anyio.create_task_group() as tasks:
        for _ in range(32):
            tasks.start_soon(worker, planner)

    assert len(diary.calls) <= 60


def shared(seconds: float = 10.0) -> Shelf:
    return Shared(seconds).shelf()


@pytest.mark.asyncio
async def test_T_14_a_young_answer_is_given_to_who_takes_it_and_to_nobody_else() -> None:
    diary = Diary(values={"a": "old"})

    async with Planner(diary, shelf=shared()) as planner:
        await read(planner, ["a"])
        diary.values["a"] = "new"
        with accepting(5.0):
            patient = await read(planner, ["a"])
        fresh = await read(planner, ["a"])
        with accepting(5.0):
            after = await read(planner, ["a"])

    assert (patient, fresh, after) == ([b"old"], [b"new"], [b"new"])
    assert diary.calls == ["a", "a"]


@pytest.mark.asyncio
async def test_nobody_is_given_what_was_answered_before_something_was_written() -> None:
    diary = Diary(values={"a": "old"})

    async with Planner(diary, shelf=shared()) as planner:
        await read(planner, ["a"])
        diary.values["a"] = "new"
        planner.forget()
        with accepting(5.0):
            after = await read(planner, ["a"])

    assert after == [b"new"]


@pytest.mark.asyncio
async def test_an_answer_ages_from_when_the_call_was_sent() -> None:
    diary = Diary(seconds=4.0)

    async with Planner(diary, shelf=shared()) as planner:
        with accepting(5.0):
            await read(planner, ["a"])
            await anyio.sleep(0.9)
            await read(planner, ["a"])
            await anyio.sleep(0.2)
            await read(planner, ["a"])

    assert diary.calls == ["a", "a"]


@pytest.mark.asyncio
async def test_T_14_who_takes_an_older_answer_joins_a_call_that_is_under_way() -> None:
    diary = Diary(seconds=1.0)
    answers: list[bytes | type[Exception]] = []

    async def later(planner: Planner) -> None:
        await anyio.sleep(0.5)
        with accepting(5.0):
            answers.extend(await read(planner, ["a", "a"]))

    async with Planner(diary, shelf=shared()) as planner, anyio.create_task_group() as tasks:
        tasks.start_soon(later, planner)
        answers.extend(await read(planner, ["a"]))

    assert (answers, diary.calls) == ([b"value of a"] * 3, ["a"])


@pytest.mark.asyncio
async def test_absence_is_believed_by_those_only_who_asked_before() -> None:
    answers: list[bytes | type[Exception]] = []

    async def later(planner: Planner) -> None:
        await anyio.sleep(0.5)
        diary.failures.clear()
        with accepting(5.0):
            answers.extend(await read(planner, ["a"]))

    class Remembering(Diary):
        async def one(self, ref: RemoteKey) -> Payload:
            failure = self.failures.get(ref.key)
            self.calls.append(ref.key)
            await anyio.sleep(self.seconds)
            if failure is not None:
                raise failure
            return self._payload(ref.key)

    diary = Remembering(seconds=1.0, failures={"a": SecretMissing(LABEL, "Get", "gone")})
    async with Planner(diary, shelf=shared()) as planner, anyio.create_task_group() as tasks:
        tasks.start_soon(later, planner)
        answers.extend(await read(planner, ["a"]))

    assert (answers, diary.calls) == ([SecretMissing, b"value of a"], ["a", "a"])


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", [Throttled, Unavailable, SecretMissing, AccessDenied])
async def test_an_error_is_not_kept_for_the_next(kind: type[ProviderError]) -> None:
    diary = Diary(failures={"a": kind(LABEL, "Get", "x")})

    async with Planner(diary, shelf=shared()) as planner:
        with accepting(5.0):
            answers = await read(planner, ["a"]) + await read(planner, ["a"])

    assert (answers, diary.calls) == ([kind, kind], ["a", "a"])


@pytest.mark.asyncio
async def test_nothing_is_kept_longer_than_the_window_though_nobody_asks() -> None:
    kept = Shared(10.0)

    async with Planner(Diary(), shelf=kept.shelf()) as planner:
        await read(planner, ["a", "b"])
        held = len(kept)
        await anyio.sleep(11)

        assert (held, len(kept)) == (2, 0)


@pytest.mark.asyncio
async def test_a_thousand_readers_of_fifty_secrets_are_ten_calls_at_most() -> None:
    diary = Diary(batch_size=20, seconds=0.02)
    draw = random.Random(1)
    keys = iter(range(1000))

    async def worker(planner: Planner) -> None:
        for key in keys:
            with asking(Asking(Haste.QUEUED, oldest_seconds=math.inf)):
                await planner.get(RemoteKey(f"{key % 50}"))
            await anyio.sleep(0.1 + 0.2 * draw.random())

    async with Planner(diary, shelf=shared()) as planner, anyio.create_task_group() as tasks:
        for _ in range(32):
            tasks.start_soon(worker, planner)

    assert len(diary.calls) <= 10


@pytest.mark.asyncio
@pytest.mark.parametrize(("size", "most"), [pytest.param(20, 60, id="secrets"), pytest.param(10, 110, id="parameters")])
@pytest.mark.parametrize("writing", [0.02, 0.1, 0.5])
async def test_a_cold_round_of_a_thousand_fills_its_batches_however_fast_workers_write(
    size: int, most: int, writing: float
) -> None:
    diary = Diary(batch_size=size, seconds=0.02)
    draw = random.Random(1)
    keys = iter(range(1000))

    async def worker(planner: Planner) -> None:
        for key in keys:
            with asking(Asking(Haste.QUEUED)):
                await planner.get(RemoteKey(f"{key}"))
            await anyio.sleep(writing * (0.5 + draw.random()))

    async with Planner(diary) as planner, anyio.create_task_group() as tasks:
        for _ in range(32):
            tasks.start_soon(worker, planner)

    assert len(diary.calls) <= most


@pytest.mark.asyncio
async def test_a_trickle_of_refreshes_is_three_calls_a_second_at_most() -> None:
    started = list[float]()

    class Timed(Diary):
        async def many(self, keys: Sequence[str]) -> Mapping[str, Payload | ProviderError]:
            started.append(anyio.current_time())
            return await super().many(keys)

        async def one(self, ref: RemoteKey) -> Payload:
            started.append(anyio.current_time())
            return await super().one(ref)

    diary = Timed(batch_size=20)
    async with Planner(diary) as planner, anyio.create_task_group() as tasks:
        with asking(Asking(Haste.CALM)):
            for number in range(200):
                tasks.start_soon(planner.get, RemoteKey(f"{number}"))
                await anyio.sleep(0.06)

    assert max(sum(moment <= other < moment + 1.0 for other in started) for moment in started) <= 3
    assert sum(len(call) if isinstance(call, list) else 1 for call in diary.calls) == 200


@pytest.mark.asyncio
async def test_reads_are_counted_by_how_they_were_answered() -> None:
    counted: dict[How, int] = dict.fromkeys(How, 0)

    def count(how: How, reads: int) -> None:
        counted[how] += reads

    diary = Diary(batch_size=5)
    async with Planner(diary, shelf=shared(), count=count) as planner:
        await read(planner, ["a", "b", "b"])
        with accepting(5.0):
            await read(planner, ["a"])
        await read(planner, ["c"])
        diary.batch_failure = AccessDenied(LABEL, "BatchGet", "denied")
        await read(planner, ["d", "e"])

    assert counted == {How.BATCHED: 2, How.MERGED: 1, How.SHARED: 1, How.SINGLE: 1, How.FALLBACK: 2}
