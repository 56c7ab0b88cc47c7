"""F60 to F68 together, in an order that a seed decides: twenty minutes of an AWS that is never quite well.

The oracle does not trust the operator. Every value tells its secret and its number, so that each write can be judged by
itself: it has every key, one number for each secret, and no number below one written before.
"""

import random

import pytest

from support.aws_day import BACKOFF_SECONDS, MAIN, ROLE, SYNCED, AwsDay, an_aws_day, marked
from support.aws_double import Asked, Said, failed
from support.aws_script import (
    BROKEN,
    DENIED,
    EMPTY,
    HALF,
    PAGE,
    REFUSED,
    SILENT,
    STS_BROKEN,
    STS_BUSY,
    THROTTLED,
    Act,
    Edited,
    with_errors,
    without_values,
)

pytestmark = pytest.mark.asyncio

SECRETS = [f"s{number}" for number in range(8)]
FOUND = [f"app/{number}" for number in range(4)]
FAULTS: list[tuple[str, Act, float]] = [
    ("*", THROTTLED, 0.6),
    ("*", BROKEN, 0.6),
    ("*", SILENT, 0.3),
    ("*", HALF, 0.5),
    ("*", EMPTY, 0.4),
    ("*", PAGE, 0.4),
    ("*", REFUSED, 0.6),
    ("*", Edited(without_values), 0.4),
    ("BatchGetSecretValue", with_errors("AccessDeniedException"), 0.5),
    ("BatchGetSecretValue", with_errors("InternalServiceError", "s3", "app/2"), 1.0),
    ("BatchGetSecretValue", DENIED, 1.0),
    ("AssumeRole", STS_BROKEN, 1.0),
    ("AssumeRole", STS_BUSY, 0.7),
]
GONE = failed("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")


class Trouble:
    """Numbers of secrets that go up, and faults that come and go."""

    def __init__(self, found: AwsDay, seed: int) -> None:
        self.found = found
        self.random = random.Random(seed)
        self.odd = ""
        self.numbers = dict.fromkeys([*SECRETS, *FOUND], 0)
        for name in self.numbers:
            self.turn(name)

    def turn(self, name: str) -> None:
        self.numbers[name] += 1
        self.found.world.rotate(name, marked(f"{name}:{self.numbers[name]}"))

    def next(self) -> None:
        script = self.found.script
        script.clear()
        for operation, fault, share in self.random.sample(FAULTS, self.random.randint(0, 2)):
            script.on(operation, fault, signer=MAIN, share=share)
        for name in self.random.sample(sorted(self.numbers), 3):
            self.turn(name)
        odd = self.random.choice([None, "old", "gone", "moves"])
        # Never the same twice in a row: two odd answers that agree are believed, as they should be.
        name = self.odd = self.random.choice([name for name in SECRETS if name != self.odd])
        if odd == "old":
            script.on("GetSecretValue", self.old, times=1, key=name)
        elif odd == "gone":
            script.on("GetSecretValue", GONE, times=1, key=name)
        elif odd == "moves":
            script.on("GetSecretValue", lambda asked: self.moves(asked, name), times=1, key=name)

    def old(self, asked: Asked) -> Said:
        """The version before this one, as a machine answers that has not heard of the last rotation."""
        return self.found.world._GetSecretValue({**asked.parameters, "VersionStage": "AWSPREVIOUS"})

    def moves(self, asked: Asked, name: str) -> Said:
        """The current version, which is not current any more when the answer is there."""
        answer = self.found.world._GetSecretValue(asked.parameters)
        self.turn(name)
        return answer


@pytest.mark.parametrize("seed", [1, 2])
async def test_F60_to_F68_together_lose_nothing_tear_nothing_and_go_back_on_nothing(seed: int) -> None:
    async with an_aws_day(seed=seed) as found:
        trouble = Trouble(found, seed)
        wanted = await everybody(found)
        mark = len(found.day.transport.calls)

        for _ in range(60):
            trouble.next()
            await found.day.settle(20)
        assert found.day.ready("bystander") == SYNCED
        found.script.clear()

        def current(name: str) -> bool:
            keys = wanted[name]
            return found.data(name) == {key: f"{secret}:{trouble.numbers[secret]}" for key, secret in keys.items()}

        await found.day.until(
            lambda: all(current(name) and found.day.ready(name) == SYNCED for name in wanted), BACKOFF_SECONDS
        )
        for name, keys in wanted.items():
            judge(found.written(name, mark), keys)
        assert [call.path for call in found.secret_writes(mark) if call.method == "DELETE"] == []
        found.nothing_leaked()


async def everybody(found: AwsDay) -> dict[str, dict[str, str]]:
    """Synced ExternalSecrets of every kind: for each name its keys, and the secret that each is of."""
    found.store("role", role=ROLE)
    found.external_secret("bystander", store="other", data={"a": "other"}, refreshInterval="1m")
    arn = found.world.secrets["s0"].arn
    by_arn = [{"secretKey": "name", "remoteRef": {"key": "s0"}}, {"secretKey": "arn", "remoteRef": {"key": arn}}]
    search = [{"find": {"name": {"regexp": "^app/"}, "path": "app/"}}]
    all_of = {f"k{name}": name for name in SECRETS}
    await found.synced("many", data=all_of, refreshInterval="1m", target={"deletionPolicy": "Merge"})
    await found.synced("one", data={"a": "s1"}, refreshInterval="1m", target={"deletionPolicy": "Delete"})
    await found.synced("role", store="role", data={"a": "s1", "b": "s2"}, refreshInterval="1m")
    await found.searching("twice", data=by_arn, target={"deletionPolicy": "Delete"})
    await found.searching("search", dataFrom=search, target={"deletionPolicy": "Delete"})
    return {
        "many": all_of,
        "one": {"a": "s1"},
        "role": {"a": "s1", "b": "s2"},
        "twice": {"name": "s0", "arn": "s0"},
        "search": {name.replace("/", "_"): name for name in FOUND},
    }


def judge(writes: list[dict[str, str]], keys: dict[str, str]) -> None:
    """N1 and N2, for every write by itself and after the one before it."""
    reached = dict.fromkeys(keys.values(), 0)
    assert writes
    for write in writes:
        assert write.keys() == keys.keys(), write
        numbers: dict[str, set[int]] = {}
        for key, value in write.items():
            secret, _, number = value.partition(":")
            assert secret == keys[key], write
            numbers.setdefault(secret, set()).add(int(number))
        for secret, found in numbers.items():
            assert len(found) == 1, f"torn: {write}"
            assert max(found) >= reached[secret], f"went back: {write} after {reached}"
            reached[secret] = max(found)
