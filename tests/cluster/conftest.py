"""The real control plane for the tests in this folder. Everything here is marked `cluster` and uses sockets.

The time limit of a test is not the suite's: the first one waits for the control plane to be built, which takes minutes.
"""

import os
import pathlib
from collections.abc import Iterator

import pytest

from support import controlplane, kubeconfig, runs
from support.api import Api


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = pathlib.Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pathlib.Path]:
    """The kubeconfig of a real control plane, its user in system:masters.

    `$ESOCTL_TEST_KUBECONFIG` names one that runs already, which saves its start while developing.
    """
    if running := os.environ.get("ESOCTL_TEST_KUBECONFIG"):
        yield pathlib.Path(running)
        return
    try:
        controlplane.binaries()
    except controlplane.UnavailableError as reason:
        runs.skip_or_fail(str(reason))
    with controlplane.running(runs.shared_folder(tmp_path_factory) / "controlplane") as path:
        yield path


@pytest.fixture
def api(control_plane: pathlib.Path) -> Api:
    """A plain client of the real API server."""
    return Api(kubeconfig.read(control_plane))
