import anyio
import pytest

from esoctl.errors import AccessDenied, EsoctlError, StoreError, Unavailable
from esoctl.providers.aws.identity import Keys
from esoctl.providers.aws.sources import Fixed, Lent, Loan


class Lender:
    """Lends numbered keys for ``life`` seconds, and fails while ``failure`` is set."""

    def __init__(self, life: float = 3600.0, seconds: float = 0.0) -> None:
        self.life = life
        self.seconds = seconds
        self.asked = 0
        self.failure: Exception | None = None

    async def lend(self) -> Loan:
        self.asked += 1
        number = self.asked
        await anyio.sleep(self.seconds)
        if self.failure is not None:
            raise self.failure
        return Loan(Keys(f"key-{number}", "secret"), self.life)


AWAY = Unavailable("AWS/STS", "AssumeRole", "away")


@pytest.mark.asyncio
async def test_fixed_keys_never_change() -> None:
    source = Fixed(Keys("id", "secret"))

    assert not source.refused(source.generation)
    assert (await source.keys()).key_id == "id"


@pytest.mark.asyncio
async def test_lent_keys_are_kept_until_ten_minutes_before_their_end() -> None:
    lender = Lender(life=3600.0)
    source = Lent(lender.lend)

    first = await source.keys()
    await anyio.sleep(2999)
    kept = await source.keys()
    await anyio.sleep(2)
    renewed = await source.keys()

    assert [keys.key_id for keys in (first, kept, renewed)] == ["key-1", "key-1", "key-2"]


@pytest.mark.asyncio
async def test_short_lived_keys_are_not_renewed_for_every_request() -> None:
    lender = Lender(life=90.0)
    source = Lent(lender.lend)

    for _ in range(60):
        await source.keys()
        await anyio.sleep(1)

    assert lender.asked == 1


@pytest.mark.asyncio
async def test_all_who_need_keys_at_once_wait_for_one_loan() -> None:
    lender = Lender(seconds=1.0)
    source = Lent(lender.lend)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(source.keys)

    assert lender.asked == 1


@pytest.mark.asyncio
async def test_while_one_renews_the_others_go_on_with_valid_keys() -> None:
    lender = Lender(life=3600.0)
    source = Lent(lender.lend)
    await source.keys()
    await anyio.sleep(3100)
    lender.seconds = 100.0
    seen: list[tuple[float, str]] = []
    started = anyio.current_time()

    async def ask() -> None:
        keys = await source.keys()
        seen.append((anyio.current_time() - started, keys.key_id))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await anyio.sleep(1)
        tasks.start_soon(ask)

    assert seen == [(1.0, "key-1"), (100.0, "key-2")]


@pytest.mark.asyncio
@pytest.mark.parametrize("failure", [AWAY, StoreError("SecretStore/main", "no token")])
async def test_valid_keys_are_used_while_renewal_fails_and_it_is_tried_every_half_minute(
    failure: EsoctlError,
) -> None:
    lender = Lender(life=3600.0)
    source = Lent(lender.lend)
    await source.keys()
    await anyio.sleep(3001)
    lender.failure = failure

    for _ in range(300):
        assert (await source.keys()).key_id == "key-1"
        await anyio.sleep(1)

    assert lender.asked == 1 + 10


@pytest.mark.asyncio
async def test_keys_that_have_ended_are_not_used_when_renewal_fails() -> None:
    lender = Lender(life=3600.0)
    source = Lent(lender.lend)
    await source.keys()
    await anyio.sleep(3601)
    lender.failure = AWAY

    with pytest.raises(Unavailable):
        await source.keys()


@pytest.mark.asyncio
async def test_a_first_loan_that_fails_is_an_error_and_a_second_later_it_is_asked_again() -> None:
    lender = Lender()
    lender.failure = AccessDenied("AWS/STS", "AssumeRole", "denied")
    source = Lent(lender.lend)
    with pytest.raises(AccessDenied):
        await source.keys()

    lender.failure = None
    with pytest.raises(AccessDenied):
        await source.keys()
    await anyio.sleep(1)

    assert (await source.keys()).key_id == "key-2"


@pytest.mark.asyncio
async def test_REL_05_pauses_grow_while_there_are_no_valid_keys() -> None:
    lender = Lender()
    lender.failure = AWAY
    source = Lent(lender.lend)
    asked_at: list[float] = []
    started = anyio.current_time()

    for _ in range(600):
        before = lender.asked
        with pytest.raises(Unavailable):
            await source.keys()
        if lender.asked > before:
            asked_at.append(anyio.current_time() - started)
        await anyio.sleep(0.1)

    assert [round(moment) for moment in asked_at] == [0, 1, 3, 7, 15, 30, 45]


@pytest.mark.asyncio
async def test_all_who_wait_for_a_loan_that_fails_share_the_failure() -> None:
    lender = Lender(seconds=1.0)
    lender.failure = AWAY
    source = Lent(lender.lend)
    failures: list[Exception] = []

    async def ask() -> None:
        try:
            await source.keys()
        except Unavailable as error:
            failures.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(ask)

    assert (lender.asked, len(failures)) == (1, 20)


@pytest.mark.asyncio
async def test_refused_keys_are_dropped_but_not_more_often_than_every_half_minute() -> None:
    lender = Lender()
    source = Lent(lender.lend)

    for _ in range(60):
        await source.keys()
        source.refused(source.generation)
        await anyio.sleep(1)

    assert lender.asked == 1 + 2


@pytest.mark.asyncio
async def test_a_late_refusal_of_old_keys_drops_no_new_ones() -> None:
    lender, forgotten = Lender(), list[int]()
    source = Lent(lender.lend, lambda: forgotten.append(lender.asked))
    await source.keys()
    old = source.generation
    assert source.refused(old)
    await source.keys()

    assert source.refused(old)
    assert (await source.keys()).key_id == "key-2"
    assert forgotten == [1]


@pytest.mark.asyncio
async def test_who_gives_up_waiting_for_a_loan_does_not_spoil_it_for_the_others() -> None:
    lender = Lender(seconds=10.0)
    source = Lent(lender.lend)
    outcome: list[str] = []

    async def patient() -> None:
        outcome.append((await source.keys()).key_id)

    async def impatient() -> None:
        with anyio.move_on_after(5):
            await source.keys()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(impatient)
        await anyio.sleep(1)
        tasks.start_soon(patient)

    assert outcome == ["key-2"]


def test_keys_are_never_shown() -> None:
    texts = (
        repr(Keys("AKIAHUSH", "HUSH", "HUSH"))
        + repr(Loan(Keys("AKIAHUSH", "HUSH")))
        + repr(Fixed(Keys("HUSH", "HUSH")))
    )

    assert "HUSH" not in texts
