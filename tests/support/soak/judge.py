"""The judge of a soak: reads the API server's own record of what the operator wrote, and the cluster when it is calm.

It trusts nothing the operator says of itself but two things: its metric of objects in no state, and its memory.
"""

import base64
import json
import pathlib
from collections import Counter
from dataclasses import dataclass, field

from support.api import Api, Json
from support.faults.oracle import moment
from support.soak.remote import CANARY, Remote
from support.soak.wanted import Object, turn_was_wanted, version_was_there

SLACK_SECONDS = 1.0
"""Between a change and the clock of the record, which tells when a request came in."""


@dataclass
class Judge:
    log: pathlib.Path
    remote: Remote
    objects: dict[tuple[str, str], Object]
    read_to: int = 0
    writes: Counter[str] = field(default_factory=Counter)
    wrongs: list[str] = field(default_factory=list)

    def read(self) -> None:
        """Judge what was written since the last time."""
        with self.log.open("rb") as lines:
            lines.seek(self.read_to)
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                self.read_to += len(line)
                self.entry(json.loads(line))

    def entry(self, entry: Json) -> None:
        about, verb = entry.get("objectRef", {}), entry["verb"]
        resource = "/".join(filter(None, (about.get("resource"), about.get("subresource"))))
        code = entry.get("responseStatus", {}).get("code", 0)
        self.writes[f"{verb} {resource} {code // 100}xx"] += 1
        if resource != "secrets" or not 200 <= code < 300:
            return
        where = (about.get("namespace", ""), about.get("name", ""))
        subject = self.objects.get(where)
        if subject is None or verb != "patch":
            self.wrongs.append(f"{verb} of Secret {where} was never asked for")
            return
        self.write(subject, decoded(entry["requestObject"]), moment(entry["requestReceivedTimestamp"]))

    def write(self, subject: Object, data: dict[str, str], at: float) -> None:
        """N1: exactly one turn with one version, both of them of the time."""
        found = subject.which(data)
        told = f"{subject.name} at {at:.1f}: keys {sorted(data)}, {found}"
        if found is None:
            self.wrongs.append(f"torn or unknown: {told}")
        elif not turn_was_wanted(subject, found[0], at + SLACK_SECONDS):
            self.wrongs.append(f"a spec of another time: {told}")
        elif not version_was_there(self.remote.history[subject.name], found[1], at + SLACK_SECONDS):
            self.wrongs.append(f"a version of another time: {told}")

    def behind(self, api: Api) -> list[str]:
        """N3: which Secrets are not what the newest spec and version make."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        for namespace in sorted({subject.namespace for subject in self.objects.values()}):
            for secret in api.get(f"/api/v1/namespaces/{namespace}/secrets").good()["items"]:
                found[namespace, secret["metadata"]["name"]] = decoded(secret)
        wrong = []
        for where, subject in self.objects.items():
            wanted = None
            if subject.here:
                wanted = subject.data(len(subject.turns) - 1, self.remote.version(subject.name))
            if found.get(where) != wanted:
                wrong.append(f"{where}: {subject.which(found.get(where, {}))} of {len(subject.turns) - 1}")
        return wrong


def decoded(secret: Json) -> dict[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in (secret.get("data") or {}).items()}


def leaks(api: Api, logs: list[pathlib.Path], metrics: list[str]) -> list[str]:
    """N7: where a value got that is no Secret."""
    found = [log.name for log in logs if CANARY in log.read_text(errors="replace")]
    found += [f"metrics {number}" for number, text in enumerate(metrics) if CANARY in text]
    for path in (
        "/api/v1/events",
        "/apis/external-secrets.io/v1/externalsecrets",
        "/apis/external-secrets.io/v1/secretstores",
    ):
        found += [path] if CANARY in json.dumps(api.get(path).good()) else []
    return found
