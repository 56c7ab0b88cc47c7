"""Secrets as we observe them, and ConfigMaps that hold templates."""

import msgspec

from esoctl.model.meta import ManagedFields, Meta, Wire
from esoctl.model.values import Values


class Secret(Wire, frozen=True):
    """One Secret with its values; ``data`` is decoded from base64. Its repr shows no value."""

    metadata: Meta
    type: str = ""
    data: dict[str, bytes] = {}
    immutable: bool = False

    @property
    def values(self) -> Values:
        return Values(self.data)

    def __repr__(self) -> str:
        return f"Secret({self.metadata.namespace}/{self.metadata.name}, type={self.type!r}, {self.values!r})"


class ConfigMap(Wire, frozen=True):
    """One ConfigMap, read for its templates."""

    metadata: Meta
    data: dict[str, str] = {}


class Namespace(Wire, frozen=True):
    """One Namespace, read for its labels."""

    metadata: Meta


class _Managers(Wire, frozen=True):
    managed_fields: list[ManagedFields] = []


class _Managed(Wire, frozen=True):
    metadata: _Managers


def decode(raw: bytes | msgspec.Raw) -> Secret:
    """Decode one Secret; raises msgspec.ValidationError (it names paths, never values)."""
    return _decoder.decode(raw)


def decode_managers(raw: bytes | msgspec.Raw) -> list[ManagedFields]:
    """``metadata.managedFields`` of any object, in order."""
    return _managers.decode(raw).metadata.managed_fields


_decoder = msgspec.json.Decoder(Secret)
_managers = msgspec.json.Decoder(_Managed)
