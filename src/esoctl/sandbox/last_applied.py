"""The annotation that ``kubectl apply`` leaves, and how it eases the way to server-side apply.

Only for the manager ``kubectl``: what the annotation says was applied, and still is as it says, is kubectl's own, so
changing it is no conflict; and while the annotation exists, a server-side apply keeps it up to date.

From: k8s.io/apimachinery, ``util/managedfields/internal`` (lastappliedmanager.go, lastappliedupdater.go).
"""

from __future__ import annotations

import json

from esoctl.sandbox import fieldsets, structured
from esoctl.sandbox.documents import Doc, child, go_json, text
from esoctl.sandbox.fieldsets import NOTHING, FieldSet, PathError
from esoctl.sandbox.topology import Topology

MANAGER = "kubectl"
ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
_LIMIT = 256 * 1024


def own_fields(live: Doc, topology: Topology) -> FieldSet:
    """What kubectl applied and nobody has changed since."""
    try:
        applied = json.loads(_written(live) or "null")
        if not isinstance(applied, dict) or text(applied, "apiVersion") != text(live, "apiVersion"):
            return NOTHING
        change = structured.compare(applied, live, topology)
        fields = fieldsets.from_object(applied, topology)
    except (ValueError, PathError):
        return NOTHING
    return fields.difference(change.modified).difference(change.added).difference(change.removed)


def refreshed(obj: Doc, wanted: Doc) -> Doc:
    """The object with the annotation brought up to date, if it has one; an annotation that grows too large goes."""
    if not _written(obj):
        return obj
    metadata = child(wanted, "metadata")
    kept = {key: value for key, value in child(metadata, "annotations").items() if key != ANNOTATION}
    shown = {key: value for key, value in metadata.items() if key != "annotations"} | (
        {"annotations": kept} if kept else {}
    )
    written = go_json({**wanted, "metadata": shown}) + "\n"
    annotations = {key: value for key, value in _annotations(obj).items() if key != ANNOTATION}
    if sum(len(key) + len(str(value)) for key, value in [*annotations.items(), (ANNOTATION, written)]) <= _LIMIT:
        annotations[ANNOTATION] = written
    return {**obj, "metadata": {**child(obj, "metadata"), "annotations": annotations}}


def _annotations(obj: Doc) -> Doc:
    return child(child(obj, "metadata"), "annotations")


def _written(obj: Doc) -> str:
    return text(_annotations(obj), ANNOTATION)
