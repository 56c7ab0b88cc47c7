"""The order of what is late after a long stop."""

import math

import msgspec

from esoctl.plan.lateness import lateness
from support.builders import NOON, an_external_secret, synced


def late(at: str, interval: str) -> float:
    es = an_external_secret(refreshInterval=interval)
    status = msgspec.convert(synced(es, at), type(es.status))
    return lateness(msgspec.structs.replace(es, status=status), NOON)


def test_T_12_lateness_is_measured_in_intervals() -> None:
    daily, hourly = late("2026-05-30T00:00:00Z", "24h"), late("2026-06-01T08:00:00Z", "1h")

    assert 1.0 <= daily <= 2.5
    assert 2.5 <= hourly <= 4.0


def test_T_12_what_is_not_due_comes_last_and_what_was_never_synced_first() -> None:
    assert late("2026-06-01T11:59:30Z", "24h") < 0
    assert late("2026-06-01T00:00:00Z", "0") == -math.inf
    assert lateness(an_external_secret(), NOON) == math.inf
