import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esoctl.errors import ClusterError
from esoctl.informers import documents
from esoctl.informers.documents import EventType

DEEP = b'{"metadata":{"name":"deep"},"spec":' + b'{"a":' * 3000 + b"1" + b"}" * 3000 + b"}"


def a_list(items: bytes, metadata: bytes = b'{"resourceVersion":"7","continue":"t"}') -> bytes:
    return b'{"kind":"List","metadata":' + metadata + b',"items":[' + items + b"]}"


def test_a_page_is_its_version_its_token_and_its_items() -> None:
    page = documents.page(a_list(b'{"a":1},{"b":2}'))

    assert (page.resource_version, page.token) == ("7", "t")
    assert [bytes(item) for item in page.items] == [b'{"a":1}', b'{"b":2}']


@pytest.mark.parametrize("body", [b'{"metadata":{"resourceVersion":"7"},"items":null}', b'{"metadata":{}}'])
def test_a_page_may_be_empty(body: bytes) -> None:
    assert documents.page(body).items == []


def test_I_30_an_object_nested_too_deeply_stays_one_item_among_others() -> None:
    page = documents.page(a_list(b'{"a":"]}"},' + DEEP + b',{"b":["x","\\"{"]}'))

    assert [bytes(item) for item in page.items] == [b'{"a":"]}"}', DEEP, b'{"b":["x","\\"{"]}']
    assert (page.resource_version, page.token) == ("7", "t")
    assert documents.head(page.items[1]) is None


def test_metadata_after_the_items_is_found_when_a_page_is_cut_by_hand() -> None:
    page = documents.page(b'{"items":[' + DEEP + b'],"metadata":{"resourceVersion":"8"}}')

    assert (page.resource_version, len(page.items)) == ("8", 1)


values = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.dictionaries(st.text(), values, max_size=3), max_size=5))
def test_cutting_by_hand_finds_the_items_that_parsing_finds(items: list[dict[str, Any]]) -> None:
    body = json.dumps({"metadata": {"resourceVersion": "7"}, "items": [*items]}).encode()
    deep = body.replace(b'"items": [', b'"items": [' + DEEP + (b"," if items else b""), 1)

    found = documents.page(deep).items

    assert [json.loads(bytes(item)) for item in found[1:]] == items


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"items":[', b'{"items":[{]', b'"items":[]', DEEP])
def test_what_is_no_list_is_an_error_that_quotes_nothing(body: bytes) -> None:
    with pytest.raises(ClusterError, match=r"^the API server's answer is no list$"):
        documents.page(body)


def test_an_event_is_its_type_and_its_object() -> None:
    event = documents.event(b'{"type":"ADDED","object":{"kind":"Secret","metadata":{"name":"a","namespace":"n"}}}')

    assert event is not None
    assert event.type is EventType.ADDED
    head = documents.head(event.object)
    assert head is not None
    assert (head.kind, head.metadata.name, head.metadata.namespace, head.metadata.uid) == ("Secret", "a", "n", "")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"garbage", id="garbage"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"type":"TOUCHED","object":{}}', id="unknown type"),
        pytest.param(b'{"type":"ADDED"}', id="no object"),
        pytest.param(b'{"type":"ADDED","object":{"a":NaN}}', id="NaN"),
        pytest.param(b'{"type":"ADDED","object":{"a":"\\ud800"}}', id="lone surrogate"),
        pytest.param(b'{"type":"ADDED","object":' + DEEP + b"}", id="depth"),
        pytest.param(b'{"type":"ADDED","object":{"a":1}', id="cut"),
        pytest.param(b'{"type":"ADDED","object":{"a":"\xff"}}', id="no text"),
    ],
)
def test_I_31_a_line_that_is_no_event_is_none(line: bytes) -> None:
    event = documents.event(line)

    assert event is None or documents.head(event.object) is None


@pytest.mark.parametrize("raw", [b"[]", b"null", b"{}", b'{"metadata":null}', b'{"metadata":{"name":5}}', b'"Table"'])
def test_I_31_an_object_without_metadata_has_no_head(raw: bytes) -> None:
    assert documents.head(msgspec.Raw(raw)) is None


def test_a_complaint_is_code_and_reason_and_quotes_nothing() -> None:
    status = {"code": 410, "reason": "Expired", "message": "hunter2", "details": {"retryAfterSeconds": 3}}

    error = documents.complaint(msgspec.Raw(json.dumps(status).encode()))

    assert (error.status, error.reason, error.after, str(error)) == (
        410,
        "Expired",
        3,
        "the watch reported 410 Expired",
    )


def test_I_10_a_complaint_of_a_version_not_reached_yet_says_so() -> None:
    causes = [{"reason": "ResourceVersionTooLarge", "message": "m"}]
    body = {"code": 504, "reason": "Timeout", "details": {"causes": causes, "retryAfterSeconds": 1}}

    error = documents.complaint(msgspec.Raw(json.dumps(body).encode()))

    assert (error.status, error.reason, error.after) == (504, "ResourceVersionTooLarge", 1)


def test_a_complaint_that_cannot_be_read_is_one_without_a_code() -> None:
    assert documents.complaint(msgspec.Raw(b"[]")).status == 0
