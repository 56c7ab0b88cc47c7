"""Any object of the API as a target: its whole body, because nothing is known of its kind.

Its repr shows no value; a ConfigMap may hold what came out of a secret store.
"""

from dataclasses import dataclass

import msgspec

from esoctl.model import secret
from esoctl.model.meta import Bare, ManagedFields, Meta

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Generic:
    """One object; ``managers`` says who owns which of its fields."""

    metadata: Meta
    body: Json
    managers: tuple[ManagedFields, ...] = ()

    def __repr__(self) -> str:
        return f"Generic({self.metadata.namespace}/{self.metadata.name})"


def decode(raw: bytes) -> Generic:
    """Decode one object; raises msgspec.MsgspecError."""
    return Generic(_bare.decode(raw).metadata, _body.decode(raw), tuple(secret.decode_managers(raw)))


_bare = msgspec.json.Decoder(Bare)
_body: msgspec.json.Decoder[Json] = msgspec.json.Decoder(Json)
