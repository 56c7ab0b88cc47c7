"""Watches: what comes, from when, bookmarks, the streaming list, and versions that are too old."""

import contextlib
from collections.abc import Iterator
from typing import Any

from support.conformance.listing import METADATA_ONLY, TABLE, several
from support.conformance.place import Place, secret


def take(events: Iterator[Any], count: int) -> list[Any]:
    with contextlib.closing(events):  # type: ignore[type-var]
        return [next(events) for _ in range(count)]


def short(events: list[Any]) -> list[tuple[str, str]]:
    return [(e["type"], e["object"]["metadata"].get("name", "")) for e in events]


def a_watch_from_a_version_shows_what_came_after(place: Place) -> None:
    start = place.api.get(place.secrets()).good()["metadata"]["resourceVersion"]
    place.a_secret("one", stringData={"a": "1"})
    place.api.patch(place.secrets("one"), {"stringData": {"a": "2"}}).good()
    place.api.delete(place.secrets("one")).good()

    events = take(place.api.watch(place.secrets(), resourceVersion=start), 3)

    assert short(events) == [("ADDED", "one"), ("MODIFIED", "one"), ("DELETED", "one")]
    assert [e["object"]["data"]["a"] for e in events] == ["MQ==", "Mg==", "Mg=="]
    versions = [int(e["object"]["metadata"]["resourceVersion"]) for e in events]
    assert versions == sorted(set(versions))
    assert events[0]["object"]["kind"] == "Secret"


def a_watch_can_be_resumed_at_any_event(place: Place) -> None:
    first = place.a_secret("one", stringData={"a": "1"})
    place.a_secret("two")

    events = take(place.api.watch(place.secrets(), resourceVersion=first["metadata"]["resourceVersion"]), 1)

    assert short(events) == [("ADDED", "two")]


def a_watch_shows_what_happens_while_it_runs(place: Place) -> None:
    start = place.api.get(place.secrets()).good()["metadata"]["resourceVersion"]
    events = place.api.watch(place.secrets(), resourceVersion=start)
    place.a_secret("one")

    assert short([next(events)]) == [("ADDED", "one")]

    place.api.patch(place.secrets("one"), {"stringData": {"a": "1"}}).good()

    assert short(take(events, 1)) == [("MODIFIED", "one")]


def a_watch_without_a_version_begins_with_what_exists(place: Place) -> None:
    place.a_secret("one")
    place.a_secret("two")

    events = take(place.api.watch(place.secrets()), 2)

    assert sorted(short(events)) == [("ADDED", "one"), ("ADDED", "two")]


def a_watch_with_a_selector_shows_leaving_as_deleted(place: Place) -> None:
    start = place.api.get(place.secrets()).good()["metadata"]["resourceVersion"]
    place.a_secret("one")
    for colour in ("red", "blue", "red"):
        place.api.patch(place.secrets("one"), {"metadata": {"labels": {"colour": colour}}}).good()

    events = take(place.api.watch(place.secrets(), resourceVersion=start, labelSelector="colour=red"), 3)

    assert short(events) == [("ADDED", "one"), ("DELETED", "one"), ("ADDED", "one")]


def a_watch_of_one_name_shows_only_that(place: Place) -> None:
    start = place.api.get(place.secrets()).good()["metadata"]["resourceVersion"]
    place.a_secret("one")
    place.a_secret("two")

    events = take(place.api.watch(place.secrets(), resourceVersion=start, fieldSelector="metadata.name=two"), 1)

    assert short(events) == [("ADDED", "two")]


def a_watch_ends_when_its_time_is_over(place: Place) -> None:
    start = place.api.get(place.secrets()).good()["metadata"]["resourceVersion"]

    assert list(place.api.watch(place.secrets(), seconds=1, resourceVersion=start)) == []


def a_watch_can_show_metadata_alone(place: Place) -> None:
    start = place.api.get(place.secrets()).good()["metadata"]["resourceVersion"]
    place.a_secret("one", stringData={"a": "x"})

    (event,) = take(place.api.watch(place.secrets(), resourceVersion=start, accept=METADATA_ONLY), 1)

    assert event["object"]["kind"] == "PartialObjectMetadata"
    assert event["object"]["metadata"]["name"] == "one"
    assert "data" not in event["object"]


def a_watch_can_show_tables(place: Place) -> None:
    start = place.api.get(place.secrets()).good()["metadata"]["resourceVersion"]
    place.a_secret("one")
    place.a_secret("two")

    first, second = take(place.api.watch(place.secrets(), resourceVersion=start, accept=TABLE), 2)

    assert first["object"]["kind"] == "Table"
    assert first["object"]["columnDefinitions"]
    assert second["object"]["rows"][0]["cells"][0] == "two"


def a_streaming_list_ends_with_a_marked_bookmark(place: Place) -> None:
    place.a_secret("one")
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}

    events = take(place.api.watch(place.secrets(), **query), 2)

    assert short(events)[0] == ("ADDED", "one")
    assert events[1]["type"] == "BOOKMARK"
    assert events[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert int(events[1]["object"]["metadata"]["resourceVersion"]) > 0


def a_streaming_list_needs_its_match(place: Place) -> None:
    (event,) = take(place.api.watch(place.secrets(), sendInitialEvents="true"), 1)

    assert event["object"]["code"] == 422
    assert "resourceVersionMatch" in event["object"]["message"]


def a_streaming_list_from_the_future_is_refused(place: Place) -> None:
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}

    (event,) = take(place.api.watch(place.secrets(), resourceVersion="999999999", **query), 1)

    assert event["type"] == "ERROR"
    assert (event["object"]["code"], event["object"]["reason"]) == (504, "Timeout")
    assert event["object"]["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"
    assert event["object"]["details"]["retryAfterSeconds"] == 1


def a_streaming_list_is_not_older_than_it_must_be(place: Place) -> None:
    made = place.a_secret("one")["metadata"]["resourceVersion"]
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}

    events = take(place.api.watch(place.secrets(), resourceVersion=made, **query), 2)

    assert short(events)[0] == ("ADDED", "one")
    assert events[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert int(events[1]["object"]["metadata"]["resourceVersion"]) >= int(made)


def a_streaming_list_can_be_of_nothing(place: Place) -> None:
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}

    (event,) = take(place.api.watch(place.secrets(), labelSelector="no=such", **query), 1)

    assert event["type"] == "BOOKMARK"
    assert event["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def a_streaming_list_without_bookmarks_has_no_end(place: Place) -> None:
    place.a_secret("one")
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
    events = place.api.watch(place.secrets(), **query)

    with contextlib.closing(events):  # type: ignore[type-var]
        assert short([next(events)]) == [("ADDED", "one")]
        place.a_secret("two")
        assert short([next(events)]) == [("ADDED", "two")]


def a_streaming_list_of_a_selection_shows_only_that(place: Place) -> None:
    several(place, "a", "bb")
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}

    events = take(place.api.watch(place.secrets(), labelSelector="length=2", **query), 2)

    assert short(events)[0] == ("ADDED", "bb")
    assert events[1]["type"] == "BOOKMARK"


def an_ancient_version_is_expired(place: Place) -> None:
    place.a_widget("one")

    # The history of a custom resource cannot reach back to before its definition was made.
    (event,) = take(place.api.watch(place.widgets(), resourceVersion="1"), 1)

    assert event["type"] == "ERROR"
    assert event["object"]["kind"] == "Status"
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")
    assert "too old resource version" in event["object"]["message"]


def a_version_that_is_no_number_is_refused(place: Place) -> None:
    (event,) = take(place.api.watch(place.secrets(), resourceVersion="soon"), 1)

    assert event["object"]["status"] == "Failure"
    assert event["object"]["message"].startswith('resourceVersion: Invalid value: "soon"')
    listed = place.api.get(place.secrets(), resourceVersion="soon").refused(400, "BadRequest")
    assert listed["message"].startswith('invalid resource version: resourceVersion: Invalid value: "soon"')


def a_finalized_object_is_modified_and_then_deleted(place: Place) -> None:
    body = secret("one")
    body["metadata"]["finalizers"] = ["conformance.esoctl.dev/hold"]
    made = place.api.post(place.secrets(), body).good()
    place.api.delete(place.secrets("one")).good()
    place.api.patch(place.secrets("one"), {"metadata": {"finalizers": None}}).good()

    events = take(place.api.watch(place.secrets(), resourceVersion=made["metadata"]["resourceVersion"]), 2)

    assert short(events) == [("MODIFIED", "one"), ("DELETED", "one")]
    assert events[0]["object"]["metadata"]["deletionTimestamp"]


def custom_objects_are_watched_like_any(place: Place) -> None:
    start = place.api.get(place.widgets()).good()["metadata"]["resourceVersion"]
    place.a_widget("one")
    place.api.patch(place.widgets("one") + "/status", {"status": {"ready": True}}).good()

    events = take(place.api.watch(place.widgets(), resourceVersion=start), 2)

    assert short(events) == [("ADDED", "one"), ("MODIFIED", "one")]
    assert events[1]["object"]["status"] == {"ready": True}


def version_nought_begins_with_what_exists(place: Place) -> None:
    place.a_secret("one")

    events = take(place.api.watch(place.secrets(), resourceVersion="0"), 1)

    assert short(events) == [("ADDED", "one")]


def a_deleted_object_carries_the_version_of_its_deletion(place: Place) -> None:
    made = place.a_secret("one")
    version = made["metadata"]["resourceVersion"]
    place.api.delete(place.secrets("one")).good()
    later = place.a_secret("two")["metadata"]["resourceVersion"]

    (event,) = take(place.api.watch(place.secrets(), resourceVersion=version), 1)

    assert event["type"] == "DELETED"
    assert int(version) < int(event["object"]["metadata"]["resourceVersion"]) < int(later)


def two_watches_see_the_same(place: Place) -> None:
    start = place.api.get(place.secrets()).good()["metadata"]["resourceVersion"]
    first = place.api.watch(place.secrets(), resourceVersion=start)
    second = place.api.watch(
        "/api/v1/secrets", resourceVersion=start, fieldSelector=f"metadata.namespace={place.namespace}"
    )
    place.a_secret("one")
    place.a_secret("two")

    assert take(first, 2) == take(second, 2)


def a_write_that_changes_nothing_is_no_event(place: Place) -> None:
    made = place.a_secret("one", stringData={"a": "1"})
    place.api.patch(place.secrets("one"), {"stringData": {"a": "1"}}).good()
    place.api.patch(place.secrets("one"), {"stringData": {"a": "2"}}).good()

    (event,) = take(place.api.watch(place.secrets(), resourceVersion=made["metadata"]["resourceVersion"]), 1)

    assert event["object"]["data"] == {"a": "Mg=="}


def a_streaming_list_of_metadata_has_the_bookmark_too(place: Place) -> None:
    place.a_secret("one")
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}

    events = take(place.api.watch(place.secrets(), accept=METADATA_ONLY, **query), 2)

    assert [(e["type"], e["object"]["kind"]) for e in events] == [
        ("ADDED", "PartialObjectMetadata"),
        ("BOOKMARK", "PartialObjectMetadata"),
    ]


def a_streaming_list_goes_on_with_changes(place: Place) -> None:
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    events = place.api.watch(place.secrets(), **query)

    with contextlib.closing(events):  # type: ignore[type-var]
        assert next(events)["type"] == "BOOKMARK"
        place.a_secret("one")
        # A server may send bookmarks at any time; nothing else may come before the change.
        changed = next(event for event in events if event["type"] != "BOOKMARK")

    assert short([changed]) == [("ADDED", "one")]
