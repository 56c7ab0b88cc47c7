"""Refuses Secrets that would grant rights in the cluster.

The API server fills a Secret of type service-account-token with a token of the named ServiceAccount, and a bootstrap
token lets nodes join. Whoever may create an ExternalSecret must not get those by way of the operator. The check is made
on the final object, whatever produced it.

Source: the reference's template checks (privileged Secret types). DIFFERS: the type alone is enough to be refused.
"""

from collections.abc import Mapping

from esoctl.errors import SpecError

SERVICE_ACCOUNT_TOKEN = "kubernetes.io/service-account-token"
BOOTSTRAP_TOKEN = "bootstrap.kubernetes.io/token"
SERVICE_ACCOUNT_NAME = "kubernetes.io/service-account.name"


def refuse(type_: str, annotations: Mapping[str, str]) -> None:
    """Raise SpecError when a Secret of that type with those annotations would grant rights."""
    if type_ == SERVICE_ACCOUNT_TOKEN and SERVICE_ACCOUNT_NAME in annotations:
        raise SpecError(
            "", f'template.type="{type_}" with annotation "{SERVICE_ACCOUNT_NAME}" is not allowed; use a TokenRequest'
        )
    if type_ in (SERVICE_ACCOUNT_TOKEN, BOOTSTRAP_TOKEN):
        raise SpecError("", f'template.type="{type_}" is not allowed; choose another type')
