"""A day in the life: the whole operator over a sandbox and a memory provider, on the virtual clock."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio

from esoctl.clock import steady
from esoctl.config import Config
from esoctl.kube.api import Api
from esoctl.kube.campaign import Alone, Lead
from esoctl.metrics import Metrics
from esoctl.operating import Operator, Surroundings
from esoctl.providers.contract import Provider
from esoctl.providers.pool import ClientPool
from esoctl.reconcile.visits import Tell, note
from esoctl.sandbox.api import Api as Sandbox
from esoctl.sandbox.moments import text as moment
from esoctl.sandbox.requests import Request, Response
from support.furnished import furnished
from support.inprocess import SandboxTransport
from support.memory_provider import MemoryProvider, Vault

EPOCH = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
ES = "/apis/external-secrets.io/v1"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"


@dataclass
class LoopClock:
    """Wall time that follows the loop's: an hour of waiting is an hour on the wall, until somebody sets it."""

    set_by: timedelta = timedelta()

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=steady()) + self.set_by


@dataclass
class Day:
    """The world of one test: hands to change it, eyes to look at it."""

    transport: SandboxTransport
    vault: Vault
    metrics: Metrics
    namespace: str = "team-a"
    operator: Operator | None = None
    """Who is at work, for those that must look inside."""
    stop: anyio.Event = field(default_factory=anyio.Event)
    """Set, it stops the operator; another one starts then, while the day lasts."""
    clock: LoopClock = field(default_factory=LoopClock)
    """The operator's; the API server has its own."""
    pause: float = 0.0
    """Seconds from the end of an operator to the start of the next."""

    def do(self, method: str, path: str, body: object = None, content_type: str = "application/json") -> Any:
        """A request of a user; raises AssertionError when it is refused."""
        status, found = self.ask(method, path, body, content_type)
        assert status < 400, found
        return found

    def as_manager(self, manager: str, method: str, path: str, body: object) -> Any:
        """A request of another program, under its own field manager."""
        headers = {"content-type": "application/json"}
        request = Request(method, path, f"fieldManager={manager}", headers, json.dumps(body).encode())
        answer = self.transport.sandbox.handle_as("user", request)
        assert isinstance(answer, Response)
        assert answer.status < 400, answer.body
        return answer.body

    def ask(
        self, method: str, path: str, body: object = None, content_type: str = "application/json"
    ) -> tuple[int, Any]:
        raw = b"" if body is None else json.dumps(body).encode()
        query = (
            "fieldManager=user&force=true" if content_type == APPLY else "fieldManager=user" if method != "GET" else ""
        )
        answer = self.transport.sandbox.handle_as(
            "user", Request(method, path, query, {"content-type": content_type}, raw)
        )
        assert isinstance(answer, Response)
        return answer.status, answer.body

    def apply(self, kind: str, name: str, spec: object, **metadata: object) -> None:
        """Apply an ExternalSecret, SecretStore or ClusterSecretStore."""
        body = {
            "apiVersion": "external-secrets.io/v1",
            "kind": kind,
            "metadata": {"name": name, **metadata},
            "spec": spec,
        }
        self.do("PATCH", self.path(kind, name), body, APPLY)

    def external_secret(self, name: str = "shop", /, *, data: dict[str, str] | None = None, **spec: object) -> None:
        """Apply an ExternalSecret; ``data`` maps secret keys to remote keys."""
        entries = [
            {"secretKey": key, "remoteRef": {"key": remote}} for key, remote in (data or {"password": "db"}).items()
        ]
        wanted = {"secretStoreRef": {"name": "aws"}, "data": entries, **spec}
        self.apply("ExternalSecret", name, wanted)

    def store(self, name: str = "aws", **spec: object) -> None:
        self.apply("SecretStore", name, {"provider": {"fake": {"data": []}}, **spec})

    def path(self, kind: str, name: str) -> str:
        plural = f"{kind.lower()}s"
        if kind == "ClusterSecretStore":
            return f"{ES}/{plural}/{name}"
        root = "/api/v1" if kind in ("Secret", "ConfigMap") else ES
        return f"{root}/namespaces/{self.namespace}/{plural}/{name}"

    def get(self, kind: str, name: str) -> Any:
        """An object; None when there is none."""
        status, found = self.ask("GET", self.path(kind, name))
        return found if status == 200 else None

    def data(self, name: str = "shop") -> dict[str, bytes] | None:
        """The data of a Secret; None when there is none."""
        found = self.get("Secret", name)
        return None if found is None else {k: base64.b64decode(v) for k, v in (found.get("data") or {}).items()}

    def make_secret(self, name: str, values: dict[str, str], **more: object) -> None:
        body = {"metadata": {"name": name, **more.pop("metadata", {})}, "stringData": values, **more}  # type: ignore[dict-item]
        self.do("POST", f"/api/v1/namespaces/{self.namespace}/secrets", body)

    def make_config_map(self, name: str, texts: dict[str, str], **metadata: object) -> None:
        body = {"metadata": {"name": name, **metadata}, "data": texts}
        self.do("POST", f"/api/v1/namespaces/{self.namespace}/configmaps", body)

    def edit(self, kind: str, name: str, patch: object) -> None:
        self.do("PATCH", self.path(kind, name), patch, MERGE)

    def delete(self, kind: str, name: str) -> None:
        self.do("DELETE", self.path(kind, name))

    def ready(self, name: str = "shop", kind: str = "ExternalSecret") -> tuple[str, str, str]:
        """(status, reason, message) of the Ready condition; empty texts without one."""
        found = self.get(kind, name) or {}
        for condition in found.get("status", {}).get("conditions", []):
            return condition["status"], condition["reason"], condition["message"]
        return "", "", ""

    def events(self, name: str = "shop") -> list[str]:
        """Events of an object, as ``Type Reason message``, each once."""
        found = self.do("GET", f"/api/v1/namespaces/{self.namespace}/events")["items"]
        mine = [event for event in found if event["involvedObject"]["name"] == name]
        return sorted({f"{event['type']} {event['reason']} {event['message']}" for event in mine})

    async def until(self, look: Callable[[], object], seconds: float = 30.0) -> None:
        """Let time pass until something is true; fails after that many seconds of virtual time."""
        with anyio.move_on_after(seconds):
            while not look():  # noqa: ASYNC110  a user looks again and again; time is virtual
                await anyio.sleep(max(0.05, seconds / 1000))
        assert look(), "not seen in time"

    async def restart(self, pause: float = 0.0) -> None:
        """Let another operator take over, at once or later; it knows no more than the cluster tells it."""
        self.pause = pause
        self.stop.set()
        self.stop = anyio.Event()
        await self.settle(2.0 + pause)

    async def settle(self, seconds: float = 2.0) -> None:
        """Let everything that is under way come to rest."""
        await anyio.sleep(seconds)


@asynccontextmanager
async def a_day(
    more: Mapping[str, Provider] | None = None, *, lead: Lead | None = None, tell: Tell = note, **config: object
) -> AsyncIterator[Day]:
    """The operator at work, with the store ``aws`` and the value ``db``; ``more`` are providers beside the memory's."""
    server = LoopClock()
    transport = SandboxTransport(Sandbox(furnished(lambda: moment(server.now()))))
    vault, metrics = Vault(values={"db": b"first"}), Metrics()
    settings = Config(**{"metrics_addr": "", "health_addr": "", "workers": 32, **config})  # type: ignore[arg-type]
    day = Day(transport, vault, metrics)
    day.do("POST", "/api/v1/namespaces", {"metadata": {"name": day.namespace}})
    day.store()
    over = False

    async def operate() -> None:
        while not over:
            known = {"fake": MemoryProvider(vault), **(more or {})}
            operator = Operator(settings, api, pool, known, metrics, Surroundings(day.clock, tell=tell))
            day.operator = operator
            if await operator.run(day.stop.wait, lead or Alone()):
                return  # a process that lost its lease ends
            await anyio.sleep(day.pause)

    async with ClientPool() as pool, anyio.create_task_group() as group:
        api = Api(transport)  # type: ignore[arg-type]  # it keeps the contract
        group.start_soon(operate)
        try:
            yield day
        finally:
            over = True
            day.stop.set()
