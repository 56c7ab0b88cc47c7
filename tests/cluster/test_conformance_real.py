"""The conformance suite against the real API server: it shows that the checks say what Kubernetes does."""

import pathlib
from collections.abc import Iterator

import pytest

from support import kubeconfig
from support.conformance import suite, widgets
from support.conformance.place import Place, Server, a_place, eventually


@pytest.fixture(scope="session")
def server(control_plane: pathlib.Path) -> Server:
    real = Server(kubeconfig.read(control_plane), control_plane)
    real.api.apply(f"{widgets.CRDS}/{widgets.NAME}", widgets.definition(), force=True).good()
    eventually(lambda: widgets.established(real.api), "the Widget definition is served")
    return real


@pytest.fixture
def place(server: Server) -> Iterator[Place]:
    with a_place(server) as fresh:
        yield fresh


@pytest.mark.parametrize("check", suite.checks())
def test_the_real_server_keeps_the_contract(check: suite.Check, place: Place) -> None:
    check(place)
