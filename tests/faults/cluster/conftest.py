"""The rows of the fault table that need a real control plane: every test here is marked `cluster` and `faults`."""

import pathlib
from collections.abc import Iterator

import pytest

from support.faults import components, proxy
from support.faults.components import Parts
from support.faults.follows import POLICY
from support.faults.proxy import KProxy
from support.faults.stage import Plane, Stage, a_stage


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = pathlib.Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.timeout(1800))


@pytest.fixture(scope="session")
def shared_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One stage for all rows that leave it clean; it takes twenty seconds to set up."""
    with a_stage(tmp_path_factory.mktemp("stage")) as found:
        yield found


@pytest.fixture
def stage(shared_stage: Stage) -> Iterator[Stage]:
    """The shared stage for one row: the operator at work as usual, and nothing on record yet."""
    shared_stage.begin()
    yield shared_stage
    shared_stage.leave()


@pytest.fixture(scope="session")
def shared_kproxy(shared_stage: Stage) -> Iterator[KProxy]:
    """Between the operator of the shared stage and its API server from here on; rows without rules do not notice it."""
    process = shared_stage.operator
    with proxy.running(shared_stage.access) as found:
        if process.alive():
            process.stop()
        direct = process.kubeconfig
        process.kubeconfig = shared_stage.config(found.access.url, found.access.authority, "proxy")
        yield found
        process.kubeconfig = direct
        if process.alive():
            process.stop()


@pytest.fixture
def kproxy(shared_kproxy: KProxy, stage: Stage) -> Iterator[KProxy]:
    """The proxy before the API server of ``stage``, without rules."""
    yield shared_kproxy
    shared_kproxy.thaw()
    shared_kproxy.clear()


@pytest.fixture(scope="session")
def shared_parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """A control plane of which rows kill and freeze parts; the shared stage is not on it."""
    folder = tmp_path_factory.mktemp("parts")
    policy = folder / "policy.yaml"
    policy.write_text(POLICY)
    with components.running(folder / "plane", audit_policy=policy) as found:
        yield found


@pytest.fixture(scope="session")
def stage_on_parts(shared_parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    plane = Plane(shared_parts.kubeconfig, shared_parts.audit_logs)
    with a_stage(tmp_path_factory.mktemp("stage-on-parts"), plane=plane) as found:
        yield found


@pytest.fixture
def parts(shared_parts: Parts) -> Iterator[Parts]:
    """A control plane with all its parts at work, of which a row may break any."""
    shared_parts.mend()
    yield shared_parts
    shared_parts.mend()


@pytest.fixture
def shaken(parts: Parts, stage_on_parts: Stage) -> Iterator[Stage]:
    """The stage on ``parts`` for one row."""
    stage_on_parts.begin()
    yield stage_on_parts
    parts.mend()
    stage_on_parts.leave()
