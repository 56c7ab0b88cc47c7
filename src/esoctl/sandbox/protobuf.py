"""Reads the protobuf bodies that Go clients send for the kinds they create most.

kubectl's ``create`` and ``auth can-i`` and controllers built on client-go write built-in kinds in protobuf and take
JSON back. Only reading is needed, and only for a few kinds; anything else is an unknown format.

The wire format is Kubernetes' own envelope (``k8s\\0`` and ``runtime.Unknown``) around messages whose field numbers
are those of the ``generated.proto`` files of k8s.io/api and k8s.io/apimachinery.
"""

import base64
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from esoctl.sandbox.documents import Doc

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\0"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Number, name and type of every field. Types: text (left out), bool, int, int? (0 is absence), bytes, time, micro,
# json, or a message; `*` before a type is a list of it, `%` a map from text to it.
_MESSAGES = {
    "ObjectMeta": (
        "1 name; 2 generateName; 3 namespace; 5 uid; 6 resourceVersion; 7 generation int?; 8 creationTimestamp time; "
        "9 deletionTimestamp time; 10 deletionGracePeriodSeconds int; 11 labels %text; 12 annotations %text; "
        "13 ownerReferences *OwnerReference; 14 finalizers *text; 17 managedFields *ManagedFieldsEntry"
    ),
    "OwnerReference": "1 kind; 3 name; 4 uid; 5 apiVersion; 6 controller bool; 7 blockOwnerDeletion bool",
    "ManagedFieldsEntry": (
        "1 manager; 2 operation; 3 apiVersion; 4 time time; 6 fieldsType; 7 fieldsV1 json; 8 subresource"
    ),
    "DeleteOptions": (
        "1 gracePeriodSeconds int; 2 preconditions Preconditions; 3 orphanDependents bool; 4 propagationPolicy; "
        "5 dryRun *text"
    ),
    "Preconditions": "1 uid; 2 resourceVersion",
    "v1 Secret": "1 metadata ObjectMeta; 2 data %bytes; 3 type; 4 stringData %text; 5 immutable bool",
    "v1 ConfigMap": "1 metadata ObjectMeta; 2 data %text; 3 binaryData %bytes; 4 immutable bool",
    "v1 Namespace": "1 metadata ObjectMeta; 2 spec NamespaceSpec; 3 status NamespaceStatus",
    "NamespaceSpec": "1 finalizers *text",
    "NamespaceStatus": "1 phase",
    "v1 ServiceAccount": (
        "1 metadata ObjectMeta; 2 secrets *ObjectReference; 3 imagePullSecrets *LocalObjectReference; "
        "4 automountServiceAccountToken bool"
    ),
    "ObjectReference": "1 kind; 2 namespace; 3 name; 4 uid; 5 apiVersion; 6 resourceVersion; 7 fieldPath",
    "LocalObjectReference": "1 name",
    "v1 Event": (
        "1 metadata ObjectMeta; 2 involvedObject ObjectReference; 3 reason; 4 message; 5 source EventSource; "
        "6 firstTimestamp time; 7 lastTimestamp time; 8 count int?; 9 type; 10 eventTime micro; 11 series EventSeries; "
        "12 action; 13 related ObjectReference; 14 reportingComponent; 15 reportingInstance"
    ),
    "events.k8s.io/v1 Event": (
        "1 metadata ObjectMeta; 2 eventTime micro; 3 series EventSeries; 4 reportingController; 5 reportingInstance; "
        "6 action; 7 reason; 8 regarding ObjectReference; 9 related ObjectReference; 10 note; 11 type; "
        "12 deprecatedSource EventSource; 13 deprecatedFirstTimestamp time; 14 deprecatedLastTimestamp time; "
        "15 deprecatedCount int?"
    ),
    "EventSource": "1 component; 2 host",
    "EventSeries": "1 count int; 2 lastObservedTime micro",
    "coordination.k8s.io/v1 Lease": "1 metadata ObjectMeta; 2 spec LeaseSpec",
    "LeaseSpec": (
        "1 holderIdentity; 2 leaseDurationSeconds int; 3 acquireTime micro; 4 renewTime micro; 5 leaseTransitions int"
    ),
    "authentication.k8s.io/v1 TokenRequest": "1 metadata ObjectMeta; 2 spec TokenRequestSpec",
    "TokenRequestSpec": "1 audiences *text; 4 expirationSeconds int; 3 boundObjectRef BoundObjectReference",
    "BoundObjectReference": "1 kind; 2 apiVersion; 3 name; 4 uid",
    "authentication.k8s.io/v1 TokenReview": "1 metadata ObjectMeta; 2 spec TokenReviewSpec",
    "TokenReviewSpec": "1 token; 2 audiences *text",
    "authentication.k8s.io/v1 SelfSubjectReview": "1 metadata ObjectMeta",
    "authorization.k8s.io/v1 SelfSubjectAccessReview": "1 metadata ObjectMeta; 2 spec AccessSpec",
    "authorization.k8s.io/v1 SubjectAccessReview": "1 metadata ObjectMeta; 2 spec AccessSpec",
    "authorization.k8s.io/v1 LocalSubjectAccessReview": "1 metadata ObjectMeta; 2 spec AccessSpec",
    "AccessSpec": (
        "1 resourceAttributes ResourceAttributes; 2 nonResourceAttributes UrlAttributes; 3 user; 4 groups *text"
    ),
    "ResourceAttributes": "1 namespace; 2 verb; 3 group; 4 version; 5 resource; 6 subresource; 7 name",
    "UrlAttributes": "1 path; 2 verb",
    "authorization.k8s.io/v1 SelfSubjectRulesReview": "1 metadata ObjectMeta; 2 spec RulesSpec",
    "RulesSpec": "1 namespace",
    "rbac.authorization.k8s.io/v1 Role": "1 metadata ObjectMeta; 2 rules *PolicyRule",
    "rbac.authorization.k8s.io/v1 ClusterRole": "1 metadata ObjectMeta; 2 rules *PolicyRule",
    "PolicyRule": "1 verbs *text; 2 apiGroups *text; 3 resources *text; 4 resourceNames *text; 5 nonResourceURLs *text",
    "rbac.authorization.k8s.io/v1 RoleBinding": "1 metadata ObjectMeta; 2 subjects *Subject; 3 roleRef RoleRef",
    "rbac.authorization.k8s.io/v1 ClusterRoleBinding": "1 metadata ObjectMeta; 2 subjects *Subject; 3 roleRef RoleRef",
    "Subject": "1 kind; 2 apiGroup; 3 name; 4 namespace",
    "RoleRef": "1 apiGroup; 2 kind; 3 name",
}


class ProtobufError(Exception):
    """The bytes are not a message of a known kind."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    type: str
    shape: str
    """"" for one value, ``*`` for a list, ``%`` for a map."""


def _fields(text: str) -> dict[int, _Field]:
    found: dict[int, _Field] = {}
    for part in text.split(";"):
        number, name, kind = [*part.split(), "text"][:3]
        shape = kind[0] if kind[0] in "*%" else ""
        found[int(number)] = _Field(name, kind.lstrip("*%"), shape)
    return found


_TABLE = {name: _fields(text) for name, text in _MESSAGES.items()}


def decode(body: bytes) -> Doc:
    """The object in an envelope, as its JSON form."""
    if not body.startswith(_MAGIC):
        raise ProtobufError("the body does not begin with the mark of Kubernetes protobuf")
    api_version, kind, raw = "", "", b""
    for number, value in _walk(body[len(_MAGIC) :]):
        if number == 1 and isinstance(value, bytes):
            names = {at: part.decode() for at, part in _walk(value) if isinstance(part, bytes)}
            api_version, kind = names.get(1, ""), names.get(2, "")
        elif number == 2 and isinstance(value, bytes):
            raw = value
    message = "DeleteOptions" if kind == "DeleteOptions" else f"{api_version} {kind}"
    if message not in _TABLE:
        raise ProtobufError(f"no protobuf form of {message} is known")
    return {"apiVersion": api_version, "kind": kind, **_message(message, raw)}


def _message(name: str, raw: bytes) -> Doc:
    fields, found = _TABLE[name], Doc()
    for number, value in _walk(raw):
        field = fields.get(number)
        if field is not None:
            _put(found, field, value)
    return found


def _put(found: Doc, field: _Field, value: int | bytes) -> None:
    if field.shape == "%":
        entry = dict(_walk(value)) if isinstance(value, bytes) else {}
        key = entry.get(1, b"")
        target = found.setdefault(field.name, {})
        if isinstance(target, dict) and isinstance(key, bytes):
            target[key.decode()] = _value(field.type, entry.get(2, b""))
        return
    read = _value(field.type, value)
    if field.shape == "*":
        target = found.setdefault(field.name, [])
        if isinstance(target, list):
            target.append(read)
    elif read not in ("", None):
        found[field.name] = read


def _value(kind: str, value: int | bytes) -> object:
    if isinstance(value, int):
        return _number(kind, value)
    match kind:
        case "text":
            return value.decode()
        case "bytes":
            return base64.b64encode(value).decode()
        case "time" | "micro":
            return _moment(value, micro=kind == "micro")
        case "json":
            return _embedded(value)
        case _:
            return _message(kind, value)


def _number(kind: str, value: int) -> object:
    if kind == "bool":
        return bool(value)
    if kind == "int?" and not value:
        return None
    return value - 2**64 if value >= 2**63 else value


def _moment(raw: bytes, *, micro: bool) -> str | None:
    """Seconds (1) and nanoseconds (2) since 1970; an empty message is no time."""
    parts = {number: value for number, value in _walk(raw) if isinstance(value, int)}
    seconds = _number("int", parts.get(1, 0))
    if not parts or not isinstance(seconds, int) or seconds < 0:
        return None
    moment = _EPOCH + timedelta(seconds=seconds, microseconds=parts.get(2, 0) // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if micro else "%Y-%m-%dT%H:%M:%SZ")


def _embedded(raw: bytes) -> object:
    for number, value in _walk(raw):
        if number == 1 and isinstance(value, bytes):
            return msgspec.json.decode(value)
    return None


def _walk(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message in order."""
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        value, at = _wire_value(raw, at, tag & 7)
        yield tag >> 3, value


def _wire_value(raw: bytes, at: int, wire: int) -> tuple[int | bytes, int]:
    match wire:
        case 0:
            return _varint(raw, at)
        case 2:
            length, at = _varint(raw, at)
            if at + length > len(raw):
                raise ProtobufError("a field is longer than its message")
            return raw[at : at + length], at + length
        case 1 | 5:
            size, form = (8, "<Q") if wire == 1 else (4, "<I")
            if at + size > len(raw):
                raise ProtobufError("a number is cut off")
            return int(struct.unpack_from(form, raw, at)[0]), at + size
        case _:
            raise ProtobufError(f"wire type {wire} is not used by Kubernetes")


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        if at >= len(raw) or shift > 63:
            raise ProtobufError("a number is cut off")
        byte = raw[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
        shift += 7
