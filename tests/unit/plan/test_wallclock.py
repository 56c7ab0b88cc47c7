from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from esoctl.plan import wallclock

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("wall", "instant"),
    [
        pytest.param("2025-07-01T12:00", datetime(2025, 7, 1, 10, tzinfo=UTC), id="summer"),
        pytest.param("2025-03-30T02:30", datetime(2025, 3, 30, 1, 30, tzinfo=UTC), id="skipped"),
        pytest.param("2025-10-26T02:30", datetime(2025, 10, 26, 1, 30, tzinfo=UTC), id="repeated"),
    ],
)
def test_a_wall_clock_time_is_an_instant(wall: str, instant: datetime) -> None:
    assert wallclock.at(BERLIN, datetime.fromisoformat(wall)).astimezone(UTC) == instant


def test_hours_are_added_to_the_instant() -> None:
    before = datetime(2025, 3, 30, 1, 30, tzinfo=BERLIN)

    later = wallclock.add(before, timedelta(hours=1))

    assert later.isoformat() == "2025-03-30T03:30:00+02:00"
