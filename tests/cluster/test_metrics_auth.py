"""Who may read the metrics of an operator that asks for a bearer token, by the real API server.

The right to scrape is the one that docs/monitoring.md shows.
"""

import pathlib
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
import yaml

from support import identities, kubeconfig, pages
from support.api import Api, Json
from support.installed import Installed
from support.operator import ESOCTL
from support.scene import until

SPACE = "scrapers"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
PARTS = ("--metrics-auth", "--enable-leader-election", "--leader-election-namespace=esoctl")


def place(api: Api, manifest: Json, path: str) -> None:
    api.apply(f"{path}/{manifest['metadata']['name']}", manifest, "installer", force=True).good()


def grant(api: Api, account: str, rules: list[Json]) -> None:
    """A ClusterRole of the account's own, with its binding."""
    namespace, name = account.split("/")
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"{namespace}-{name}"}
    meta = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": role["name"]}}
    place(api, meta | {"kind": "ClusterRole", "rules": rules}, f"{RBAC}/clusterroles")
    subjects = [{"kind": "ServiceAccount", "namespace": namespace, "name": name}]
    binding = meta | {"kind": "ClusterRoleBinding", "roleRef": role, "subjects": subjects}
    place(api, binding, f"{RBAC}/clusterrolebindings")


def rights_of_the_feature() -> list[Json]:
    """What `esoctl rbac --metrics-auth` adds in a cluster-wide role."""

    def printed(*arguments: str) -> list[Json]:
        text = subprocess.run([ESOCTL, "rbac", *arguments], capture_output=True, text=True, check=True).stdout
        roles = [found for found in yaml.safe_load_all(text) if found and found["kind"] == "ClusterRole"]
        return [rule for role in roles for rule in role["rules"]]

    plain = printed()
    return [rule for rule in printed("--metrics-auth") if rule not in plain]


@pytest.fixture(scope="module")
def operator(
    control_plane: pathlib.Path, installed: Installed, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installed]:
    """An operator that asks for tokens and may review them."""
    api = Api(kubeconfig.read(control_plane))
    grant(api, "esoctl/esoctl", rights_of_the_feature())
    place(api, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}, "/api/v1/namespaces")
    for name in ("prometheus", "stranger"):
        body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}
        place(api, body, f"/api/v1/namespaces/{SPACE}/serviceaccounts")
    (shown,) = [
        yaml.safe_load(block.text)
        for block in pages.blocks("docs/monitoring.md", "yaml")
        if "ClusterRole" in block.text
    ]
    grant(api, f"{SPACE}/prometheus", shown["rules"])
    config, aws_url, _ = installed.how
    with Installed(config, aws_url, tmp_path_factory.mktemp("guarded"), *PARTS) as found:
        found.up()
        yield found
    for role in ("esoctl-esoctl", f"{SPACE}-prometheus"):
        for kind in ("clusterrolebindings", "clusterroles"):
            api.delete(f"{RBAC}/{kind}/{role}")
    api.delete(f"/api/v1/namespaces/{SPACE}")


@pytest.fixture
def guarded(operator: Installed) -> str:
    """Where its metrics are."""
    return f"{operator.up().metrics}/metrics"


def status(url: str, token: str = "") -> int:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_who_may_get_the_metrics_gets_them(guarded: str, api: Api) -> None:
    token = identities.token(api, SPACE, "prometheus")

    until(lambda: status(guarded, token) == 200, lambda: f"status {status(guarded, token)}")


def test_a_known_account_without_the_right_is_refused(guarded: str, api: Api) -> None:
    assert status(guarded, identities.token(api, SPACE, "stranger")) == 403


@pytest.mark.parametrize("token", [pytest.param("", id="no token"), pytest.param("a.b.c", id="nobody's token")])
def test_whom_the_api_server_does_not_know_is_asked_for_a_token(guarded: str, token: str) -> None:
    assert status(guarded, token) == 401


def test_no_token_that_was_shown_is_in_the_log(guarded: str, api: Api, operator: Installed) -> None:
    shown = [identities.token(api, SPACE, name) for name in ("prometheus", "stranger")] + ["c4n4ry.of.s1gn4tur3"]
    for token in shown:
        status(guarded, token)

    log = operator.log()
    assert "metrics refused" in log
    assert [token for token in shown if token in log or token.rpartition(".")[2] in log] == []


def test_a_right_that_is_taken_away_ends_within_the_minute(guarded: str, api: Api) -> None:
    """Its new tokens are refused at once; one that was seen already, when the API server is asked about it again."""
    before = identities.token(api, SPACE, "prometheus")
    assert status(guarded, before) == 200

    api.delete(f"{RBAC}/clusterrolebindings/{SPACE}-prometheus").good()
    until(
        lambda: status(guarded, identities.token(api, SPACE, "prometheus", 600)) == 403,
        lambda: "a new token is refused",
    )

    assert status(guarded, before) == 200
