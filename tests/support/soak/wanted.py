"""What the objects of a soak ask for, with the time of every change: from this, and from nothing else, is judged.

An ExternalSecret has a *turn*, the number of its spec, and a remote secret of the same name has a version. A Secret
must hold what one turn makes of one version. Every third object has a template.
"""

import re
from dataclasses import dataclass, field

from support.api import Json
from support.soak.remote import password, user

NAMESPACES = 10
REFRESH = "60s"
LATE_SECONDS = 150.0
"""For how long after a newer turn or version the one before may still be written: a refresh, and faults on the way."""
_FOUND = re.compile(r"user-(?P<name>[a-z0-9-]+?)-(?P<number>[0-9]+)-canary")


@dataclass
class Change:
    """A turn that was asked for; ``sure`` when the API server took it."""

    at: float
    sure: bool = False


@dataclass
class Object:
    name: str
    namespace: str
    templated: bool
    turns: list[Change] = field(default_factory=list)
    here: bool = True
    """Whether it is there, as far as is known."""

    @property
    def path(self) -> str:
        return f"/apis/external-secrets.io/v1/namespaces/{self.namespace}/externalsecrets"

    @property
    def secret(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/secrets/{self.name}"

    def body(self, turn: int) -> Json:
        """The manifest of a turn."""
        keys = ("user", "pass") if self.templated else ("user", f"pass-{turn}")
        entries = [
            {"secretKey": key, "remoteRef": {"key": self.name, "property": key.partition("-")[0]}} for key in keys
        ]
        target: Json = {"name": self.name}
        if self.templated:
            target["template"] = {"data": {"dsn": f"{{{{ .user }}}}:{{{{ .pass }}}}:{turn}"}}
        return {
            "apiVersion": "external-secrets.io/v1",
            "kind": "ExternalSecret",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": {
                "refreshInterval": REFRESH,
                "secretStoreRef": {"name": "aws"},
                "target": target,
                "data": entries,
            },
        }

    def data(self, turn: int, version: int) -> dict[str, str]:
        """What the Secret holds then."""
        one, two = user(self.name, version), password(self.name, version)
        return {"dsn": f"{one}:{two}:{turn}"} if self.templated else {"user": one, f"pass-{turn}": two}

    def which(self, data: dict[str, str]) -> tuple[int, int] | None:
        """The turn and version that make exactly this; None when nothing does."""
        text = data.get("dsn") or data.get("user") or ""
        found = _FOUND.match(text)
        turns = [text.rpartition(":")[2]] if self.templated else [k.partition("-")[2] for k in data if k != "user"]
        if not found or len(turns) != 1 or not turns[0].isdigit():
            return None
        turn, version = int(turns[0]), int(found["number"])
        return (turn, version) if self.data(turn, version) == data else None


def objects(count: int) -> list[Object]:
    return [Object(f"o-{n}", f"soak-{n % NAMESPACES}", templated=n % 3 == 0) for n in range(count)]


def turn_was_wanted(subject: Object, turn: int, at: float) -> bool:
    """Whether it had been asked for, and nothing newer for sure for too long."""
    if turn >= len(subject.turns) or subject.turns[turn].at > at:
        return False
    newer = [change.at for change in subject.turns[turn + 1 :] if change.sure]
    return not newer or at - min(newer) < LATE_SECONDS


def version_was_there(times: list[float], version: int, at: float) -> bool:
    return (
        version < len(times)
        and times[version] <= at
        and (version + 1 == len(times) or at - times[version + 1] < LATE_SECONDS)
    )
