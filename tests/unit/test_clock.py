"""The one reader of wall time."""

from datetime import UTC, datetime

import anyio
import pytest

from esoctl.clock import SystemClock, steady


def test_the_present_is_aware_and_in_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()

    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)


@pytest.mark.asyncio
async def test_the_steady_clock_is_that_of_timers() -> None:
    before = anyio.current_time()
    seen = steady()

    assert before <= seen <= anyio.current_time()
