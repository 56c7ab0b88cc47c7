"""A moto server as a child process: AWS's behaviour without AWS.

One process serves every account: calls signed with keys that `account_keys` made see only that account's state.
"""

import contextlib
import pathlib
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

from support import children

REGION = "eu-west-1"
DEFAULT_ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Moto:
    url: str

    def reset(self) -> None:
        """Forget every account's state."""
        request = urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")
        urllib.request.urlopen(request, timeout=30).close()


@contextlib.contextmanager
def running(folder: pathlib.Path) -> Iterator[Moto]:
    port = children.free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with children.running("moto", command, folder / "moto.log") as child:
        child.wait_until(lambda: children.accepts(port), seconds=30)
        yield Moto(f"http://127.0.0.1:{port}")
