import json

import pytest

from esoctl import errors
from esoctl.kube import faults
from esoctl.kube.faults import HIDDEN


def a_status(**fields: object) -> bytes:
    return json.dumps({"kind": "Status", "status": "Failure", **fields}).encode()


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (302, errors.Unreachable),
        (400, errors.Invalid),
        (401, errors.Denied),
        (403, errors.Denied),
        (404, errors.NotFound),
        (405, errors.Invalid),
        (406, errors.Invalid),
        (409, errors.Conflict),
        (410, errors.Gone),
        (413, errors.Invalid),
        (415, errors.Invalid),
        (422, errors.Invalid),
        (429, errors.Unreachable),
        (500, errors.Unreachable),
        (503, errors.Unreachable),
        (504, errors.Unreachable),
    ],
)
def test_a_status_is_an_error(status: int, wanted: type[errors.ClusterError]) -> None:
    error = faults.fault(status, b"")

    assert type(error) is wanted
    assert error.status == status


@pytest.mark.parametrize("body", [b"", b"<html>down</html>", b"[]", b'{"message": 5}', b"\xff", b"[" * 9000])
def test_a_body_that_is_no_status_is_not_repeated(body: bytes) -> None:
    error = faults.fault(503, body)

    assert str(error) == "the API server answered 503 without saying why"


def test_a_path_that_is_not_served_hints_at_the_crd() -> None:
    assert "CRD" in str(faults.fault(404, b"404 page not found\n"))


@pytest.mark.parametrize(
    "told",
    [
        "failed to create typed patch object (a/b; /v1, Kind=Secret): .data.x: expected string, got &{1}",
        "failed to convert new object (a/b; /v1, Kind=Secret) to proper version: illegal base64 data",
    ],
)
def test_an_apply_that_does_not_fit_the_kind_is_invalid_though_the_server_takes_the_blame(told: str) -> None:
    assert type(faults.fault(500, a_status(message=told))) is errors.Invalid


def test_the_server_says_what_and_why() -> None:
    body = a_status(reason="NotFound", message='secrets "db" not found')

    error = faults.fault(404, body)

    assert (str(error), error.reason, error.after) == ('secrets "db" not found', "NotFound", None)


def test_the_header_says_how_long_to_wait_and_else_the_status() -> None:
    body = a_status(message="slow down", details={"retryAfterSeconds": 7})

    assert faults.fault(429, body, after=3.0).after == 3.0
    assert faults.fault(429, body).after == 7


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("", None), ("5", 5.0), ("0.5", 0.5), ("-1", None), ("nan", None), ("1e9", None), ("Mon", None)],
)
def test_a_retry_after_header(header: str | None, seconds: float | None) -> None:
    assert faults.retry_after(header) == seconds


@pytest.mark.parametrize("cause", [faults.TOO_LARGE_VERSION, faults.NAMESPACE_TERMINATING])
def test_a_telling_cause_is_the_reason(cause: str) -> None:
    body = a_status(reason="Timeout", details={"causes": [{"reason": "other"}, {"reason": cause}]})

    assert faults.fault(504, body).reason == cause


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        pytest.param(
            'Secret "db" is invalid: metadata.labels: Invalid value: "hunter2 \\"x": a valid label must be short',
            f'Secret "db" is invalid: metadata.labels: Invalid value: {HIDDEN}: a valid label must be short',
            id="quoted",
        ),
        pytest.param(
            '[a: Invalid value: "hunter2": bad, b: Unsupported value: "hunter2": bad, c: Duplicate value: "hunter2"]',
            f"[a: Invalid value: {HIDDEN}: bad, b: Unsupported value: {HIDDEN}: bad, c: Duplicate value: {HIDDEN}]",
            id="several",
        ),
        pytest.param(
            'data: Invalid value: {"password":"hunter2"}: must not change',
            f"data: Invalid value: {HIDDEN}",
            id="structure",
        ),
        pytest.param(
            "failed to create typed patch object: .data.a: expected string, got &value.Value{hunter2}",
            f"failed to create typed patch object: .data.a: expected string, got {HIDDEN}",
            id="typed patch",
        ),
        pytest.param(
            'illegal base64, error found in #10 byte of ...|"a":"hunter2|..., bigger context ...|{"data":hunter2|...',
            f"illegal base64, error found in #10 byte of ...|{HIDDEN}|...",
            id="bytes around",
        ),
        pytest.param(
            'secrets "db" is forbidden: User "x" cannot patch resource "secrets" in the namespace "shop"',
            'secrets "db" is forbidden: User "x" cannot patch resource "secrets" in the namespace "shop"',
            id="nothing to hide",
        ),
        pytest.param(
            'Apply failed with 1 conflict: conflict with "kubectl": .data.password',
            'Apply failed with 1 conflict: conflict with "kubectl": .data.password',
            id="conflict",
        ),
    ],
)
def test_a_message_loses_the_values_it_quotes(told: str, wanted: str) -> None:
    assert str(faults.fault(422, a_status(message=told))) == wanted


def test_a_message_about_an_object_without_values_is_whole() -> None:
    told = 'spec.refreshPolicy: Unsupported value: "Often": supported values: "Periodic"'

    assert str(faults.fault(422, a_status(message=told), private=False)) == told


def test_a_message_without_end_is_cut() -> None:
    assert len(str(faults.fault(422, a_status(message="x" * 100_000)))) == 2048
