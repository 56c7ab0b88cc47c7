"""A real control plane of a test's own, each part of which can be killed, frozen and started again by itself.

    with components.running(folder) as plane:
        plane.kubeconfig                   # admin at server A; plane.folder / "ca.crt" is what clients trust
        plane.server.kill()                # kill -9 of kube-apiserver A
        plane.server.start()               # the same port and data; returns when it is ready
        plane.etcd.freeze()                # SIGSTOP: the kernel still answers for it
        plane.etcd.thaw()
        plane.controllers.stop()           # SIGTERM, and waits for the end
        plane.compact()                    # etcd forgets every version but the latest
        plane.rotate(new_signer())      # a new authority and a server certificate by it; start the server again

    with components.running(folder, second=True) as plane:   # or later: with plane.two_servers()
        plane.second                       # kube-apiserver B on the same etcd, its URL is plane.second_access.url
        plane.pipe.pause()                 # nothing passes between B and etcd any more: B is a stale replica
        plane.pipe.resume()
        plane.entrance.lead_to("b")        # clients of plane.entrance.access are at A, then at B; lead_to cuts them

* The parts are children of this process, and the kernel kills them should it end without stopping them.
* Logs: one a part in the folder, continued when the part is started again; ``plane.tail(part)`` reads the end.
* ``audit.log`` in the folder is server A's record, ``audit-b.log`` B's; ``audit_policy`` names another policy for both.
* Whoever breaks a part mends it: ``plane.mend()`` thaws and starts what is not at work, and lets the pipe pass.
"""

import base64
import contextlib
import importlib.util
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

from support import controlplane, kubeconfig, runs
from support.api import Api
from support.door import Door
from support.faults.certificates import Signer, new_signer
from support.kubeconfig import Access

READY_SECONDS = 120.0
"""A server on a busy machine may take that long to start."""


def load_start() -> Any:
    """``hack/controlplane/start.py`` as a module: the same programs with the same options."""
    spec = importlib.util.spec_from_file_location("controlplane_start", controlplane.TOOLS / "start.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


start = load_start()


class Part:
    """One program of the control plane."""

    def __init__(self, plane: Any, name: str, spawn: Callable[[], None], ready: Callable[[], bool]) -> None:
        self.plane = plane
        self.name = name
        self.spawn = spawn
        self.ready = ready
        self.frozen = False

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        found: subprocess.Popen[bytes] = self.plane.running[self.name]
        return found

    @property
    def runs(self) -> bool:
        return self.name in self.plane.running and self.process.poll() is None

    @property
    def log(self) -> pathlib.Path:
        path: pathlib.Path = self.plane.folder / f"{self.name}{self.plane.suffix}.log"
        return path

    def begin(self) -> None:
        """Start it without waiting."""
        assert not self.runs, f"{self.name} runs already"
        self.spawn()

    def start(self, seconds: float = READY_SECONDS) -> float:
        """Start it and wait until it is ready; how long that took."""
        began = time.monotonic()
        self.begin()
        self.wait_until_ready(seconds)
        return time.monotonic() - began

    def wait_until_ready(self, seconds: float = READY_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not self.ready():
            assert self.runs, f"{self.name} ended while starting\n{tail(self.log)}"
            assert time.monotonic() < deadline, f"{self.name} is not ready after {seconds} s\n{tail(self.log)}"
            time.sleep(0.1)

    def kill(self) -> None:
        """As by kill -9: it has no chance to close anything."""
        self.process.kill()
        self.process.wait()
        self.frozen = False

    def stop(self, seconds: float = 5) -> None:
        """As by the kubelet: it may close its connections."""
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)
        self.frozen = True

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.frozen = False


class Pipe:
    """What lies between server B and etcd; connections stay as they are while it is paused."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def pause(self) -> None:
        self.door.passing.clear()

    def resume(self) -> None:
        self.door.passing.set()


class Entrance:
    """One address that leads to server A or B: a load balancer of which a test says where it leads."""

    def __init__(self, door: Door, access: Access, ports: dict[str, int]) -> None:
        self.door = door
        self.access = kubeconfig.replace_port(access, door.port)
        self.ports = ports

    def lead_to(self, which: str) -> None:
        """Cut who is connected; from now on the address is that of "a" or "b"."""
        self.door.shut()
        self.door.behind = self.ports[which]
        self.door.open()


class Parts:
    """See the module."""

    def __init__(
        self, folder: pathlib.Path, *, second: bool, controllers: bool, audit_policy: pathlib.Path | None
    ) -> None:
        self.folder = folder
        self.has_controllers = controllers
        client, peer, port, self.second_port = start.free_ports(4)
        self.etcd_url = f"http://127.0.0.1:{client}"
        flags = (f"--tls-cert-file={folder / 'server.crt'}", f"--tls-private-key-file={folder / 'server.key'}")
        # The kernel then ends the part with us, however we end.
        under = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()
        shared = {"authority": "ca.crt", "flags": flags, "under": under, "strict": True, "audit_policy": audit_policy}
        one = start.ControlPlane(folder, controlplane.binaries(), port, audit=True, **shared)
        self.plane = one
        self.door = Door(client)
        self.pipe = Pipe(self.door)
        two = start.ControlPlane(folder, one.binaries, self.second_port, token=one.token, suffix="-b", **shared)
        self.etcd = Part(one, "etcd", lambda: start.spawn_etcd(one, client, peer), self.healthy)
        self.server = server(one, client)
        self.second = server(two, self.door.port)
        self.has_second = second
        self.controllers = Part(
            one, "kube-controller-manager", lambda: start.spawn_controller_manager(one), lambda: True
        )
        self.entrance: Entrance
        self.signer: Signer

    @property
    def parts(self) -> list[Part]:
        """In the order in which they start."""
        found = {
            self.etcd: True,
            self.server: True,
            self.second: self.has_second,
            self.controllers: self.has_controllers,
        }
        return [part for part, there in found.items() if there]

    @property
    def kubeconfig(self) -> pathlib.Path:
        return self.folder / "kubeconfig"

    @property
    def access(self) -> Access:
        """Server A as an administrator."""
        return kubeconfig.read(self.kubeconfig)

    @property
    def second_access(self) -> Access:
        """Server B as an administrator."""
        return kubeconfig.replace_port(self.access, self.second_port)

    @property
    def audit_logs(self) -> list[pathlib.Path]:
        return [self.folder / "audit.log", self.folder / "audit-b.log"]

    def api(self, seconds: float = 30) -> Api:
        return Api(self.access, seconds)

    def begin(self) -> None:
        start.make_signing_key(self.folder)
        self.trust(new_signer())
        self.etcd.start()
        self.server.start()
        start.write_kubeconfig(self.plane)
        self.door.open()
        if self.has_second:
            self.second.start()
        if self.has_controllers:
            self.controllers.begin()
        self.entrance = Entrance(Door(self.plane.port), self.access, {"a": self.plane.port, "b": self.second_port})

    @contextlib.contextmanager
    def two_servers(self) -> Iterator[Part]:
        """Server B for a while, on a plane that was begun without it."""
        self.has_second = True
        try:
            self.second.start()
            yield self.second
        finally:
            self.pipe.resume()
            self.has_second = False
            if self.second.runs:
                self.second.kill()

    def end(self) -> None:
        """Last started, first ended; what is frozen cannot hear anything but a kill."""
        self.pipe.resume()
        if hasattr(self, "entrance"):
            self.entrance.door.shut()
        for part in reversed(self.parts):
            if part.runs:
                part.kill()
        self.door.shut()

    def mend(self) -> None:
        """Everything at work again."""
        self.pipe.resume()
        self.entrance.door.shut()
        for part in self.parts:
            if part.runs and part.frozen:
                part.thaw()
            elif not part.runs:
                part.begin()
            part.wait_until_ready()

    def trust(self, signer: Signer, bundle: str = "") -> None:
        """Write ``ca.crt`` and the server's certificate by it; running servers notice within a minute."""
        self.signer = signer
        (self.folder / "ca.crt").write_text(signer.pem + bundle)
        signer.issue(self.folder)

    def rotate(self, signer: Signer, bundle: str = "") -> None:
        """Another authority for everybody: new files, and the kubeconfig of the tests with it."""
        self.trust(signer, bundle)
        start.write_kubeconfig(self.plane)

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.etcd_url}/health", timeout=2) as answer:
                return bool(json.load(answer)["health"] == "true")
        except (urllib.error.URLError, OSError):
            return False

    def ask_etcd(self, path: str, body: dict[str, object]) -> Any:
        """Etcd's API as JSON."""
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.etcd_url}/v3/{path}", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def revision(self) -> int:
        """Etcd's latest, which is the resource version of the latest write."""
        key = base64.b64encode(b"health").decode()
        return int(self.ask_etcd("kv/range", {"key": key})["header"]["revision"])

    def compact(self) -> int:
        """Forget every version but the latest, which is returned."""
        revision = self.revision()
        self.ask_etcd("kv/compaction", {"revision": str(revision), "physical": True})
        return revision

    def tail(self, part: Part, lines: int = 30) -> str:
        return tail(part.log, lines)


def server(plane: Any, etcd_port: int) -> Part:
    return Part(
        plane,
        "kube-apiserver",
        lambda: start.spawn_api_server(plane, etcd_port),
        lambda: bool(start.answers_ready(plane)),
    )


def tail(log: pathlib.Path, lines: int = 30) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


@contextlib.contextmanager
def running(
    folder: pathlib.Path,
    *,
    second: bool = False,
    controllers: bool = True,
    audit_policy: pathlib.Path | None = None,
) -> Iterator[Parts]:
    """A control plane that is ready; where none can be had the test is skipped, and in CI it fails."""
    try:
        controlplane.binaries()
    except controlplane.UnavailableError as reason:
        runs.skip_or_fail(str(reason))
    folder.mkdir(parents=True, exist_ok=True)
    plane = Parts(folder, second=second, controllers=controllers, audit_policy=audit_policy)
    try:
        plane.begin()
        yield plane
    finally:
        plane.end()
