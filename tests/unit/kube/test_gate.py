"""Who may read the metrics, by an API server that only remembers, on the virtual clock."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from structlog.testing import capture_logs

from esoctl.errors import Denied, Unreachable
from esoctl.kube.gate import ACCESS_REVIEWS, AT_ONCE, DEADLINE_SECONDS, TOKEN_REVIEWS, Gate
from esoctl.kube.verdicts import ALLOWED_SECONDS, REFUSED_SECONDS, Verdict

pytestmark = pytest.mark.asyncio

TOKEN = "c4n4ry.token"
USER = {
    "username": "system:serviceaccount:monitoring:prometheus",
    "uid": "u1",
    "groups": ["system:authenticated"],
    "extra": {"authentication.kubernetes.io/pod-name": ["prometheus-0"]},
}


@dataclass
class Server:
    """Knows one token, whose owner may get some paths."""

    may: set[str] = field(default_factory=lambda: {"/metrics"})
    seconds: float = 0.0
    trouble: Exception | None = None
    answer: bytes | None = None
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    together: int = 0
    most: int = 0

    async def ask(self, path: str, body: bytes) -> bytes:
        review = json.loads(body)
        self.asked.append((path, review["spec"]))
        self.together += 1
        self.most = max(self.most, self.together)
        try:
            await anyio.sleep(self.seconds)
        finally:
            self.together -= 1
        if self.trouble is not None:
            raise self.trouble
        return self.answer if self.answer is not None else json.dumps({"status": self._status(path, review)}).encode()

    def _status(self, path: str, review: Mapping[str, Any]) -> dict[str, Any]:
        if path == TOKEN_REVIEWS:
            known = review["spec"]["token"] == TOKEN
            return {"authenticated": True, "user": USER} if known else {"user": {}, "error": f"{review['spec']}"}
        return {"allowed": review["spec"]["nonResourceAttributes"]["path"] in self.may}


async def admitted(server: Server, header: str = f"Bearer {TOKEN}") -> Verdict:
    return await Gate(server.ask).admit(header, "/metrics")


@pytest.mark.parametrize(
    ("server", "header", "verdict"),
    [
        pytest.param(Server(), f"Bearer {TOKEN}", Verdict.ALLOWED, id="who may"),
        pytest.param(Server(may=set()), f"Bearer {TOKEN}", Verdict.FORBIDDEN, id="who may not"),
        pytest.param(Server(), "Bearer other", Verdict.UNKNOWN, id="nobody's token"),
        pytest.param(Server(), "", Verdict.UNKNOWN, id="no token"),
        pytest.param(Server(), "Basic eDp5", Verdict.UNKNOWN, id="another scheme"),
        pytest.param(
            Server(trouble=Denied(403, "Forbidden", "no right")),
            f"Bearer {TOKEN}",
            Verdict.UNDECIDED,
            id="not our right",
        ),
        pytest.param(
            Server(trouble=Unreachable(0, "Down", "refused")), f"Bearer {TOKEN}", Verdict.UNDECIDED, id="no API server"
        ),
        pytest.param(Server(answer=b"[]"), f"Bearer {TOKEN}", Verdict.UNDECIDED, id="no review"),
        pytest.param(Server(answer=b"{}"), f"Bearer {TOKEN}", Verdict.UNKNOWN, id="an empty review"),
    ],
)
async def test_a_visitor_gets_what_the_api_server_says(server: Server, header: str, verdict: Verdict) -> None:
    assert await admitted(server, header) is verdict


async def test_the_access_review_is_about_the_owner_of_the_token_and_the_path() -> None:
    server = Server()

    await admitted(server)

    assert server.asked == [
        (TOKEN_REVIEWS, {"token": TOKEN}),
        (
            ACCESS_REVIEWS,
            {
                "user": USER["username"],
                "uid": "u1",
                "groups": USER["groups"],
                "extra": USER["extra"],
                "nonResourceAttributes": {"path": "/metrics", "verb": "get"},
            },
        ),
    ]


async def test_without_a_token_nobody_is_asked() -> None:
    server = Server()

    await admitted(server, "")

    assert server.asked == []


@pytest.mark.parametrize(
    ("header", "seconds"), [(f"Bearer {TOKEN}", ALLOWED_SECONDS), ("Bearer other", REFUSED_SECONDS)]
)
async def test_the_api_server_is_asked_again_when_the_time_is_over(header: str, seconds: float) -> None:
    server = Server()
    gate = Gate(server.ask)

    first = await gate.admit(header, "/metrics")
    asked = len(server.asked)
    await anyio.sleep(seconds - 0.1)
    assert await gate.admit(header, "/metrics") is first
    assert len(server.asked) == asked
    await anyio.sleep(0.2)
    assert await gate.admit(header, "/metrics") is first
    assert len(server.asked) == 2 * asked


async def test_an_api_server_that_hangs_keeps_the_door_shut_within_seconds() -> None:
    server = Server(seconds=3600.0)

    began = anyio.current_time()

    assert await admitted(server) is Verdict.UNDECIDED
    assert anyio.current_time() - began == DEADLINE_SECONDS


async def test_few_are_asked_about_at_a_time() -> None:
    server = Server(seconds=1.0)
    gate = Gate(server.ask)

    async with anyio.create_task_group() as group:
        for number in range(5 * AT_ONCE):
            group.start_soon(gate.admit, f"Bearer stranger-{number}", "/metrics")

    assert server.most == AT_ONCE


async def test_one_token_is_looked_up_once_however_many_come_with_it() -> None:
    server = Server()
    gate = Gate(server.ask)

    for _ in range(10):
        assert await gate.admit(f"Bearer {TOKEN}", "/metrics") is Verdict.ALLOWED

    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "server",
    [
        pytest.param(Server(), id="known"),
        pytest.param(Server(may=set()), id="no right"),
        pytest.param(Server(trouble=Unreachable(0, "Down", "refused")), id="trouble"),
        pytest.param(Server(answer=f'{{"status": "{TOKEN}"}}'.encode()), id="an answer that quotes it"),
        pytest.param(Server(seconds=60.0), id="no answer"),
    ],
)
async def test_no_log_holds_a_token(server: Server) -> None:
    gate = Gate(server.ask)

    with capture_logs() as logs:
        await gate.admit(f"Bearer {TOKEN}", "/metrics")
        await gate.admit(f"Bearer {TOKEN}x", "/metrics")

    assert logs
    assert "c4n4ry" not in str(logs)
