"""The definitions and the installation of `manifests/` on the sandbox: it refuses with the same words."""

from collections.abc import Iterator

import pytest

from support import kubeconfig, sandbox
from support.conformance import suite
from support.conformance.place import Server, a_place
from support.shipped import definitions, installation


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with sandbox.running(tmp_path_factory.mktemp("sandbox")) as path:
        found = Server(kubeconfig.read(path), path)
        definitions.install(found)
        installation.install(found)
        yield found


@pytest.mark.parametrize("check", suite.checks((definitions, installation)))
def test_what_is_shipped_works_in_the_sandbox(check: suite.Check, server: Server) -> None:
    with a_place(server) as place:
        check(place)
