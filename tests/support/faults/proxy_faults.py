"""What the proxy in front of the API server can do to a request, to an answer, and to the events of a watch.

Each fault overrides the steps it is about: ``before`` the request is passed on, ``after`` the API server has answered,
``change`` for the whole body of an answer, ``events`` for every event of a watch. A fault that ends the connection
raises ``Cut``. In a watch only ``events`` and ``pause`` matter once it is open, for a ``Match`` with an event.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from support.faults.asked import Asked, Match

Json = Any
"""What JSON can hold; tests look into it freely."""
SAYS = "the test says so"


class Cut(Exception):
    """The connection to the client ends here, by a reset or in good order, and a part of the answer goes out first."""

    def __init__(self, *, reset: bool = True, part: bytes = b"") -> None:
        super().__init__()
        self.reset = reset
        self.part = part


@dataclass(frozen=True)
class Said:
    """An answer that is not the API server's."""

    status: int
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)


class Fault:
    """Lets everything pass."""

    async def before(self, asked: Asked) -> Said | None:
        """Whether to answer at once, without passing it on."""
        return None

    async def after(self, asked: Asked) -> Said | None:
        """Whether to answer something else than the API server did."""
        return None

    def change(self, asked: Asked, body: bytes) -> bytes:
        return body

    async def events(self, asked: Asked, line: bytes) -> list[bytes]:
        """What becomes of one event; a line with its end."""
        return [line]

    @property
    def pause(self) -> float:
        """Seconds between two bytes of what is sent to the client."""
        return 0.0


@dataclass
class Delay(Fault):
    """Pass on later; in a watch, every event."""

    seconds: float

    async def before(self, asked: Asked) -> Said | None:
        await asyncio.sleep(self.seconds)
        return None

    async def events(self, asked: Asked, line: bytes) -> list[bytes]:
        await asyncio.sleep(self.seconds)
        return [line]


class Swallow(Fault):
    """Take the request and say nothing, for as long as the client waits."""

    async def before(self, asked: Asked) -> Said | None:
        await asyncio.Event().wait()
        return None


@dataclass
class HangUp(Fault):
    """Drop the connection: before the request is passed on, or once the API server has done what was asked."""

    sent: bool = False
    reset: bool = True

    async def before(self, asked: Asked) -> Said | None:
        if not self.sent:
            raise Cut(reset=self.reset)
        return None

    async def after(self, asked: Asked) -> Said | None:
        raise Cut(reset=self.reset)


@dataclass
class Answer(Fault):
    """Say this instead; with ``sent`` the API server has done what was asked all the same."""

    status: int
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: bool = False

    async def before(self, asked: Asked) -> Said | None:
        return None if self.sent else Said(self.status, self.body, self.headers)

    async def after(self, asked: Asked) -> Said | None:
        return Said(self.status, self.body, self.headers)


def refusal(code: int, reason: str, message: str = SAYS, *, sent: bool = False, **details: Json) -> Answer:
    """An ``Answer`` that is a Status; ``details`` such as ``retryAfterSeconds``, which is also a header."""
    wait = {"Retry-After": str(details["retryAfterSeconds"])} if "retryAfterSeconds" in details else {}
    return Answer(code, json.dumps(status(code, reason, message, **details)).encode(), wait, sent)


def status(code: int, reason: str, message: str = SAYS, **details: Json) -> Json:
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    return body | {"reason": reason, "code": code} | ({"details": details} if details else {})


def error_event(code: int, reason: str, message: str = SAYS, **details: Json) -> bytes:
    """A line of a watch that reports an error."""
    return json.dumps({"type": "ERROR", "object": status(code, reason, message, **details)}).encode() + b"\n"


@dataclass
class Ask(Fault):
    """Ask the API server something else: the function changes the query in place."""

    alter: Callable[[dict[str, str]], object]

    async def before(self, asked: Asked) -> Said | None:
        self.alter(asked.query)
        return None


@dataclass
class Edit(Fault):
    """Change the body of an answer, or an event, as JSON; the function returns the new one or changes it in place."""

    alter: Callable[[Json], Json]

    def change(self, asked: Asked, body: bytes) -> bytes:
        found = json.loads(body)
        changed = self.alter(found)
        return json.dumps(found if changed is None else changed).encode()

    async def events(self, asked: Asked, line: bytes) -> list[bytes]:
        return [self.change(asked, line) + b"\n"]


@dataclass
class Truncate(Fault):
    """End the connection after so many bytes of the body or of the event."""

    at: int
    reset: bool = True

    def change(self, asked: Asked, body: bytes) -> bytes:
        raise Cut(reset=self.reset, part=body[: self.at])

    async def events(self, asked: Asked, line: bytes) -> list[bytes]:
        raise Cut(reset=self.reset, part=line[: self.at])


@dataclass
class Drip(Fault):
    """Send byte after byte, with a pause before each."""

    seconds: float = 1.0

    @property
    def pause(self) -> float:
        return self.seconds


class Drop(Fault):
    """Lose an event."""

    async def events(self, asked: Asked, line: bytes) -> list[bytes]:
        return []


@dataclass
class Repeat(Fault):
    """Bring an event again, at once."""

    times: int = 2

    async def events(self, asked: Asked, line: bytes) -> list[bytes]:
        return [line] * self.times


@dataclass
class Replace(Fault):
    """Bring these lines in the place of an event, and the event itself with ``keep``."""

    lines: list[bytes]
    keep: bool = False

    async def events(self, asked: Asked, line: bytes) -> list[bytes]:
        return [*self.lines, *([line] if self.keep else [])]


@dataclass
class Reverse(Fault):
    """Collect so many events, of all watches it is about together, and bring them in the opposite order."""

    count: int
    kept: list[bytes] = field(default_factory=list)

    async def events(self, asked: Asked, line: bytes) -> list[bytes]:
        self.kept.append(line)
        if len(self.kept) < self.count:
            return []
        found, self.kept = self.kept[::-1], []
        return found


@dataclass
class Hold(Fault):
    """Keep a request, or an event and all of its watch after it, until ``KProxy.release`` lets them go."""

    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def before(self, asked: Asked) -> Said | None:
        await self.released.wait()
        return None

    async def events(self, asked: Asked, line: bytes) -> list[bytes]:
        await self.released.wait()
        return [line]


@dataclass
class Rule:
    """A fault, and what it is for: from the ``nth`` match on, so many ``times`` (None: for ever)."""

    match: Match
    fault: Fault
    nth: int = 1
    times: int | None = None
    seen: int = 0
    fired: int = 0

    def fires(self) -> bool:
        """Count one more match; whether it is one to act on."""
        self.seen += 1
        hit = self.seen >= self.nth and (self.times is None or self.seen < self.nth + self.times)
        self.fired += hit
        return hit
