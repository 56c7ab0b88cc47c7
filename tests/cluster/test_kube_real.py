"""The API client and the informers against a real API server."""

from pathlib import Path

import pytest

from support import apichecks


@pytest.mark.cluster
@pytest.mark.asyncio
@pytest.mark.parametrize("check", apichecks.CHECKS, ids=lambda check: check.__name__)
async def test_a_real_server(check: apichecks.Check, control_plane: Path) -> None:
    async with apichecks.a_place(str(control_plane)) as place:
        await check(place)
