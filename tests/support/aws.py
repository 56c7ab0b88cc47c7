"""The AWS side of provider tests: store bodies, keys, and a synchronous client that prepares what moto holds."""

from collections.abc import Mapping
from typing import Any

import botocore.session

from esoctl.providers.aws.endpoints import Endpoints
from support.stores import WrittenCredentials

REGION = "eu-west-1"
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEYS = {"keys": {"id": KEY_ID.encode(), "key": SECRET_KEY.encode()}}


def a_body(service: str = "SecretsManager", **changes: object) -> dict[str, object]:
    """A valid ``spec.provider.aws`` with static keys of the Secret ``keys``; a change to None takes a field away."""
    body: dict[str, object] = {
        "service": service,
        "region": REGION,
        "auth": {
            "secretRef": {
                "accessKeyIDSecretRef": {"name": "keys", "key": "id"},
                "secretAccessKeySecretRef": {"name": "keys", "key": "key"},
            }
        },
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def credentials(**changes: Any) -> WrittenCredentials:
    return WrittenCredentials(**({"secrets": KEYS} | changes))


def everywhere(url: str) -> Endpoints:
    """Every service at one URL."""
    return Endpoints(secretsmanager=url, ssm=url, sts=url)


def client(service: str, url: str, keys: Mapping[str, str] | None = None) -> Any:
    """A synchronous client, for the account of the test keys or of other ones."""
    return botocore.session.get_session().create_client(
        service,
        region_name=REGION,
        endpoint_url=url,
        **(keys or {"aws_access_key_id": KEY_ID, "aws_secret_access_key": SECRET_KEY}),
    )
