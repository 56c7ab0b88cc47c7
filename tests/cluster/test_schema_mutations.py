"""Five hundred mutations of valid specs and stores on the real API server, each undone: nothing dies, spins or is lost.

After each: what is stored is judged by the operator within seconds, what is not was refused by the API server with the
place; a failure leaves the Secret as it was; the old spec brings the old Secret back; and no edit makes the operator
write again and again.
"""

import base64
import collections
import pathlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from esoctl.crds.generate import all_crds
from esoctl.plan import hashing
from support import kubeconfig, mutations
from support.api import Api, Json
from support.installed import Installed
from support.mutations import Mutation
from support.scene import Scene, ready_of

COUNT = 400
STORES = 100
SIDE_BY_SIDE = 25
KINDS: Any = {one["spec"]["names"]["kind"]: one["spec"]["versions"][0] for one in all_crds()}  # type: ignore[index]
SCHEMA: Any = KINDS["ExternalSecret"]["schema"]["openAPIV3Schema"]["properties"]["spec"]
STORE_SCHEMA: Any = KINDS["SecretStore"]["schema"]["openAPIV3Schema"]["properties"]["spec"]
REMOTE = {"key": "db", "decodingStrategy": "None"}
STORE = {"storeRef": {"name": "values", "kind": "SecretStore"}}
RICH = {
    "refreshInterval": "1h",
    "syncWindows": {"kind": "allow", "windows": [{"schedule": "0 0 * * *", "duration": "24h"}]},
    "target": {"template": {"metadata": {"labels": {"l": "v"}}, "data": {"t": "{{ .a }}"}, "templateFrom": [
        {"configMap": {"name": "texts", "items": [{"key": "c", "templateAs": "Values"}]}, "literal": "x: y"},
    ]}},
}  # fmt: skip
SPECS: list[Json] = [
    {"data": [{"secretKey": "a", "remoteRef": REMOTE, "sourceRef": STORE}], **RICH},
    {
        "data": [{"secretKey": "a", "remoteRef": REMOTE}],
        "dataFrom": [
            {"extract": {"key": "json"}, "rewrite": [{"regexp": {"source": "u", "target": "v"}}], "sourceRef": STORE}
        ],
        **RICH,
    },
    {
        "data": [{"secretKey": "a", "remoteRef": REMOTE}],
        "dataFrom": [{"find": {"name": {"regexp": "json"}}, "rewrite": [{"merge": {"strategy": "Extract"}}]}],
        "refreshInterval": "1h",
    },
]
WRITES_A_CHANGE = 2


class Writes:
    """Counts how often each object is written, by watching as a user would."""

    def __init__(self, scene: Scene, kubeconfig_path: pathlib.Path) -> None:
        self.seen: collections.Counter[str] = collections.Counter()
        self.over = False
        access = kubeconfig.read(kubeconfig_path)
        for kind in ("ExternalSecret", "Secret"):
            threading.Thread(target=self.count, args=(Api(access), scene.path(kind)), daemon=True).start()

    def count(self, api: Api, path: str) -> None:
        for event in api.watch(path, seconds=600):
            if self.over:
                return
            self.seen[event["object"]["metadata"]["name"]] += event["type"] in ("ADDED", "MODIFIED", "DELETED")


@pytest.fixture
def field(scene: Scene) -> Scene:
    """As many synced objects as are changed side by side."""
    values = [{"key": "db", "value": "first"}, {"key": "json", "value": '{"user": "ivy", "pass": "x"}'}]
    scene.apply("SecretStore", "values", {"provider": {"fake": {"data": values}}})
    scene.api.post(scene.path("ConfigMap"), {"metadata": {"name": "texts"}, "data": {"c": "{{ .a }}"}}).good()
    for number in range(SIDE_BY_SIDE):
        scene.apply("ExternalSecret", name(number), base(number))
    settle(scene, dict.fromkeys(range(SIDE_BY_SIDE), True), "made")
    return scene


def name(number: int) -> str:
    return f"es-{number}"


def base(number: int) -> Json:
    return {"secretStoreRef": {"name": "values"}, **SPECS[number % len(SPECS)]}


def external_secrets(scene: Scene) -> dict[int, Json]:
    items = scene.api.get(scene.path("ExternalSecret")).good()["items"]
    return {int(item["metadata"]["name"].removeprefix("es-")): item for item in items}


def secrets(scene: Scene) -> dict[str, dict[str, bytes]]:
    items = scene.api.get(scene.path("Secret")).good()["items"]
    return {
        item["metadata"]["name"]: {key: base64.b64decode(value) for key, value in (item.get("data") or {}).items()}
        for item in items
    }


def judged(item: Json, *, must_work: bool) -> bool:
    """Whether the operator has said what it thinks of the object as it is now."""
    if item["spec"].get("refreshPolicy") == "CreatedOnce":
        return True  # an edit is no reason to sync then
    synced = item.get("status", {}).get("syncedResourceVersion", "").split("-")[0]
    up_to_date = synced == str(item["metadata"]["generation"])
    ready = ready_of(item)[0]
    return (up_to_date and ready == "True") or (not must_work and ready == "False")


def settle(scene: Scene, changed: dict[int, bool], what: str) -> dict[int, Json]:
    """The objects once each is judged; ``changed`` says of which a success is wanted."""
    deadline = time.monotonic() + 60
    while True:
        found = external_secrets(scene)
        waiting = [n for n, must in changed.items() if not judged(found[n], must_work=must)]
        if not waiting:
            return found
        stuck = {n: (found[n]["spec"], found[n].get("status")) for n in waiting[:3]}
        assert time.monotonic() < deadline, f"{what}: not judged: {stuck}"
        time.sleep(0.05)


def put(scene: Scene, item: Json, spec: Json, kind: str = "ExternalSecret") -> Any:
    body = {key: item[key] for key in ("apiVersion", "kind")} | {"spec": spec}
    kept = {key: item["metadata"][key] for key in ("name", "namespace")}
    kept |= {key: item["metadata"][key] for key in ("finalizers",) if key in item["metadata"]}
    version = scene.get(kind, item["metadata"]["name"])["metadata"]["resourceVersion"]
    return scene.api.put(scene.path(kind, kept["name"]), body | {"metadata": kept | {"resourceVersion": version}})


def rounds(chosen: list[Mutation]) -> Iterator[list[Mutation]]:
    for start in range(0, len(chosen), SIDE_BY_SIDE):
        yield chosen[start : start + SIDE_BY_SIDE]


def test_mutated_specs_kill_nothing_spin_nothing_and_lose_nothing(
    field: Scene, installed: Installed, control_plane: pathlib.Path
) -> None:
    writes, changes, refused = Writes(field, control_plane), 0, 0
    before = secrets(field)
    for chosen in rounds(mutations.some_of(SCHEMA, COUNT, seed=41)):
        items = external_secrets(field)
        stored: dict[int, bool] = {}
        for number, mutation in enumerate(chosen):
            answer = put(field, items[number], mutation.applied(base(number)))
            if answer.status < 300:
                stored[number] = False
            else:
                assert "spec" in answer.refused(answer.status, answer.body.get("reason"))["message"], str(mutation)
                refused += 1
        told = "; ".join(str(one) for one in chosen)
        found = settle(field, stored, told)
        kept = secrets(field)
        for number in stored:
            if ready_of(found[number])[0] == "False":
                assert kept[name(number)] == before[name(number)], f"{chosen[number]} failed and changed the Secret"
        for number in stored:
            assert put(field, found[number], base(number)).status < 300, str(chosen[number])
        settle(field, dict.fromkeys(stored, True), f"undone: {told}")
        after = secrets(field)
        for number in range(len(chosen)):
            assert after[name(number)] == before[name(number)], f"undoing {chosen[number]} brings the Secret back"
        changes += 2 * len(stored)

    quiet = field.versions()
    time.sleep(3)
    assert field.versions() == quiet, "all is calm"
    writes.over = True
    assert refused > COUNT // 10, "the definitions refuse some"
    assert changes > COUNT // 2, f"and let others pass: {changes}"
    own = sum(writes.seen.values()) - changes - 2 * SIDE_BY_SIDE
    assert own <= WRITES_A_CHANGE * changes, f"{own} writes for {changes} changes"
    assert "Traceback" not in installed.log()
    assert installed.up().child.process.poll() is None


@pytest.fixture
def shelves(scene: Scene) -> Scene:
    """As many stores of AWS as are changed side by side, each with an object that reads from it."""
    scene.put(db="first")
    for number in range(SIDE_BY_SIDE):
        scene.apply("SecretStore", name(number), store(scene))
        spec = {"secretStoreRef": {"name": name(number)}, "data": [{"secretKey": "a", "remoteRef": {"key": "db"}}]}
        scene.apply("ExternalSecret", name(number), spec | {"refreshInterval": "1h"})
    settle(scene, dict.fromkeys(range(SIDE_BY_SIDE), True), "made")
    return scene


def store(scene: Scene) -> Json:
    return {"provider": {"aws": scene.provider()}, "retrySettings": {"maxRetries": 2}, "refreshInterval": 300}


def of_aws(schema: Json, count: int) -> list[Mutation]:
    """Mutations of fields that a store of AWS has; another provider beside it is one case among many."""
    others = [one for one in schema["properties"]["provider"]["properties"] if one != "aws"]
    chosen = mutations.some_of(schema, 6 * count, seed=43)
    return [one for one in chosen if not any(one.path.startswith(f"spec.provider.{name}.") for name in others)][:count]


def test_mutated_stores_kill_nothing_and_lose_nothing(shelves: Scene, installed: Installed) -> None:
    wanted = {name(number): {"a": b"first"} for number in range(SIDE_BY_SIDE)}
    stored = refused = 0
    for chosen in rounds(of_aws(STORE_SCHEMA, STORES)):
        changed: dict[int, bool] = {}
        for number, mutation in enumerate(chosen):
            spec = mutation.applied(store(shelves))
            answer = put(shelves, shelves.get("SecretStore", name(number)), spec, "SecretStore")
            if answer.status < 300:
                changed[number] = False
            else:
                assert "spec" in answer.refused(answer.status, answer.body.get("reason"))["message"], str(mutation)
                refused += 1
        told = "; ".join(str(one) for one in chosen)
        # Whoever reads from a store of another class is another operator's business.
        read_again(shelves, {n: must for n, must in changed.items() if chosen[n].path != "spec.controller"}, told)
        assert secrets_made(shelves) == wanted, f"a store is no reason to lose a value: {told}"
        for number in changed:
            found = shelves.get("SecretStore", name(number))
            assert put(shelves, found, store(shelves), "SecretStore").status < 300, str(chosen[number])
        read_again(shelves, dict.fromkeys(changed, True), f"undone: {told}")
        stored += len(changed)

    assert secrets_made(shelves) == wanted
    assert refused > 0
    assert stored > STORES // 3, f"the definitions let some pass: {stored}"
    assert "Traceback" not in installed.log()
    assert installed.up().child.process.poll() is None


def read_again(scene: Scene, changed: dict[int, bool], what: str) -> None:
    """Force a sync of each, and wait for its end; ``changed`` says of which a success is wanted."""
    for number in changed:
        scene.force(name(number))

    def over(item: Json, *, must_work: bool) -> bool:
        meta, ready = item["metadata"], ready_of(item)[0]
        wanted = hashing.synced_version(meta["generation"], meta.get("labels"), meta.get("annotations"))
        done = ready == "True" and item["status"]["syncedResourceVersion"] == wanted
        return done or (not must_work and ready == "False")

    def waiting() -> list[int]:
        found = external_secrets(scene)
        return [number for number, must in changed.items() if not over(found[number], must_work=must)]

    scene.until(lambda: not waiting(), lambda: f"{what}: {[(n, scene.ready(name(n))) for n in waiting()]}", seconds=60)


def secrets_made(scene: Scene) -> dict[str, dict[str, bytes]]:
    return {key: values for key, values in secrets(scene).items() if key.startswith("es-")}
