"""Kubeconfig files: read how to reach a server, and write one for another identity.

Only what the tests' servers need: one cluster, one user with a token.
"""

import base64
import pathlib
import ssl
from dataclasses import dataclass, replace

import yaml


@dataclass(frozen=True)
class Access:
    """How to reach an API server and who to be there."""

    url: str
    token: str | None = None
    authority: str | None = None
    """The certificate authority in PEM; None for plain HTTP, or HTTPS that is not checked."""
    namespace: str | None = None
    """The default namespace of the context."""

    def as_user(self, token: str | None, namespace: str | None = None) -> "Access":
        return replace(self, token=token, namespace=namespace)

    def ssl_context(self) -> ssl.SSLContext | None:
        if not self.url.startswith("https:"):
            return None
        if not self.authority:
            # Tests only ever reach loopback; a kubeconfig without an authority asks for no check.
            return ssl._create_unverified_context()
        return ssl.create_default_context(cadata=self.authority)


def replace_port(access: Access, port: int) -> Access:
    """The same server by another loopback port, where a door leads to it."""
    return replace(access, url=f"https://127.0.0.1:{port}")


def read(path: pathlib.Path) -> Access:
    config = yaml.safe_load(path.read_text())
    context = next(c["context"] for c in config["contexts"] if c["name"] == config["current-context"])
    cluster = next(c["cluster"] for c in config["clusters"] if c["name"] == context["cluster"])
    user = next((u["user"] for u in config.get("users") or [] if u["name"] == context.get("user")), {})
    return Access(cluster["server"], user.get("token"), authority_of(cluster), context.get("namespace"))


def authority_of(cluster: dict[str, str]) -> str | None:
    if encoded := cluster.get("certificate-authority-data"):
        return base64.b64decode(encoded).decode()
    if path := cluster.get("certificate-authority"):
        return pathlib.Path(path).read_text()
    return None


def write(access: Access, path: pathlib.Path) -> pathlib.Path:
    cluster = {"server": access.url}
    if access.authority:
        cluster["certificate-authority-data"] = base64.b64encode(access.authority.encode()).decode()
    context = {"cluster": "tests", "user": "tests"} | ({"namespace": access.namespace} if access.namespace else {})
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "tests",
        "clusters": [{"name": "tests", "cluster": cluster}],
        "contexts": [{"name": "tests", "context": context}],
        "users": [{"name": "tests", "user": {"token": access.token} if access.token else {}}],
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path
