"""The rate of one API; the time is an argument."""

import pytest

from esoctl.providers.aws.limiter import LONGEST_CLOSED_SECONDS, Bucket, Limiter, Pace


def free(bucket: Bucket, now: float) -> int:
    """How many calls may be made at that moment."""
    return sum(bucket.take(now) == 0 for _ in range(1000))


def test_T_13_a_burst_is_free_and_then_the_rate_counts() -> None:
    bucket = Bucket(Pace(rate=10, burst=3), now=0.0)

    waits = [bucket.take(0.0) for _ in range(5)]

    assert waits == pytest.approx([0, 0, 0, 0.1, 0.1])
    assert [bucket.take(0.1), bucket.take(0.1)] == pytest.approx([0, 0.1])


def test_a_rest_fills_the_bucket_again_and_no_further() -> None:
    bucket = Bucket(Pace(rate=10, burst=3), now=0.0)

    assert (free(bucket, 0.0), free(bucket, 1000.0)) == (3, 3)


def test_T_13_throttling_halves_the_rate_and_takes_the_burst() -> None:
    bucket = Bucket(Pace(rate=8, burst=100), now=0.0)

    bucket.throttled(0.0)

    assert bucket.rate == 4
    assert bucket.take(0.0) == pytest.approx(0.25)


def test_calls_throttled_together_halve_the_rate_once() -> None:
    bucket = Bucket(Pace(rate=64, burst=1), now=0.0)

    for _ in range(20):
        bucket.throttled(0.5)

    assert bucket.rate == 32


def test_throttling_without_end_leaves_one_call_a_second() -> None:
    bucket = Bucket(Pace(rate=50, burst=50), now=0.0)

    for second in range(300):
        bucket.throttled(float(second))

    assert 1.0 <= bucket.rate <= 2.0


def test_T_13_the_rate_comes_back_by_one_a_second_and_no_further() -> None:
    bucket = Bucket(Pace(rate=10, burst=10), now=0.0)
    bucket.throttled(0.0)
    rates = []

    for second in (1.0, 2.0, 100.0):
        bucket.take(second)
        rates.append(bucket.rate)

    assert rates == [6.0, 7.0, 10.0]


def test_a_slowed_bucket_does_not_start_a_second_storm() -> None:
    bucket = Bucket(Pace(rate=50, burst=50), now=0.0)
    for second in range(20):
        bucket.throttled(float(second))

    assert 1 <= free(bucket, 21.0) <= 5


def test_each_api_has_its_own_bucket() -> None:
    limiter = Limiter()
    limiter.throttled("BatchGetSecretValue", 0.0)

    assert limiter.take("BatchGetSecretValue", 0.0) > 0
    assert limiter.take("GetSecretValue", 0.0) == 0


def test_where_aws_says_how_long_to_wait_nothing_is_called_before() -> None:
    bucket = Bucket(Pace(rate=50, burst=50), now=0.0)

    bucket.throttled(0.0, after=7.0)

    assert bucket.take(0.0) == pytest.approx(7.0)
    assert bucket.take(6.9) == pytest.approx(0.1)
    assert bucket.take(7.0) == 0


def test_a_hint_of_a_day_is_not_taken_at_its_word() -> None:
    bucket = Bucket(Pace(rate=50, burst=50), now=0.0)

    bucket.throttled(0.0, after=86_400.0)

    assert bucket.take(0.0) == LONGEST_CLOSED_SECONDS
