"""The control plane of a soak: its programs are killed, stopped for a while and started again, each by itself.

`hack/controlplane/start.py` knows how each is started; this process is their parent, so that a death ends nothing.
"""

import contextlib
import os
import pathlib
import signal
import sys
from collections.abc import Iterator

from support import controlplane
from support.conformance.place import eventually

sys.path.insert(0, str(controlplane.TOOLS))
import start as tools

WRITES = """apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Request
    users: ["system:serviceaccount:esoctl:esoctl"]
    verbs: [create, update, patch, delete, deletecollection]
    resources: [{group: "", resources: [secrets]}]
  - level: Metadata
    users: ["system:serviceaccount:esoctl:esoctl"]
    verbs: [create, update, patch, delete, deletecollection]
"""
"""What the operator writes; of Secrets the whole body."""


PATIENCE_SECONDS = 240.0


class Parts:
    """etcd, kube-apiserver and kube-controller-manager by name."""

    def __init__(self, folder: pathlib.Path) -> None:
        port, self.etcd, self.peer = tools.free_ports(3)
        self.plane = tools.ControlPlane(folder, controlplane.binaries(), port, audit=True)

    @property
    def kubeconfig(self) -> pathlib.Path:
        return self.plane.folder / "kubeconfig"

    @property
    def audit_log(self) -> pathlib.Path:
        return self.plane.folder / "audit.log"

    def start(self, name: str) -> None:
        if name == "etcd":
            tools.spawn_etcd(self.plane, self.etcd, self.peer)
        elif name == "kube-apiserver":
            tools.spawn_api_server(self.plane, self.etcd)
        else:
            tools.spawn_controller_manager(self.plane)

    def start_all(self) -> None:
        self.plane.folder.mkdir(parents=True, exist_ok=True)
        tools.make_signing_key(self.plane.folder)
        for name in ("etcd", "kube-apiserver"):
            self.start(name)
        self.wait()
        tools.write_kubeconfig(self.plane)
        self.start("kube-controller-manager")

    def wait(self) -> None:
        """Until the API server is ready; what ends on the way is started again, as its host would."""

        def ready() -> bool:
            for name in self.plane.dead():
                self.start(name)
            return tools.answers_ready(self.plane)

        eventually(ready, "the API server is ready", seconds=PATIENCE_SECONDS)

    def kill(self, name: str) -> None:
        self.plane.running[name].kill()
        self.plane.running[name].wait()

    def freeze(self, name: str) -> None:
        os.kill(self.plane.running[name].pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        os.kill(self.plane.running[name].pid, signal.SIGCONT)


@contextlib.contextmanager
def at_work(folder: pathlib.Path) -> Iterator[Parts]:
    tools.AUDIT_POLICY, before = WRITES, tools.AUDIT_POLICY
    parts = Parts(folder)
    try:
        parts.start_all()
        yield parts
    finally:
        tools.AUDIT_POLICY = before
        parts.plane.stop()
