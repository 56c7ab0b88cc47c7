"""A network namespace for the operator, with a link to the API server that can be cut as a cable is cut.

    with apart.namespace() as place:
        url = place.leads_to(port, by="api")       # where a loopback port of ours is for who is in there
        place.program                              # what a command is started under to be in there
        place.cut(); place.mend()                  # only the link "api"; "rest" leads to everything else

Needs root and `ip`; ``reason`` says why there can be none.
"""

import contextlib
import functools
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from support.door import Door

OUTSIDE = {"api": "10.213.7.1", "rest": "10.213.8.1"}
INSIDE = {"api": "10.213.7.2", "rest": "10.213.8.2"}


def ip(*words: str, quiet: bool = False) -> None:
    subprocess.run(["ip", *words], check=not quiet, capture_output=True)


@functools.cache
def reason() -> str:
    """Why no namespace can be made here; empty when one can."""
    if os.geteuid() != 0:
        return "a network namespace needs root"
    if not shutil.which("ip"):
        return "ip is not installed"
    try:
        with namespace():
            return ""
    except subprocess.CalledProcessError as error:
        return f"the kernel refuses a network namespace: {error.stderr.decode().strip()}"


@dataclass
class Place:
    name: str
    doors: list[Door] = field(default_factory=list)

    @property
    def program(self) -> tuple[str, ...]:
        return "ip", "netns", "exec", self.name

    def link(self, which: str) -> str:
        return f"{which}-{self.name[-6:]}"

    def leads_to(self, port: int, by: str = "rest") -> str:
        """host:port, in there, of a port of our loopback."""
        door = Door(port, OUTSIDE[by])
        self.doors.append(door)
        door.open()
        return f"{OUTSIDE[by]}:{door.port}"

    def cut(self) -> None:
        """Nothing passes, and nobody is told."""
        ip("link", "set", self.link("api"), "down")

    def mend(self) -> None:
        ip("link", "set", self.link("api"), "up")


@contextlib.contextmanager
def namespace() -> Iterator[Place]:
    place = Place(f"esoctl-{uuid.uuid4().hex[:6]}")
    ip("netns", "add", place.name)
    try:
        ip("-n", place.name, "link", "set", "lo", "up")
        for which, address in OUTSIDE.items():
            ours, theirs = place.link(which), f"in-{which}"
            ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", place.name)
            ip("addr", "add", f"{address}/24", "dev", ours)
            ip("link", "set", ours, "up")
            ip("-n", place.name, "addr", "add", f"{INSIDE[which]}/24", "dev", theirs)
            ip("-n", place.name, "link", "set", theirs, "up")
        yield place
    finally:
        for door in place.doors:
            door.shut()
        ip("netns", "del", place.name, quiet=True)
        for which in OUTSIDE:
            ip("link", "del", place.link(which), quiet=True)
