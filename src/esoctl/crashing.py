"""Crash points: a developer's way to end the process at a chosen request, to prove that a restart loses nothing.

``ESOCTL_CRASH_AT=<n>:<before|sent|after>`` kills the process (as kill -9 would, status 137) at its n-th request to the
API server or to AWS, counted from 1 over all connections: before it is sent, when its last byte is sent, or when its
answer has come. With ``:term`` at the end the process gets a SIGTERM there instead, and goes on; with ``:stop`` it is
frozen by a SIGSTOP, until somebody who changed the world meanwhile sends it a SIGCONT.

* Without the variable none of this is built: the HTTP clients have the classes of the library itself.
* Every request is a line of the log, and the point is a line on standard error, which no queue can lose.
* A number that is never reached ends nothing, so a run with a large one tells how many points there are.

The points are those of Sieve's intermediate states (OSDI 2022): between any two writes of a controller.
"""

import os
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from itertools import count

import aiohttp
import anyio.lowlevel
import structlog
from aiohttp.connector import Connection

VARIABLE = "ESOCTL_CRASH_AT"
FORM = re.compile(r"([1-9][0-9]{0,8}):(before|sent|after)(?::(term|stop))?")
SIGNALS = {"term": signal.SIGTERM, "stop": signal.SIGSTOP}
KILLED = 137
"""The status that a shell reports of a killed process."""
STEPS_TO_SEND = 5
"""Turns of the event loop after which the library has handed a request to the socket."""

Requests = type[aiohttp.ClientRequest]

log = structlog.get_logger("esoctl.app")


class Moment(Enum):
    """Where in a request."""

    BEFORE = "before"
    SENT = "sent"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Point:
    """One place in the life of a process."""

    number: int
    moment: Moment
    sends: signal.Signals | None = None
    """Send this to ourselves and go on, instead of ending at once."""


def parse(text: str) -> Point:
    """The point that the variable names; raises ValueError."""
    found = FORM.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{VARIABLE}={text!r} is not understood: it is <n>:<before|sent|after>, then :term or :stop or nothing"
        )
    return Point(int(found[1]), Moment(found[2]), SIGNALS.get(found[3]))


def end(point: Point, what: str) -> None:
    """What happens at the point; nothing is closed and nothing is flushed."""
    os.write(2, f"esoctl: crash point {point.number}:{point.moment.value} reached: {what}\n".encode())
    if point.sends is None:
        os._exit(KILLED)
    os.kill(os.getpid(), point.sends)


@dataclass(slots=True)
class Course:
    """Counts the requests of the process; threads may share it."""

    point: Point
    end: Callable[[Point, str], None] = end
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def begin(self, what: str) -> int:
        """The number of a new request."""
        number = next(self._numbers)
        log.info("request", number=number, what=what)
        return number

    def pass_by(self, number: int, moment: Moment, what: str) -> None:
        """End the process if this is the point."""
        if number == self.point.number and moment is self.point.moment:
            self.end(self.point, what)


def requests(course: Course) -> Requests:
    """The class of requests that take that course, for a client session of aiohttp."""

    class Response(aiohttp.ClientResponse):
        number = 0
        what = ""

        async def start(self, connection: Connection) -> aiohttp.ClientResponse:
            response = await super().start(connection)
            course.pass_by(self.number, Moment.AFTER, self.what)
            return response

    class Request(aiohttp.ClientRequest):
        async def send(self, conn: Connection) -> aiohttp.ClientResponse:
            what = f"{self.method} {self.headers.get('X-Amz-Target') or self.url.path}"
            number = course.begin(what)
            course.pass_by(number, Moment.BEFORE, what)
            self.response_class = Response
            response = await super().send(conn)
            if isinstance(response, Response):
                response.number, response.what = number, what
            if number == course.point.number:
                for _ in range(STEPS_TO_SEND):
                    await anyio.lowlevel.checkpoint()
                course.pass_by(number, Moment.SENT, what)
            return response

    return Request
