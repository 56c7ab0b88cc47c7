"""The steps of the demo, each seen with one's own eyes or failed: nothing is taken for granted."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from esoctl.demo.aws import KEYS, SecretsManager
from esoctl.demo.cluster import Cluster
from esoctl.model.conditions import Condition
from esoctl.model.keys import Kind
from esoctl.model.secret import Secret

T = TypeVar("T")

STORE = "secretstore-sample"
EXTERNAL_SECRET = "example"
TARGET = "secret-to-be-created"
FIRST = "11111111-1111-4111-8111-111111111111"
SECOND = "22222222-2222-4222-8222-222222222222"
STAGE = "provider-key-version"

Show = Callable[[str, Callable[[], Awaitable[str]]], Awaitable[None]]
"""Shows one step: its title, and what does it and tells what was seen."""


@dataclass(frozen=True, slots=True)
class Story:
    """The demo's world, and its steps in order."""

    cluster: Cluster
    aws: SecretsManager
    examples: Path

    async def tell(self, show: Show) -> None:
        """Every step; the first that is not seen raises."""
        await show("Secrets are put into AWS Secrets Manager", self.fill_aws)
        await show("The SecretStore of the example is applied", self.apply_store)
        await show("The ExternalSecret of the example is applied", self.apply_external_secret)
        await show("A value changes in AWS, and the Secret follows", self.rotate)
        await show("The Secret is deleted by hand, and comes back", self.lose)

    async def fill_aws(self) -> str:
        """What the example's manifests name."""
        await self.aws.create("provider-key", '{"provider-key-property": "first value"}', FIRST)
        await self.aws.stage("provider-key", STAGE, FIRST)
        await self.aws.create("remote-key-in-the-provider", '{"username": "ada", "password": "correct horse"}', FIRST)
        return "provider-key, remote-key-in-the-provider"

    async def apply_store(self) -> str:
        """Credentials and store; seen when the store is Ready."""
        await self.cluster.apply(
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "awssm-secretkey"}, "stringData": KEYS}
        )
        await self.cluster.apply_file(self.examples / "secretstore-sample.yaml")
        ready = await self.cluster.until("the store's Ready condition", lambda: self._ready(Kind.SECRET_STORE, STORE))
        return f"SecretStore/{STORE}: Ready, {ready.reason} ({ready.message})"

    async def apply_external_secret(self) -> str:
        """Seen when it is Ready and the Secret has every key."""
        await self.cluster.apply_file(self.examples / "externalsecret-example.yaml")
        ready = await self.cluster.until("Ready", lambda: self._ready(Kind.EXTERNAL_SECRET, EXTERNAL_SECRET))
        made = await self._see("the Secret", lambda secret: secret)
        if set(made.data) != {"secret-key-to-be-managed", "username", "password"}:
            raise AssertionError(f"unexpected keys: {', '.join(sorted(made.data))}")
        return f"ExternalSecret/{EXTERNAL_SECRET}: Ready, {ready.reason}\n{masked(made)}"

    async def rotate(self) -> str:
        """Seen when the Secret holds the new value; an annotation asks for it before the hour is over."""
        await self.aws.put("provider-key", '{"provider-key-property": "a second, longer value"}', SECOND)
        await self.aws.stage("provider-key", STAGE, SECOND)
        await self.cluster.annotate(Kind.EXTERNAL_SECRET, EXTERNAL_SECRET, {"force-sync": "rotated"})
        made = await self._see(
            "the new value", lambda secret: secret if b"a second, longer value" in secret.data.values() else None
        )
        return masked(made)

    async def lose(self) -> str:
        """Seen when a Secret of another uid holds the same values."""
        before = await self._see("the Secret", lambda secret: secret)
        await self.cluster.delete_secret(TARGET)
        after = await self._see(
            "the Secret again", lambda secret: None if secret.metadata.uid == before.metadata.uid else secret
        )
        if after.data != before.data:
            raise AssertionError("the Secret came back with other values")
        return masked(after)

    async def _ready(self, kind: Kind, name: str) -> Condition | None:
        ready = await self.cluster.ready(kind, name)
        return ready if ready is not None and ready.status == "True" else None

    async def _see(self, what: str, choose: Callable[[Secret], Secret | None]) -> Secret:
        async def look() -> Secret | None:
            found = await self.cluster.secret(TARGET)
            return choose(found) if found is not None else None

        return await self.cluster.until(what, look)


def masked(secret: Secret) -> str:
    """A Secret's keys, with the length of their values in place of the values."""
    width = max(map(len, secret.data), default=0)
    lines = [f"  {key:<{width}}  {'•' * 8}  ({len(value)} bytes)" for key, value in sorted(secret.data.items())]
    return "\n".join([f"Secret/{secret.metadata.name}: type {secret.type}", *lines])
