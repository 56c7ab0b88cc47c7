"""The one reader of wall time."""

from datetime import UTC, datetime

from esoctl.clock import SystemClock


def test_the_present_is_aware_and_in_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()

    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)
