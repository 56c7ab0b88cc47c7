"""Who reads: the chain of identities by which a store comes to its values, first the one it begins with.

Source: the order in which the operator itself logs in (``providers.aws.identity`` and ``sts``).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from esoctl.providers.aws.identity import AUDIENCE_ANNOTATION, DEFAULT_AUDIENCE, ROLE_ANNOTATION
from esoctl.providers.aws.spec import Spec, StaticKeys, WebIdentity

Annotations = Mapping[tuple[str, str], Mapping[str, str]]
"""Of ServiceAccounts, by namespace and name."""

ACCOUNT = "ACCOUNT"
"""Stands for an account id that the manifests do not tell."""


class How(StrEnum):
    """How an identity is proved."""

    OPERATOR = "operator"
    KEYS = "keys"
    TOKEN = "token"
    ROLE = "role"


class Principal(NamedTuple):
    """One identity: an ARN where the manifests tell it, else a description."""

    name: str
    how: How
    subject: str = ""
    """Of a ServiceAccount's token."""
    audiences: tuple[str, ...] = ()

    @property
    def account(self) -> str:
        """The account id; ``ACCOUNT`` when it is not known."""
        return self.name.split(":")[4] if self.name.startswith("arn:") else ACCOUNT


def chain(spec: Spec, namespace: str, annotations: Annotations) -> list[Principal]:
    """The identities by which a store is read from that namespace; the last one reads."""
    roles = [*spec.roles.additional, *filter(None, [spec.roles.role])]
    return [_base(spec, namespace, annotations), *(Principal(role, How.ROLE) for role in roles)]


def _base(spec: Spec, namespace: str, annotations: Annotations) -> Principal:
    auth = spec.auth
    if isinstance(auth, StaticKeys):
        secret = f"{auth.key_id.namespace or namespace}/{auth.key_id.name}"
        return Principal(f"the owner of the access key in Secret {secret}", How.KEYS)
    if isinstance(auth, WebIdentity):
        place = (auth.account.namespace or namespace, auth.account.name)
        told = annotations.get(place, {})
        name = told.get(ROLE_ANNOTATION) or f"the role of ServiceAccount {'/'.join(place)}"
        audience = told.get(AUDIENCE_ANNOTATION) or DEFAULT_AUDIENCE
        return Principal(
            name, How.TOKEN, f"system:serviceaccount:{':'.join(place)}", (audience, *auth.account.audiences)
        )
    return Principal("the identity of the operator", How.OPERATOR)
