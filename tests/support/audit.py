"""The API server's own record of what a ServiceAccount asked for, in the terms of RBAC."""

import json
import pathlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from support.api import Api, Json

Asked = tuple[str, str, str]
"""Group, resource with its subresource, and verb."""


@dataclass(frozen=True)
class Record:
    """What one ServiceAccount asked for."""

    allowed: Counter[Asked]
    refused: Counter[str]
    """Requests that were forbidden, in words."""


def size(control_plane: pathlib.Path) -> int:
    """How long the log is now, to look later only at what comes after."""
    return (control_plane.parent / "audit.log").stat().st_size


def record(control_plane: pathlib.Path, api: Api, account: str, since: int = 0) -> Record:
    """Of ``namespace:name``, once everything up to now is written down."""
    log = control_plane.parent / "audit.log"
    assert log.exists(), "start the control plane with --audit"
    mark(api, log)
    allowed: Counter[Asked] = Counter()
    refused: Counter[str] = Counter()
    for entry in entries(log, f"system:serviceaccount:{account}", since):
        status = entry.get("responseStatus", {}).get("code", 0)
        # Admission may forbid too, such as what is new in a namespace that is going away; that is no matter of rights.
        if status == 401 or entry.get("annotations", {}).get("authorization.k8s.io/decision") == "forbid":
            refused[f"{entry['verb']} {entry['requestURI']}: {status}"] += 1
        else:
            allowed.update(asked(entry, status))
    return Record(allowed, refused)


def mark(api: Api, log: pathlib.Path) -> None:
    """The log is written in batches: ask for something as a ServiceAccount that no one else is, and wait to see it."""
    name = f"mark-{time.monotonic_ns()}"
    api.post("/api/v1/namespaces", {"metadata": {"name": name}}).good()
    api.post(f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "mark"}}).good()
    made = api.post(f"/api/v1/namespaces/{name}/serviceaccounts/mark/token", {"spec": {}}).good()
    Api(api.access.as_user(made["status"]["token"])).get("/api")
    deadline = time.monotonic() + 40
    while f"system:serviceaccount:{name}:mark" not in log.read_text():
        assert time.monotonic() < deadline, "the audit log is not written"
        time.sleep(0.2)
    api.delete(f"/api/v1/namespaces/{name}")


def entries(log: pathlib.Path, user: str, since: int) -> Iterator[Json]:
    for line in log.read_bytes()[since:].decode().splitlines():
        entry = json.loads(line) if user in line else None
        if entry is not None and entry["user"]["username"] == user:
            yield entry


def asked(entry: Json, status: int) -> Iterator[Asked]:
    """The rights that a request needed."""
    about = entry.get("objectRef")
    if about is None or "resource" not in about:
        return  # discovery, which everyone may ask for
    resource = "/".join(filter(None, (about["resource"], about.get("subresource"))))
    group = about.get("apiGroup", "")
    yield group, resource, entry["verb"]
    if entry["verb"] == "patch" and status == 201:
        yield group, resource, "create"  # an apply of something that was not there
    if "sendInitialEvents=true" in entry["requestURI"]:
        yield group, resource, "list"  # which is what older servers are asked for
