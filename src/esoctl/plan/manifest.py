"""A planned Secret as the body of a server-side apply.

The body is JSON, which the API server reads as YAML; characters that YAML takes for line breaks or refuses in a quoted
text are therefore escaped. Values become base64 here and nowhere else.
"""

import re

import msgspec

from esoctl.model.meta import OwnerRef
from esoctl.plan.secret import Apply

NEVER = "1"
"""A resource version that no object has: the first version of a cluster is that of something else."""
_NOT_YAML = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")


def body(plan: Apply, namespace: str) -> bytes:
    """The apply configuration: what we want to own, and nothing else.

    A controller reference makes the API server refuse a Secret that another controller owns. Without one, a write that
    expects none must not meet one: it was made since our informers looked, and nobody asked whose it is. The version
    says so: what is not there is created all the same, and what is there is a conflict.
    """
    metadata: dict[str, str | dict[str, str] | list[OwnerRef] | list[str]] = {
        "name": plan.name,
        "namespace": namespace,
        "labels": plan.labels,
        "annotations": plan.annotations,
    }
    if plan.uid:
        metadata["uid"] = plan.uid
    elif not plan.owner:
        metadata["resourceVersion"] = NEVER
    if plan.owner:
        metadata["ownerReferences"] = [plan.owner]
    if plan.finalizers:
        metadata["finalizers"] = list(plan.finalizers)
    manifest: dict[str, object] = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": plan.type}
    if plan.immutable:
        manifest["immutable"] = True
    manifest["data"] = dict(plan.data)
    return encoded(manifest)


def encoded(body: dict[str, object]) -> bytes:
    """Any apply configuration as a body."""
    return as_yaml(msgspec.json.encode(body))


def as_yaml(text: bytes) -> bytes:
    """JSON that means the same when it is read as YAML."""
    if text.isascii() and b"\x7f" not in text:
        return text
    return _NOT_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text.decode()).encode()
