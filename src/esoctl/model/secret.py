"""Secrets as we observe them, and ConfigMaps that hold templates."""

import msgspec

from esoctl.model.meta import ManagedFields, Meta, Wire
from esoctl.model.values import Values

OURS = "externalsecrets.external-secrets.io/"
"""Every field manager of ExternalSecrets begins so, esoctl's as the reference's."""


class Owned(Wire, frozen=True):
    """What one of our field managers owns in a Secret, as the API server keeps book in ``managedFields``."""

    manager: str
    operation: str
    data: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    annotations: frozenset[str] = frozenset()


class Secret(Wire, frozen=True):
    """One Secret with its values; ``data`` is decoded from base64. Its repr shows no value."""

    metadata: Meta
    type: str = ""
    data: dict[str, bytes] = {}
    immutable: bool = False
    owned: tuple[Owned, ...] = msgspec.field(name=" owned", default=())
    """Derived from ``managedFields``, never on the wire under this name."""

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


class _MetadataFields(Wire, frozen=True):
    labels: dict[str, msgspec.Raw] = msgspec.field(name="f:labels", default={})
    annotations: dict[str, msgspec.Raw] = msgspec.field(name="f:annotations", default={})


class _Fields(Wire, frozen=True):
    data: dict[str, msgspec.Raw] = msgspec.field(name="f:data", default={})
    metadata: _MetadataFields = msgspec.field(name="f:metadata", default=_MetadataFields())


def decode(raw: bytes | msgspec.Raw) -> Secret:
    """Decode one Secret; raises msgspec.ValidationError (it names paths, never values)."""
    secret = _decoder.decode(raw)
    owned = tuple(_owned(entry) for entry in decode_managers(raw) if entry.manager.startswith(OURS))
    return msgspec.structs.replace(secret, owned=owned) if owned else secret


def decode_managers(raw: bytes | msgspec.Raw) -> list[ManagedFields]:
    """``metadata.managedFields`` of any object, in order."""
    return _managers.decode(raw).metadata.managed_fields


def _owned(entry: ManagedFields) -> Owned:
    fields = _fields.decode(entry.fields_v1)
    return Owned(
        entry.manager,
        entry.operation,
        _names(fields.data),
        _names(fields.metadata.labels),
        _names(fields.metadata.annotations),
    )


def _names(fields: dict[str, msgspec.Raw]) -> frozenset[str]:
    return frozenset(name.removeprefix("f:") for name in fields if name != ".")


_decoder = msgspec.json.Decoder(Secret)
_managers = msgspec.json.Decoder(_Managed)
_fields = msgspec.json.Decoder(_Fields)
