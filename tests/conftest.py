"""What every test of the project may use: explained asserts in support code, its event loop, a real control plane."""

import os
import pathlib
import re
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator, Mapping

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("support")

# Asserts are rewritten only in what is imported after the line above.
from support import controlplane, moto, runs, virtual_loop  # noqa: E402

# A busy machine takes longer for an example than Hypothesis allows by default; pytest-timeout ends what hangs.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """A virtual clock or a socket, never both: see ``support.virtual_loop``."""
    return virtual_loop.loop_factories(item)


STATEMENT = re.compile(r"(?<![A-Za-z0-9])[IQT]_\d\d(?!\d)")
"""The id of a promise of docs/reliability-statements.md in the name of a test or of its row."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`pytest -m statement` runs what proves the promises."""
    for item in items:
        if STATEMENT.search(item.nodeid):
            item.add_marker(pytest.mark.statement)


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pathlib.Path]:
    """The kubeconfig of a real control plane, its user in system:masters; one for the whole run.

    `$ESOCTL_TEST_KUBECONFIG` names one that runs already, which saves its start while developing.
    """
    if running := os.environ.get("ESOCTL_TEST_KUBECONFIG"):
        yield pathlib.Path(running)
        return
    with controlplane.required(runs.shared_folder(tmp_path_factory) / "controlplane") as path:
        yield path


@pytest.fixture(scope="module")
def moto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[moto.Moto]:
    """A moto server of the module's own, empty at first."""
    with moto.running(tmp_path_factory.mktemp("moto")) as running:
        yield running


@pytest.fixture
def url(moto_server: moto.Moto) -> str:
    """Where the module's moto listens; it is empty again for each test."""
    moto_server.reset()
    return moto_server.url
