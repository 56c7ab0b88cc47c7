"""The schemas of generators, by hand: they have few fields, and bodies that are not served are kept as they are.

What the schema admits and cannot be made (more digits than a password is long) becomes a condition of the
ExternalSecrets that use it, as in the reference. Source: the reference's CRDs of ``generators.external-secrets.io``.
"""

from typing import Final

from esoctl.model.generators import Encoding
from esoctl.model.keys import Kind

Schema = dict[str, object]

MEMBERS: Final = {
    "ACRAccessToken": "acrAccessTokenSpec",
    "BeyondtrustWorkloadCredentialsDynamicSecret": "beyondtrustWorkloadCredentialsDynamicSecretSpec",
    "CloudsmithAccessToken": "cloudsmithAccessTokenSpec",
    "ECRAuthorizationToken": "ecrAuthorizationTokenSpec",
    "Fake": "fakeSpec",
    "GCRAccessToken": "gcrAccessTokenSpec",
    "GithubAccessToken": "githubAccessTokenSpec",
    "GitlabDeployToken": "gitlabDeployTokenSpec",
    "Grafana": "grafanaSpec",
    "MFA": "mfaSpec",
    "Password": "passwordSpec",
    "QuayAccessToken": "quayAccessTokenSpec",
    "SSHKey": "sshKeySpec",
    "STSSessionToken": "stsSessionTokenSpec",
    "UUID": "uuidSpec",
    "VaultDynamicSecret": "vaultDynamicSecretSpec",
    "Webhook": "webhookSpec",
}
"""Every kind that a ClusterGenerator may name, and the member of ``spec.generator`` that belongs to it."""


def spec(kind: Kind) -> Schema:
    """The schema of ``spec``."""
    return _cluster() if kind is Kind.CLUSTER_GENERATOR else _namespaced(kind)


def _namespaced(kind: Kind) -> Schema:
    match kind:
        case Kind.FAKE:
            return _fake()
        case Kind.PASSWORD:
            return _password()
        case _:
            return {"type": "object", "description": "A random UUID, version 4, under the key uuid. No fields."}


def _fake() -> Schema:
    return {
        "type": "object",
        "description": "Values that are written down here, for tests.",
        "properties": {
            "controller": _text("The controller class that serves this generator; all of them when left out."),
            "data": {
                "type": "object",
                "description": "The values, by key.",
                "additionalProperties": {"type": "string"},
            },
        },
    }


def _password() -> Schema:
    keys = "Keys that get a password of their own each; one password under the key password when left out."
    return {
        "type": "object",
        "description": "A random password.",
        "properties": {
            "length": _number("Characters of a password; 24 when left out."),
            "digits": _number("How many of them are digits; a quarter when left out."),
            "symbols": _number("How many of them are symbols; a quarter when left out."),
            "symbolCharacters": _text("The characters that symbols are drawn from."),
            "noUpper": {"type": "boolean", "description": "Without upper-case letters."},
            "allowRepeat": {"type": "boolean", "description": "Whether a character may come twice."},
            "encoding": {
                **_text("How the password is written; raw, which is as it is, when left out."),
                "enum": [one.value for one in Encoding],
            },
            "secretKeys": {"type": "array", "description": keys, "minItems": 1, "items": {"type": "string"}},
        },
    }


def _cluster() -> Schema:
    others: dict[str, Schema] = {
        member: {
            "type": "object",
            "description": f"The generator {kind}; not served by esoctl.",
            "x-kubernetes-preserve-unknown-fields": True,
        }
        for kind, member in MEMBERS.items()
    }
    served = {MEMBERS[kind]: _namespaced(kind) for kind in (Kind.FAKE, Kind.PASSWORD, Kind.UUID)}
    return {
        "type": "object",
        "required": ["generator", "kind"],
        "properties": {
            "kind": {**_text("The kind of the generator."), "enum": list(MEMBERS)},
            "generator": {
                "type": "object",
                "description": "The generator: exactly one, that of the kind.",
                "properties": others | served,
                "minProperties": 1,
                "maxProperties": 1,
            },
        },
    }


def _text(description: str) -> Schema:
    return {"type": "string", "description": description}


def _number(description: str) -> Schema:
    return {"type": "integer", "description": description}
