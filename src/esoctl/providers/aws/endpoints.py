"""Where requests go when not to AWS itself: the endpoint overrides of the environment.

The variables are the reference's: ``AWS_SECRETSMANAGER_ENDPOINT``, ``AWS_SSM_ENDPOINT``, ``AWS_STS_ENDPOINT``. A
service without an override is left to botocore, which honours its own ``AWS_ENDPOINT_URL`` variables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from esoctl.errors import SpecError

_VARIABLES = {
    "secretsmanager": "AWS_SECRETSMANAGER_ENDPOINT",
    "ssm": "AWS_SSM_ENDPOINT",
    "sts": "AWS_STS_ENDPOINT",
}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """One URL a service; None means AWS's own."""

    secretsmanager: str | None = None
    ssm: str | None = None
    sts: str | None = None

    def of(self, service: str) -> str | None:
        """The override for a service by its botocore name."""
        return {"secretsmanager": self.secretsmanager, "ssm": self.ssm, "sts": self.sts}.get(service)


def from_environment(environment: Mapping[str, str]) -> Endpoints:
    """Read the overrides; raises SpecError that names the variable when one is no URL."""
    found = {service: _url(variable, environment.get(variable, "")) for service, variable in _VARIABLES.items()}
    return Endpoints(**found)


def _url(variable: str, text: str) -> str | None:
    if not text:
        return None
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise SpecError(variable, f"{text!r} is not an endpoint URL; use one such as https://vpce-1.example.com")
    return text
