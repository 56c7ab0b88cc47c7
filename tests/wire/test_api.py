"""The API client and the informers against the sandbox."""

from pathlib import Path

import pytest

from esoctl.sandbox.server import SandboxServer
from support import apichecks


@pytest.mark.wire
@pytest.mark.asyncio
@pytest.mark.parametrize("check", apichecks.CHECKS, ids=lambda check: check.__name__)
async def test_the_sandbox(check: apichecks.Check, tmp_path: Path) -> None:
    async with SandboxServer() as server:
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.write_text(server.kubeconfig_text())
        async with apichecks.a_place(str(kubeconfig)) as place:
            await check(place)
