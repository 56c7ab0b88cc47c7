import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from esoctl.plan import cron
from esoctl.plan.cron import Calendar, Every

WEDNESDAY = datetime(2025, 3, 12, 10, 15, 30, tzinfo=UTC)


def after(schedule: str, time: datetime = WEDNESDAY) -> datetime | None:
    parsed = cron.parse(schedule)
    assert isinstance(parsed, Calendar)
    return parsed.after(time)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        pytest.param("* * * * *", datetime(2025, 3, 12, 10, 16, tzinfo=UTC), id="every-minute"),
        pytest.param("*/20 * * * *", datetime(2025, 3, 12, 10, 20, tzinfo=UTC), id="step"),
        pytest.param("50/5 9 * * *", datetime(2025, 3, 13, 9, 50, tzinfo=UTC), id="from-to-the-end"),
        pytest.param("5-15/5,40 11 * * *", datetime(2025, 3, 12, 11, 5, tzinfo=UTC), id="list-and-range"),
        pytest.param("0 0 * JAN *", datetime(2026, 1, 1, tzinfo=UTC), id="month-name"),
        pytest.param("0 0 ? * fri", datetime(2025, 3, 14, tzinfo=UTC), id="day-name-and-question-mark"),
        pytest.param("0 0 31 * *", datetime(2025, 3, 31, tzinfo=UTC), id="day-of-month"),
        pytest.param("0 0 31 4,5 *", datetime(2025, 5, 31, tzinfo=UTC), id="short-months-are-skipped"),
        pytest.param("0 0 13 * 5", datetime(2025, 3, 13, tzinfo=UTC), id="either-day"),
        pytest.param("0 0 */13 * 5", datetime(2025, 3, 14, tzinfo=UTC), id="a-step-restricts-days-too"),
        pytest.param("0 0 29 2 *", datetime(2028, 2, 29, tzinfo=UTC), id="leap-day"),
        pytest.param("@hourly", datetime(2025, 3, 12, 11, tzinfo=UTC), id="hourly"),
        pytest.param("@daily", datetime(2025, 3, 13, tzinfo=UTC), id="daily"),
        pytest.param("@weekly", datetime(2025, 3, 16, tzinfo=UTC), id="weekly"),
        pytest.param("@monthly", datetime(2025, 4, 1, tzinfo=UTC), id="monthly"),
        pytest.param("@yearly", datetime(2026, 1, 1, tzinfo=UTC), id="yearly"),
        pytest.param("CRON_TZ=Asia/Tokyo 0 7 * * *", datetime(2025, 3, 12, 22, tzinfo=UTC), id="zone"),
        pytest.param("TZ= 0 7 * * *", datetime(2025, 3, 13, 7, tzinfo=UTC), id="empty-zone-is-utc"),
        pytest.param("TZ=Local 0 7 * * *", datetime(2025, 3, 13, 7, tzinfo=UTC), id="local-zone-is-that-of-the-time"),
        pytest.param("0 0 30 2 *", None, id="a-day-that-does-not-exist"),
        pytest.param(", * * * *", None, id="a-field-without-numbers"),
    ],
)
def test_the_next_time_fits_all_fields(schedule: str, expected: datetime | None) -> None:
    assert after(schedule) == expected


def test_the_next_time_is_later_than_a_time_that_fits() -> None:
    assert after("16 10 * * *", datetime(2025, 3, 12, 10, 16, tzinfo=UTC)) == datetime(2025, 3, 13, 10, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "zone", "time", "expected"),
    [
        pytest.param("30 2 * * *", "Europe/Berlin", "2025-03-30T00:00", "2025-03-31T00:30", id="skipped-hour"),
        pytest.param("0 * * * *", "Europe/Berlin", "2025-10-26T00:15", "2025-10-26T01:00", id="repeated-hour"),
        pytest.param("0 0 5 11 *", "America/Sao_Paulo", "2018-11-03T12:00", "2018-11-05T02:00", id="skipped-midnight"),
        pytest.param(
            "0 0 * * 3", "Asia/Beirut", "2024-03-30T10:00", "2024-04-02T21:00", id="skipped-midnight-in-the-east"
        ),
        pytest.param("0 0 2 1 *", "Pacific/Apia", "2011-12-28T12:00", "2012-01-01T10:00", id="skipped-day"),
        pytest.param("0 0 31 12 *", "Pacific/Apia", "2011-12-29T20:00", "2011-12-30T10:00", id="after-a-skipped-day"),
    ],
)
def test_clock_changes_skip_what_does_not_exist(schedule: str, zone: str, time: str, expected: str) -> None:
    local = datetime.fromisoformat(time).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))

    found = after(schedule, local)

    assert found is not None
    assert found.astimezone(UTC) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"), [("@every 1h30m10.7s", 5410), ("@every 500ms", 1), ("@every -1h", 1), ("@every 1s", 1)]
)
def test_a_delay_is_in_whole_seconds_and_at_least_one(text: str, seconds: int) -> None:
    assert cron.parse(text) == Every(seconds)


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        pytest.param("", "empty spec string", id="empty"),
        pytest.param("a b", "expected exactly 5 fields, found 2: [a b]", id="fields"),
        pytest.param("60 * * * *", "end of range (60) above maximum (59): 60", id="above"),
        pytest.param("* * 0 * *", "beginning of range (0) below minimum (1): 0", id="below"),
        pytest.param("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1", id="backwards"),
        pytest.param("*/0 * * * *", "step of range should be a positive number: */0", id="no-step"),
        pytest.param("*/-1 * * * *", "negative number (-1) not allowed: -1", id="negative-step"),
        pytest.param("1-2-3 * * * *", "too many hyphens: 1-2-3", id="hyphens"),
        pytest.param("1/2/3 * * * *", "too many slashes: 1/2/3", id="slashes"),
        pytest.param(
            '"x * * * *', 'failed to parse int from "x: strconv.Atoi: parsing "\\"x": invalid syntax', id="text"
        ),
        pytest.param(
            "9223372036854775808 * * * *",
            "failed to parse int from 9223372036854775808: "
            'strconv.Atoi: parsing "9223372036854775808": value out of range',
            id="huge",
        ),
        pytest.param("@nope", "unrecognized descriptor: @nope", id="name"),
        pytest.param(
            "@every 1d",
            'failed to parse duration @every 1d: time: unknown unit "d" in duration "1d"',
            id="delay",
        ),
        pytest.param("TZ=No/Where * * * * *", "provided bad location No/Where: unknown time zone No/Where", id="zone"),
        pytest.param("TZ=UTC", "no schedule after time zone UTC", id="zone-only"),
    ],
)
def test_what_is_no_schedule_is_an_error_with_the_known_text(schedule: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        cron.parse(schedule)
