"""Tests with the real control plane. Everything here is marked `cluster` and uses sockets.

The time limit of a test is not the suite's: the first one waits for the control plane to be built, which takes minutes.
"""

import pathlib
from collections.abc import Iterator

import pytest

from support import kubeconfig, moto
from support.api import Api


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
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[moto.Moto]:
    """A moto server of the module's own, empty at first."""
    with moto.running(tmp_path_factory.mktemp("moto")) as server:
        yield server
