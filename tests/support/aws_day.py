"""A day with AWS: the whole operator and the real AWS adapter, on the virtual clock, and a witness of the invariants.

Every value, secret key and session token of such a day bears ``MARK``, so that one search through logs, events,
objects and metrics proves that nothing got out.
"""

import base64
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import structlog

from esoctl.kube.transport import Call as ApiCall
from esoctl.log import about_subject
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session, Settings
from support import aws, aws_proxy
from support.aws_memory import URL, MemoryAws, MemorySession
from support.aws_proxy import AwsProxy
from support.aws_script import Script
from support.aws_world import World
from support.day import ES, Day, a_day

MARK = "c4n4ry"
SYNCED = ("True", "SecretSynced", "secret synced")
MAIN, OTHER = "AKIAMAIN", "AKIAOTHER"
"""Who signs for the store ``main`` and for the store ``other``."""
MOST_TELLINGS = 3
"""Status writes of one object during one fault: a success that was under way, the failure, and one more."""
RECOVERY_SECONDS = 60.0
"""After a fault of a whole store: the longest pause between two probes, and the time that all are released over."""
BACKOFF_SECONDS = 330.0
"""After a fault of single objects: the longest backoff of a key, with its jitter."""
ROLE = "arn:aws:iam::123456789012:role/reader"


def marked(text: str) -> str:
    return f"{MARK}-{text}"


class AwsDay:
    """A day whose stores are AWS's; ``day`` has the hands and eyes, ``script`` the faults, ``world`` the values."""

    def __init__(self, day: Day, script: Script, world: World, logs: list[str]) -> None:
        self.day = day
        self.script = script
        self.world = world
        self.logs = logs

    def put(self, **values: str) -> None:
        """New versions; the values are marked."""
        self.world.put(**{name: marked(value) for name, value in values.items()})

    def keys(self, name: str = "keys", key_id: str = "AKIAMAIN") -> None:
        self.day.make_secret(name, {"id": key_id, "key": f"{MARK}-secret-key-of-{key_id}"})

    def store(
        self, name: str = "main", keys: str = "keys", spec: dict[str, object] | None = None, **aws: object
    ) -> None:
        body = a_body(keys) | aws
        self.day.apply("SecretStore", name, {"provider": {"aws": body}, **(spec or {})})

    def external_secret(self, name: str = "shop", /, *, store: str = "main", **spec: Any) -> None:
        self.day.external_secret(name, **({"secretStoreRef": {"name": store}} | spec))

    async def searching(self, name: str = "shop", /, **spec: Any) -> None:
        """A synced ExternalSecret without entries of its own."""
        self.day.apply("ExternalSecret", name, {"secretStoreRef": {"name": "main"}, "refreshInterval": "1m", **spec})
        await self.day.until(lambda: self.day.ready(name) == SYNCED, seconds=60)

    async def fleet(self, size: int, **spec: Any) -> list[str]:
        """So many synced ExternalSecrets of the store ``main``, and one, ``bystander``, of the store ``other``."""
        names = [f"es{number}" for number in range(size)]
        self.external_secret("bystander", store="other", data={"password": "other"}, refreshInterval="1m")
        for number, name in enumerate(names):
            self.put(**{f"v{number}": "one"})
            self.external_secret(name, **({"data": {"a": f"v{number}"}, "refreshInterval": "1m"} | spec))
        await self.day.until(lambda: self.all_ready(["bystander", *names]))
        return names

    def turn(self, names: list[str], text: str) -> None:
        """New values for the ExternalSecrets of a fleet, and for the bystander."""
        self.put(other=text, **{name.replace("es", "v"): text for name in names})

    def all_ready(self, names: list[str]) -> bool:
        return all(self.day.ready(name) == SYNCED for name in names)

    def all_hold(self, names: list[str], text: str) -> bool:
        return all(self.data(name) == {"a": text} for name in names)

    async def recovered(self, names: list[str], text: str, seconds: float = RECOVERY_SECONDS) -> None:
        """N3: everybody holds the new value in time and is ready, and rests after that."""
        await self.day.until(lambda: self.all_hold(names, text) and self.all_ready(names), seconds)
        mark = len(self.day.transport.calls)
        await self.day.settle(180)
        assert [call.path for call in self.secret_writes(mark)] == []
        assert self.status_writes(mark) <= 4 * (len(names) + 1)

    def kept(self, names: list[str], text: str, mark: int) -> None:
        """N1, N2, N6: the last good data are there, nobody wrote to a Secret since that call, and each told it once."""
        assert [self.data(name) for name in names] == [{"a": text}] * len(names)
        assert [call.path for name in names for call in self.secret_writes(mark, name)] == []
        assert max(self.status_writes(mark, f"/{name}") for name in names) <= MOST_TELLINGS

    def tells(self, names: list[str], *words: str) -> None:
        """Everybody is not ready, for the true reason."""
        for name in names:
            status, reason, message = self.day.ready(name)
            assert (status, reason) == ("False", "SecretSyncedError"), message
            assert message.startswith("could not get secret data from provider: "), message
            assert all(word in message for word in words), message

    async def synced(self, name: str = "shop", /, **spec: Any) -> None:
        self.external_secret(name, **spec)
        await self.day.until(lambda: self.day.ready(name) == SYNCED, seconds=60)

    def data(self, name: str = "shop") -> dict[str, str]:
        """The Secret's data without the mark; empty without one."""
        found = self.day.data(name) or {}
        return {key: value.decode(errors="replace").removeprefix(f"{MARK}-") for key, value in found.items()}

    def force(self, name: str, text: str) -> None:
        self.day.edit("ExternalSecret", name, {"metadata": {"annotations": {"force-sync": text}}})

    def secret_writes(self, since: int = 0, name: str = "") -> list[ApiCall]:
        """Every write of a target Secret that our operator made, from the call with that number on."""
        return [
            call
            for call in self.day.transport.calls[since:]
            if call.method != "GET" and "/secrets/" in call.path and call.path.endswith(f"/{name}" if name else "")
        ]

    def written(self, name: str, since: int = 0) -> list[dict[str, str]]:
        """The data of every write of that Secret, without the mark."""
        return [_data_of(call) for call in self.secret_writes(since, name) if call.method == "PATCH"]

    def status_writes(self, since: int = 0, name: str = "") -> int:
        calls = self.day.transport.calls[since:]
        return sum(call.path.endswith(f"{name}/status") for call in calls if call.method != "GET")

    def nothing_was_lost(self, since: int) -> None:
        """N2: no Secret was deleted, and no write had fewer keys than another of the same Secret."""
        writes = self.secret_writes(since)
        assert [call.path for call in writes if call.method == "DELETE"] == []
        by_name: dict[str, set[frozenset[str]]] = {}
        for call in writes:
            by_name.setdefault(call.path, set()).add(frozenset(_data_of(call)))
        assert {path: keys for path, keys in by_name.items() if len(keys) > 1} == {}

    def nothing_leaked(self) -> None:
        """N7: no value, secret key, session token or signature outside of Secrets."""
        told = dict(self._told())
        assert len(told) >= 4
        for where, text in told.items():
            for forbidden in (MARK, "Signature=", "AWS4-HMAC", "s-ASIALENT", "t-ASIALENT", "hunter"):
                assert forbidden not in text, f"{forbidden} in {where}"

    def _told(self) -> Iterator[tuple[str, str]]:
        yield "logs", "\n".join(self.logs)
        yield "metrics", self.day.metrics.scrape()().decode()
        yield "events", json.dumps(self.day.do("GET", f"/api/v1/namespaces/{self.day.namespace}/events"))
        for plural in ("externalsecrets", "secretstores"):
            found = self.day.do("GET", f"{ES}/namespaces/{self.day.namespace}/{plural}")
            yield plural, json.dumps(found)


def a_body(keys: str = "keys", **changes: object) -> dict[str, object]:
    """``spec.provider.aws`` with static keys of that Secret."""
    body = aws.a_body(**changes)  # type: ignore[arg-type]
    refs = {
        "accessKeyIDSecretRef": {"name": keys, "key": "id"},
        "secretAccessKeySecretRef": {"name": keys, "key": "key"},
    }
    return body | {"auth": {"secretRef": refs}}


@asynccontextmanager
async def an_aws_day(*, batching: bool = True, seed: int = 1) -> AsyncIterator[AwsDay]:
    """The operator at work with the store ``main`` and the value ``db``; virtual clock."""
    memory = MemoryAws(seed)
    with recorded_logs() as logs:
        async with _day(MemorySession(memory, Settings(aws.everywhere(URL), batching=batching))) as day:
            yield await _set_up(AwsDay(day, memory.script, memory.world, logs))


@asynccontextmanager
async def a_wire_day(behind: str, *, patience: float = 0.5) -> AsyncIterator[tuple[AwsDay, AwsProxy]]:
    """The same over real sockets and the real clock, with a scripted proxy in front of what is behind it."""
    with recorded_logs() as logs:
        async with aws_proxy.running(behind) as proxy:
            settings = Settings(aws.everywhere(proxy.url), connect_seconds=patience, read_seconds=patience)
            async with _day(Session(settings)) as day:
                yield await _set_up(AwsDay(day, proxy.script, MotoWorld(behind), logs)), proxy


class MotoWorld(World):
    """Values in moto instead of memory."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._secrets = aws.client("secretsmanager", url)

    def put(self, **values: str) -> None:
        for name, value in values.items():
            try:
                self._secrets.create_secret(Name=name, SecretString=value)
            except self._secrets.exceptions.ResourceExistsException:
                self._secrets.put_secret_value(SecretId=name, SecretString=value)


@asynccontextmanager
async def _day(session: Session) -> AsyncIterator[Day]:
    async with session, a_day({"aws": Aws(session)}) as day:
        yield day


async def _set_up(found: AwsDay) -> AwsDay:
    found.put(db="first", other="bystander")
    found.keys()
    found.keys("other-keys", "AKIAOTHER")
    found.store()
    found.store("other", "other-keys")
    await found.day.until(lambda: found.day.ready("main", "SecretStore")[0] == "True")
    await found.day.until(lambda: found.day.ready("other", "SecretStore")[0] == "True")
    return found


@contextmanager
def recorded_logs() -> Iterator[list[str]]:
    """Everything that is logged meanwhile, tracebacks included, ours and the libraries'."""
    lines: list[str] = []

    def keep(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        lines.append(repr(event))
        raise structlog.DropEvent

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Keeping()
    logging.getLogger().addHandler(handler)
    structlog.configure(processors=[about_subject, structlog.processors.format_exc_info, keep])
    try:
        yield lines
    finally:
        logging.getLogger().removeHandler(handler)
        structlog.reset_defaults()


def _data_of(call: ApiCall) -> dict[str, str]:
    body = json.loads(call.body or b"{}")
    found = {key: base64.b64decode(value).decode(errors="replace") for key, value in (body.get("data") or {}).items()}
    return {key: value.removeprefix(f"{MARK}-") for key, value in found.items()}
