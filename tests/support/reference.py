"""The reference's hands: the requests it makes to serve an ExternalSecret (external-secrets 2.9.0).

It creates and updates Secrets by POST and PUT under the field manager that esoctl applies with, puts its finalizer on
every ExternalSecret, and updates its status.
"""

import base64
from dataclasses import dataclass

from esoctl.plan import hashing
from esoctl.plan.observed import CREATED_BY_LABEL, DATA_HASH_ANNOTATION, FINALIZER, MANAGED_LABEL, stamp
from support.api import Json
from support.day import EPOCH
from support.scene import Scene


@dataclass
class Reference:
    """The Go operator's hands."""

    scene: Scene

    def serve(self, name: str, data: dict[str, bytes], *, owner: bool = True) -> None:
        """Write the target and the status, as after a sync."""
        finalizers = {"metadata": {"finalizers": [FINALIZER]}}
        self.scene.api.patch(self.scene.path("ExternalSecret", name), finalizers).good()
        es, target = self.scene.get("ExternalSecret", name), self.scene.get("Secret", name)
        wanted = self._mutated(es, target or {"metadata": {"name": name}, "type": "Opaque"}, data, owner=owner)
        manager = hashing.field_manager(name)
        if target is None:
            self.scene.api.post(self.scene.path("Secret"), wanted, fieldManager=manager).good()
        elif wanted != target:
            self.scene.api.put(self.scene.path("Secret", name), wanted, fieldManager=manager).good()
        self._report(es)

    def _mutated(self, es: Json, target: Json, data: dict[str, bytes], *, owner: bool) -> Json:
        """Its steps on a copy of the Secret: own metadata, then data, then owner, label and hash."""
        meta = target["metadata"]
        kept = {} if owner else {key: base64.b64decode(value) for key, value in (target.get("data") or {}).items()}
        final = kept | data
        labels = (meta.get("labels") or {}) | {MANAGED_LABEL: "true"}
        annotations = (meta.get("annotations") or {}) | {DATA_HASH_ANNOTATION: hashing.data_hash(final)}
        made = meta | {"labels": labels, "annotations": annotations}
        if owner:
            labels[CREATED_BY_LABEL] = hashing.owner_hash(self.scene.namespace, es["metadata"]["name"])
            reference = {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "controller": True}
            reference |= {"name": es["metadata"]["name"], "uid": es["metadata"]["uid"], "blockOwnerDeletion": True}
            made["ownerReferences"] = [reference]
        encoded = {key: base64.b64encode(value).decode() for key, value in final.items()}
        return target | {"metadata": made, "data": encoded}

    def _report(self, es: Json) -> None:
        meta = es["metadata"]
        ready = {"type": "Ready", "status": "True", "reason": "SecretSynced", "message": "secret synced"}
        status = {
            "refreshTime": stamp(EPOCH),
            "syncedResourceVersion": hashing.synced_version(
                meta["generation"], meta.get("labels"), meta.get("annotations")
            ),
            "conditions": [ready | {"lastTransitionTime": stamp(EPOCH)}],
            "binding": {"name": meta["name"]},
        }
        path = f"{self.scene.path('ExternalSecret', meta['name'])}/status"
        self.scene.api.put(path, es | {"status": status}, fieldManager="external-secrets").good()
