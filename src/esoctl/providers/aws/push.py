"""The ``metadata`` of one entry that is pushed to AWS: how the remote secret is made.

It is an envelope of its own, of kind ``PushSecretMetadata``, with a ``spec``. As in the reference unknown fields are
refused, and names are read without regard to case (its documentation spells ``kmsKeyID`` where its code has
``kmsKeyId``).

Source: the reference's ``PushSecretMetadataSpec`` of both services. DIFFERS: ``resourcePolicy`` and
``replicationLocations`` are not served, and say so.
"""

from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from esoctl.errors import SpecError

API_VERSION = "kubernetes.external-secrets.io/v1alpha1"
KIND = "PushSecretMetadata"
PATH = "metadata"
OWNER_TAG = "managed-by"
OWNER = "external-secrets"
SECRETS_KEY = "alias/aws/secretsmanager"
PARAMETERS_KEY = "alias/aws/ssm"
DESCRIPTION = f"secret '{OWNER_TAG}:{OWNER}'"

_UNSERVED = ("resourcepolicy", "replicationlocations")

S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class SecretSettings:
    """How a secret of Secrets Manager is made; without ``tags`` those that are there stay."""

    text: bool = False
    description: str = DESCRIPTION
    kms_key: str = SECRETS_KEY
    tags: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ParameterSettings:
    """How a parameter is made; without ``tags`` those that are there stay."""

    kind: str = "String"
    description: str = DESCRIPTION
    kms_key: str = PARAMETERS_KEY
    tags: dict[str, str] | None = None
    tier: dict[str, str] = field(default_factory=dict)
    """What to say of the tier in the request; nothing for the standard one."""


def for_secret(metadata: msgspec.Raw | None) -> SecretSettings:
    """Settings of Secrets Manager; raises SpecError."""
    wire = _spec(metadata, _Secret)
    if wire.secretpushformat not in ("binary", "string"):
        problem = f"unknown format {wire.secretpushformat!r}; use binary or string"
        raise SpecError(f"{PATH}.spec.secretPushFormat", problem)
    return SecretSettings(
        wire.secretpushformat == "string",
        wire.description or DESCRIPTION,
        wire.kmskeyid or SECRETS_KEY,
        _tags(wire.tags),
    )


def for_parameter(metadata: msgspec.Raw | None) -> ParameterSettings:
    """Settings of Parameter Store; raises SpecError."""
    wire = _spec(metadata, _Parameter)
    if wire.secrettype not in ("String", "StringList", "SecureString"):
        problem = f"unknown type {wire.secrettype!r}; use String, StringList or SecureString"
        raise SpecError(f"{PATH}.spec.secretType", problem)
    tier = {"Tier": "Advanced"} if wire.tier.type == "Advanced" else {}
    policies = msgspec.json.encode(wire.tier.policies).decode() if wire.tier.policies is not None else ""
    return ParameterSettings(
        wire.secrettype,
        wire.description or DESCRIPTION,
        wire.kmskeyid or PARAMETERS_KEY,
        _tags(wire.tags),
        tier | ({"Policies": policies} if tier and policies else {}),
    )


class _Envelope(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    api_version: str
    kind: str
    spec: dict[str, object] = {}


class _Secret(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tags: dict[str, str] | None = None
    description: str = ""
    secretpushformat: str = "binary"
    kmskeyid: str = ""


class _Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: str = "Standard"
    policies: object = None


class _Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tags: dict[str, str] | None = None
    description: str = ""
    secrettype: str = "String"
    kmskeyid: str = ""
    tier: _Tier = _Tier()
    encodeasdecoded: bool = False


def _spec(metadata: msgspec.Raw | None, shape: type[S]) -> S:
    if metadata is None or bytes(metadata) in (b"", b"null"):
        return shape()
    try:
        envelope = msgspec.json.decode(metadata, type=_Envelope)
    except msgspec.ValidationError as error:
        raise _misfit(error, PATH) from None
    if (envelope.api_version, envelope.kind) != (API_VERSION, KIND):
        raise SpecError(PATH, f"must be of apiVersion {API_VERSION} and kind {KIND}")
    lowered = {name.lower(): value for name, value in envelope.spec.items()}
    for name in envelope.spec:
        if name.lower() in _UNSERVED:
            raise SpecError(f"{PATH}.spec.{name}", "esoctl does not manage this; remove it, and set it in AWS")
    try:
        return msgspec.convert(lowered, shape)
    except msgspec.ValidationError as error:
        raise _misfit(error, f"{PATH}.spec") from None


def _misfit(error: msgspec.ValidationError, path: str) -> SpecError:
    problem, _, place = str(error).partition(" - at `$")
    return SpecError(path + place.rstrip("`"), problem)


def _tags(tags: dict[str, str] | None) -> dict[str, str] | None:
    if tags is not None and OWNER_TAG in tags:
        raise SpecError(f"{PATH}.spec.tags.{OWNER_TAG}", "this tag says who owns the secret; choose another key")
    return tags
