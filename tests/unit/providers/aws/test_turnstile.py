"""Who calls AWS next, on the virtual clock."""

import anyio
import pytest

from esoctl.providers.asking import Asking, asking
from esoctl.providers.aws.identity import Ambient, Identity, Keys, Static
from esoctl.providers.aws.spec import Hop
from esoctl.providers.aws.turnstile import LANE_SECONDS, Accounts, Turnstiles, account

CALL = "DescribeParameters"
"""Ten a second."""
READER = "arn:aws:iam::111122223333:role/reader"
WRITER = "arn:aws:iam::111122223333:role/path/writer"
ELSEWHERE = "arn:aws:iam::999988887777:role/reader"
CHINESE = "arn:aws-cn:iam::111122223333:role/reader"


def signing(*roles: str, region: str = "eu-west-1", key: str = "AKIA1") -> Identity:
    return Identity(Static(key, "digest", Keys(key, "secret")), tuple(Hop(role) for role in roles), region)


async def exhaust(turnstiles: Turnstiles) -> None:
    for _ in range(10):
        await turnstiles.enter(CALL)


async def entered(turnstiles: Turnstiles, *turns: int, apart: float = 0.0) -> list[int]:
    """Let calls of those lanes come one after another; the order in which they went."""
    went: list[int] = []

    async def call(turn: int) -> None:
        with asking(Asking(turn=turn)):
            await turnstiles.enter(CALL)
        went.append(turn)

    async with anyio.create_task_group() as tasks:
        for turn in turns:
            tasks.start_soon(call, turn)
            await anyio.sleep(apart)
    return went


@pytest.mark.asyncio
async def test_calls_go_at_once_while_there_are_places() -> None:
    turnstiles = Turnstiles()

    await exhaust(turnstiles)

    assert anyio.current_time() == 0.0


@pytest.mark.asyncio
async def test_an_edit_overtakes_the_refreshes_that_wait() -> None:
    turnstiles = Turnstiles()
    await exhaust(turnstiles)

    assert await entered(turnstiles, 3, 3, 5, 1, apart=0.01) == [1, 3, 3, 5]


@pytest.mark.asyncio
async def test_calls_of_one_lane_go_in_their_order_and_at_the_rate() -> None:
    turnstiles = Turnstiles()
    await exhaust(turnstiles)

    await entered(turnstiles, *[3] * 20)

    assert anyio.current_time() == pytest.approx(2.0)


@pytest.mark.asyncio
async def test_nothing_waits_for_ever_behind_edits() -> None:
    turnstiles = Turnstiles()
    await exhaust(turnstiles)
    waited: list[float] = []

    async def refresh() -> None:
        with asking(Asking(turn=3)):
            await turnstiles.enter(CALL)
        waited.append(anyio.current_time())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(refresh)
        with asking(Asking(turn=1)):
            for _ in range(1000):
                tasks.start_soon(turnstiles.enter, CALL)
                await anyio.sleep(0.05)

    assert waited[0] <= 3 * 2 * LANE_SECONDS


@pytest.mark.asyncio
async def test_who_gives_up_takes_no_place_and_holds_nobody_up() -> None:
    turnstiles = Turnstiles()
    await exhaust(turnstiles)

    async def impatient() -> None:
        with anyio.move_on_after(0.05), asking(Asking(turn=0)):
            await turnstiles.enter(CALL)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(impatient)
        tasks.start_soon(turnstiles.enter, CALL)

    assert anyio.current_time() == pytest.approx(0.1)
    assert turnstiles.waiting() == {CALL: 0}


@pytest.mark.asyncio
async def test_a_hint_of_aws_holds_everybody_up() -> None:
    turnstiles = Turnstiles()

    turnstiles.throttled(CALL, 5.0)
    await turnstiles.enter(CALL)

    assert anyio.current_time() == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param(signing(READER), signing(WRITER), True, id="two roles of one account"),
        pytest.param(signing(READER, key="AKIA1"), signing(READER, key="AKIA2"), True, id="whoever assumes it"),
        pytest.param(signing(ELSEWHERE, READER), signing(WRITER), True, id="the last role of a chain counts"),
        pytest.param(signing(READER), signing(ELSEWHERE), False, id="two accounts"),
        pytest.param(signing(READER), signing(CHINESE), False, id="two partitions"),
        pytest.param(signing(key="AKIA1"), signing(key="AKIA1"), True, id="one user"),
        pytest.param(signing(key="AKIA1"), signing(key="AKIA2"), False, id="two users without a role"),
        pytest.param(signing("reader"), signing("writer"), True, id="roles that are no ARNs count for the user"),
        pytest.param(Identity(Ambient(), (), "eu-west-1"), signing(), False, id="the operator itself"),
    ],
)
def test_the_account_is_the_roles(one: Identity, other: Identity, same: bool) -> None:
    assert (account(one) == account(other)) is same


def test_regions_have_turnstiles_of_their_own_and_identities_of_one_account_share() -> None:
    accounts = Accounts()
    mine = accounts.of(signing(READER))

    assert accounts.of(signing(WRITER)) is mine
    assert accounts.of(signing(READER, region="eu-west-3")) is not mine


@pytest.mark.asyncio
async def test_the_metrics_tell_the_slowest_rate_and_all_that_wait() -> None:
    accounts = Accounts()
    one, other = accounts.of(signing(READER)), accounts.of(signing(ELSEWHERE))
    await one.enter(CALL)
    other.throttled(CALL, 1.0)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(other.enter, CALL)
        await anyio.sleep(0.5)
        seen = (accounts.rates(), accounts.waiting())

    assert seen == ({CALL: 5.0}, {CALL: 1.0})
