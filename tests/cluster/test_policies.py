"""The admission policies, judged by the same vectors: ValidatingAdmissionPolicies by the real API server."""

import pathlib
from collections.abc import Iterator

import pytest

from support import controlplane, kubeconfig, operator, policies, runs
from support.api import Answer, Api
from support.conformance.place import eventually
from support.policies import Vector

EACH = pytest.mark.parametrize("vector", [pytest.param(one, id=one.id) for one in policies.ALL])


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pathlib.Path]:
    """A control plane of its own, since nobody else's objects may be refused."""
    try:
        controlplane.binaries()
    except controlplane.UnavailableError as reason:
        runs.skip_or_fail(str(reason))
    with controlplane.running(tmp_path_factory.mktemp("policies")) as path:
        yield path


@pytest.fixture(scope="module")
def server(plane: pathlib.Path) -> Api:
    """Definitions, what is stored before, and then the policies, each for its own vectors."""
    api = Api(kubeconfig.read(plane))
    operator.install_definitions(api)
    policies.place(api, policies.push_secrets())
    eventually(lambda: operator.established(api, "pushsecrets.external-secrets.io"), "PushSecrets are served")
    for name in sorted(policies.namespaces()):
        policies.place(api, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    for vector in policies.ALL:
        store(api, vector)
    for parameters in policies.parameters():
        policies.place(api, parameters)
    for name in policies.NAMES:
        for manifest in policies.documents(policies.PACKS / "vap" / f"{name}.yaml"):
            policies.place(api, policies.only_for_its_vectors(manifest))
    for name in policies.NAMES:
        sample = next(one for one in policies.of(name) if one.says and not one.refused_before)
        eventually(lambda one=sample: ask(api, one).status >= 400, f"{name} is in force")
    return api


def store(api: Api, vector: Vector) -> None:
    """Put there what the request of the vector finds."""
    if (old := vector.old()) is not None:
        api.post(vector.path, old).good()
        if vector.deleting:
            api.delete(f"{vector.path}/{vector.object_name}").good()


def ask(api: Api, vector: Vector) -> Answer:
    """Make the request, and keep nothing of it."""
    if vector.stored is None:
        return api.post(vector.path, vector.new(), dryRun="All")
    found = api.get(f"{vector.path}/{vector.object_name}").good()
    new = vector.new()
    kept = {key: found["metadata"][key] for key in ("resourceVersion", "uid")}
    new["metadata"] |= kept
    return api.put(f"{vector.path}/{vector.object_name}", new, dryRun="All")


@EACH
def test_the_api_server_judges_the_vectors_of_the_policies(server: Api, vector: Vector) -> None:
    answer = ask(server, vector)

    if not vector.says:
        answer.good()
    elif vector.refused_before:
        assert answer.status == 422
    else:
        message = answer.refused(403, "Forbidden")["message"]
        assert f"ValidatingAdmissionPolicy 'esoctl-{vector.policy}'" in message
        assert vector.says in message


@pytest.mark.parametrize("name", policies.NAMES)
def test_the_api_server_finds_no_mistake_of_types_in_the_expressions(server: Api, name: str) -> None:
    path = f"{policies.ADMISSION}/validatingadmissionpolicies/esoctl-{name}"
    eventually(lambda: server.get(path).good().get("status", {}).get("observedGeneration"), f"{name} is checked")

    assert server.get(path).good()["status"].get("typeChecking", {}) == {}


@pytest.mark.parametrize("name", policies.NAMES)
def test_every_policy_has_vectors_that_pass_and_some_that_do_not(name: str) -> None:
    found = policies.of(name)

    assert {bool(vector.says) for vector in found} == {True, False}
    assert [vector for vector in found if vector.stored is not None and vector.says]
    assert [vector for vector in found if vector.deleting and not vector.says]


@pytest.mark.parametrize("folder", ["vap", "parameters"])
def test_a_kustomization_leaves_nothing_out(folder: str) -> None:
    (listed,) = policies.documents(policies.PACKS / folder / "kustomization.yaml")
    there = {path.name for path in (policies.PACKS / folder).glob("*.yaml")} - {"kustomization.yaml"}

    assert set(listed["resources"]) == there
