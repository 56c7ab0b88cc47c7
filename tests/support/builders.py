"""Valid objects, one call each; tests tweak the one thing they are about."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from esoctl.model import external_secret, secret, store
from esoctl.model.external_secret import ExternalSecret
from esoctl.model.secret import Secret
from esoctl.model.store import Store
from esoctl.plan import hashing
from esoctl.plan.observed import CREATED_BY_LABEL, DATA_HASH_ANNOTATION, MANAGED_LABEL, Applied, Observed

NOON = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
ES_UID = "11111111-1111-4111-8111-111111111111"
TARGET_UID = "22222222-2222-4222-8222-222222222222"


def an_entry(key: str = "app/db", secret_key: str = "password", **remote: Any) -> dict[str, Any]:
    """One entry of spec.data."""
    return {"secretKey": secret_key, "remoteRef": {"key": key, **remote}}


def an_extract(key: str = "app/db", **remote: Any) -> dict[str, Any]:
    """One extract entry of spec.dataFrom."""
    return {"extract": {"key": key, **remote}}


def an_external_secret(
    *,
    name: str = "shop",
    namespace: str = "team-a",
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    finalizers: Sequence[str] = (),
    deleting: bool = False,
    generation: int = 1,
    target: Mapping[str, Any] | None = None,
    status: Mapping[str, Any] | None = None,
    **spec: Any,
) -> ExternalSecret:
    """An ExternalSecret with one data entry and a SecretStore called ``aws``."""
    metadata = {
        "name": name,
        "namespace": namespace,
        "uid": ES_UID,
        "resourceVersion": "10",
        "generation": generation,
        "labels": dict(labels or {}),
        "annotations": dict(annotations or {}),
        "finalizers": list(finalizers),
    }
    if deleting:
        metadata["deletionTimestamp"] = "2026-06-01T11:59:00Z"
    wanted = {"secretStoreRef": {"name": "aws"}, "target": dict(target or {}), **spec}
    if not {"data", "dataFrom"} & wanted.keys():
        wanted["data"] = [an_entry()]
    body = {"metadata": metadata, "spec": wanted, "status": dict(status or {})}
    return external_secret.decode(json.dumps(body).encode())


def synced(es: ExternalSecret, at: str = "2026-06-01T11:30:00Z", **more: Any) -> dict[str, Any]:
    """The status of that ExternalSecret after a success."""
    version = hashing.synced_version(es.metadata.generation, es.metadata.labels, es.metadata.annotations)
    ready = {"type": "Ready", "status": "True", "reason": "SecretSynced", "message": "secret synced"}
    return {
        "refreshTime": at,
        "syncedResourceVersion": version,
        "conditions": [ready],
        "binding": {"name": es.target_name},
        **more,
    }


def a_target(
    data: Mapping[str, bytes] | None = None,
    *,
    name: str = "shop",
    owner: str | None = ES_UID,
    owner_name: str = "shop",
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    owned: Sequence[str] | None = None,
    operation: str = "Apply",
    manager: str = "shop",
    **more: Any,
) -> Secret:
    """The Secret as esoctl left it: labelled, hashed, owned by the ExternalSecret ``shop``.

    ``owned`` are the data keys our field manager owns, all of them by default.
    """
    data = {"password": b"old"} if data is None else data
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": "team-a",
        "uid": TARGET_UID,
        "resourceVersion": "20",
        "labels": {MANAGED_LABEL: "true", CREATED_BY_LABEL: hashing.owner_hash("team-a", owner_name), **(labels or {})},
        "annotations": {DATA_HASH_ANNOTATION: hashing.data_hash(data), **(annotations or {})},
    }
    if owner:
        metadata["ownerReferences"] = [
            {
                "apiVersion": "external-secrets.io/v1",
                "kind": "ExternalSecret",
                "name": owner_name,
                "uid": owner,
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ]
    keys = data if owned is None else owned
    metadata["managedFields"] = [
        {
            "manager": hashing.field_manager(manager),
            "operation": operation,
            "apiVersion": "v1",
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:data": {f"f:{key}": {} for key in keys}},
        }
    ]
    encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
    return secret.decode(json.dumps({"metadata": metadata, "type": "Opaque", "data": encoded, **more}).encode())


def a_store(
    *, name: str = "aws", namespace: str = "team-a", provider: Any = None, status: Any = None, **spec: Any
) -> Store:
    """A SecretStore with the fake provider; an empty namespace makes a ClusterSecretStore."""
    body = {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"store-{name}",
            "resourceVersion": "5",
            "generation": 1,
        },
        "spec": {"provider": {"fake": {"data": []}} if provider is None else provider, **spec},
        "status": status or {},
    }
    return store.decode(json.dumps(body).encode())


def observed(
    es: ExternalSecret, target: Secret | None = None, *, now: datetime = NOON, applied: Applied | None = None
) -> Observed:
    """What a rule sees."""
    return Observed(es, now, target, applied)
