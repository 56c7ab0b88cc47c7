"""What a case left in the cluster, as plain data: see run_cases.py for what is in a snapshot and what is left out."""

import base64
import json
import re

from support.api import Json
from support.cases.cluster import STORES, Cluster

DATA_HASH = "reconcile.external-secrets.io/data-hash"
MANAGED = "reconcile.external-secrets.io/managed"
Applied = set[tuple[str, str]]
"""(kind, name) of what the case itself put there."""


def conditions(made: Json) -> list[Json]:
    found = made.get("status", {}).get("conditions", []) or []
    kept = ({key: c.get(key) for key in ("type", "status", "reason", "message")} for c in found)
    return sorted(kept, key=lambda c: str(c["type"]))


def text(encoded: str) -> Json:
    raw = base64.b64decode(encoded)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return {"base64": encoded}


def written_by_an_operator(meta: Json) -> bool:
    managers = [entry["manager"] for entry in meta.get("managedFields", [])]
    return bool(meta.get("labels", {}).get(MANAGED)) or any(name.startswith("externalsecrets") for name in managers)


def secrets(cluster: Cluster, namespace: str, applied: Applied) -> Json:
    found = cluster.items(f"/api/v1/namespaces/{namespace}/secrets")
    return {
        s["metadata"]["name"]: secret(s)
        for s in found
        if ("Secret", s["metadata"]["name"]) not in applied or written_by_an_operator(s["metadata"])
    }


def secret(found: Json) -> Json:
    meta = found["metadata"]
    annotations = meta.get("annotations") or {}
    owners = meta.get("ownerReferences", [])
    return {
        "type": found["type"],
        "data": {key: text(value) for key, value in sorted((found.get("data") or {}).items())},
        "labels": meta.get("labels") or {},
        "annotations": {key: value for key, value in annotations.items() if key != DATA_HASH},
        "immutable": found.get("immutable"),
        "owners": [{k: o.get(k) for k in ("kind", "name", "controller", "blockOwnerDeletion")} for o in owners],
        "finalizers": meta.get("finalizers", []),
        "data_hash": annotations.get(DATA_HASH),
    }


def external_secrets(cluster: Cluster, namespace: str) -> Json:
    found = cluster.items(f"/apis/{STORES}/namespaces/{namespace}/externalsecrets")
    return {
        e["metadata"]["name"]: {
            "conditions": conditions(e),
            "binding": e.get("status", {}).get("binding"),
            "finalizers": e["metadata"].get("finalizers", []),
            "deleting": "deletionTimestamp" in e["metadata"],
            "refreshed": bool(e.get("status", {}).get("refreshTime")),
        }
        for e in found
    }


def stores(cluster: Cluster, namespace: str, applied: Applied) -> tuple[Json, set[str]]:
    """The case's stores by kind/name, and their uids."""
    shown, uids = {}, set()
    for kind in ("SecretStore", "ClusterSecretStore"):
        for store in cluster.items(cluster.path(kind, namespace)):
            name = store["metadata"]["name"]
            if (kind, name) in applied:
                uids.add(store["metadata"]["uid"])
                capabilities = store.get("status", {}).get("capabilities")
                shown[f"{kind}/{name}"] = {"conditions": conditions(store), "capabilities": capabilities}
    return shown, uids


def events(cluster: Cluster, namespace: str, applied: Applied, uids: set[str]) -> list[str]:
    found = cluster.items(f"/api/v1/namespaces/{namespace}/events")
    if any(kind == "ClusterSecretStore" for kind, _ in applied):
        # Events of cluster-scoped objects are in "default", beside those of other cases.
        elsewhere = cluster.items("/api/v1/namespaces/default/events")
        found = found + [e for e in elsewhere if e["involvedObject"].get("uid") in uids]
    rows = {
        (e["involvedObject"]["kind"], e["involvedObject"]["name"], e["type"], e["reason"], e["message"]) for e in found
    }
    return [" | ".join(row) for row in sorted(rows)]


def snapshot(cluster: Cluster, namespace: str, applied: Applied) -> Json:
    shown_stores, uids = stores(cluster, namespace, applied)
    seen = {
        "secrets": secrets(cluster, namespace, applied),
        "externalsecrets": external_secrets(cluster, namespace),
        "stores": shown_stores,
        "events": events(cluster, namespace, applied, uids),
    }
    plain = json.dumps(seen, sort_keys=True).replace(namespace, "${ns}")
    plain = re.sub(r"(?i)(request ?id:? )[0-9a-zA-Z-]+", r"\1…", plain)
    plain = re.sub(r"(resourceVersion|uid)=\S+", r"\1=…", plain)
    out = json.loads(plain)
    out["events"] = sorted(set(out["events"]))  # messages that differed by a request id only are one
    return out
