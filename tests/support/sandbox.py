"""The sandbox's API server for synchronous tests: it runs in a thread with an event loop of its own."""

import contextlib
import pathlib
from collections.abc import Iterator

from anyio.from_thread import start_blocking_portal

from esoctl.sandbox.server import SandboxServer


@contextlib.contextmanager
def running(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """A fresh sandbox; yields its kubeconfig, written into `folder`."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(SandboxServer()) as server:
        path = folder / "kubeconfig"
        path.touch(mode=0o600)
        path.write_text(server.kubeconfig_text())
        yield path
