"""The digests esoctl leaves on objects, byte for byte those of the reference.

All are SHA3-224 over the text that Go's ``%+v`` prints for the object, so a Secret written by the reference is
recognised as unchanged, and the other way round. Keys are sorted by their UTF-8 bytes; an absent map prints like an
empty one.

Source: the reference's ``esutils.ObjectHash`` and ``ctrlutil.GetResourceVersion`` (external-secrets 2.9.0).
"""

import hashlib
from collections.abc import Iterable, Mapping

from esoctl.plan import floats

MANAGER_PREFIX = "externalsecrets.external-secrets.io/"
MANAGER_LIMIT = 63
"""Longer field managers are hashed: their names could not be label values."""
_INT64 = range(-(1 << 63), 1 << 63)


def data_hash(values: Mapping[str, bytes]) -> str:
    """The annotation ``reconcile.external-secrets.io/data-hash`` of a Secret with this data."""
    return _digest(_map((key, f"[{' '.join(map(str, value))}]") for key, value in values.items()))


def synced_version(generation: int, labels: Mapping[str, str] | None, annotations: Mapping[str, str] | None) -> str:
    """``status.syncedResourceVersion`` of an object with this metadata."""
    text = f"{{annotations:{_map((annotations or {}).items())} labels:{_map((labels or {}).items())}}}"
    return f"{generation}-{_digest(text)}"


def owner_hash(namespace: str, name: str) -> str:
    """The label ``reconcile.external-secrets.io/created-by`` of what this ExternalSecret owns."""
    return _digest(f"{namespace}/{name}")


def content_hash(content: object) -> str:
    """The data-hash of a target that is not a Secret: over its spec or data, decoded from JSON."""
    return _digest(_print(content))


def field_manager(name: str) -> str:
    """The field manager of an ExternalSecret's writes: its name, hashed when the whole would be too long."""
    plain = f"{MANAGER_PREFIX}{name}"
    return plain if len(plain) <= MANAGER_LIMIT else f"{MANAGER_PREFIX}sha3/{_digest(name)}"


def _digest(text: str) -> str:
    return hashlib.sha3_224(_bytes(text)).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _map(items: Iterable[tuple[str, str]]) -> str:
    """Go's text of a map whose values are already printed."""
    pairs = sorted(items, key=lambda item: _bytes(item[0]))
    return f"map[{' '.join(f'{key}:{value}' for key, value in pairs)}]"


def _print(value: object) -> str:
    """Go's ``%+v`` of a decoded JSON value."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case int():
            # The API machinery decodes integers beyond 64 bits to floating point.
            return str(value) if value in _INT64 else floats.general(float(value))
        case float():
            return floats.general(value)
        case Mapping():
            return _map((str(key), _print(member)) for key, member in value.items())
        case list():
            return f"[{' '.join(map(_print, value))}]"
        case _:
            return str(value)
