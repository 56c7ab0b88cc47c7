"""Tests with the real control plane. Everything here is marked `cluster` and uses sockets.

The time limit of a test is not the suite's: the first one waits for the control plane to be built, which takes minutes.
"""

import pathlib
from collections.abc import Iterator

import pytest

from support import aws_front, installing, kubeconfig, moto
from support.api import Api
from support.installed import Installed
from support.scene import Scene, a_scene


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = pathlib.Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture
def api(control_plane: pathlib.Path) -> Api:
    """A plain client of the real API server."""
    return Api(kubeconfig.read(control_plane))


@pytest.fixture(scope="module")
def front(moto_server: moto.Moto) -> Iterator[aws_front.Front]:
    """The door to the module's moto."""
    with aws_front.running(moto_server.url) as door:
        yield door


@pytest.fixture(scope="module")
def installed(
    control_plane: pathlib.Path, front: aws_front.Front, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installed]:
    """What `manifests/` installs, and the operator as its ServiceAccount; it does not run yet."""
    folder = tmp_path_factory.mktemp("operator")
    api = Api(kubeconfig.read(control_plane))
    installing.install(api)
    config = kubeconfig.write(installing.operator_access(api), folder / "kubeconfig")
    with Installed(config, front.url, folder) as found:
        yield found


@pytest.fixture
def scene(api: Api, front: aws_front.Front, installed: Installed) -> Iterator[Scene]:
    """A namespace and an AWS account of the test's own, with the operator at work."""
    installed.up()
    with a_scene(api, front) as found:
        yield found
