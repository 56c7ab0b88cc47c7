"""ObjectMeta as esoctl needs it: what identifies an object, who owns it, and whether it is going.

Source: k8s.io/apimachinery ObjectMeta. Fields that no rule reads are not decoded, which keeps a cached object small.
"""

import msgspec


class Wire(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """The parent of everything decoded from the API: frozen, camelCase on the wire, unknown fields ignored."""


class OwnerRef(Wire, frozen=True, omit_defaults=True):
    """One entry of ``metadata.ownerReferences``."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool = False
    block_owner_deletion: bool = False

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]


class ManagedFields(Wire, frozen=True):
    """One entry of ``metadata.managedFields``; the field set stays raw JSON until somebody asks."""

    manager: str = ""
    operation: str = ""
    subresource: str = ""
    fields_v1: msgspec.Raw = msgspec.field(name="fieldsV1", default=msgspec.Raw(b"{}"))


class Meta(Wire, frozen=True):
    """The part of ObjectMeta that rules read."""

    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    finalizers: list[str] = []
    owner_references: list[OwnerRef] = []
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None

    @property
    def deleting(self) -> bool:
        return self.deletion_timestamp is not None

    @property
    def controller(self) -> OwnerRef | None:
        """The one owner that is the controller, None without one."""
        return next((owner for owner in self.owner_references if owner.controller), None)


class Bare(Wire, frozen=True):
    """Any object, seen as nothing but its metadata (PartialObjectMetadata)."""

    metadata: Meta


def decode_bare(raw: bytes | msgspec.Raw) -> Bare:
    """The metadata of any object; raises msgspec.ValidationError."""
    return _bare.decode(raw)


def decode_slim(raw: bytes | msgspec.Raw) -> Bare:
    """The identity and version of any object and nothing else, where there may be many of which few matter."""
    slim = _slim.decode(raw).metadata
    return Bare(Meta(slim.name, slim.namespace, slim.uid, slim.resource_version))


class _SlimMeta(Wire, frozen=True):
    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""


class _Slim(Wire, frozen=True):
    metadata: _SlimMeta


_slim = msgspec.json.Decoder(_Slim)
_bare = msgspec.json.Decoder(Bare)
