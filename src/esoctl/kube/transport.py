"""HTTP to the API server: one pool of connections for calls, one for watches.

* Every wait ends: a call has one deadline for all its tries, a stream a longest life, connecting a few seconds.
* What is tried again, and when, is ``retrying``'s to say; a refused credential is loaded anew once.
* A write is not sent, and not waited for, beyond the lease of this process.
* A certificate that is not trusted makes the credentials be loaded anew, and the authority with them.
* Watches have connections of their own, so that they never take one from a call.
* Proxies are those of the endpoint: the session does not read the environment, because aiohttp would look proxies and
  passwords up in a thread for each request.
* aiohttp repeats most calls once when a pooled connection turns out to be closed, but not PATCH; ours does.
* An exception of aiohttp never leaves here, as its text may quote what was received.
"""

import math
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
import anyio
import yarl

from esoctl import __version__
from esoctl.clock import steady
from esoctl.errors import ClusterError, Denied, EsoctlError, Invalid, NotLeading, Unreachable
from esoctl.kube import faults, paths, retrying
from esoctl.kube.endpoint import Endpoint
from esoctl.kube.lines import LONGEST, LineTooLong, Splitter

USER_AGENT = f"esoctl/{__version__}"
JSON = "application/json"
CONNECT_SECONDS = 10.0
"""For TCP and TLS together."""
OPEN_SECONDS = 10.0
"""How long a stream may take to begin. A server that has to catch up first says so within three seconds."""
KEEPALIVE_SECONDS = 75.0
LARGEST_ERROR = 64 * 1024
WRITE_SECONDS = 4.0
"""A write is only sent when the lease lasts this long: what is under way in the API server cannot be called back."""

_KEEPALIVE = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 30_000))
_PUBLIC_GROUP = "/apis/external-secrets.io/"


@dataclass(frozen=True, slots=True)
class Call:
    """One request; its repr shows no body."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    content_type: str = JSON
    accept: str = JSON
    timeout: float = 30.0
    """Seconds for all tries together; for a stream, how long it may live."""
    tries: int = 3
    repeatable: bool = True
    """Whether doing it twice is the same as doing it once."""
    changes: bool = True
    """False for a question: a POST that changes nothing, which a replica without the lease may ask too."""

    @property
    def private(self) -> bool:
        """Whether a refusal may quote secret values; objects of our own group hold none."""
        return not self.path.startswith(_PUBLIC_GROUP)


@dataclass(frozen=True, slots=True)
class Options:
    """What a transport is given besides its endpoint."""

    draw: Callable[[], float]
    """A random number from 0 to 1."""
    observe: Callable[[str, str, str], None] = lambda _code, _host, _method: None
    """Told of every try: status or ``<error>``, host, method."""
    connections: int = 64
    """The most calls in flight."""
    requests: type[aiohttp.ClientRequest] = aiohttp.ClientRequest
    """What a request is to the client library; ``crashing`` has another one."""
    lease: Callable[[], float] = lambda: math.inf
    """For how many seconds this process may still write; see ``kube.campaign``."""


class NotOpen(EsoctlError):
    """The transport is used outside its ``async with``."""

    def __init__(self) -> None:
        super().__init__("the connection to the API server is not open")


class Transport:
    """Calls one endpoint; an async context manager that owns the connections."""

    def __init__(self, endpoint: Endpoint, options: Options) -> None:
        self._endpoint = endpoint
        self._options = options
        self._stack = AsyncExitStack()
        self._calls: aiohttp.ClientSession | None = None
        self._watches: aiohttp.ClientSession | None = None
        self._host = endpoint.url.partition("://")[2].partition("/")[0]

    async def __aenter__(self) -> Self:
        self._calls = await self._stack.enter_async_context(self._session(self._options.connections))
        self._watches = await self._stack.enter_async_context(self._session(0))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._calls = self._watches = None
        await self._stack.aclose()

    @property
    def endpoint(self) -> Endpoint:
        return self._endpoint

    async def request(self, call: Call) -> bytes:
        """The body of the answer; raises ClusterError: the server's last word, if it had any."""
        renewed, tries = False, 0
        said: ClusterError | None = None
        lease = self._options.lease() if call.changes and call.method != "GET" else math.inf
        if lease < WRITE_SECONDS:
            raise NotLeading
        try:
            with anyio.fail_after(min(call.timeout, lease)):
                while True:
                    try:
                        return await self._try(call)
                    except Denied as error:
                        if error.status != 401 or renewed:
                            raise
                        renewed = True
                        self._endpoint.forget()
                    except ClusterError as error:
                        tries, said = tries + 1, error if error.status else said
                        await self._pause(call, error, tries)
        except TimeoutError:
            if lease < call.timeout:
                raise NotLeading from None
            raise said or _unreachable(call, "Timeout", f"no answer within {call.timeout:g} s") from None

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a stream of lines. It is tried once, or twice when the credentials are refused first."""
        async with AsyncExitStack() as stack:
            try:
                response = await self._open(call, stack)
            except Denied as error:
                if error.status != 401:
                    raise
                self._endpoint.forget()
                response = await self._open(call, stack)
            yield Lines(call, response)

    async def _try(self, call: Call) -> bytes:
        if self._calls is None:
            raise NotOpen
        response = await self._send(self._calls, call, call.timeout if call.tries == 1 else call.timeout / 2)
        try:
            body = await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _translated(call, error) from None
        finally:
            response.release()
        _check(call, response, body)
        return body

    async def _open(self, call: Call, stack: AsyncExitStack) -> aiohttp.ClientResponse:
        if self._watches is None:
            raise NotOpen
        try:
            with anyio.fail_after(OPEN_SECONDS):
                response = await self._send(self._watches, call, call.timeout)
                stack.callback(response.close)
                if response.status >= 300:
                    _check(call, response, await response.content.read(LARGEST_ERROR))
                return response
        except aiohttp.ClientError as error:
            raise _translated(call, error) from None
        except TimeoutError:
            raise _unreachable(call, "Timeout", f"no answer within {OPEN_SECONDS:g} s") from None

    async def _send(self, session: aiohttp.ClientSession, call: Call, limit: float) -> aiohttp.ClientResponse:
        """Send a call and wait until its answer begins, which whoever asked must read, release or close."""
        endpoint, headers = self._endpoint, {"Accept": call.accept}
        headers.update(await endpoint.auth())
        if call.body is not None:
            headers["Content-Type"] = call.content_type
        try:
            response = await session.request(
                call.method,
                yarl.URL(paths.url(endpoint.url, call.path, call.query), encoded=True),
                data=call.body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=limit, sock_connect=CONNECT_SECONDS),
                allow_redirects=False,
                proxy=endpoint.proxy,
                server_hostname=endpoint.server_name,
            )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self._options.observe("<error>", self._host, call.method)
            if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
                # The server may have a new certificate, from an authority that our file may hold by now.
                self._endpoint.forget()
            raise _translated(call, error) from None
        self._options.observe(str(response.status), self._host, call.method)
        return response

    async def _pause(self, call: Call, error: ClusterError, tries: int) -> None:
        """Wait before the next try, or raise the error when there is none."""
        wait = retrying.pause(error, tries, idempotent=call.repeatable, draw=self._options.draw())
        left = anyio.current_effective_deadline() - steady()
        if wait is None or tries >= call.tries or wait >= left:
            raise error
        await anyio.sleep(wait)

    def _session(self, connections: int) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            ssl=self._endpoint.tls or True,
            limit=connections,
            keepalive_timeout=KEEPALIVE_SECONDS,
            socket_factory=_socket,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT},
            request_class=self._options.requests,
            trust_env=False,
        )


class Lines:
    """The lines of one open stream; iterate it once."""

    def __init__(self, call: Call, response: aiohttp.ClientResponse) -> None:
        self._call = call
        self._chunks = response.content.iter_any()
        self._splitter = Splitter(LONGEST)
        self._ready: list[bytes] = []

    def __aiter__(self) -> "Lines":
        return self

    async def __anext__(self) -> bytes:
        while not self._ready:
            try:
                chunk = await anext(self._chunks)
                self._ready = self._splitter.feed(chunk)[::-1]
            except LineTooLong as error:
                raise Invalid(0, "LineTooLong", f"{self._call.path}: {error}") from None
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                raise _translated(self._call, error) from None
        return self._ready.pop()


def _check(call: Call, response: aiohttp.ClientResponse, body: bytes) -> None:
    if response.status >= 300:
        after = faults.retry_after(response.headers.get("Retry-After"))
        raise faults.fault(response.status, body, after=after, private=call.private)


def _translated(call: Call, error: Exception) -> ClusterError:
    """Our word for a failure below HTTP; only texts that cannot hold what was received are repeated."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return _unreachable(call, retrying.NOT_SENT, "the server could not be reached in time")
    if isinstance(error, TimeoutError):
        return _unreachable(call, "Timeout", "the server did not answer in time")
    if isinstance(error, aiohttp.ClientConnectorError | ssl.SSLError):
        return _unreachable(call, retrying.NOT_SENT, str(error))
    return _unreachable(call, type(error).__name__, f"the connection failed ({type(error).__name__})")


def _unreachable(call: Call, reason: str, problem: str) -> ClusterError:
    return Unreachable(0, reason, f"{call.method} {call.path}: {problem}")


def _socket(address: aiohttp.AddrInfoType) -> socket.socket:
    """A socket that notices when the machine at the other end is gone."""
    family, kind, protocol = address[:3]
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE:
        if option := getattr(socket, name, None):
            made.setsockopt(socket.IPPROTO_TCP, option, value)
    return made
