"""The sandbox's API without sockets, for tests of its rules: one cluster, a clock that stands, entropy that counts."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from esoctl.sandbox.api import ADMIN, Api
from esoctl.sandbox.requests import Request, Response
from esoctl.sandbox.watching import Watch
from esoctl.sandbox.world import Settings, World

NOW = "2026-01-31T12:00:00Z"
SECRETS = "/api/v1/namespaces/default/secrets"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
NAMESPACES = "/api/v1/namespaces"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
MERGE = "application/merge-patch+json"
JSON = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
STRATEGIC = "application/strategic-merge-patch+json"


def counting(first: int = 1) -> Callable[[int], bytes]:
    """Entropy that never repeats and is the same in every run."""
    numbers: Iterator[int] = iter(range(first, 10**6))
    return lambda size: (next(numbers) * 0x9E3779B1 % 2 ** (8 * min(size, 8))).to_bytes(min(size, 8), "big").rjust(size)


class Client:
    """Calls one cluster; answers are (status, body), refusals included."""

    def __init__(self, settings: Settings | None = None, now: Callable[[], str] = lambda: NOW) -> None:
        self.world = World(now, counting(), settings)
        self.api = Api(self.world)

    def call(self, method: str, path: str, body: object = None, **options: Any) -> Response | Watch:
        headers = {name.replace("_", "-"): value for name, value in options.pop("headers", {}).items()}
        query = urlencode({name: _text(value) for name, value in options.items()}, doseq=True)
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.api.handle_as(ADMIN, Request(method, path, query, headers, raw))

    def answer(self, method: str, path: str, body: object = None, **options: Any) -> Response:
        answer = self.call(method, path, body, **options)
        assert isinstance(answer, Response)
        return answer

    def get(self, path: str, **options: Any) -> tuple[int, Any]:
        return _pair(self.answer("GET", path, **options))

    def post(self, path: str, body: object, **options: Any) -> tuple[int, Any]:
        return _pair(self.answer("POST", path, body, **options))

    def put(self, path: str, body: object, **options: Any) -> tuple[int, Any]:
        return _pair(self.answer("PUT", path, body, **options))

    def patch(self, path: str, body: object, kind: str = MERGE, **options: Any) -> tuple[int, Any]:
        return _pair(self.answer("PATCH", path, body, headers={"content_type": kind}, **options))

    def apply(self, path: str, body: object, manager: str = "test", **options: Any) -> tuple[int, Any]:
        return self.patch(path, body, APPLY, fieldManager=manager, **options)

    def delete(self, path: str, body: object = None, **options: Any) -> tuple[int, Any]:
        return _pair(self.answer("DELETE", path, body, **options))

    def watch(self, path: str, **options: Any) -> Watch:
        watch = self.call("GET", path, watch=True, **options)
        assert isinstance(watch, Watch), watch
        return watch

    def made(self, path: str, body: object) -> Any:
        """Create something that must succeed."""
        status, made = self.post(path, body)
        assert status == 201, made
        return made


def _pair(answer: Response) -> tuple[int, Any]:
    return answer.status, answer.body


def _text(value: object) -> object:
    return {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value


def a_secret(name: str = "one", **meta: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, **meta}, "data": {"a": "eA=="}}


def a_config_map(name: str = "one", data: dict[str, str] | None = None, **meta: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **meta}, "data": data or {"a": "x"}}


def a_namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def owner_of(doc: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A reference that makes the document an owner."""
    meta = doc["metadata"]
    return {"apiVersion": doc["apiVersion"], "kind": doc["kind"], "name": meta["name"], "uid": meta["uid"], **more}


def names(listed: dict[str, Any]) -> list[str]:
    return [item["metadata"]["name"] for item in listed["items"]]
