"""The conformance suite against the real API server: it shows that the checks say what Kubernetes does."""

import pathlib
from collections.abc import Iterator

import pytest

from support import kubeconfig
from support.conformance import suite
from support.conformance.place import Place, Server, a_place, a_server


@pytest.fixture(scope="session")
def server(control_plane: pathlib.Path) -> Server:
    return a_server(kubeconfig.read(control_plane), control_plane)


@pytest.fixture
def place(server: Server) -> Iterator[Place]:
    with a_place(server) as fresh:
        yield fresh


@pytest.mark.parametrize("check", suite.checks())
def test_the_real_server_keeps_the_contract(check: suite.Check, place: Place) -> None:
    check(place)
