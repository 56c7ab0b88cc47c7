"""PKCS#12 files made by hand: those of an odd shape are refused in the words of go-pkcs12."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from esoctl.template.funcs import der, keys, pbe, pemtext, pkcs12
from esoctl.template.functions import Context
from esoctl.template.govalues import FunctionError
from esoctl.template.limits import Budget, Env

DATA = "1.2.840.113549.1.7.1"
ENCRYPTED = "1.2.840.113549.1.7.6"
KEY_BAG = "1.2.840.113549.1.12.10.1.1"
CERT_BAG = "1.2.840.113549.1.12.10.1.3"
CRL_BAG = "1.2.840.113549.1.12.10.1.4"
X509 = "1.2.840.113549.1.9.22.1"
PBMAC1 = "1.2.840.113549.1.5.14"
ODD = "1.2.3.4"
HMAC_SHA256 = "1.2.840.113549.2.9"
DES3 = "1.2.840.113549.1.12.1.3"
AES128 = "2.16.840.1.101.3.4.1.2"
SALT = b"saltsalt"

START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
KEY = ec.derive_private_key(7, ec.SECP256R1())
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "db")])
CERTIFICATE = (
    x509.CertificateBuilder(
        NAME, NAME, KEY.public_key(), 1, datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    )
    .sign(KEY, hashes.SHA256())
    .public_bytes(Encoding.DER)
)
PKCS8 = KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def context() -> Context:
    env = Env(entropy=lambda size: b"\x05" * size)
    return Context(env, Budget(env))


def bag(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.element(der.context(0), value))


def certificate(kind: str = X509, raw: bytes = CERTIFICATE) -> bytes:
    return bag(CERT_BAG, der.sequence(der.oid(kind), der.element(der.context(0), der.octets(raw))))


def plain(*bags: bytes) -> bytes:
    return der.sequence(der.oid(DATA), der.element(der.context(0), der.octets(der.sequence(*bags))))


def algorithm(oid: str, *parameters: bytes) -> bytes:
    return der.sequence(der.oid(oid), *parameters)


def locked(chosen: bytes, data: bytes, version: int = 0) -> bytes:
    info = der.sequence(der.oid(DATA), chosen, der.element(der.context(0, constructed=False), data))
    return der.sequence(der.oid(ENCRYPTED), der.element(der.context(0), der.sequence(der.integer(version), info)))


def file(content: bytes, mac: bytes = b"", version: int = 3, kind: str = DATA) -> bytes:
    safe = der.sequence(der.oid(kind), der.element(der.context(0), der.octets(content)))
    return der.sequence(der.integer(version), safe, mac)


def safes(*parts: bytes) -> bytes:
    return der.sequence(*parts)


WHOLE = safes(plain(certificate(), bag(KEY_BAG, PKCS8)))


def pbkdf2(*more: bytes, rounds: int = 10, oid: str = pbe.PBKDF2) -> bytes:
    return algorithm(oid, der.sequence(der.octets(SALT), der.integer(rounds), *more))


def pbes2(derivation: bytes, scheme: bytes) -> bytes:
    return algorithm(pbe.PBES2, der.sequence(derivation, scheme))


def pbmac1(derivation: bytes, function: bytes, wanted: bytes) -> bytes:
    chosen = algorithm(PBMAC1, der.sequence(derivation, function))
    return der.sequence(der.sequence(chosen, der.octets(wanted)), der.octets(b"unused"), der.integer(1))


def test_a_file_without_a_mac_is_read_with_the_empty_password() -> None:
    contents = pkcs12.decode(context(), file(WHOLE), b"")

    assert contents.certificate.raw == CERTIFICATE
    assert contents.others == []
    assert keys.pkcs8(contents.key) == PKCS8


def test_a_file_without_a_mac_is_refused_with_a_password() -> None:
    with pytest.raises(FunctionError, match="pkcs12: no MAC in data"):
        pkcs12.decode(context(), file(WHOLE), b"secret")


def test_bags_of_other_kinds_are_passed_over() -> None:
    content = safes(plain(bag(CRL_BAG, der.null()), certificate()), plain(bag(KEY_BAG, PKCS8)))

    assert pkcs12.decode(context(), file(content), b"").certificate.raw == CERTIFICATE


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(safes(), "expected between 1 and 2 items .* this file has 0", id="no parts"),
        pytest.param(safes(plain(), plain(), plain()), "this file has 3", id="three parts"),
        pytest.param(safes(bag(ODD, der.null())), "only data and encryptedData content types", id="an odd part"),
        pytest.param(
            safes(locked(algorithm(DES3), b"", version=1)), "only version 0 of EncryptedData", id="a newer version"
        ),
        pytest.param(safes(plain(bag(KEY_BAG, PKCS8))), "certificate missing", id="no certificate"),
        pytest.param(safes(plain(certificate())), "private key missing", id="no key"),
        pytest.param(
            safes(plain(certificate(), bag(KEY_BAG, PKCS8), bag(KEY_BAG, PKCS8))),
            "expected exactly one key bag",
            id="two keys",
        ),
        pytest.param(safes(plain(certificate(ODD))), "only X509 certificates are supported", id="an odd certificate"),
        pytest.param(
            safes(plain(certificate(), bag(KEY_BAG, der.null()))),
            "error parsing PKCS#8 private key: asn1: structure error",
            id="no key in the bag",
        ),
        pytest.param(der.null(), "asn1: structure error: unexpected tag", id="no sequence of parts"),
    ],
)
def test_contents_of_an_odd_shape_are_refused(content: bytes, problem: str) -> None:
    with pytest.raises(FunctionError, match=problem):
        pkcs12.decode(context(), file(content), b"")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"", "error reading P12 data: asn1: structure error", id="nothing"),
        pytest.param(file(WHOLE) + b"x", "pkcs12: trailing data found", id="more behind"),
        pytest.param(file(WHOLE, version=2), "can only decode v3 PFX PDU's", id="an old version"),
        pytest.param(file(WHOLE, kind=ODD), "only password-protected PFX is implemented", id="signed"),
        pytest.param(
            file(WHOLE, der.sequence(der.sequence(algorithm(ODD), der.octets(b"x")), der.octets(SALT))),
            "MAC digest algorithm not supported: 1.2.3.4",
            id="an odd digest",
        ),
    ],
)
def test_a_file_of_an_odd_shape_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(FunctionError, match=problem):
        pkcs12.decode(context(), data, b"")


@pytest.mark.parametrize(
    ("chosen", "data", "problem"),
    [
        pytest.param(algorithm(ODD), b"x" * 8, "pbe algorithm 1.2.3.4 is not supported", id="an odd cipher"),
        pytest.param(algorithm(DES3), b"x" * 8, "asn1: structure error", id="no parameters"),
        pytest.param(
            algorithm(DES3, der.sequence(der.octets(SALT), der.integer(1))), b"", "empty encrypted data", id="no data"
        ),
        pytest.param(
            algorithm(DES3, der.sequence(der.octets(SALT), der.integer(1))),
            b"x" * 9,
            "input is not a multiple of the block size",
            id="half a block",
        ),
        pytest.param(
            algorithm(DES3, der.sequence(der.octets(SALT), der.integer(1_000_000))),
            b"x" * 8,
            "more than 100000 rounds of key derivation",
            id="too many rounds",
        ),
        pytest.param(
            pbes2(pbkdf2(oid=ODD), algorithm(AES128)),
            b"x" * 16,
            "pbes2 kdf algorithm 1.2.3.4 is not supported",
            id="an odd derivation",
        ),
        pytest.param(
            pbes2(pbkdf2(), algorithm(ODD)), b"x" * 16, "pbes2 algorithm 1.2.3.4 is not supported", id="an odd scheme"
        ),
        pytest.param(
            pbes2(pbkdf2(algorithm(ODD)), algorithm(AES128)),
            b"x" * 16,
            "pbes2 prf 1.2.3.4 is not supported",
            id="an odd function",
        ),
        pytest.param(
            pbes2(pbkdf2(), algorithm(AES128, der.octets(b"short"))),
            b"x" * 16,
            r"IV length 5 does not match block size 16",
            id="a short vector",
        ),
        pytest.param(
            pbes2(pbkdf2(), algorithm(AES128, der.octets(b"v" * 16))), b"x" * 16, "incorrect padding", id="a wrong key"
        ),
    ],
)
def test_a_part_that_cannot_be_decrypted_says_why(chosen: bytes, data: bytes, problem: str) -> None:
    with pytest.raises(FunctionError, match=problem):
        pkcs12.decode(context(), file(safes(locked(chosen, data))), b"")


def test_a_mac_by_pbkdf2_is_checked_with_the_password() -> None:
    key = hashlib.pbkdf2_hmac("sha256", b"p\xc3\xa4ss", SALT, 10, 32)
    derivation = pbkdf2(der.integer(32), algorithm(HMAC_SHA256))
    mac = pbmac1(derivation, algorithm(HMAC_SHA256), hmac.digest(key, WHOLE, "sha256"))
    data = file(WHOLE, mac)

    assert pkcs12.decode(context(), data, "päss".encode()).certificate.raw == CERTIFICATE
    with pytest.raises(FunctionError, match="pkcs12: decryption password incorrect"):
        pkcs12.decode(context(), data, b"pass")


@pytest.mark.parametrize(
    ("derivation", "function", "problem"),
    [
        pytest.param(pbkdf2(oid=ODD), HMAC_SHA256, "PBMAC1 KDF algorithm 1.2.3.4 is not supported", id="derivation"),
        pytest.param(pbkdf2(), ODD, "PBMAC1 MAC algorithm 1.2.3.4 is not supported", id="function"),
        pytest.param(pbkdf2(), HMAC_SHA256, "requires explicit KeyLength parameter", id="no length"),
        pytest.param(pbkdf2(der.integer(19)), HMAC_SHA256, "requires explicit KeyLength parameter", id="a short key"),
    ],
)
def test_a_mac_by_pbkdf2_of_an_odd_kind_is_refused(derivation: bytes, function: str, problem: str) -> None:
    with pytest.raises(FunctionError, match=problem):
        pkcs12.decode(context(), file(WHOLE, pbmac1(derivation, algorithm(function), b"x")), b"secret")


def test_a_password_beyond_ucs_2_is_refused() -> None:
    with pytest.raises(FunctionError, match="cannot be encoded in UCS-2"):
        pkcs12.decode(context(), file(WHOLE), "🔑".encode())


def test_a_file_is_not_made_without_a_key_in_pem() -> None:
    made: Callable[..., object] = pkcs12.PKCS12["pemToPkcs12"].call
    block = pemtext.encode(b"CERTIFICATE", CERTIFICATE)

    with pytest.raises(FunctionError, match="no private key found: it must be a PEM block"):
        made(context(), block, b"no key")
