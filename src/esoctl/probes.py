"""Serves /metrics, /healthz, /livez and /readyz over HTTP. What ready means is decided elsewhere and handed in, and so
is who may read the metrics."""

import http
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import anyio.to_thread
from aiohttp import web

TEXT = "text/plain; version=0.0.4; charset=utf-8"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Scrape = Callable[[], Callable[[], bytes]]
"""Called on the event loop, where everything holds still; what it returns prints the series in a thread."""
Checks = Callable[[], Mapping[str, str]]
"""Each check by its name; an empty text means it passed, anything else says why not."""


Admit = Callable[[str, str], Awaitable[int]]
"""The HTTP status for an Authorization header and a path: 200, or why not."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What stands before the metrics; by default nothing does."""

    admit: Admit | None = None
    tls: ssl.SSLContext | None = None


@asynccontextmanager
async def serving(
    metrics: tuple[str, Scrape],
    health: tuple[str, Checks, Checks],
    guard: Guard = Guard(),
) -> AsyncIterator[list[str]]:
    """Serve until the block ends.

    ``metrics`` is (address, scrape), ``health`` is (address, alive, ready); addresses are HOST:PORT, an empty one
    serves nothing. Where both are one address, ``guard`` gives TLS to both. Yields the addresses that are served, with
    the ports that were chosen for port 0.
    """
    metrics_address, scrape = metrics
    health_address, alive, ready = health
    wanted: dict[str, list[web.RouteDef]] = {}
    if metrics_address:
        wanted.setdefault(metrics_address, []).append(web.get("/metrics", _metrics(scrape, guard.admit)))
    if health_address:
        routes = [
            web.get("/healthz", _checked(alive)),
            web.get("/livez", _checked(alive)),
            web.get("/readyz", _checked(ready)),
        ]
        wanted.setdefault(health_address, []).extend(routes)
    async with AsyncExitStack() as stack:
        sites = [
            _site(address, routes, guard.tls if address == metrics_address else None)
            for address, routes in wanted.items()
        ]
        yield [await stack.enter_async_context(site) for site in sites]


@asynccontextmanager
async def _site(address: str, routes: Iterable[web.RouteDef], tls: ssl.SSLContext | None) -> AsyncIterator[str]:
    application = web.Application()
    application.add_routes(routes)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    host, _, port = address.rpartition(":")
    try:
        await web.TCPSite(runner, host or None, int(port), ssl_context=tls).start()
        bound = runner.addresses[0]
        yield f"{bound[0]}:{bound[1]}"
    finally:
        await runner.cleanup()


def _metrics(scrape: Scrape, admit: Admit | None) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        status = await admit(request.headers.get("Authorization", ""), request.path) if admit is not None else 200
        if status != 200:
            return _refused(status)
        # Thousands of series take long to print and to compress; the loop has better things to do.
        response = web.Response(body=await anyio.to_thread.run_sync(scrape()), headers={"Content-Type": TEXT})
        response.enable_compression()
        return response

    return handle


def _refused(status: int) -> web.Response:
    reason = http.HTTPStatus(status).phrase
    return web.Response(
        status=status, text=f"{reason}\n", headers={"WWW-Authenticate": "Bearer"} if status == 401 else {}
    )


def _checked(checks: Checks) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        found = checks()
        failed = any(found.values())
        lines = [f"[-]{name} failed: {why}" if why else f"[+]{name} ok" for name, why in found.items()]
        text = "\n".join(lines) if failed or "verbose" in request.query else "ok"
        return web.Response(text=f"{text}\n", status=503 if failed else 200)

    return handle
