"""Times as the API writes them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.model.keys import Key, Kind
from esoctl.plan.observed import instant, stamp
from support.builders import an_external_secret, observed

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-06-01T12:00:00Z", datetime(2026, 6, 1, 12, tzinfo=UTC)),
        ("2026-06-01T14:00:00+02:00", datetime(2026, 6, 1, 12, tzinfo=UTC)),
        ("2026-06-01T12:00:00.5Z", datetime(2026, 6, 1, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-06-01T12:00:00", datetime(2026, 6, 1, 12, tzinfo=UTC)),
        (None, None),
        ("", None),
        ("yesterday", None),
    ],
)
def test_times_are_read_and_never_fail(text: str | None, read: datetime | None) -> None:
    assert instant(text) == read


def test_a_time_is_written_in_utc_and_whole_seconds() -> None:
    moment = datetime(2026, 6, 1, 14, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))

    assert stamp(moment) == "2026-06-01T12:00:00Z"


@given(st.integers(0, 7 * 10**9 * 10**6).map(lambda us: EPOCH + timedelta(microseconds=us)))
def test_what_is_written_is_read_as_the_same_second(moment: datetime) -> None:
    assert instant(stamp(moment)) == moment.replace(microsecond=0)


def test_the_key_of_what_is_observed() -> None:
    assert observed(an_external_secret()).key == Key(Kind.EXTERNAL_SECRET, "team-a", "shop")
