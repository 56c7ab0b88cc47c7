"""The definitions of `manifests/crds` on the real API server."""

import pathlib

import pytest

from support import kubeconfig
from support.conformance import suite
from support.conformance.place import Server, a_place
from support.shipped import definitions


@pytest.fixture(scope="module")
def server(control_plane: pathlib.Path) -> Server:
    found = Server(kubeconfig.read(control_plane), control_plane)
    definitions.install(found)
    return found


@pytest.mark.parametrize("check", suite.checks((definitions,)))
def test_the_definitions_keep_their_promises(check: suite.Check, server: Server) -> None:
    with a_place(server) as place:
        check(place)
