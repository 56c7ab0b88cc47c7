"""How many Secrets of one store may be removed in a while."""

from datetime import datetime, timedelta

import pytest

from esoctl.errors import RemovalHeld
from esoctl.model.keys import Key, Kind, StoreRef
from esoctl.model.secret import Secret
from esoctl.plan import brake
from esoctl.plan.observed import instant, stamp
from support.builders import NOON, a_target, an_external_secret
from support.day import EPOCH

STORE = StoreRef(Kind.SECRET_STORE, "team-a", "aws")


def some(count: int, at: datetime = EPOCH) -> dict[Key, datetime]:
    return {a_key(number): at for number in range(count)}


def a_key(number: int) -> Key:
    return Key(Kind.EXTERNAL_SECRET, "team-a", f"shop-{number}")


@pytest.mark.parametrize(
    ("managed", "allowed"),
    [
        pytest.param(0, 5, id="none"),
        pytest.param(100, 5, id="five of a hundred"),
        pytest.param(119, 5, id="rounded down"),
        pytest.param(1000, 50, id="one in twenty"),
    ],
)
def test_W08_the_limit_is_five_or_one_in_twenty(managed: int, allowed: int) -> None:
    assert brake.limit(managed) == allowed


def test_W08_one_more_than_the_limit_is_held_back_with_its_remedy() -> None:
    brake.admit(STORE, a_key(4), some(4), 40)

    with pytest.raises(RemovalHeld, match=r"5 of the 40 .* no more than 5 may.* esoctl\.io/release-removals"):
        brake.admit(STORE, a_key(5), some(5), 40)


def test_W08_a_removal_that_is_tried_again_counts_once() -> None:
    brake.admit(STORE, a_key(3), some(5), 40)


def test_W08_a_removal_counts_for_ten_minutes() -> None:
    almost = EPOCH + timedelta(minutes=10, seconds=-1)

    assert brake.recent(some(3), almost) == some(3)
    assert brake.recent(some(3), almost + timedelta(seconds=1)) == {}
    assert brake.recent(some(3), EPOCH - timedelta(seconds=1)) == {}


@pytest.mark.parametrize(
    ("until", "released"),
    [
        pytest.param(stamp(EPOCH + timedelta(hours=1)), True, id="an hour ahead"),
        pytest.param(stamp(EPOCH), False, id="over"),
        pytest.param(stamp(EPOCH + timedelta(days=2)), False, id="too far ahead"),
        pytest.param("true", False, id="no time"),
        pytest.param("", False, id="empty"),
    ],
)
def test_W08_a_release_ends_by_itself(until: str, released: bool) -> None:
    assert brake.released({brake.RELEASE_ANNOTATION: until}, EPOCH) is released


@pytest.mark.parametrize(
    ("reason", "target", "at"),
    [
        pytest.param("SecretDeleted", None, "2026-06-01T11:55:00Z", id="deleted"),
        pytest.param("ResourceDeleted", None, "2026-06-01T11:55:00Z", id="deleted, and no Secret"),
        pytest.param("SecretSynced", a_target({}), "2026-06-01T11:55:00Z", id="emptied"),
        pytest.param("SecretSynced", a_target(), None, id="with its values"),
        pytest.param("SecretMissing", None, None, id="never made"),
        pytest.param("SecretDeleted", None, "", id="deleted, nobody knows when"),
    ],
)
def test_W08_after_a_restart_the_statuses_tell_what_was_removed(
    reason: str, target: Secret | None, at: str | None
) -> None:
    ready = {"type": "Ready", "status": "True", "reason": reason, "message": ""}
    es = an_external_secret(status={"refreshTime": at or "2026-06-01T11:55:00Z", "conditions": [ready]})
    if at == "":
        es = an_external_secret(status={"conditions": [ready]})

    found = brake.presumed([es], lambda namespace, name: target, NOON)

    expected = {} if at is None else {Key(Kind.EXTERNAL_SECRET, "team-a", "shop"): instant(at) or NOON}
    assert found == expected


def test_W08_a_sync_of_long_ago_removed_nothing_lately() -> None:
    ready = {"type": "Ready", "status": "True", "reason": "SecretDeleted", "message": ""}
    es = an_external_secret(status={"refreshTime": "2026-06-01T11:50:00Z", "conditions": [ready]})

    assert brake.presumed([es], lambda namespace, name: None, NOON) == {}
