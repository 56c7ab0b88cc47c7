"""Certificates put together by hand: what is out of shape is refused in the words and the order of Go's crypto/x509."""

import pytest

from esoctl.template.funcs import der, x509text
from esoctl.template.govalues import FunctionError

ALGORITHM = der.sequence(der.oid("1.2.840.10045.4.3.2"))
SIGNATURE = der.element(der.BIT_STRING, b"\0")
COMMON_NAME = "2.5.4.3"
SUBJECT_KEY, AUTHORITY_KEY, ALTERNATIVE_NAMES = "2.5.29.14", "2.5.29.35", "2.5.29.17"


def name(*attributes: tuple[str, str]) -> bytes:
    groups = [
        der.element(der.SET, der.sequence(der.oid(kind), der.element(0x0C, value.encode())))
        for kind, value in attributes
    ]
    return der.sequence(*groups)


def extension(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.octets(value))


def extensions(*several: bytes) -> bytes:
    return der.element(der.context(3), der.sequence(*several))


def names(tag: int, value: bytes) -> bytes:
    return extensions(extension(ALTERNATIVE_NAMES, der.sequence(der.element(tag, value))))


GOOD = {
    "version": der.element(der.context(0), der.integer(2)),
    "serial": der.integer(1),
    "algorithm": ALGORITHM,
    "issuer": name((COMMON_NAME, "ca")),
    "validity": der.sequence(),
    "subject": name((COMMON_NAME, "db")),
    "spki": der.sequence(),
    "extensions": b"",
}


def certificate(
    outer: bytes = ALGORITHM, signature: bytes = der.element(der.BIT_STRING, b"\0"), **parts: bytes
) -> bytes:
    return der.sequence(der.sequence(*(GOOD | parts).values()), outer, signature)


def version(number: int) -> bytes:
    return der.element(der.context(0), der.integer(number))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"", "malformed certificate", id="nothing"),
        pytest.param(der.sequence(), "malformed tbs certificate", id="empty"),
        pytest.param(certificate(version=der.element(der.context(0))), "malformed version", id="an empty version"),
        pytest.param(
            certificate(version=der.element(der.context(0), der.integer(2), der.null())),
            "malformed version",
            id="more behind the version",
        ),
        pytest.param(certificate(version=version(-1)), "malformed version", id="a negative version"),
        pytest.param(certificate(version=version(3)), "invalid version", id="a later version"),
        pytest.param(certificate(serial=b""), "malformed serial number", id="no serial number"),
        pytest.param(certificate(serial=der.integer(-1)), "negative serial number", id="a negative serial number"),
        pytest.param(certificate(algorithm=b""), "signature algorithm identifiers don't match", id="a part short"),
        pytest.param(certificate(outer=der.null()), "malformed algorithm identifier", id="no outer algorithm"),
        pytest.param(
            certificate(outer=der.sequence(der.null())),
            "inner and outer signature algorithm identifiers don't match",
            id="another outer algorithm",
        ),
        pytest.param(certificate(issuer=der.null()), "malformed issuer", id="no issuer"),
        pytest.param(certificate(validity=der.null()), "malformed validity", id="no validity"),
        pytest.param(certificate(subject=der.null()), "malformed issuer", id="no subject"),
        pytest.param(certificate(subject=der.sequence(der.null())), "invalid RDNSequence", id="an odd subject"),
        pytest.param(certificate(spki=b""), "malformed spki", id="no key"),
        pytest.param(
            certificate(extensions=der.element(der.context(3))), "malformed extensions", id="no list of extensions"
        ),
        pytest.param(certificate(extensions=extensions(der.null())), "malformed extension$", id="an odd extension"),
        pytest.param(
            certificate(extensions=extensions(extension(SUBJECT_KEY, der.null()))),
            "invalid subject key identifier",
            id="an odd key identifier",
        ),
        pytest.param(
            certificate(extensions=extensions(extension(AUTHORITY_KEY, der.null()))),
            "invalid authority key identifier",
            id="an odd identifier of the issuer's key",
        ),
        pytest.param(
            certificate(extensions=extensions(extension(ALTERNATIVE_NAMES, der.null()))),
            "invalid subject alternative names",
            id="odd names",
        ),
        pytest.param(
            certificate(extensions=names(0x87, b"12345")), "cannot parse IP address of length 5", id="an odd address"
        ),
        pytest.param(
            certificate(extensions=names(0x81, b"\xc3\xa9@x")), "SAN rfc822Name is malformed", id="an odd mail name"
        ),
        pytest.param(certificate(extensions=names(0x82, b"\xc3\xa9")), "SAN dNSName is malformed", id="an odd host"),
        pytest.param(
            certificate(extensions=names(0x86, b"\xc3\xa9")),
            "SAN uniformResourceIdentifier is malformed",
            id="an odd URI",
        ),
        pytest.param(certificate(signature=b""), "malformed signature", id="no signature"),
        pytest.param(certificate() + b"x", "trailing data", id="more behind"),
    ],
)
def test_a_certificate_out_of_shape_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(FunctionError, match=f"^x509: .*{problem}"):
        x509text.parse(data)


def test_a_certificate_of_the_first_version_has_no_extensions() -> None:
    found = x509text.parse(certificate(version=b"", extensions=names(0x82, b"db.example")))

    assert found.dns == []
    assert x509text.name_text(found.subject) == "CN=db"


def test_a_certificate_may_do_without_extensions_and_is_a_root_then() -> None:
    found = x509text.parse(certificate())

    assert (found.subject_key, found.authority_key, found.is_root) == (b"", b"", True)


def test_alternative_names_are_kept_by_kind_and_other_kinds_are_passed_over() -> None:
    several = der.sequence(
        der.element(0x88, b"\x2a\x03"),
        der.element(0x82, b"db.example"),
        der.element(0x81, b"a@b.example"),
        der.element(0x86, b"https://db.example"),
        der.element(0x87, bytes([10, 0, 0, 1])),
        der.element(0x87, b"\0" * 10 + b"\xff\xff" + bytes([10, 0, 0, 2])),
        der.element(0x87, b"\0" * 15 + b"\1"),
    )

    found = x509text.parse(certificate(extensions=extensions(extension(ALTERNATIVE_NAMES, several))))

    assert found.dns == ["db.example"]
    assert found.emails == ["a@b.example"]
    assert found.uris == ["https://db.example"]
    assert found.ips == ["10.0.0.1", "10.0.0.2", "::1"]


def test_the_issuers_key_may_go_unnamed() -> None:
    found = x509text.parse(certificate(extensions=extensions(extension(AUTHORITY_KEY, der.sequence()))))

    assert found.authority_key == b""


def test_a_name_is_written_in_the_order_of_go_with_what_is_special_escaped() -> None:
    subject = name(("2.5.4.6", "DE"), (COMMON_NAME, " a,b#"), ("1.2.3", "#x"), (COMMON_NAME, "c "), ("2.5.4.10", "o"))

    found = x509text.parse(certificate(subject=subject))

    assert x509text.name_text(found.subject) == "1.2.3=\\#x,CN=\\ a\\,b#+CN=c\\ ,O=o,C=DE"
