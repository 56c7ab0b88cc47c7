"""What every test of the project gets: explained asserts in support code, and the event loop it runs on."""

from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping

import pytest

pytest.register_assert_rewrite("support")

from support import virtual_loop  # noqa: E402 - its asserts are rewritten only when it is imported after the line above


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """A virtual clock or a socket, never both: see ``support.virtual_loop``."""
    return virtual_loop.loop_factories(item)
