"""What every test shares: the event loop it runs on."""

from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping

import pytest
from support import virtual_loop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """A virtual clock or a socket, never both: see ``support.virtual_loop``."""
    return virtual_loop.loop_factories(item)
