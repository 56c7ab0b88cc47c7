"""What the API server does with Secrets and ConfigMaps beyond storing them.

From k8s.io/kubernetes ``pkg/apis/core/validation`` and ``pkg/registry/core/{secret,configmap}`` (v1.36): merging of
``stringData``, the default type, immutability, keys, sizes, and the data that a type requires. No problem found here
holds a value of the data.
"""

import base64
import json

from esoctl.sandbox import lookup, names, problems, typed
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.resources import Behaviour
from esoctl.sandbox.statuses import Problem

LIMIT = 1024 * 1024
_ACCOUNT_NAME = "kubernetes.io/service-account.name"
_FIXED = "field is immutable when `immutable` is set"
_JSON_KEYS = {
    "kubernetes.io/dockercfg": ".dockercfg",
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
}


def prepare_secret(new: Doc, old: Doc | None) -> None:  # noqa: ARG001 - the signature of a preparation
    typed.drop_nulls_except(new, "data", "stringData")
    data = typed.bytes_map(new, "Secret", "data")
    for key, value in typed.text_map(new, "Secret", "stringData").items():
        data[key] = base64.b64encode(str(value).encode()).decode()
    new.pop("stringData", None)
    new.pop("data", None)
    if data:
        new["data"] = data
    typed.flag(new, "Secret", "immutable")
    typed.word(new, "Secret", "type", "v1.SecretType")
    new["type"] = new.get("type") or "Opaque"


def check_secret(new: Doc, old: Doc | None) -> list[Problem]:
    found = [] if old is None else _fixed(new, old, ("data",))
    if old is not None and new.get("type") != old.get("type"):
        found.insert(0, problems.invalid("type", new.get("type"), problems.IMMUTABLE))
    size = 0
    for key, value in lookup.child(new, "data").items():
        found += [problems.invalid(f"data[{key}]", key, words) for words in names.config_key(key)]
        size += _decoded_length(value)
    if size > LIMIT:
        found.append(problems.too_long("data", LIMIT))
    return [*found, *_required_by_type(new)]


def _decoded_length(value: object) -> int:
    text = value if isinstance(value, str) else ""
    return len(text) * 3 // 4 - text[-2:].count("=")


def _fixed(new: Doc, old: Doc, members: tuple[str, ...]) -> list[Problem]:
    """The rules of an object that was made immutable."""
    if old.get("immutable") is not True:
        return []
    found: list[Problem] = []
    if new.get("immutable") is not True:
        found.append(problems.forbidden("immutable", _FIXED))
    found += [problems.forbidden(one, _FIXED) for one in members if lookup.child(new, one) != lookup.child(old, one)]
    return found


def _required_by_type(secret: Doc) -> list[Problem]:
    data = lookup.child(secret, "data")
    match lookup.text(secret, "type"):
        case "kubernetes.io/service-account-token":
            if lookup.text(secret, "metadata", "annotations", _ACCOUNT_NAME):
                return []
            return [problems.required(f"metadata.annotations[{_ACCOUNT_NAME}]", "")]
        case "kubernetes.io/dockercfg" | "kubernetes.io/dockerconfigjson" as kind:
            return _registry_login(data, _JSON_KEYS[kind])
        case "kubernetes.io/basic-auth":
            if "username" in data or "password" in data:
                return []
            return [problems.required("data[username]", ""), problems.required("data[password]", "")]
        case "kubernetes.io/ssh-auth":
            return [] if data.get("ssh-privatekey") else [problems.required("data[ssh-privatekey]", "")]
        case "kubernetes.io/tls":
            return [problems.required(f"data[{key}]", "") for key in ("tls.crt", "tls.key") if key not in data]
        case _:
            return []


def _registry_login(data: Doc, key: str) -> list[Problem]:
    value = data.get(key)
    if not isinstance(value, str):
        return [problems.required(f"data[{key}]", "")]
    words = _json_fault(base64.b64decode(value))
    return [problems.invalid(f"data[{key}]", "<secret contents redacted>", words)] if words else []


def _json_fault(raw: bytes) -> str:
    """Why the bytes are not a JSON object, in Go's words; "" when they are."""
    try:
        found = json.loads(raw)
    except (ValueError, UnicodeDecodeError):
        return "invalid character in JSON" if raw.strip() else "unexpected end of JSON input"
    if found is not None and not isinstance(found, dict):
        return f"json: cannot unmarshal {typed.json_word(found)} into Go value of type map[string]interface {{}}"
    return ""


def prepare_config_map(new: Doc, old: Doc | None) -> None:  # noqa: ARG001 - the signature of a preparation
    typed.drop_nulls_except(new, "data", "binaryData")
    for member, read in (("data", typed.text_map), ("binaryData", typed.bytes_map)):
        found = read(new, "ConfigMap", member)
        new.pop(member, None)
        if found:
            new[member] = found
    typed.flag(new, "ConfigMap", "immutable")


def check_config_map(new: Doc, old: Doc | None) -> list[Problem]:
    found = [] if old is None else _fixed(new, old, ("data", "binaryData"))
    data, binary = lookup.child(new, "data"), lookup.child(new, "binaryData")
    size = 0
    for key, value in data.items():
        found += [problems.invalid(f"data[{key}]", key, words) for words in names.config_key(key)]
        if key in binary:
            found.append(problems.invalid(f"data[{key}]", key, "duplicate of key present in binaryData"))
        size += len(str(value).encode())
    for key, value in binary.items():
        found += [problems.invalid(f"binaryData[{key}]", key, words) for words in names.config_key(key)]
        size += _decoded_length(value)
    if size > LIMIT:
        found.append(problems.too_long("", LIMIT))
    return found


SECRET = Behaviour(
    prepare=prepare_secret,
    check=check_secret,
    selectable=("metadata.name", "metadata.namespace", "type"),
    known=("data", "stringData", "type", "immutable"),
)
CONFIG_MAP = Behaviour(prepare=prepare_config_map, check=check_config_map, known=("data", "binaryData", "immutable"))
