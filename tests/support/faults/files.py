"""The operator's identity in files, as a Pod has it: a token and an authority that are replaced while it runs."""

import base64
import json
import pathlib
import time
from dataclasses import dataclass

import yaml

from support.api import Api
from support.faults.stage import Stage
from support.kubeconfig import Access

ACCOUNT = "/api/v1/namespaces/esoctl/serviceaccounts/esoctl/token"
SECRETS = "/api/v1/namespaces/esoctl/secrets"


@dataclass(frozen=True)
class Token:
    text: str
    bound_to: str
    """The Secret with which it ends."""

    @property
    def credential(self) -> str:
        """What the audit log calls it."""
        middle = self.text.split(".")[1]
        return f"JTI={json.loads(base64.urlsafe_b64decode(middle + '=='))['jti']}"


class Identity:
    """A folder with ``token``, ``ca.crt`` and a kubeconfig that names them."""

    def __init__(self, folder: pathlib.Path, access: Access) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.token, self.authority, self.kubeconfig = folder / "token", folder / "ca.crt", folder / "kubeconfig"
        self.authority.write_text(access.authority or "")
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "pod",
            "clusters": [{"name": "pod", "cluster": {"server": access.url, "certificate-authority": "ca.crt"}}],
            "contexts": [{"name": "pod", "context": {"cluster": "pod", "user": "pod"}}],
            "users": [{"name": "pod", "user": {"tokenFile": str(self.token)}}],
        }
        self.kubeconfig.write_text(yaml.safe_dump(config))

    def put(self, token: str) -> None:
        """Replace the token by one rename, as the kubelet does."""
        new = self.folder / "token.new"
        new.write_text(token)
        new.replace(self.token)


def new_token(api: Api, seconds: int = 600) -> Token:
    """A token of the operator's account that ends with a Secret of its own."""
    name = f"token-{time.monotonic_ns()}"
    made = api.post(SECRETS, {"metadata": {"name": name}}).good()
    bound = {"kind": "Secret", "apiVersion": "v1", "name": name, "uid": made["metadata"]["uid"]}
    answer = api.post(ACCOUNT, {"spec": {"expirationSeconds": seconds, "boundObjectRef": bound}}).good()
    return Token(str(answer["status"]["token"]), name)


def revoke(api: Api, token: Token) -> None:
    """The server refuses it from now on, once it has forgotten that it was good: after ten seconds."""
    api.delete(f"{SECRETS}/{token.bound_to}").good()


def taken(stage: Stage, token: str) -> Identity:
    """The operator started anew with files for its identity, and nothing on record yet."""
    found = Identity(stage.folder / "identity", stage.access)
    found.put(token)
    stage.operator.stop()
    stage.operator.start(kubeconfig=found.kubeconfig)
    stage.converged(60)
    stage.oracle.settle(faults=1_000_000, now=time.time())
    stage.oracle.violations.clear()
    return found
