"""A door between a client and a TCP server: it opens, shuts, and goes silent, as a network does.

Its address stays the same. Shut, nothing listens and every connection is cut; silent, bytes are no longer passed on.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator

from support import children

CHUNK = 65536


class Door:
    """``address`` is where clients connect; the server behind it listens on ``port``."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.behind = port
        self.host = host
        self.port = children.free_port()
        self.passing = threading.Event()
        self.passing.set()
        self.listener: socket.socket | None = None
        self.ends: list[socket.socket] = []
        self.lock = threading.Lock()

    def open(self) -> None:
        listener = socket.create_server((self.host, self.port), backlog=128)
        self.listener = listener
        threading.Thread(target=self.receive, args=(listener,), daemon=True).start()

    def shut(self) -> None:
        with self.lock:
            listener, self.listener = self.listener, None
            ends, self.ends = self.ends, []
        for end in [*ends, *([listener] if listener else [])]:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def receive(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.behind), timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            with self.lock:
                self.ends += [client, server]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self.carry, args=(source, sink), daemon=True).start()

    def carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while found := source.recv(CHUNK):
                self.passing.wait()
                sink.sendall(found)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def before(port: int) -> Iterator[Door]:
    """A door that is shut at first."""
    door = Door(port)
    try:
        yield door
    finally:
        door.passing.set()
        door.shut()
