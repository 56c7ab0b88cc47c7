import ssl
from collections.abc import Iterator

import anyio
import pytest

from esoctl.errors import ClusterError
from esoctl.kube.identity import APART_SECONDS, RETRY_SECONDS, Certificates, Identity, Loaded

pytestmark = pytest.mark.asyncio


class Configuration:
    """Answers loads from a script; each takes a second."""

    def __init__(self, *answers: Loaded | Exception) -> None:
        self._answers: Iterator[Loaded | Exception] = iter(answers)
        self.loads: list[float] = []
        self.installed: list[bytes] = []

    async def load(self) -> Loaded:
        self.loads.append(anyio.current_time())
        await anyio.sleep(1)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def install(self, tls: ssl.SSLContext, certificates: Certificates) -> None:
        self.installed.append(certificates.authority)

    def identity(self, loaded: Loaded, tls: ssl.SSLContext | None = None) -> Identity:
        return Identity(self.load, loaded, tls, self.install)


def a_token(token: str, refresh_seconds: float | None = 60, authority: bytes = b"") -> Loaded:
    return Loaded("https://a", token, Certificates(authority), refresh_seconds=refresh_seconds)


async def test_F23_a_token_is_loaded_again_when_its_time_is_over() -> None:
    configuration = Configuration(a_token("new"))
    identity = configuration.identity(a_token("old"))

    await anyio.sleep(59)
    before = await identity.headers()
    await anyio.sleep(1)

    assert before == {"Authorization": "old"}
    assert await identity.headers() == {"Authorization": "new"}
    assert configuration.loads == [60]


async def test_no_token_is_no_header() -> None:
    assert await Configuration().identity(a_token("")).headers() == {}


async def test_what_needs_no_refresh_is_loaded_only_after_a_refusal() -> None:
    configuration = Configuration(a_token("new", None))
    identity = configuration.identity(a_token("old", None))
    await anyio.sleep(86_000)

    before = await identity.headers()
    identity.forget()

    assert before == {"Authorization": "old"}
    assert await identity.headers() == {"Authorization": "new"}


async def test_F23_many_refused_calls_load_once() -> None:
    configuration = Configuration(a_token("new"), a_token("newer"))
    identity = configuration.identity(a_token("old"))
    got: list[dict[str, str]] = []

    async def call() -> None:
        got.append(await identity.headers())

    await anyio.sleep(10)
    identity.forget()
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(call)
    identity.forget()
    soon = await identity.headers()
    await anyio.sleep(APART_SECONDS)

    assert got == [{"Authorization": "new"}] * 5
    assert soon == {"Authorization": "new"}
    assert await identity.headers() == {"Authorization": "newer"}


async def test_F24_a_token_file_that_is_empty_for_a_moment_keeps_the_last_good_token() -> None:
    configuration = Configuration(ClusterError(0, "", "empty"), a_token("new"))
    identity = configuration.identity(a_token("old"))
    await anyio.sleep(60)

    first = await identity.headers()
    await anyio.sleep(RETRY_SECONDS)

    assert first == {"Authorization": "old"}
    assert await identity.headers() == {"Authorization": "new"}


async def test_F22_a_new_authority_goes_into_the_context_in_use() -> None:
    tls = ssl.create_default_context()
    configuration = Configuration(a_token("a", authority=b"one"), a_token("a", authority=b"two"))
    identity = configuration.identity(a_token("a", authority=b"one"), tls)

    for _ in range(2):
        await anyio.sleep(60)
        await identity.headers()

    assert configuration.installed == [b"two"]


async def test_credentials_are_in_no_repr() -> None:
    loaded = Loaded("https://a", "Bearer hunter2", Certificates(b"", b"hunter2"), proxy="http://u:hunter2@p")

    assert "hunter2" not in repr(loaded)
