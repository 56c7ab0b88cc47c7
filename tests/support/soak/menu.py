"""What strikes in a soak: each fault begins, lasts some seconds, and ends. Names are what the record tells."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from support.conformance.place import eventually
from support.soak.remote import STALE_SECONDS
from support.soak.world import World

Fault = Callable[[World], AbstractContextManager[None]]
BINDING = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/esoctl"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/esoctl/leases/esoctl"


def mood(name: str) -> Fault:
    """AWS is in that mood."""

    @contextlib.contextmanager
    def fault(world: World) -> Iterator[None]:
        world.remote.mood = name
        try:
            yield
        finally:
            world.remote.mood = "well"

    return fault


def killed(name: str) -> Fault:
    """A program of the control plane is gone for a while."""

    @contextlib.contextmanager
    def fault(world: World) -> Iterator[None]:
        world.part(name).kill()
        try:
            yield
        finally:
            world.recover()

    return fault


def frozen(name: str) -> Fault:
    """It keeps its connections and answers nothing."""

    @contextlib.contextmanager
    def fault(world: World) -> Iterator[None]:
        world.part(name).freeze()
        try:
            yield
        finally:
            world.part(name).thaw()
            world.recover()

    return fault


def signalled(number: signal.Signals) -> Fault:
    """An operator, leader or not, gets a signal; whoever ends is started again by and by."""

    @contextlib.contextmanager
    def fault(world: World) -> Iterator[None]:
        os.kill(world.draw.choice(world.replicas).child.process.pid, number)
        yield

    return fault


@contextlib.contextmanager
def stopped(world: World) -> Iterator[None]:
    """An operator stands still, and wakes up in another time."""
    pid = world.draw.choice(world.replicas).child.process.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def without_rights(world: World) -> Iterator[None]:
    before = world.api.get(BINDING).good()
    world.api.delete(BINDING).good()
    try:
        yield
    finally:
        body = {"metadata": {"name": "esoctl"}, "roleRef": before["roleRef"], "subjects": before["subjects"]}
        made = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", **body}
        world.api.apply(BINDING, made, "installer", force=True).good()


@contextlib.contextmanager
def lease_deleted(world: World) -> Iterator[None]:
    world.api.delete(LEASE).good()
    yield


@contextlib.contextmanager
def many_removed(world: World) -> Iterator[None]:
    """A hand that deletes fifty Secrets."""
    for subject in world.draw.sample(world.objects, min(50, len(world.objects))):
        world.remove(subject)
    yield


@contextlib.contextmanager
def all_rotated(world: World) -> Iterator[None]:
    """A third of the remote secrets get a new version at once."""
    for subject in world.draw.sample(world.objects, len(world.objects) // 3):
        world.rotate(subject)
    time.sleep(STALE_SECONDS)
    yield


@contextlib.contextmanager
def store_spoiled(world: World) -> Iterator[None]:
    """One namespace's store names keys that are not there."""
    path = f"/apis/external-secrets.io/v1/namespaces/soak-{world.draw.randrange(10)}/secretstores/aws"
    entry = "/spec/provider/aws/auth/secretRef/accessKeyIDSecretRef/name"

    def named(name: str) -> None:
        patch = [{"op": "replace", "path": entry, "value": name}]
        world.api.patch(path, patch, "application/json-patch+json").good()

    named("nowhere")
    try:
        yield
    finally:
        named("keys")


MENU: dict[str, Fault] = {
    **{
        f"AWS {name}": mood(name) for name in ("throttled", "broken", "denied", "garbled", "silent", "shaky", "partial")
    },
    **{f"{name} killed": killed(name) for name in ("etcd", "kube-apiserver", "kube-controller-manager")},
    **{f"{name} frozen": frozen(name) for name in ("etcd", "kube-apiserver")},
    "operator killed": signalled(signal.SIGKILL),
    "operator terminated": signalled(signal.SIGTERM),
    "operator stopped": stopped,
    "rights gone": without_rights,
    "Lease deleted": lease_deleted,
    "Secrets deleted": many_removed,
    "all rotated": all_rotated,
    "store spoiled": store_spoiled,
}


def strike(world: World, name: str, seconds: float) -> None:
    """Let one fault last so long; edits go on meanwhile in another thread."""
    with MENU[name](world):
        time.sleep(seconds)
    eventually(lambda: world.api.get("/readyz").status == 200, "the API server is well again", seconds=120)
