"""The AWS of a soak: secrets whose every version is remembered with its time, and moods in which it fails.

It runs in a thread of its own with its own event loop; a mood is set from any thread.
"""

import contextlib
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import anyio

from support.aws_double import Asked, AwsDouble, Said, failed, running, said
from support.aws_script import BROKEN, DENIED, NO_JSON, THROTTLED

CANARY = "canary9f31"
"""In every value; must be found nowhere but in Secrets."""
STALE_SECONDS = 3.0
"""How long after a rotation a read may still give the version before (eventual consistency)."""


@dataclass
class Remote:
    """``history[name]`` holds the time at which each version, counted from 0, came to be."""

    history: dict[str, list[float]] = field(default_factory=dict)
    mood: str = "well"
    draw: random.Random = field(default_factory=random.Random)
    calls: int = 0
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rotate(self, name: str) -> int:
        """A new version, the first included; its number."""
        with self.lock:
            times = self.history.setdefault(name, [])
            times.append(time.time())
            return len(times) - 1

    def version(self, name: str) -> int:
        return len(self.history[name]) - 1

    def read(self, name: str) -> int:
        """What a read sees: the newest version, or for some seconds the one before it."""
        with self.lock:
            times = self.history[name]
            fresh = time.time() - times[-1] < STALE_SECONDS
            return len(times) - 1 - (1 if fresh and len(times) > 1 and self.draw.random() < 0.5 else 0)

    def one(self, asked: Asked) -> Said:
        name = str(asked.parameters.get("SecretId", ""))
        return said(self.entry(name)) if name in self.history else failed("ResourceNotFoundException", "not there")

    def several(self, asked: Asked) -> Said:
        names = asked.parameters.get("SecretIdList")
        assert isinstance(names, list), "a soak looks for nothing by filters"
        errors = [name for name in names if self.mood == "partial" and self.draw.random() < 0.3]
        found = [self.entry(name) for name in names if name in self.history and name not in errors]
        told = [{"SecretId": name, "ErrorCode": "InternalServiceError", "Message": "told to"} for name in errors]
        return said({"SecretValues": found, "Errors": told})

    def entry(self, name: str) -> dict[str, object]:
        number = self.read(name)
        value = {"user": user(name, number), "pass": password(name, number)}
        return {
            "ARN": f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{name}-AbCdEf",
            "Name": name,
            "VersionId": f"{number:032d}",
            "VersionStages": ["AWSCURRENT"],
            "CreatedDate": self.history[name][number],
            "SecretString": json.dumps(value),
        }

    def answer(self, asked: Asked, well: Callable[[Asked], Said]) -> Said:
        self.calls += 1
        bad = {
            "throttled": THROTTLED,
            "broken": BROKEN,
            "denied": DENIED,
            "garbled": NO_JSON,
            "silent": Said(hang=60.0),
        }
        if self.mood == "shaky" and self.draw.random() < 0.3:
            return self.draw.choice([THROTTLED, BROKEN, NO_JSON])
        return bad[self.mood] if self.mood in bad else well(asked)

    def set_up(self, double: AwsDouble) -> None:
        self.url = double.url
        double.asked = Forgetful()
        double.on("GetSecretValue", lambda asked: self.answer(asked, self.one))
        double.on("BatchGetSecretValue", lambda asked: self.answer(asked, self.several))
        identity = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>"
        identity += "</GetCallerIdentityResult></GetCallerIdentityResponse>"
        double.on("GetCallerIdentity", Said(identity.encode(), headers={"Content-Type": "text/xml"}))


class Forgetful(list[Asked]):
    """Hours of requests need not be kept."""

    def append(self, asked: Asked) -> None: ...


def user(name: str, number: int) -> str:
    return f"user-{name}-{number}-{CANARY}"


def password(name: str, number: int) -> str:
    return f"pass-{name}-{number}-{CANARY}"


@contextlib.contextmanager
def at_work(remote: Remote) -> Iterator[Remote]:
    """Serve until the block is left."""
    ready, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with running() as double:
            remote.set_up(double)
            ready.set()
            while not over.is_set():  # noqa: ASYNC110  the event is of another thread
                await anyio.sleep(0.2)

    thread = threading.Thread(target=anyio.run, args=(serve,), daemon=True)
    thread.start()
    assert ready.wait(20), "the stand-in for AWS did not start"
    try:
        yield remote
    finally:
        over.set()
        thread.join(20)
