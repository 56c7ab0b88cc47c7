"""Where a conformance check works: one server and a namespace of its own on it.

A check is a function of a Place. It knows nothing of which server it talks to, so what passes on the real API server
and on the sandbox is what tests may rely on.
"""

import contextlib
import pathlib
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from support.api import Api, Json
from support.conformance import widgets
from support.kubeconfig import Access

LABEL = "conformance.esoctl.dev/run"


@dataclass(frozen=True)
class Server:
    """A running API server with controllers for namespaces and owners."""

    access: Access
    kubeconfig: pathlib.Path

    @property
    def api(self) -> Api:
        return Api(self.access)


@dataclass(frozen=True)
class Place:
    server: Server
    api: Api
    namespace: str

    def path(self, plural: str, name: str = "", *, group: str = "v1") -> str:
        """The path of a namespaced collection or object; `group` as in apiVersion."""
        root = "/api/v1" if group == "v1" else f"/apis/{group}"
        return f"{root}/namespaces/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    def secrets(self, name: str = "") -> str:
        return self.path("secrets", name)

    def config_maps(self, name: str = "") -> str:
        return self.path("configmaps", name)

    def widgets(self, name: str = "") -> str:
        return self.path("widgets", name, group=widgets.GROUP_VERSION)

    def a_secret(self, name: str = "one", **fields: Json) -> Json:
        """A Secret made on the server."""
        return self.api.post(self.secrets(), secret(name, **fields)).good()

    def a_config_map(self, name: str = "one", **fields: Json) -> Json:
        return self.api.post(self.config_maps(), config_map(name, **fields)).good()

    def a_widget(self, name: str = "one", **spec: Json) -> Json:
        return self.api.post(self.widgets(), widgets.widget(name, **spec)).good()


def secret(name: str, **fields: Json) -> Json:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, **fields}


def config_map(name: str, **fields: Json) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **fields}


def a_server(access: Access, path: pathlib.Path) -> Server:
    """The server at `access`, with the suite's own custom resource installed."""
    server = Server(access, path)
    server.api.apply(f"{widgets.CRDS}/{widgets.NAME}", widgets.definition(), force=True).good()
    eventually(lambda: widgets.established(server.api), "the Widget definition is served")
    return server


@contextlib.contextmanager
def a_place(server: Server) -> Iterator[Place]:
    """A fresh namespace; it is deleted afterwards, and not waited for."""
    name = f"conf-{uuid.uuid4().hex[:10]}"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {LABEL: name}}}
    api = server.api
    api.post("/api/v1/namespaces", body).good()
    try:
        yield Place(server, api, name)
    finally:
        api.delete(f"/api/v1/namespaces/{name}")


def eventually(true: Callable[[], object], what: str, seconds: float = 20) -> None:
    """Wait until it is so: for what controllers do in their own time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"after {seconds} s still not so: {what}"
        time.sleep(0.05)
