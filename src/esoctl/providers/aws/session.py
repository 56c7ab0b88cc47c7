"""The one AWS session of the process: who signs, who is connected, and for how long.

* Connections are pooled by service, identity and number of attempts, and closed when idle.
* Keys of assumed roles and web identities are pooled by identity alone; they outlive the connections that use them.
* Nothing here reads the environment; the library reads its own variables and files for the ambient identity.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio.to_thread

from esoctl.model.remote import Find
from esoctl.model.values import Payload
from esoctl.providers.aws.ambient import TokenFile
from esoctl.providers.aws.api import Api, Observe
from esoctl.providers.aws.endpoints import Endpoints
from esoctl.providers.aws.identity import Identity
from esoctl.providers.aws.keyring import Keyring
from esoctl.providers.aws.planner import Fetcher, Planner
from esoctl.providers.aws.sharing import Shared
from esoctl.providers.aws.steady import Steady
from esoctl.providers.aws.sts import Lender
from esoctl.providers.aws.tags import Tagging
from esoctl.providers.aws.turnstile import Accounts
from esoctl.providers.pool import Pool

if TYPE_CHECKING:
    import aiohttp

    from esoctl.providers.aws.library import Library

LENT_KEYS_IDLE_SECONDS = 3600.0
"""As long as lent keys live: a store that refreshes hourly should not assume its role each time."""


def _uncounted(_provider: str, _how: str, _reads: int) -> None:
    """Counts nothing."""


def _nobody(_provider: str, _call: str, _ok: bool) -> None:
    """Observes nothing."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``app`` decides for all of AWS."""

    endpoints: Endpoints = field(default_factory=Endpoints)
    observe: Observe = _nobody
    count: Callable[[str, str, int], None] = _uncounted
    """Told how values were read: provider, how, how many."""
    batching: bool = True
    """Put waiting reads together into batch calls; where IAM does not allow those, single calls are made."""
    share_seconds: float = 10.0
    """How long an answer may be given to further readers, where those allow it."""
    idle_seconds: float = 600.0
    connect_seconds: float = 3.0
    read_seconds: float = 10.0
    connections: int = 64
    own: TokenFile | None = None
    """The operator's own web identity, where it has one."""
    requests: "type[aiohttp.ClientRequest] | None" = None
    """What a request is to the client library, where it is not the library's own; see ``crashing``."""
    tagging: Tagging | None = None
    """Tag the sessions of roles with whom they are for."""


@dataclass(frozen=True, slots=True)
class ServiceApi:
    """One AWS service: its name in the library, its name in metrics and errors, and how values are read and found."""

    name: str
    label: str
    fetcher: Callable[[Api], Fetcher]
    search: Callable[[Api, Planner, Find], AsyncIterator[tuple[str, Payload]]]


@dataclass(frozen=True, slots=True)
class Connection:
    """What clients of one identity share."""

    api: Api
    planner: Planner
    steady: Steady


class Session:
    """Use as an async context manager around everything that opens AWS clients."""

    def __init__(self, settings: Settings = Settings()) -> None:
        self._settings = settings
        self._connections: Pool[tuple[str, Identity, int], Connection] = Pool(settings.idle_seconds)
        self._keyring = Keyring(max(settings.idle_seconds, LENT_KEYS_IDLE_SECONDS))
        self._accounts = Accounts()
        self._shared = Shared(settings.share_seconds)
        self._stack = AsyncExitStack()
        self._library: Library | None = None

    async def __aenter__(self) -> Self:
        self._library = await anyio.to_thread.run_sync(self._load)
        await self._stack.enter_async_context(self._connections)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, traceback)

    def rates(self) -> dict[str, float]:
        """Calls a second that are allowed, by API, of the account that is slowed down most."""
        return self._accounts.rates()

    def waiting(self) -> dict[str, float]:
        """How many calls wait for their turn, by API."""
        return self._accounts.waiting()

    @property
    def tagging(self) -> Tagging | None:
        return self._settings.tagging

    def credentials_left(self) -> dict[str, float]:
        """Seconds until lent keys end, by whose they are."""
        return self._keyring.seconds_left()

    def connection(
        self, service: ServiceApi, identity: Identity, attempts: int
    ) -> AbstractAsyncContextManager[Connection]:
        """Borrow the connection of that identity; opening one makes no request."""
        key = (service.name, identity, attempts)
        return self._connections.lease(key, lambda: self._connect(service, identity, attempts))

    @asynccontextmanager
    async def _connect(self, service: ServiceApi, identity: Identity, attempts: int) -> AsyncIterator[Connection]:
        library, settings = self._loaded(), self._settings
        endpoint = settings.endpoints.of(service.name)
        source = self._keyring.source(identity, Lender(library, settings.endpoints.sts, settings.own))
        turnstiles = self._accounts.of(identity)
        opening = library.client(service.name, identity.region, endpoint, attempts, source, turnstiles)
        async with opening as caller:
            api = Api(service.label, caller, source, turnstiles, expected=library.expected, observe=settings.observe)
            steady = Steady(service.fetcher(api))
            shelf = self._shared.shelf()
            count = partial(settings.count, service.label)
            async with Planner(steady, batching=settings.batching, shelf=shelf, count=count) as planner:
                yield Connection(api, planner, steady)

    def _load(self) -> "Library":
        from esoctl.providers.aws.library import Library, Limits  # noqa: PLC0415 - slow to load, needed only to connect

        settings = self._settings
        limits = Limits(settings.connect_seconds, settings.read_seconds, settings.connections)
        return Library(limits, settings.requests)

    def _loaded(self) -> "Library":
        assert self._library is not None, "the session must be entered first"
        return self._library
