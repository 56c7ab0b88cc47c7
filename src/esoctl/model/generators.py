"""Generators: objects that say how values are made up, where no store holds them.

``Fake``, ``Password`` and ``UUID`` are served, and ``ClusterGenerator``, which wraps one of them for every namespace.
None of them keeps a state, so there is nothing to clean up. Values that the API leaves out get the reference's defaults
here, because the CRDs of esoctl carry none. Source: the reference's CRDs ``generators.external-secrets.io/v1alpha1``.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from esoctl.errors import GeneratorInvalid
from esoctl.model import misfit
from esoctl.model.keys import Kind
from esoctl.model.meta import Wire

DEFAULT_LENGTH: Final = 24
SYMBOLS: Final = '~!@#$%^&*()_+`-={}|[]\\:"<>?,./'
SERVED: Final = (Kind.CLUSTER_GENERATOR, Kind.FAKE, Kind.PASSWORD, Kind.UUID)


class Encoding(StrEnum):
    """How a password is written."""

    RAW = "raw"
    BASE64 = "base64"
    BASE64_URL = "base64url"
    BASE32 = "base32"
    HEX = "hex"


class Fake(Wire, frozen=True):
    """``spec`` of a Fake generator: values written down as they are."""

    controller: str = ""
    data: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"Fake(controller={self.controller!r}, data=<{len(self.data)} values>)"


class Password(Wire, frozen=True):
    """``spec`` of a Password generator."""

    length: int = DEFAULT_LENGTH
    """Characters; zero or less means the default."""
    digits: int | None = None
    """How many of them are digits; None means a quarter, rounded down."""
    symbols: int | None = None
    """How many of them are symbols; None means a quarter, rounded down."""
    symbol_characters: str = ""
    """What counts as a symbol; empty means SYMBOLS."""
    no_upper: bool = False
    allow_repeat: bool = False
    encoding: Encoding = Encoding.RAW
    secret_keys: list[str] = []
    """One password of its own for each; without any there is one under ``password``."""


class UUID(Wire, frozen=True):
    """``spec`` of a UUID generator: it has no fields."""


Spec = Fake | Password | UUID


class Wrapped(Wire, frozen=True):
    """``spec.generator`` of a ClusterGenerator: one member, named like the kind."""

    fake_spec: Fake | None = None
    password_spec: Password | None = None
    uuid_spec: UUID | None = None


class ClusterSpec(Wire, frozen=True):
    """``spec`` of a ClusterGenerator."""

    kind: str
    generator: Wrapped = Wrapped()


class GeneratorKey(NamedTuple):
    """A generator as an ExternalSecret of ``namespace`` sees it; the namespace is empty for a ClusterGenerator."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f'{self.kind}.generators.external-secrets.io "{self.name}"'


def decode(kind: Kind, raw: bytes) -> Spec:
    """The specification in a generator of that kind; raises GeneratorInvalid."""
    try:
        match kind:
            case Kind.FAKE:
                return _fake.decode(raw).spec
            case Kind.PASSWORD:
                return _password.decode(raw).spec
            case Kind.UUID:
                return _uuid.decode(raw).spec
            case _:
                return _unwrapped(_cluster.decode(raw).spec)
    except msgspec.ValidationError as error:
        path, problem = misfit.describe(error)
        raise GeneratorInvalid(f"{path or 'spec'}: {problem}") from None


def controller(spec: Spec) -> str:
    """The controller class that serves the generator; empty where any does."""
    return spec.controller if isinstance(spec, Fake) else ""


def _unwrapped(spec: ClusterSpec) -> Spec:
    members: Mapping[str, Spec | None] = {
        Kind.FAKE: spec.generator.fake_spec,
        Kind.PASSWORD: spec.generator.password_spec,
        Kind.UUID: spec.generator.uuid_spec,
    }
    if spec.kind not in members:
        served = ", ".join(members)
        raise GeneratorInvalid(f"invalid ClusterGenerator: kind {spec.kind} is not served; this operator has: {served}")
    found = members[spec.kind]
    if found is None:
        raise GeneratorInvalid(f"invalid ClusterGenerator: when kind is {spec.kind}, {spec.kind}Spec must be set")
    return found


class _FakeObject(Wire, frozen=True):
    spec: Fake = Fake()


class _PasswordObject(Wire, frozen=True):
    spec: Password = Password()


class _UuidObject(Wire, frozen=True):
    spec: UUID = UUID()


class _ClusterObject(Wire, frozen=True):
    spec: ClusterSpec


_fake = msgspec.json.Decoder(_FakeObject)
_password = msgspec.json.Decoder(_PasswordObject)
_uuid = msgspec.json.Decoder(_UuidObject)
_cluster = msgspec.json.Decoder(_ClusterObject)
