"""Who we are to the API server, kept fresh while the process runs.

* Credentials are loaded again after ``Loaded.refresh_seconds``, and at once when the server refused them.
* A load that fails keeps the last good credentials: a token file is empty for a moment while it is replaced.
* A new certificate authority or client certificate goes into the TLS context in use; connections made from then on
  have it. Authorities that were trusted before stay trusted until the process ends.
"""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio
import structlog

from esoctl.clock import steady
from esoctl.errors import ClusterError

RETRY_SECONDS = 5.0
APART_SECONDS = 1.0
"""Loads that refused calls ask for are at least this far apart."""

log = structlog.get_logger("esoctl.kube")


@dataclass(frozen=True, slots=True)
class Certificates:
    """What TLS is made from, in PEM; empty where there is none."""

    authority: bytes = b""
    client: bytes = field(default=b"", repr=False)
    """Certificate chain and key in one."""
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the configuration says at the moment."""

    url: str
    authorization: str = field(default="", repr=False)
    """The whole header; empty without a token."""
    certificates: Certificates = Certificates()
    namespace: str = "default"
    server_name: str | None = None
    proxy: str | None = field(default=None, repr=False)
    refresh_seconds: float | None = None
    """None when only a refusal is a reason to load again."""


Load = Callable[[], Awaitable[Loaded]]
Install = Callable[[ssl.SSLContext, Certificates], None]


class Identity:
    """The current credentials; loads them one at a time."""

    def __init__(self, load: Load, loaded: Loaded, tls: ssl.SSLContext | None, install: Install) -> None:
        self._load = load
        self._loaded = loaded
        self._tls = tls
        self._install = install
        self._lock = anyio.Lock()
        self._loaded_at = steady()
        self._due = self._next_due(self._loaded_at)

    async def headers(self) -> dict[str, str]:
        """The headers of one request."""
        if self._due <= steady():
            async with self._lock:
                if self._due <= steady():
                    await self._refresh()
        return {"Authorization": self._loaded.authorization} if self._loaded.authorization else {}

    def forget(self) -> None:
        """The server refused what we said."""
        self._due = min(self._due, max(steady(), self._loaded_at + APART_SECONDS))

    async def _refresh(self) -> None:
        try:
            loaded = await self._load()
            self._adopt(loaded.certificates)
        except (ClusterError, OSError, ValueError) as error:
            log.warning("cannot load credentials again, keep those in use", error=str(error))
            self._due = steady() + RETRY_SECONDS
            return
        self._loaded = loaded
        self._loaded_at = steady()
        self._due = self._next_due(self._loaded_at)

    def _adopt(self, certificates: Certificates) -> None:
        if self._tls is not None and certificates != self._loaded.certificates:
            self._install(self._tls, certificates)

    def _next_due(self, now: float) -> float:
        seconds = self._loaded.refresh_seconds
        return float("inf") if seconds is None else now + seconds
