"""client-go against the sandbox. It is here, not with the other sandbox tests, since it takes a Go compiler."""

from collections.abc import Iterator

import pytest

from support import kubeconfig, sandbox
from support.conformance import suite
from support.conformance.place import Server, a_place, a_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with sandbox.running(tmp_path_factory.mktemp("sandbox")) as path:
        yield a_server(kubeconfig.read(path), path)


@pytest.mark.parametrize("check", suite.checks(suite.NEEDING_GO))
def test_the_sandbox_keeps_the_contract(check: suite.Check, server: Server) -> None:
    with a_place(server) as place:
        check(place)
