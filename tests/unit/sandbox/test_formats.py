"""String formats; the answers are those of kube-apiserver 1.36.3."""

import pytest

from esoctl.sandbox import formats


@pytest.mark.parametrize(
    ("name", "text", "fits"),
    [
        pytest.param("date-time", "2026-01-01T00:00:00Z", True, id="date-time"),
        pytest.param("date-time", "2026-01-01T00:00:00.5+02:00", True, id="date-time with a zone"),
        pytest.param("date-time", "2026-01-01T24:00:00Z", False, id="date-time with hour 24"),
        pytest.param("date-time", "2026-01-01", False, id="date-time without time"),
        pytest.param("date", "2026-02-28", True, id="date"),
        pytest.param("date", "2026-13-01", False, id="date with month 13"),
        pytest.param("duration", "1h30m", True, id="duration"),
        pytest.param("duration", "22 ns", True, id="duration in words"),
        pytest.param("duration", "1d", True, id="duration of a day"),
        pytest.param("duration", "1x", False, id="duration of nothing known"),
        pytest.param("duration", "", False, id="no duration"),
        pytest.param("byte", "YQ==", True, id="byte"),
        pytest.param("byte", "Y", False, id="byte cut off"),
        pytest.param("uuid", "123e4567-e89b-12d3-a456-426614174000", True, id="uuid"),
        pytest.param("uuid", "x", False, id="no uuid"),
        pytest.param("uuid4", "123e4567-e89b-12d3-a456-426614174000", False, id="uuid of another version"),
        pytest.param("ipv4", "1.2.3", False, id="ipv4 too short"),
        pytest.param("ipv6", "::1", True, id="ipv6"),
        pytest.param("cidr", "1.2.3.4/24", True, id="cidr with host bits"),
        pytest.param("cidr", "1.2.3.4/33", False, id="cidr too long"),
        pytest.param("uri", "http://a/b", True, id="uri"),
        pytest.param("uri", "x", False, id="uri without scheme"),
        pytest.param("email", "a@b.example", True, id="email"),
        pytest.param("email", "x", False, id="no email"),
        pytest.param("hostname", "a.example", True, id="hostname"),
        pytest.param("hostname", "a_b", False, id="hostname with an underscore"),
        pytest.param("hostname", "a.1x", False, id="top-level domain with a digit"),
        pytest.param("mac", "00:00:5e:00:53:01", True, id="mac"),
        pytest.param("mac", "00", False, id="mac too short"),
        pytest.param("k8s-short-name", "a-b", True, id="short name"),
        pytest.param("k8s-short-name", "A", False, id="short name in capitals"),
        pytest.param("k8s-long-name", "a.b-c", True, id="long name"),
        pytest.param("hexcolor", "#fff", True, id="colour"),
        pytest.param("password", "anything", True, id="password"),
    ],
)
def test_whether_a_text_fits(name: str, text: str, fits: bool) -> None:
    assert formats.known(name)
    assert formats.fits(text, name) is fits


def test_other_formats_are_not_known() -> None:
    assert not formats.known("no-such-format")
    assert not formats.known("")
