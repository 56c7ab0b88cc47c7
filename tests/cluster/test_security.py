"""SEC-02, 04, 06, 07 and 09 on the real control plane; each has its whole table in ``tests/flow``.

SEC-05 is ``test_vectors`` and SEC-08 ``test_canary``.
"""

import base64
import pathlib
import random
from collections.abc import Iterator

import pytest

from support import audit, aws_front, kubeconfig
from support.api import Api, Json
from support.scene import SYNCED, Scene, a_scene

TOKEN = "kubernetes.io/service-account-token"
ACCOUNT = "kubernetes.io/service-account.name"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
ACCOUNT_OF_OURS = "system:serviceaccount:esoctl:esoctl"
ROUNDS = 6


@pytest.fixture
def shop(scene: Scene) -> Scene:
    """A store, and the values it has."""
    scene.put(db="first", json='{"user": "ivy", "uses": "2"}')
    scene.store()
    return scene


@pytest.fixture
def scene_of_others(api: Api, front: aws_front.Front) -> Iterator[Scene]:
    """Another namespace with keys, where nothing is the operator's business."""
    with a_scene(api, front) as found:
        yield found


def refused(shop: Scene, specs: dict[str, Json]) -> dict[str, str]:
    """Apply ExternalSecrets that the API server or the operator refuses; what is said of each."""
    told: dict[str, str] = {}
    for name, spec in specs.items():
        try:
            shop.external_secret(name, **spec)
        except AssertionError as refusal:
            if "422" not in str(refusal):
                raise
            told[name] = str(refusal)
    for name in specs.keys() - told.keys():
        shop.until(lambda name=name: shop.ready(name)[0] == "False", lambda name=name: f"{name}: {shop.ready(name)}")
        told[name] = shop.ready(name)[2]
    return told


def written(shop: Scene) -> set[str]:
    """The Secrets of the namespace, but for the keys of its store."""
    return {item["metadata"]["name"] for item in shop.api.get(shop.path("Secret")).good()["items"]} - {"aws-keys"}


def rewritten(source: str, target: str) -> Json:
    regexp = {"regexp": {"source": source, "target": target}}
    return {"data": {}, "dataFrom": [{"extract": {"key": "json"}, "rewrite": [regexp]}]}


def test_sec_04_no_secret_that_grants_rights_is_made_or_merged_into(shop: Scene) -> None:
    shop.make_secret("theirs", {"own": "mine"}, type="bootstrap.kubernetes.io/token")
    before = shop.get("Secret", "theirs")
    literal = {"templateFrom": [{"target": "Annotations", "literal": f"{ACCOUNT}: default"}]}
    targets: dict[str, Json] = {
        "token": {"template": {"type": TOKEN, "metadata": {"annotations": {ACCOUNT: "default"}}}},
        "annotation": {"template": literal},
        "manifest": {"manifest": {"apiVersion": "v1", "kind": "Secret"}, "template": {"type": TOKEN}},
        "role": {"manifest": {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role"}},
        "merge": {"name": "theirs", "creationPolicy": "Merge"},
        "finalizer": {"template": {"metadata": {"finalizers": ["foregroundDeletion"]}}},
    }

    told = refused(shop, {name: {"target": target} for name, target in targets.items()})

    assert written(shop) == {"theirs"}
    assert shop.get("Secret", "theirs") == before
    assert all("allow" in message or "grant rights" in message for message in told.values()), told


def test_sec_06_keys_are_checked_before_any_write(shop: Scene) -> None:
    told = refused(
        shop,
        {
            "dots": {"data": {"..a": "db"}},
            "slash": rewritten("user", "../x"),
            "ascii": rewritten("user", "é"),
            "long": rewritten("user", "u" * 254),
            "both": rewritten("use.", "use"),
            "made": {"target": {"template": {"data": {"../a": "x"}}}},
        },
    )

    assert written(shop) == set()
    assert "user" in told["both"]
    assert "uses" in told["both"]
    assert "ivy" not in str(told)


def test_sec_07_a_forged_status_and_forged_annotations_widen_nothing(shop: Scene) -> None:
    dice, texts = random.Random(7), ["", "theirs", "kube-system/theirs", "9-abc", "x" * 300, "{{ .x }}"]
    shop.make_secret("theirs", {"keep": "me"})
    shop.synced()
    before = shop.front.asked.copy()
    for turn in range(ROUNDS):
        ready = {"type": "Ready", "status": dice.choice(["True", "False"]), "reason": dice.choice(texts)}
        status = {
            "binding": {"name": dice.choice(texts)},
            "refreshTime": dice.choice(["1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z"]),
            "syncedResourceVersion": dice.choice(texts),
            "conditions": [ready],
        }
        shop.api.patch(shop.path("ExternalSecret", "shop") + "/status", {"status": status}, fieldManager="user").good()
        forged = {"annotations": {"reconcile.external-secrets.io/data-hash": dice.choice(texts)}}
        shop.edit("Secret", "shop", {"metadata": forged, "data": {"password": base64.b64encode(b"forged").decode()}})
        shop.edit("ExternalSecret", "shop", {"metadata": {"annotations": {"force-sync": str(turn)}}})
        shop.until(lambda: shop.data() == {"password": b"first"} and shop.ready() == SYNCED, lambda: f"{shop.ready()}")

    assert written(shop) == {"shop", "theirs"}
    assert shop.data("theirs") == {"keep": b"me"}
    assert {operation for key, operation in shop.front.asked - before if key == shop.key_id} <= {
        "GetSecretValue",
        "BatchGetSecretValue",
    }


def test_sec_09_targets_are_applied_under_one_manager_and_what_is_foreign_stays(shop: Scene) -> None:
    shop.external_secret(data={"password": "db", "more": "db"})
    shop.edit("ExternalSecret", "shop", {"metadata": {"annotations": {LAST_APPLIED: "{}", "team": "a"}}})
    shop.until(lambda: shop.data() is not None, lambda: f"{shop.ready()}")
    theirs = {"labels": {"theirs": "x"}, "annotations": {"theirs": "y"}}
    shop.edit("Secret", "shop", {"stringData": {"foreign": "mine"}, "metadata": theirs})
    shop.put(db="second")

    shop.external_secret()
    shop.until(lambda: shop.data() == {"password": b"second", "foreign": b"mine"}, lambda: f"{shop.data()}")

    meta = shop.get("Secret", "shop")["metadata"]
    assert (meta["labels"]["theirs"], meta["annotations"]["theirs"]) == ("x", "y")
    assert LAST_APPLIED not in meta["annotations"]
    ours = [(one["manager"], one["operation"]) for one in meta["managedFields"] if one["manager"] != "user"]
    assert ours == [("externalsecrets.external-secrets.io/shop", "Apply")]


def test_sec_02_a_foreign_namespace_is_denied_and_never_asked_for(
    shop: Scene, scene_of_others: Scene, control_plane: pathlib.Path
) -> None:
    foreign = scene_of_others.namespace
    references = {"accessKeyIDSecretRef": "id", "secretAccessKeySecretRef": "key", "sessionTokenSecretRef": "token"}
    for name, field in (("first", "accessKeyIDSecretRef"), ("second", "sessionTokenSecretRef")):
        refs: Json = {one: {"name": "aws-keys", "key": key} for one, key in references.items()}
        refs[field]["namespace"] = foreign
        shop.apply("SecretStore", name, {"provider": {"aws": shop.provider(auth={"secretRef": refs})}})
    account = {"jwt": {"serviceAccountRef": {"name": "default", "namespace": foreign}}}
    shop.apply("SecretStore", "third", {"provider": {"aws": shop.provider(auth=account)}})

    stores = ("first", "second", "third")
    told = refused(shop, {name: {"secretStoreRef": {"name": name}} for name in stores})

    for name in stores:
        assert ".namespace" in told[name]
        assert shop.ready(name, "SecretStore")[:2] == ("False", "InvalidProviderConfig")
    assert written(shop) == set()
    log = control_plane.parent / "audit.log"
    audit.mark(Api(kubeconfig.read(control_plane)), log)
    asked = [entry["objectRef"] for entry in audit.entries(log, ACCOUNT_OF_OURS, since=0) if "objectRef" in entry]
    assert any(one.get("namespace") == shop.namespace for one in asked), "the log is the operator's"
    assert [one for one in asked if one.get("namespace") == foreign] == []
