"""A validating admission webhook of a test's own: it denies, keeps silent, or cannot be reached, in one namespace.

    with webhooks.installed(room, Mode.DENY) as hook:      # what users write passes, for it asks for their names
        ...

It is asked about Secrets that the operator writes. It lives as long as the block, and so does its configuration.
"""

import contextlib
import http.server
import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from support.api import Json
from support.faults.authority import Issued, issued
from support.faults.oracle import OPERATOR
from support.scene import Scene

CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
DENIAL = "the house rules say no"
THEIRS = {"name": "ours", "expression": f"request.userInfo.username == '{OPERATOR}' || request.name == 'trial'"}
RULE = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["secrets"], "operations": ["CREATE", "UPDATE"]}


class Mode(Enum):
    ALLOW = "allow"
    DENY = "deny"
    SILENT = "silent"
    AWAY = "away"
    """Nobody listens."""


@dataclass
class Webhook:
    """``mode`` may change at any time between the first three."""

    mode: Mode
    url: str = ""
    asked: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def answer(self, review: Json) -> Json:
        self.asked += 1
        if self.mode is Mode.SILENT:
            self.over.wait(60)
        allowed = self.mode is not Mode.DENY
        status = {} if allowed else {"status": {"code": 403, "message": DENIAL}}
        said = {"uid": review["request"]["uid"], "allowed": allowed} | status
        return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": said}


@contextlib.contextmanager
def serving(hook: Webhook, identity: Issued) -> Iterator[None]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            content = json.dumps(hook.answer(review)).encode()
            with contextlib.suppress(OSError):  # the API server waits only so long
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
            """Say nothing."""

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A connection that was cut is no news."""

    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = identity.context.wrap_socket(server.socket, server_side=True)
        hook.url = f"https://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            hook.over.set()
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def installed(room: Scene, mode: Mode, seconds: int = 10) -> Iterator[Webhook]:
    """A webhook for the Secrets of that namespace that is already asked; ``seconds`` is its time limit."""
    identity, hook = issued("webhook"), Webhook(Mode.DENY)
    with serving(hook, identity):
        authority = b64encode(identity.authority.encode()).decode()
        path = f"{CONFIGURATIONS}/{room.namespace}"
        room.api.post(CONFIGURATIONS, configuration(room.namespace, hook.url, authority, seconds)).good()
        try:
            room.until(lambda: denied(room), lambda: "the webhook is asked")
            if mode is Mode.AWAY:
                webhook = configuration(room.namespace, "https://127.0.0.1:9/", authority, seconds)["webhooks"]
                room.api.patch(path, {"webhooks": webhook}).good()
                room.until(lambda: "connection refused" in str(trial(room)), lambda: "the webhook is away")
            hook.mode, hook.asked = mode, 0
            yield hook
        finally:
            room.api.delete(path).good()


def configuration(namespace: str, url: str, authority: str, seconds: int) -> Json:
    webhook = {
        "name": "tests.example.com",
        "clientConfig": {"url": url, "caBundle": authority},
        "rules": [RULE],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "matchConditions": [THEIRS],
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "timeoutSeconds": seconds,
        "admissionReviewVersions": ["v1"],
    }
    return {"metadata": {"name": namespace}, "webhooks": [webhook]}


def trial(room: Scene) -> Json:
    """What the API server says of a Secret that is not really written."""
    return room.api.post(room.path("Secret"), {"metadata": {"name": "trial"}}, dryRun="All").body


def denied(room: Scene) -> bool:
    return DENIAL in str(trial(room))
