"""A door in front of moto: it counts what is asked, and fails or hangs for the keys it is told to.

Faults go by the access key that signed a request, so each test has an account of its own to break. It serves from
threads, since the tests that use it are not asynchronous.
"""

import collections
import contextlib
import http.client
import http.server
import re
import threading
import urllib.parse
from collections.abc import Iterator

from support.aws_double import Said, failed

SIGNER = re.compile(r"Credential=([^/]+)/")
THROTTLED = failed("ThrottlingException", "Rate exceeded")
DENIED = failed("AccessDeniedException", "User is not authorized to perform this action")
BROKEN = failed("InternalServiceError", "An error occurred on the server side", 500)
SILENT = Said(hang=3600.0)
PASSED_ON = ("authorization", "content-type", "x-amz-target", "x-amz-date", "x-amz-security-token", "host")


class Front:
    """``faults`` maps access keys to what they are answered; everything else goes to moto."""

    def __init__(self, moto_url: str) -> None:
        self.moto = urllib.parse.urlsplit(moto_url)
        self.url = ""
        self.faults: dict[str, Said] = {}
        self.asked: collections.Counter[tuple[str, str]] = collections.Counter()
        """How often each (access key, operation) was asked for."""
        self.over = threading.Event()
        self.lock = threading.Lock()

    def count(self, key_id: str | None = None) -> int:
        """How many requests came, signed with that key or at all."""
        with self.lock:
            return sum(times for (signer, _), times in self.asked.items() if key_id in (None, signer))

    def answer(self, headers: dict[str, str], path: str, body: bytes) -> tuple[int, str, bytes]:
        found = SIGNER.search(headers.get("authorization", ""))
        signer = found[1] if found else ""
        with self.lock:
            self.asked[signer, headers.get("x-amz-target", "").rpartition(".")[2]] += 1
        fault = self.faults.get(signer)
        if fault is None:
            return self.forward(headers, path, body)
        if fault.hang:
            self.over.wait(fault.hang)
        return fault.status, "application/x-amz-json-1.1", fault.body

    def forward(self, headers: dict[str, str], path: str, body: bytes) -> tuple[int, str, bytes]:
        assert self.moto.hostname
        with contextlib.closing(http.client.HTTPConnection(self.moto.hostname, self.moto.port, timeout=60)) as link:
            link.request("POST", path, body, {name: headers[name] for name in PASSED_ON if name in headers})
            answer = link.getresponse()
            return answer.status, answer.headers.get("Content-Type", ""), answer.read()


@contextlib.contextmanager
def running(moto_url: str) -> Iterator[Front]:
    front = Front(moto_url)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, kind, content = front.answer({k.lower(): v for k, v in self.headers.items()}, self.path, body)
            with contextlib.suppress(OSError):  # the caller may have hung up
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
            """Say nothing."""

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: object, client_address: object) -> None:
            """A connection that was cut is no news."""

    with Server(("127.0.0.1", 0), Handler) as server:
        front.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield front
        finally:
            front.over.set()
            server.shutdown()
            thread.join()
