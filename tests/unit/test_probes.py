"""The probes over real sockets: routes, and what a failed check says."""

import gzip
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import ClientSession

from esoctl import probes

pytestmark = [pytest.mark.asyncio, pytest.mark.wire]


@dataclass
class Checks:
    """What the probes are told."""

    alive: dict[str, str] = field(default_factory=lambda: {"loop": ""})
    ready: dict[str, str] = field(default_factory=lambda: {"secrets": "", "workers": ""})


def looking(found: Mapping[str, str]) -> Callable[[], Mapping[str, str]]:
    return lambda: found


@asynccontextmanager
async def served(
    checks: Checks | None = None,
    *,
    metrics: str = "",
    health: str = "127.0.0.1:0",
    scrape: probes.Scrape = lambda: lambda: b"a_metric 1\n",
    admit: probes.Admit | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[list[str]]:
    told = checks or Checks()
    on = ((metrics, scrape), (health, looking(told.alive), looking(told.ready)))
    async with probes.serving(*on, probes.Guard(admit, tls)) as addresses:
        yield addresses


async def get(address: str, path: str) -> tuple[int, str, str]:
    async with ClientSession() as session, session.get(f"http://{address}{path}") as answer:
        return answer.status, await answer.text(), answer.headers["content-type"]


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz"])
async def test_all_is_well(path: str) -> None:
    async with served() as (address,):
        assert (await get(address, path))[:2] == (200, "ok\n")


async def test_each_check_is_shown_on_demand() -> None:
    async with served() as (address,):
        assert (await get(address, "/readyz?verbose"))[:2] == (200, "[+]secrets ok\n[+]workers ok\n")


async def test_what_is_not_ready_says_why_and_liveness_does_not_mind() -> None:
    checks = Checks(ready={"secrets": "waits for its first list", "workers": ""})
    async with served(checks) as (address,):
        assert (await get(address, "/readyz"))[:2] == (
            503,
            "[-]secrets failed: waits for its first list\n[+]workers ok\n",
        )
        assert (await get(address, "/livez"))[0] == 200
        assert (await get(address, "/healthz"))[0] == 200

        checks.ready["secrets"] = ""
        assert (await get(address, "/readyz"))[0] == 200


async def test_a_loop_that_stands_still_is_not_alive() -> None:
    async with served(Checks(alive={"loop": "stood still for 40 s"})) as (address,):
        assert (await get(address, "/livez"))[:2] == (503, "[-]loop failed: stood still for 40 s\n")


async def test_metrics_are_text_on_an_address_of_their_own() -> None:
    async with served(metrics="127.0.0.1:0", health="localhost:0") as (metrics, health):
        status, text, content_type = await get(metrics, "/metrics")
        assert (status, text) == (200, "a_metric 1\n")
        assert content_type.startswith("text/plain; version=0.0.4")
        assert (await get(health, "/metrics"))[0] == 404
        assert (await get(metrics, "/healthz"))[0] == 404


async def test_one_address_may_serve_both() -> None:
    async with served(metrics="127.0.0.1:0") as (address,):
        assert (await get(address, "/metrics"))[0] == 200
        assert (await get(address, "/readyz"))[0] == 200


async def test_an_empty_address_serves_nothing() -> None:
    async with served(health="") as addresses:
        assert addresses == []


async def test_only_reading_is_possible() -> None:
    async with (
        served() as (address,),
        ClientSession() as session,
        session.post(f"http://{address}/healthz") as answer,
    ):
        assert answer.status == 405


async def test_series_are_taken_down_on_the_loop_and_printed_in_a_thread() -> None:
    threads: list[int] = []

    def printing() -> bytes:
        threads.append(threading.get_ident())
        return b""

    def scrape() -> Callable[[], bytes]:
        threads.append(threading.get_ident())
        return printing

    async with served(metrics="127.0.0.1:0", health="", scrape=scrape) as (address,):
        assert (await get(address, "/metrics"))[0] == 200

    taken, printed = threads
    assert taken == threading.get_ident()
    assert printed != taken


@pytest.mark.parametrize(
    ("verdict", "status", "text"),
    [
        (200, 200, "a_metric 1\n"),
        (401, 401, "Unauthorized\n"),
        (403, 403, "Forbidden\n"),
        (503, 503, "Service Unavailable\n"),
    ],
)
async def test_the_metrics_are_for_those_who_are_admitted(verdict: int, status: int, text: str) -> None:
    asked: list[tuple[str, str]] = []

    async def admit(header: str, path: str) -> int:
        asked.append((header, path))
        return verdict

    async with served(metrics="127.0.0.1:0", health="localhost:0", admit=admit) as (metrics, health):
        headers = {"Authorization": "Bearer abc"}
        async with ClientSession() as session, session.get(f"http://{metrics}/metrics", headers=headers) as answer:
            assert (answer.status, await answer.text()) == (status, text)
            assert answer.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)
        assert (await get(health, "/readyz"))[0] == 200

    assert asked == [("Bearer abc", "/metrics")]


async def test_who_shows_nothing_is_asked_for_it() -> None:
    async def admit(header: str, path: str) -> int:
        return 200 if header else 401

    async with served(metrics="127.0.0.1:0", health="", admit=admit) as (metrics,):
        assert (await get(metrics, "/metrics"))[0] == 401


async def test_a_scraper_that_reads_gzip_gets_a_fraction() -> None:
    text = b"a_metric 1\n" * 10_000
    async with (
        served(metrics="127.0.0.1:0", health="", scrape=lambda: lambda: text) as (metrics,),
        ClientSession(auto_decompress=False) as session,
    ):
        async with session.get(f"http://{metrics}/metrics", headers={"Accept-Encoding": "gzip"}) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            sent = await answer.read()
        async with session.get(f"http://{metrics}/metrics", headers={"Accept-Encoding": "identity"}) as answer:
            assert "Content-Encoding" not in answer.headers
            assert await answer.read() == text

    assert gzip.decompress(sent) == text
    assert len(sent) < len(text) / 10
