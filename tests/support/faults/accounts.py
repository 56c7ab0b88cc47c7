"""AWS for a whole stage, in a thread: one small AWS for each access key, a script of faults before them, and a history.

``support.aws_world`` holds the versions, ``support.aws_script`` the faults and the recording of all calls. What each
value was at any moment is written down, so that the oracle can say what a reader may have read.
"""

import asyncio
import base64
import bisect
import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Iterator

import aiohttp

from support.api import Json
from support.aws_double import Asked, Said
from support.aws_proxy import AwsProxy
from support.aws_script import Script, signed
from support.aws_world import World

Value = str | bytes


class History:
    """What each value of one account was, and since when (seconds of the wall clock, as in the audit log)."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = defaultdict(list)
        self._values: dict[str, list[Value | None]] = defaultdict(list)

    def add(self, name: str, value: Value | None, at: float) -> None:
        self._values[name].append(value)
        self._times[name].append(at)

    def at(self, name: str, moment: float) -> Value | None:
        """The value then; None where there was none."""
        times = self._times.get(name, [])
        place = bisect.bisect_right(times, moment)
        return self._values[name][place - 1] if place else None

    def changes(self, names: set[str], since: float, until: float) -> list[float]:
        """When one of those values changed."""
        return sorted(at for name in names for at in self._times.get(name, []) if since < at <= until)


class Proxy(AwsProxy):
    """What no fault meets goes to the world of who signed."""

    def __init__(self, client: aiohttp.ClientSession) -> None:
        super().__init__("", client)
        self.worlds: dict[str, World] = defaultdict(World)

    async def _onward(self, asked: Asked, body: bytes) -> Said:
        return await self.worlds[signed(asked)[0]].answer(asked)


class Aws:
    """``script`` tells what goes wrong (rules may name a ``signer``), ``put`` changes values."""

    def __init__(self, proxy: Proxy, loop: asyncio.AbstractEventLoop) -> None:
        self._proxy = proxy
        self._loop = loop
        self.url = proxy.url
        self.histories: dict[str, History] = defaultdict(History)

    @property
    def script(self) -> Script:
        return self._proxy.script

    def put(self, account: str, name: str, value: Value) -> None:
        """A new version that is current. It is in the history a moment before anybody can read it."""
        self.histories[account].add(name, value, time.time())
        self._proxy.worlds[account].rotate(name, value, made_at=time.monotonic())

    def remove(self, account: str, name: str) -> None:
        self.histories[account].add(name, None, time.time())
        self._proxy.worlds[account].secrets.pop(name)

    def down(self) -> None:
        """Nobody listens."""
        asyncio.run_coroutine_threadsafe(self._proxy.down(), self._loop).result(10)

    def up(self) -> None:
        asyncio.run_coroutine_threadsafe(self._proxy.up(), self._loop).result(10)

    def reads(self, account: str = "", since: float = 0.0) -> int:
        """Calls that asked for values, since a moment of ``time.monotonic``."""
        return self.script.count("GetSecretValue", "BatchGetSecretValue", signer=account, since=since)


class Account:
    """One account, in the words of ``support.cases.cloud.Cloud`` as far as a Scene needs them."""

    def __init__(self, aws: Aws, key_id: str) -> None:
        self.aws = aws
        self.keys = (key_id, f"secret-of-{key_id}")

    def put_secret(self, name: str, body: Json) -> None:
        self.aws.put(self.keys[0], name, body["string"])


def base64_of(value: bytes) -> str:
    return base64.b64encode(value).decode()


@contextlib.contextmanager
def running() -> Iterator[Aws]:
    """An AWS of nobody's else, served by a thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> Proxy:
        proxy = Proxy(aiohttp.ClientSession())
        await proxy.up()
        return proxy

    async def end(proxy: Proxy) -> None:
        await proxy.close()
        await proxy._client.close()

    proxy = asyncio.run_coroutine_threadsafe(begin(), loop).result(20)
    try:
        yield Aws(proxy, loop)
    finally:
        asyncio.run_coroutine_threadsafe(end(proxy), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
