"""The conformance suite against the sandbox: what holds here and on the real API server, tests may rely on."""

from collections.abc import Iterator

import pytest

from support import kubeconfig, sandbox
from support.conformance import suite
from support.conformance.place import Server, a_place, a_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with sandbox.running(tmp_path_factory.mktemp("sandbox")) as path:
        yield a_server(kubeconfig.read(path), path)


@pytest.mark.parametrize("check", suite.checks())
def test_the_sandbox_keeps_the_contract(check: suite.Check, server: Server) -> None:
    with a_place(server) as place:
        check(place)
