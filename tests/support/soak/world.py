"""A soak's world: the control plane, two operators of which one leads, AWS, and who edits all the time."""

import contextlib
import pathlib
import random
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from support import children, identities, installing, kubeconfig, operator
from support.api import Api, Json
from support.conformance.place import eventually
from support.faults import components
from support.faults.components import Part, Parts
from support.soak import remote, wanted
from support.soak.judge import Judge
from support.soak.remote import Remote
from support.soak.wanted import Change, Object

REPLICAS = 2
AUDIT_POLICY = """apiVersion: audit.k8s.io/v1
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
STORE: Json = {
    "apiVersion": "external-secrets.io/v1",
    "kind": "SecretStore",
    "metadata": {"name": "aws"},
    "spec": {
        "provider": {
            "aws": {
                "service": "SecretsManager",
                "region": "eu-west-1",
                "auth": {
                    "secretRef": {
                        "accessKeyIDSecretRef": {"name": "keys", "key": "id"},
                        "secretAccessKeySecretRef": {"name": "keys", "key": "key"},
                    }
                },
            }
        }
    },
}


@dataclass
class World:
    folder: pathlib.Path
    plane: Parts
    remote: Remote
    objects: list[Object]
    draw: random.Random
    judge: Judge
    replicas: list[operator.Operator] = field(default_factory=list)
    trouble: int = 0
    """Edits that the API server did not take."""
    edits: int = 0

    @property
    def api(self) -> Api:
        return self.plane.api(seconds=15)

    # The control plane

    def part(self, name: str) -> Part:
        return next(part for part in self.plane.parts if part.name == name)

    def recover(self) -> None:
        """Until the API server is ready; what ends on the way is started again, as its host would."""

        def ready() -> bool:
            for part in self.plane.parts:
                if not part.runs:
                    part.begin()
            return all(part.ready() for part in self.plane.parts)

        eventually(ready, "the control plane is ready", seconds=240)

    # The operators

    def start_operator(self, number: int) -> operator.Operator:
        """Like a kubelet: a program that ended is started again under the same name."""
        health, metrics = children.free_port(), children.free_port()
        place = self.folder / f"operator-{number}"
        command = [operator.ESOCTL, "run", f"--health-addr=127.0.0.1:{health}", f"--metrics-addr=127.0.0.1:{metrics}"]
        command += [f"--kubeconfig={place / 'kubeconfig'}", "--enable-leader-election", "--log-format=json"]
        command += ["--leader-election-namespace=esoctl"]
        environment = operator.environment(place / "kubeconfig", self.remote.url)
        child = children.start(f"operator {number}", command, place / "operator.log", environment)
        return operator.Operator(child, f"http://127.0.0.1:{health}", f"http://127.0.0.1:{metrics}")

    def give_access(self) -> None:
        """A token for longer than the soak."""
        api = self.api
        access = api.access.as_user(identities.token(api, "esoctl", "esoctl", 24 * 3600))
        for number in range(REPLICAS):
            (self.folder / f"operator-{number}").mkdir(parents=True, exist_ok=True)
            kubeconfig.write(access, self.folder / f"operator-{number}" / "kubeconfig")

    def keep_running(self) -> list[int]:
        """Start what ended; which ones had."""
        ended = [n for n, replica in enumerate(self.replicas) if replica.child.process.poll() is not None]
        for number in ended:
            self.replicas[number] = self.start_operator(number)
        return ended

    def metrics(self) -> list[str]:
        texts = []
        for replica in self.replicas:
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"{replica.metrics}/metrics", timeout=10) as answer,
            ):
                texts.append(answer.read().decode())
        return texts

    def forgotten(self) -> list[float]:
        """What each tells of objects in no state (N4)."""
        name = "esoctl_externalsecrets_forgotten"
        lines = [line for text in self.metrics() for line in text.splitlines() if line.startswith(name)]
        return [float(line.rpartition(" ")[2]) for line in lines]

    def memory(self) -> list[int]:
        """Resident MiB of each."""
        command = ["ps", "-o", "rss=", "-p", ",".join(str(one.child.process.pid) for one in self.replicas)]
        told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        return [int(line) // 1024 for line in told.split()]

    # Who edits

    def turn(self, subject: Object) -> None:
        """Another spec, or the first."""
        change = Change(time.time())
        subject.turns.append(change)
        answer = self.api.apply(f"{subject.path}/{subject.name}", subject.body(len(subject.turns) - 1), force=True)
        answer.good()
        change.sure, subject.here = True, True

    def edit(self) -> None:
        """One edit of a random kind; what the API server does not take is tried again later by chance."""
        subject = self.draw.choice(self.objects)
        self.edits += 1
        try:
            self.draw.choice([self.rotate, self.rotate, self.rotate, self.turn, self.spoil, self.remove, self.replace])(
                subject
            )
        except (OSError, AssertionError, TimeoutError):
            self.trouble += 1

    def rotate(self, subject: Object) -> None:
        self.remote.rotate(subject.name)

    def spoil(self, subject: Object) -> None:
        """A user who edits a Secret by hand, in a key that is the operator's."""
        self.api.patch(subject.secret, {"data": {"dsn" if subject.templated else "user": "c3BvaWxlZA=="}})

    def remove(self, subject: Object) -> None:
        self.api.delete(subject.secret)

    def replace(self, subject: Object) -> None:
        """Delete the ExternalSecret and make another of the same name."""
        self.api.delete(f"{subject.path}/{subject.name}")
        self.turn(subject)

    def mend(self) -> None:
        """Bring every object to a turn that is surely there."""
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self.turn, [one for one in self.objects if not one.turns[-1].sure]))


def fill(world: World) -> None:
    """Everything installed and every object made."""
    api = world.api
    installing.install(api)
    world.give_access()
    for number in range(wanted.NAMESPACES):
        name = f"soak-{number}"
        api.post("/api/v1/namespaces", {"metadata": {"name": name}}).good()
        keys = {"metadata": {"name": "keys"}, "stringData": {"id": "AKIAIOSFODNN7EXAMPLE", "key": "a-secret-key"}}
        api.post(f"/api/v1/namespaces/{name}/secrets", keys).good()
        api.post(f"/apis/external-secrets.io/v1/namespaces/{name}/secretstores", STORE).good()
    for one in world.objects:
        world.remote.rotate(one.name)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(world.turn, world.objects))


@contextlib.contextmanager
def at_work(folder: pathlib.Path, count: int, draw: random.Random) -> Iterator[World]:
    """With all objects made, and both operators ready."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "audit-policy.yaml").write_text(AUDIT_POLICY)
    with (
        components.running(folder / "controlplane", audit_policy=folder / "audit-policy.yaml") as plane,
        remote.at_work(Remote(draw=draw)) as aws,
    ):
        objects = wanted.objects(count)
        judge = Judge(plane.audit_logs[0], aws, {(one.namespace, one.name): one for one in objects})
        world = World(folder, plane, aws, objects, draw, judge)
        fill(world)
        try:
            world.replicas = [world.start_operator(number) for number in range(REPLICAS)]
            eventually(lambda: all(one.ready() for one in world.replicas), "both operators are ready", seconds=120)
            yield world
        finally:
            for replica in world.replicas:
                replica.child.stop()
