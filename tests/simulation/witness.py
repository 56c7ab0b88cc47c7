"""Watches every write of the operator and holds it against what was ever wanted and ever true, without asking it."""

import base64
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from esoctl.kube.transport import Call
from simulation.scenario import Wanted

SECRETS = "/secrets/"


@dataclass
class Witness:
    """What was wanted and true so far, and what broke the promise."""

    specs: dict[str, list[Wanted]] = field(default_factory=lambda: defaultdict(list))
    values: dict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    vanished: set[str] = field(default_factory=set)
    """Remote keys that were absent at some time."""
    gone: set[str] = field(default_factory=set)
    """ExternalSecrets that the user deleted at some time."""
    broken: list[str] = field(default_factory=list)
    writes: Counter[str] = field(default_factory=Counter)
    """Successful writes by what they wrote to: secret, status, event."""

    def saw(self, call: Call, status: int) -> None:
        """A call that the API server answered, whether or not the operator hears of it."""
        if call.method == "GET" or status >= 400:
            return
        self.writes[self._kind(call.path)] += 1
        name = call.path.rpartition("/")[2]
        if SECRETS in call.path and call.method == "PATCH":
            self._applied(name, json.loads(call.body or b"{}"))
        if SECRETS in call.path and call.method == "DELETE":
            self._deleted(name)

    def _kind(self, path: str) -> str:
        return "status" if path.endswith("/status") else "event" if "/events" in path else "other" if (
            SECRETS not in path
        ) else "secret"  # fmt: skip

    def _applied(self, name: str, body: dict[str, dict[str, str]]) -> None:
        """N1: a complete and true set of one generation's values; N2: no key left out for a failure."""
        data = {key: base64.b64decode(value) for key, value in (body.get("data") or {}).items()}
        if not any(self._fits(data, wanted) for wanted in self.specs[name]):
            self.broken.append(f"N1/N2: {name} was written with {data}, wanted were {self.specs[name]}")

    def _fits(self, data: dict[str, bytes], wanted: Wanted) -> bool:
        remote = dict(wanted.entries)
        missing = {remote[key] for key in remote.keys() - data.keys()}
        excused = not missing or (wanted.deletion != "Retain" and missing <= self.vanished)
        true = all(key in remote and data[key] in self.values[remote[key]] for key in data)
        return excused and true

    def _deleted(self, name: str) -> None:
        """N2: a Secret goes only when all its values are known to be absent and the policy says so."""
        excused = any(
            wanted.deletion == "Delete" and {remote for _, remote in wanted.entries} <= self.vanished
            for wanted in self.specs[name]
        )
        if not excused and name not in self.gone:
            self.broken.append(f"N2: the Secret {name} was deleted, wanted were {self.specs[name]}")
