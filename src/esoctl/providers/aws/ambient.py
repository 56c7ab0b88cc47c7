"""The operator's own identity, as far as it is a web identity (IRSA): a token file, and the role it is exchanged for.

Every other kind of identity in the environment (access keys, EKS Pod Identity and other container credentials, the
instance's role by IMDSv2, shared configuration files) is found by the client library. This one is exchanged here, so
that it goes to the STS of the store's region or of ``AWS_STS_ENDPOINT``, as in the reference, and is used on while STS
is away. The file is read at every exchange, because the kubelet puts a new token into it every hour or so.

Source: the order of the AWS SDK for Go (``resolveCredentialChain``): access keys and a chosen profile come first.
"""

from collections.abc import Mapping
from dataclasses import dataclass

VARIABLES = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_PROFILE",
)
"""What ``from_environment`` looks at."""


@dataclass(frozen=True, slots=True)
class TokenFile:
    """A token that somebody else keeps fresh, and what it is exchanged for."""

    path: str
    role: str
    session: str = ""


def from_environment(environment: Mapping[str, str]) -> TokenFile | None:
    """The web identity of the environment; None when there is none or another identity goes before it."""
    keys = environment.get("AWS_ACCESS_KEY_ID") and environment.get("AWS_SECRET_ACCESS_KEY")
    if keys or environment.get("AWS_PROFILE"):
        return None
    path, role = environment.get("AWS_WEB_IDENTITY_TOKEN_FILE", ""), environment.get("AWS_ROLE_ARN", "")
    return TokenFile(path, role, environment.get("AWS_ROLE_SESSION_NAME", "")) if path and role else None
