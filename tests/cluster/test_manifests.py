"""`kubectl apply -k manifests` on the real API server, and what the operator may do once it is installed."""

import pathlib
from typing import Any

import pytest
import yaml

from support import kubeconfig
from support.conformance import suite
from support.conformance.kubectl import run
from support.conformance.place import Place, Server, a_place
from support.shipped import definitions, installation

ACCOUNT = "system:serviceaccount:esoctl:esoctl"
GROUP = "external-secrets.io"
REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
RIGHTS = {
    (GROUP, "externalsecrets"): {"get", "list", "watch", "patch"},
    (GROUP, "externalsecrets/status"): {"patch"},
    (GROUP, "externalsecrets/finalizers"): {"update"},
    (GROUP, "secretstores"): {"list", "watch"},
    (GROUP, "secretstores/status"): {"patch"},
    (GROUP, "clustersecretstores"): {"list", "watch"},
    (GROUP, "clustersecretstores/status"): {"patch"},
    ("generators.external-secrets.io", "fakes"): {"get", "list", "watch"},
    ("generators.external-secrets.io", "passwords"): {"get", "list", "watch"},
    ("generators.external-secrets.io", "uuids"): {"get", "list", "watch"},
    ("generators.external-secrets.io", "clustergenerators"): {"get", "list", "watch"},
    ("", "secrets"): {"get", "list", "watch", "create", "patch", "delete"},
    ("", "configmaps"): {"get", "list", "watch"},
    ("", "namespaces"): {"list", "watch"},
    ("", "serviceaccounts"): {"get"},
    ("", "serviceaccounts/token"): {"create"},
    ("", "events"): {"create", "patch"},
    ("", "pods"): set(),
    ("", "pods/exec"): set(),
    ("", "nodes"): set(),
    ("", "users"): set(),
    ("apps", "deployments"): set(),
    ("rbac.authorization.k8s.io", "clusterroles"): set(),
    ("rbac.authorization.k8s.io", "rolebindings"): set(),
    ("apiextensions.k8s.io", "customresourcedefinitions"): set(),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations"): set(),
    ("coordination.k8s.io", "leases"): set(),
}
"""What the operator may do with each resource; everything else it must not."""


@pytest.fixture(scope="module")
def server(control_plane: pathlib.Path) -> Server:
    found = Server(kubeconfig.read(control_plane), control_plane)
    definitions.install(found)
    installation.install(found)
    return found


@pytest.mark.parametrize("check", suite.checks((installation,)))
def test_the_installation_keeps_its_promises(check: suite.Check, server: Server) -> None:
    with a_place(server) as place:
        check(place)


def may(server: Server, verb: str, group: str, resource: str, **more: str) -> bool:
    name, _, below = resource.partition("/")
    wanted = {"verb": verb, "group": group, "resource": name, "subresource": below, "namespace": "team-a"} | more
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": ACCOUNT, "groups": ["system:authenticated"], "resourceAttributes": wanted},
    }
    allowed: bool = server.api.post(REVIEWS, review).good()["status"]["allowed"]
    return allowed


@pytest.mark.parametrize(
    ("group", "resource", "verbs"),
    [pytest.param(*about, verbs, id="/".join(filter(None, about))) for about, verbs in RIGHTS.items()],
)
def test_the_operator_may_do_what_it_does_and_no_more(
    server: Server, group: str, resource: str, verbs: set[str]
) -> None:
    assert {verb for verb in VERBS if may(server, verb, group, resource)} == verbs


@pytest.mark.parametrize("verb", ["impersonate", "escalate", "bind", "*"])
def test_the_operator_may_not_become_another(server: Server, verb: str) -> None:
    assert not may(server, verb, "", "serviceaccounts")
    assert not may(server, verb, "rbac.authorization.k8s.io", "clusterroles")


def test_kubectl_says_the_same(server: Server) -> None:
    place = Place(server, server.api, "team-a")

    can = run(place, "auth", "can-i", f"--as={ACCOUNT}", "create", "secrets")
    cannot = run(place, "auth", "can-i", f"--as={ACCOUNT}", "update", "secrets")

    assert (can.returncode, can.stdout) == (0, "yes\n")
    assert (cannot.returncode, cannot.stdout) == (1, "no\n")


def test_the_pods_of_the_deployment_are_admitted_under_the_restricted_standard(server: Server) -> None:
    deployment = yaml.safe_load((definitions.MANIFESTS / "base" / "deployment.yaml").read_text())
    spec: Any = deployment["spec"]["template"]["spec"]
    careless = {"containers": [{"name": "any", "image": "any:1"}]}

    assert a_pod(server, spec).status == 201
    assert 'violates PodSecurity "restricted' in a_pod(server, careless).refused(403, "Forbidden")["message"]


def a_pod(server: Server, spec: Any) -> Any:
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "trial"}, "spec": spec}
    return server.api.post("/api/v1/namespaces/esoctl/pods", body, dryRun="All")
