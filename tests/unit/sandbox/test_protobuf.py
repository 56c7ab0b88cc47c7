"""Reading the protobuf bodies of Go clients."""

import pytest

from esoctl.sandbox import protobuf
from esoctl.sandbox.protobuf import ProtobufError

# What `kubectl create secret generic a --from-literal=x=y` (1.32) sends.
SECRET = bytes.fromhex(
    "6b387300 0a0c 0a027631 1206536563726574 121d 0a11 0a0161 1200 1a00 2200 2a00 3200 3800 4200 1206 0a0178 120179"
    "1a00 1a00 2200"
)


def envelope(kind: str, raw: bytes, version: str = "v1") -> bytes:
    types = field(1, version.encode()) + field(2, kind.encode())
    return b"k8s\0" + field(1, types) + field(2, raw)


def field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2, len(value)]) + value


def test_a_secret_as_kubectl_sends_it_is_read() -> None:
    assert protobuf.decode(SECRET) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "a"},
        "data": {"x": "eQ=="},
    }


def test_a_lease_keeps_its_microseconds() -> None:
    moment = b"\x08\x80\xe5\xa4\xcb\x06\x10\xb8\xf3\xc0\x3b"  # seconds and nanoseconds
    raw = field(1, field(1, b"l")) + field(2, field(1, b"me") + b"\x10\x0f" + field(4, moment))

    read = protobuf.decode(envelope("Lease", raw, "coordination.k8s.io/v1"))

    assert read["spec"] == {
        "holderIdentity": "me",
        "leaseDurationSeconds": 15,
        "renewTime": "2026-01-15T18:31:28.124795Z",
    }


def test_lists_maps_and_flags_are_read() -> None:
    labels = field(11, field(1, b"k") + field(2, b"v"))
    finalizers = field(14, b"one") + field(14, b"two")

    read = protobuf.decode(envelope("ConfigMap", field(1, labels + finalizers) + b"\x20\x01"))

    assert read["metadata"] == {"labels": {"k": "v"}, "finalizers": ["one", "two"]}
    assert read["immutable"] is True


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{}", id="no-mark"),
        pytest.param(envelope("Pod", b""), id="unknown-kind"),
        pytest.param(envelope("Secret", b"\x0a\x7fx"), id="cut-off"),
        pytest.param(envelope("Secret", b"\xff"), id="endless-number"),
        pytest.param(envelope("Secret", b"\x0b"), id="unknown-wire-type"),
    ],
)
def test_what_is_no_known_message_is_refused(body: bytes) -> None:
    with pytest.raises(ProtobufError):
        protobuf.decode(body)
