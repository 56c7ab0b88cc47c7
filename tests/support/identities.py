"""ServiceAccounts as identities: how to reach the API server with exactly the rights that RBAC gives one."""

from support.api import Api
from support.kubeconfig import Access


def token(api: Api, namespace: str, service_account: str, seconds: int = 3600) -> str:
    """A fresh token of an existing ServiceAccount for the API server itself."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{service_account}/token"
    made = api.post(path, {"spec": {"expirationSeconds": seconds}}).good()
    return str(made["status"]["token"])


def access_as(api: Api, namespace: str, service_account: str) -> Access:
    """The same server as that ServiceAccount; `kubeconfig.write` makes a file of it."""
    return api.access.as_user(token(api, namespace, service_account), namespace)
