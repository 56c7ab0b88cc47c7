"""Where the API server is and who we are to it: what ``connect`` finds out and ``transport`` needs."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


def _nothing() -> None:
    pass


async def anonymous() -> dict[str, str]:
    """The headers of somebody without credentials."""
    return {}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One API server as one identity. Its repr shows no credential."""

    url: str
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    """None for plain HTTP."""
    namespace: str = "default"
    """The namespace of the pod or of the context."""
    auth: Callable[[], Awaitable[dict[str, str]]] = field(default=anonymous, repr=False)
    """The headers that authenticate one request; refreshed by whoever made the endpoint."""
    forget: Callable[[], None] = field(default=_nothing, repr=False)
    """The server refused the credentials: the next ``auth`` loads them anew."""
    server_name: str | None = None
    """The name to ask for in TLS, where it differs from the one in the URL."""
    proxy: str | None = field(default=None, repr=False)
    """An HTTP proxy; its URL may hold a password."""
