"""A Lease of coordination.k8s.io as leader election uses it. Times in it are for people: no rule reads them."""

import msgspec

from esoctl.model.meta import Meta, Wire


class LeaseSpec(Wire, frozen=True, omit_defaults=True):
    """Who holds the lease and for how long; an empty holder means that it was let go."""

    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: str | None = None
    renew_time: str | None = None
    lease_transitions: int | None = None


class Lease(Wire, frozen=True):
    """The object that candidates compete for."""

    metadata: Meta
    spec: LeaseSpec = LeaseSpec()


def decode(raw: bytes) -> Lease:
    """The lease in an answer of the API server; raises msgspec.MsgspecError."""
    return _decoder.decode(raw)


def encode(namespace: str, name: str, version: str, spec: LeaseSpec) -> bytes:
    """The lease to write; an empty resource version is for creating it."""
    meta = {"name": name, "namespace": namespace} | ({"resourceVersion": version} if version else {})
    return msgspec.json.encode(
        {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": spec}
    )


_decoder = msgspec.json.Decoder(Lease)
