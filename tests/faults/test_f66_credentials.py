"""F66: keys that end in the middle of the work, an STS that is away, throttles or refuses, and a wrong clock."""

import itertools

import anyio
import pytest

from esoctl.providers.aws.identity import ROLE_ANNOTATION
from support.aws_day import BACKOFF_SECONDS, MAIN, ROLE, SYNCED, AwsDay, an_aws_day
from support.aws_double import refused
from support.aws_script import REFUSED, STS_BROKEN, STS_BUSY, STS_DENIED, Act, skewed

pytestmark = pytest.mark.asyncio

EXPIRED = "ExpiredTokenException"


async def with_role(found: AwsDay, size: int = 3, interval: str = "1m") -> list[str]:
    found.store("main", role=ROLE)
    await found.day.settle(2)
    return await found.fleet(size, refreshInterval=interval)


async def test_F66_keys_are_renewed_ahead_of_their_end_and_by_one_call_for_all() -> None:
    async with an_aws_day() as found:
        found.world.life_seconds = 900.0
        names = await with_role(found, 10, "5m")
        assert found.script.count("AssumeRole") == 1

        await found.day.settle(3600)

        assert found.all_ready(names)
        assert [call for call in found.script.calls if call.outcome == EXPIRED] == []
        # Every ten minutes: five ahead of the end.
        moments = [call.at for call in found.script.those("AssumeRole")]
        assert 6 <= len(moments) <= 8
        gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
        assert all(500 <= gap <= 700 for gap in gaps), gaps
        found.nothing_leaked()


async def test_F66_keys_that_end_in_the_middle_of_the_work_cost_one_call_and_no_failure() -> None:
    async with an_aws_day() as found:
        names = await with_role(found)
        mark = len(found.day.transport.calls)
        found.turn(names, "two")
        for key_id in found.world.lent:
            found.world.lent[key_id] = 0.0  # somebody revoked the sessions

        await found.day.until(lambda: found.all_hold(names, "two"), seconds=90)

        await found.day.settle(10)
        assert found.all_ready(names)
        assert found.script.count("AssumeRole") <= 3
        found.nothing_was_lost(mark)
        found.nothing_leaked()


@pytest.mark.parametrize(
    "fault",
    [pytest.param(STS_BUSY, id="throttled"), pytest.param(REFUSED, id="refused")],
)
async def test_F66_while_sts_is_away_keys_that_are_still_valid_are_used(fault: Act) -> None:
    async with an_aws_day() as found:
        names = await with_role(found, 3, "4m")
        await found.day.settle(2900)
        found.script.on("AssumeRole", fault)
        found.turn(names, "two")
        began, calls = anyio.current_time(), found.script.count("AssumeRole")
        await found.day.settle(600)

        # Ten minutes away, inside the last ten of the keys: nobody notices, and STS is left alone.
        assert found.all_hold(names, "two")
        assert found.all_ready(names)
        assert found.day.ready("main", "SecretStore")[0] == "True"
        assert 2 <= found.script.count("AssumeRole") - calls <= 70
        assert found.script.most_in_a_second("AssumeRole", since=began) <= 3
        found.script.clear()
        await found.day.settle(400)

        assert found.all_ready(names)
        assert [call for call in found.script.calls if call.outcome == EXPIRED] == []
        found.nothing_leaked()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(STS_BROKEN, ("AWS/STS AssumeRole: InternalFailure",), id="away"),
        pytest.param(STS_DENIED, ("AWS/STS AssumeRole: AccessDenied", f"sts:AssumeRole on '{ROLE}'"), id="denied"),
    ],
)
async def test_F66_when_the_keys_are_over_the_data_stay_and_the_reason_is_told(
    fault: Act, words: tuple[str, ...]
) -> None:
    async with an_aws_day() as found:
        found.world.life_seconds = 120.0
        names = await with_role(found)
        found.script.on("AssumeRole", fault)
        await found.day.settle(150)
        mark = len(found.day.transport.calls)
        found.turn(names, "two")
        await found.day.settle(450)

        found.kept(names, "one", mark)
        assert all(found.day.ready(name)[0] == "False" for name in names)
        for name in names:
            assert all(word in found.day.ready(name)[2] for word in words), found.day.ready(name)
        assert found.day.ready("bystander") == SYNCED

        found.script.clear()
        await found.recovered(names, "two", seconds=BACKOFF_SECONDS)
        found.nothing_was_lost(mark)
        found.nothing_leaked()


async def test_F66_a_web_identity_outlives_sts_and_the_cluster_s_tokens_and_then_says_what_is_wrong() -> None:
    async with an_aws_day() as found:
        account = {"metadata": {"name": "reader", "annotations": {ROLE_ANNOTATION: ROLE}}}
        found.day.do("POST", f"/api/v1/namespaces/{found.day.namespace}/serviceaccounts", account)
        found.store("main", auth={"jwt": {"serviceAccountRef": {"name": "reader"}}})
        await found.day.settle(2)
        names = await found.fleet(3, refreshInterval="4m")
        assert found.script.count("AssumeRoleWithWebIdentity") == 1
        await found.day.settle(2900)

        found.script.on("AssumeRoleWithWebIdentity", refused("InvalidIdentityToken", 400))
        found.turn(names, "two")
        await found.day.settle(600)
        assert found.all_hold(names, "two")
        assert found.all_ready(names)

        # Now the keys are over.
        await found.day.settle(400)
        mark = len(found.day.transport.calls)
        found.turn(names, "three")
        await found.day.settle(120)
        found.kept(names, "two", mark)
        found.tells(names, "STS does not trust the token; check the identity provider and the audience")

        found.script.clear()
        await found.recovered(names, "three", seconds=BACKOFF_SECONDS + 240)
        found.nothing_was_lost(mark)
        found.nothing_leaked()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            "Signature expired: 20260601T120000Z is now earlier than 20260601T120105Z (20260601T120605Z - 5 min.)",
            "the clock of this machine is 6 min behind AWS's",
            id="behind",
        ),
        pytest.param(
            "Signature not yet current: 20260601T120605Z is still later than 20260601T120500Z"
            " (20260601T120000Z + 5 min.)",
            "the clock of this machine is 6 min ahead of AWS's",
            id="ahead",
        ),
    ],
)
async def test_F66_a_clock_that_is_wrong_is_named(text: str, told: str) -> None:
    async with an_aws_day() as found:
        names = await found.fleet(3)
        mark = len(found.day.transport.calls)
        found.script.on("*", skewed(text), signer=MAIN)
        found.turn(names, "two")
        await found.day.settle(120)

        found.kept(names, "one", mark)
        found.tells(names, told)
        assert found.day.ready("bystander") == SYNCED
        messages = {found.day.ready(name)[2] for name in names}
        await found.day.settle(60)
        assert {found.day.ready(name)[2] for name in names} == messages

        found.script.clear()
        await found.recovered(names, "two")
        found.nothing_was_lost(mark)
        found.nothing_leaked()
