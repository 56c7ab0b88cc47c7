"""The admission policies, judged by the same vectors: ValidatingAdmissionPolicies by the real API server, those of
Kyverno and Gatekeeper by their own command-line tools. And the page on them, typed as it is written."""

import pathlib
import shlex
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from support import controlplane, kubeconfig, operator, pages, policies, policy_judges, runs
from support.api import Answer, Api
from support.conformance.place import eventually
from support.pages import Terminal
from support.policies import Vector

PAGE = "docs/shared-cluster.md"
REFUSALS = [block for block in pages.blocks(PAGE, "console") if "\nError from server" in block.text]

EACH = pytest.mark.parametrize("vector", [pytest.param(one, id=one.id) for one in policies.ALL])
LABELLED = [one for one in policies.ALL if one.stored is not None and "labels" in one.metadata]
"""Edits of no more than labels, of what is against the rule already."""
EACH_LABELLED = pytest.mark.parametrize("vector", [pytest.param(one, id=one.policy) for one in LABELLED])


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pathlib.Path]:
    """A control plane of its own, since nobody else's objects may be refused."""
    with controlplane.required(tmp_path_factory.mktemp("policies")) as path:
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


@EACH_LABELLED
def test_the_status_of_what_is_against_a_rule_can_be_written(server: Api, vector: Vector) -> None:
    ready = {"type": "Ready", "status": "False", "reason": "Tested", "message": "as the operator does"}
    path = f"{vector.path}/{vector.object_name}/status"

    server.patch(path, {"status": {"conditions": [ready]}}, dryRun="All").good()


def test_a_policy_without_its_parameters_refuses_even_what_it_does_not_judge(server: Api) -> None:
    (parameters,) = policies.documents(policies.PACKS / "parameters" / "find-scope.yaml")
    label = next(one for one in policies.of("find-scope") if one.metadata)
    ask(server, label).good()

    server.delete("/api/v1/namespaces/esoctl/configmaps/esoctl-find-scope").good()
    try:
        eventually(lambda: ask(server, label).status >= 400, "it is noticed that there are no parameters")
        assert "no params found" in ask(server, label).refused(422, "Invalid")["message"]
    finally:
        policies.place(server, parameters)
        eventually(lambda: ask(server, label).status == 200, "the parameters are back")


@pytest.mark.parametrize("name", policies.NAMES)
def test_the_api_server_finds_no_mistake_of_types_in_the_expressions(server: Api, name: str) -> None:
    path = f"{policies.ADMISSION}/validatingadmissionpolicies/esoctl-{name}"
    eventually(lambda: server.get(path).good().get("status", {}).get("observedGeneration"), f"{name} is checked")

    assert server.get(path).good()["status"].get("typeChecking", {}) == {}


@pytest.fixture(scope="module")
def gator(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What Gatekeeper's tool says of every vector."""
    return policy_judges.ask_gator(tool("gator"), tmp_path_factory.mktemp("gator"))


def tool(name: str) -> pathlib.Path:
    try:
        return policy_judges.built(name)
    except controlplane.UnavailableError as reason:
        runs.skip_or_fail(str(reason))


@EACH
def test_gatekeeper_judges_the_vectors_alike(gator: dict[str, str], vector: Vector) -> None:
    assert gator[policy_judges.case(vector)] == ""


@pytest.fixture(scope="module")
def kyverno(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What Kyverno's tool says of every vector."""
    try:
        program = policy_judges.built("kyverno", "--kept")
    except policy_judges.NotBuiltError as reason:
        pytest.skip(str(reason))
    return policy_judges.ask_kyverno(program, tmp_path_factory.mktemp("kyverno"))


@EACH
def test_kyverno_judges_the_vectors_alike(kyverno: dict[str, str], vector: Vector) -> None:
    said = kyverno[policy_judges.case(vector)]

    assert said == "" if not vector.says else said.startswith("fail: ") and vector.says in said


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A cluster where the commands of the page were typed: its own, as all its policies mean everybody."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")
    folder = tmp_path_factory.mktemp("page")
    with controlplane.required(folder / "plane") as config:
        api = Api(kubeconfig.read(config))
        operator.install_definitions(api)
        for name in sorted(policies.namespaces()):
            policies.place(api, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        found = Terminal(config, folder / "terminal")
        found.run_all([*pages.section(PAGE, "Install"), *pages.section(PAGE, "With Kyverno or Gatekeeper")])
        for block in pages.blocks(PAGE, "yaml"):
            (found.folder / title(block)).write_text(block.text)
        yield found
        found.run_all(pages.section(PAGE, "Take away"))
        assert api.get(f"{policies.ADMISSION}/validatingadmissionpolicies").good()["items"] == []


def title(block: pages.Block) -> str:
    return block.text.splitlines()[0].removeprefix("# ")


def refused(terminal: Terminal, command: str) -> str:
    """What a command printed that ends with a failure."""
    words, where = shlex.split(command), terminal.environment()
    done = subprocess.run(words, cwd=terminal.folder, env=where, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


@pytest.mark.parametrize("block", [pytest.param(one, id=one.place) for one in REFUSALS])
def test_the_page_shows_how_an_object_is_refused(terminal: Terminal, block: pages.Block) -> None:
    (command,) = block.commands
    wanted = block.text.removeprefix(f"$ {command}\n")

    eventually(lambda: refused(terminal, f"{command} --dry-run=server"), f"{block.place} is refused")

    assert refused(terminal, command) == wanted
