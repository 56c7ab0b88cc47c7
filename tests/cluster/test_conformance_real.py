"""The conformance suite against the real API server: it shows that the checks say what Kubernetes does."""

import pathlib

import pytest

from support import kubeconfig
from support.conformance import suite
from support.conformance.place import Server, a_place, a_server


@pytest.fixture(scope="session")
def server(control_plane: pathlib.Path) -> Server:
    return a_server(kubeconfig.read(control_plane), control_plane)


@pytest.mark.parametrize("check", suite.checks((*suite.SUBJECTS, *suite.NEEDING_GO)))
def test_the_real_server_keeps_the_contract(check: suite.Check, server: Server) -> None:
    with a_place(server) as place:
        check(place)
