"""The only module that imports aiobotocore, and so is imported late: it takes a quarter of a second to load.

* One AioSession for everything: making one costs tens of milliseconds, a further client of it about two.
* Its clients sign with the keys of a Source, asked at every signature, not with the session's own.
* One TLS context for all clients: each would otherwise build its own, 0.65 MB and 17 ms.

Source: aiobotocore 3.10, ``AIOHTTPSession``, ``AioSession.create_client`` and ``AioCredentials``.
"""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

import aiohttp
import anyio
import anyio.to_thread
from aiobotocore.client import AioBaseClient
from aiobotocore.config import AioConfig
from aiobotocore.credentials import AioCredentials
from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.session import AioSession
from botocore import UNSIGNED, xform_name
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import OperationModel
from botocore.parsers import ResponseParserError

from esoctl import __version__
from esoctl.errors import Throttled
from esoctl.providers.aws import faults
from esoctl.providers.aws.api import Answer, Caller
from esoctl.providers.aws.identity import Keys
from esoctl.providers.aws.renewing import renewing
from esoctl.providers.aws.sources import Loan, Source
from esoctl.providers.aws.turnstile import Turnstiles

EXPECTED: tuple[type[Exception], ...] = (BotoCoreError, ClientError, ResponseParserError, aiohttp.ClientError, OSError)
"""What a request may raise; anything else is a bug."""

CLOSING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect and to read, and how many connections a client may hold."""

    connect_seconds: float
    read_seconds: float
    connections: int


class Library:
    """Makes clients. Used by one event loop."""

    expected = EXPECTED

    def __init__(self, limits: Limits, requests: type[aiohttp.ClientRequest] | None = None) -> None:
        self._session = _Session()
        self._limits = limits
        self._http = _sharing_tls() if requests is None else _crashing(_sharing_tls(), requests)
        self._warm: set[str] = set()
        self._ambient_lock = anyio.Lock()

    async def ambient(self) -> Loan | None:
        """The keys of the environment, from the library's own chain of places; None when there are none."""
        async with self._ambient_lock:
            try:
                credentials = await self._session.get_credentials()
                if credentials is None:
                    return None
                keys = await credentials.get_frozen_credentials()
            except (AttributeError, LookupError, TypeError, ValueError) as error:
                # The library trusts the shape of what it is told.
                raise ResponseParserError("the identity of the environment has another shape than AWS's") from error
        left = getattr(credentials, "_seconds_remaining", None)
        loan = Loan(Keys(keys.access_key, keys.secret_key, keys.token or ""))
        return loan if left is None else replace(loan, seconds=max(0.0, left()))

    def forget_ambient(self) -> None:
        """Look through all places again at the next wish."""
        self._session._credentials = None  # noqa: SLF001 - it has no other way to make it forget

    @asynccontextmanager
    async def client(
        self,
        service: str,
        region: str,
        endpoint: str | None,
        attempts: int,
        source: Source | None,
        turnstiles: Turnstiles | None = None,
    ) -> AsyncIterator[Caller]:
        """A client of that service until the block ends; without a source its calls carry no signature."""
        await self._warm_up(service)
        opening = self._session.create_client(
            service, region_name=region, endpoint_url=endpoint, config=self._config(attempts, signed=source is not None)
        )
        token = _signing_as.set(source)
        try:
            client = await opening.__aenter__()
        finally:
            _signing_as.reset(token)
        try:
            if turnstiles is not None:
                _retry_in_turn(client, attempts, turnstiles)
            caller = _caller(client)
            yield caller if source is None else renewing(caller, source, EXPECTED)
        finally:
            # Open sockets are closed even when the task is cancelled.
            with anyio.move_on_after(CLOSING_SECONDS, shield=True):
                await opening.__aexit__(None, None, None)

    async def _warm_up(self, service: str) -> None:
        """Load the service's model in a thread; on the loop it would stand still for tens of milliseconds."""
        if service not in self._warm:
            await anyio.to_thread.run_sync(self._session.warm_up_loader_caches, service)
            self._warm.add(service)

    def _config(self, attempts: int, *, signed: bool) -> AioConfig:
        return AioConfig(
            connect_timeout=self._limits.connect_seconds,
            read_timeout=self._limits.read_seconds,
            max_pool_connections=self._limits.connections,
            # A new mapping each time: the library changes the one it is given.
            retries={"mode": "standard", "total_max_attempts": attempts},
            http_session_cls=self._http,
            signature_version=None if signed else UNSIGNED,
        )


_Heard = tuple[object, Answer]
"""The answer as it came, and as it was parsed."""

_signing_as: ContextVar[Source | None] = ContextVar("signing_as", default=None)


class _Signer(AioCredentials):  # type: ignore[misc] # the library has no types
    """A Source in the shape the library signs with."""

    def __init__(self, source: Source) -> None:
        super().__init__("", "", method="esoctl")
        self._source = source

    async def get_frozen_credentials(self) -> ReadOnlyCredentials:
        keys = await self._source.keys()
        return ReadOnlyCredentials(keys.key_id, keys.secret, keys.token or None)


class _Session(AioSession):  # type: ignore[misc] # the library has no types
    """A session whose clients sign as the source that is set while they are made."""

    def __init__(self) -> None:
        super().__init__()
        self.user_agent_name = "esoctl"
        self.user_agent_version = __version__
        self.user_agent_extra = ""

    async def get_credentials(self) -> AioCredentials | None:
        source = _signing_as.get()
        return await super().get_credentials() if source is None else _Signer(source)


_Contexts = tuple[ssl.SSLContext, ssl.SSLContext | None]


def _sharing_tls() -> type[AIOHTTPSession]:
    contexts: dict[tuple[object, ...], _Contexts] = {}

    class Sharing(AIOHTTPSession):  # type: ignore[misc] # the library has no types
        def _build_ssl_contexts(self, proxy_url: str | None) -> _Contexts:
            # Runs in a thread; two that start together both build one, and the later stays.
            key = (self._verify, self._cert_file, self._key_file, proxy_url)
            if key not in contexts:
                contexts[key] = super()._build_ssl_contexts(proxy_url)
            return contexts[key]

    return Sharing


def _crashing(http: type[AIOHTTPSession], requests: type[aiohttp.ClientRequest]) -> type[AIOHTTPSession]:
    """The same with that class of requests; see ``crashing``."""

    class Crashing(http):  # type: ignore[misc] # the library has no types
        async def _get_session(self, proxy_url: str | None) -> aiohttp.ClientSession:
            session: aiohttp.ClientSession = await super()._get_session(proxy_url)
            session._request_class = requests  # noqa: SLF001 - aiobotocore passes no class on
            return session

    return Crashing


def _retry_in_turn(client: AioBaseClient, attempts: int, turnstiles: Turnstiles) -> None:
    """Tell of every throttled attempt, and let the next one wait for its turn; the library retries by itself."""

    async def heard(operation: OperationModel, response: _Heard | None, **event: object) -> None:
        if response is None or "Error" not in response[1]:
            return
        failure = faults.translate(ClientError(response[1], operation.name), "AWS", operation.name)
        if isinstance(failure, Throttled):
            turnstiles.throttled(operation.name, failure.after)
            if event["attempts"] != attempts:
                await turnstiles.enter(operation.name)

    client.meta.events.register(f"needs-retry.{client.meta.service_model.service_id.hyphenize()}", heard)


def _caller(client: object) -> Caller:
    async def call(operation: str, parameters: Mapping[str, object]) -> Answer:
        try:
            answer: Answer = await getattr(client, xform_name(operation))(**parameters)
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            # The library's parsers trust the shape of what they read.
            raise ResponseParserError(f"{operation} was answered in another shape than AWS's") from error
        return answer

    return call
