"""Schemas of the bodies under ``spec.provider``: whole for the providers that are served, open for the others.

A store of another provider can be stored, so that a cluster's manifests need no change; the operator says in the
store's condition that it does not serve it.
"""

from typing import Final

from esoctl.crds.fields import KEY, NAME, NAMESPACE
from esoctl.crds.rules import rule
from esoctl.crds.structural import Schema
from esoctl.providers.aws import decoding
from esoctl.providers.aws.spec import RESERVED_TAGS, Service, TagsPolicy

_ONE_DELETION: Final = (
    "!has(self.forceDeleteWithoutRecovery) || !self.forceDeleteWithoutRecovery"
    " || !has(self.recoveryWindowInDays) || self.recoveryWindowInDays == 0"
)
_WINDOW: Final = (
    "!has(self.recoveryWindowInDays) || self.recoveryWindowInDays == 0"
    " || (self.recoveryWindowInDays >= 7 && self.recoveryWindowInDays <= 30)"
)


def _named(selector: str) -> str:
    return f"has({selector}.name) && has({selector}.key)"


_KEYS: Final = ("self.secretRef.accessKeyIDSecretRef", "self.secretRef.secretAccessKeySecretRef")
_TOKEN: Final = "self.secretRef.sessionTokenSecretRef"
_WHOLE_KEY: Final = " && ".join(
    [*(f"has({key}) && {_named(key)}" for key in _KEYS), f"(!has({_TOKEN}) || ({_named(_TOKEN)}))"]
)
OTHERS: Final = (
    "akeyless", "azurekv", "barbican", "beyondtrust", "beyondtrustworkloadcredentials", "bitwardensecretsmanager",
    "chef", "cloudrusm", "conjur", "crd", "delinea", "doppler", "dvls", "fortanix", "gcpsm", "github", "gitlab", "ibm",
    "infisical", "keepersecurity", "kubernetes", "nebiusmysterybox", "ngrok", "onboardbase", "onepassword",
    "onepasswordSDK", "openBao", "oracle", "ovh", "passbolt", "passworddepot", "previder", "pulumi", "scaleway",
    "secretserver", "senhasegura", "vault", "volcengine", "webhook", "yandexcertificatemanager", "yandexlockbox",
)  # fmt: skip


def provider() -> Schema:
    """The schema of ``spec.provider``: exactly one body."""
    open_ended = {"x-kubernetes-preserve-unknown-fields": True}
    others = {name: _object(f"The provider {name}; not served by esoctl.") | open_ended for name in OTHERS}
    properties = dict(sorted({"aws": _aws(), "fake": _fake(), **others}.items()))
    return {"properties": properties, "minProperties": 1, "maxProperties": 1}


def _aws() -> Schema:
    return _object(
        "AWS Secrets Manager and Parameter Store.",
        (
            "region",
            "service",
        ),
        additionalRoles=_array("Roles to assume in order, before role.", _text("ARN of a role.")),
        auth=_auth(),
        customSessionTags=_custom_tags(),
        externalID=_text("External id for assuming role."),
        prefix=_text("What every remote key begins with."),
        region=_text("AWS region, such as eu-west-1."),
        role=_text("ARN of a role to assume."),
        secretsManager=_ruled(
            "Settings for Secrets Manager.",
            [rule(_ONE_DELETION, decoding.TWO_DELETIONS), rule(_WINDOW, decoding.WINDOW)],
            forceDeleteWithoutRecovery={"type": "boolean", "description": "Delete without a recovery window."},
            recoveryWindowInDays={
                "type": "integer",
                "format": "int64",
                "description": "Recovery window, 7 to 30 days.",
            },
        ),
        service=_enum("The service that holds the values.", [service.value for service in Service]),
        sessionTags=_array(
            "Tags of the assumed session.",
            _object("One tag.", ("key", "value"), key=_text("Key of the tag."), value=_text("Value of the tag.")),
        ),
        sessionTagsPolicy=_enum("Where session tags come from.", [policy.value for policy in TagsPolicy]),
        transitiveTagKeys=_array("Session tags that later roles in a chain keep.", _text("Key of a tag.")),
    )


def _auth() -> Schema:
    keys = {
        "accessKeyIDSecretRef": "The access key id.",
        "secretAccessKeySecretRef": "The secret access key.",
        "sessionTokenSecretRef": "The session token of temporary credentials.",
    }
    account = _object(
        "The ServiceAccount whose token is exchanged for a role.",
        ("name",),
        name=_text("Name of the ServiceAccount.", NAME),
        namespace=_text("Its namespace, in a ClusterSecretStore.", NAMESPACE),
        audiences=_array("Further audiences of the token.", _text("One audience.")),
    )
    return _ruled(
        "Who to be; the operator's own identity when left out.",
        [
            rule("!has(self.jwt) || has(self.jwt.serviceAccountRef)", f"jwt.serviceAccountRef: {decoding.NO_ACCOUNT}"),
            rule(f"has(self.jwt) || !has(self.secretRef) || ({_WHOLE_KEY})", decoding.HALF_A_KEY),
        ],
        jwt=_object("A ServiceAccount's identity.", serviceAccountRef=account),
        secretRef=_object("An access key in Secrets.", **{name: _secret_key(text) for name, text in keys.items()}),
    )


def _secret_key(text: str) -> Schema:
    return _object(
        text,
        key=_text("Key in the Secret.", KEY),
        name=_text("Name of the Secret.", NAME),
        namespace=_text("Its namespace, in a ClusterSecretStore; the consumer's when left out.", NAMESPACE),
    )


def _custom_tags() -> Schema:
    reserved = ", ".join(f"'{tag}'" for tag in RESERVED_TAGS)
    return {
        **_object("Session tags of sessionTagsPolicy Custom."),
        "additionalProperties": {"type": "string"},
        "x-kubernetes-validations": [
            rule(f"!self.exists(k, k in [{reserved}])", f"the tags {', '.join(RESERVED_TAGS)} are set by the operator")
        ],
    }


def _fake() -> Schema:
    entry = _object(
        "One value.",
        ("key",),
        key=_text("Key of the value."),
        value=_text("The value."),
        version=_text("Version of the value."),
    )
    outcome: Schema = {
        "type": "integer",
        "description": "Outcome of a check: 0 ready, 1 unknown, 2 error.",
        "minimum": 0,
        "maximum": 2,
    }
    return _object(
        "Values written into the store itself, for tests.", data=_array("The values.", entry), validationResult=outcome
    )


def _object(description: str, required: tuple[str, ...] = (), /, **properties: Schema) -> Schema:
    schema: Schema = {"type": "object", "description": description}
    if properties:
        schema["properties"] = properties
    if required:
        schema["required"] = list(required)
    return schema


def _ruled(description: str, rules: list[Schema], **properties: Schema) -> Schema:
    return {**_object(description, **properties), "x-kubernetes-validations": rules}


def _array(description: str, items: Schema) -> Schema:
    return {"type": "array", "description": description, "items": items}


def _text(description: str, rules: Schema | None = None) -> Schema:
    return {"type": "string", "description": description, **(rules or {})}


def _enum(description: str, values: list[str]) -> Schema:
    return {"type": "string", "description": description, "enum": values}
