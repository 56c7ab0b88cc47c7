"""Keys and certificates made on the spot: genPrivateKey, genCA, genSelfSignedCert, genSignedCert, buildCustomCert.

Serial numbers and keys on curves come from the entropy of the environment, RSA and DSA keys from OpenSSL's generator,
since making primes takes too long otherwise; dates come from the environment. All are marked heavy.
Source: the reference's functions (Masterminds/sprig, crypto.go).
"""

from __future__ import annotations

import contextlib
import ipaddress
from datetime import timedelta
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from esoctl.template import quoting
from esoctl.template.funcs import keys, pemtext, x509text
from esoctl.template.funcs.encoding import decode_base64
from esoctl.template.funcs.pem import encoded
from esoctl.template.funcs.randomness import below
from esoctl.template.funcs.strings import shown
from esoctl.template.functions import LIST, Context, Function, function
from esoctl.template.govalues import FunctionError, Struct, valid_text

_TYPE: Final = "sprig.certificate"
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_MOST_DAYS: Final = 365 * 5000
_Signer: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | dsa.DSAPrivateKey


class Certificate(Struct):
    """A certificate with its key, both PEM; printing it prints both, as in the reference."""

    go_type = _TYPE

    def __init__(self, cert: bytes, key: bytes) -> None:
        self._cert = cert
        self._key = key

    def fields(self) -> dict[str, object]:
        return {"Cert": self._cert, "Key": self._key}


def _curve_key(context: Context) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(1 + below(context, _P256_ORDER - 1), ec.SECP256R1())


def _gen_private_key(context: Context, kind: bytes) -> bytes:
    if kind not in {b"", b"rsa", b"dsa", b"ecdsa", b"ed25519"}:
        return b"Unknown type " + kind
    context.budget.heavy("genPrivateKey")
    if kind == b"ecdsa":
        return keys.pem(_curve_key(context))
    if kind == b"ed25519":
        return keys.pem(ed25519.Ed25519PrivateKey.from_private_bytes(context.env.entropy(32)))
    if kind == b"dsa":
        return keys.pem(dsa.generate_private_key(2048))
    return keys.pem(rsa.generate_private_key(65537, 4096))


def _fresh_key(context: Context) -> _Signer:
    context.budget.heavy("genCA")
    return rsa.generate_private_key(65537, 2048)


def _given_key(context: Context, text: bytes) -> _Signer:
    try:
        return _signer(keys.from_pem(context, text))
    except FunctionError as error:
        raise FunctionError(f"parsing private key: {error}") from None


def _signer(key: keys.PrivateKey) -> _Signer:
    if isinstance(key, x25519.X25519PrivateKey):
        raise FunctionError("error creating certificate: x509: only RSA, ECDSA and Ed25519 keys supported")
    return key


class _Request:
    """What a certificate is to say."""

    def __init__(self, context: Context, name: bytes, days: int) -> None:
        self.context = context
        self.name = valid_text(name)
        self.days = days
        self.is_ca = False
        self.names: list[x509.GeneralName] = []

    def with_names(self, ips: list[object], dns: list[object]) -> _Request:
        """The request with alternative names."""
        for name in dns:
            if not isinstance(name, bytes):
                said = valid_text(shown(self.context, name))
                raise FunctionError(f"error processing alternate dns name: {said} is not a string")
            if not name.isascii():
                problem = f"x509: {quoting.quote(name).decode()} cannot be encoded as an IA5String"
                raise FunctionError(f"error creating certificate: {problem}")
            self.names.append(x509.DNSName(name.decode()))
        for address in ips:
            self.names.append(x509.IPAddress(self._address(address)))
        return self

    def _address(self, address: object) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
        if not isinstance(address, bytes):
            raise FunctionError(f"error parsing ip: {valid_text(shown(self.context, address))} is not a string")
        # A zone is no part of an address in a certificate; Python would read one.
        if b"%" not in address:
            with contextlib.suppress(ValueError):
                return ipaddress.ip_address(address.decode())
        raise FunctionError(f"error parsing ip: {valid_text(address)}")

    def builder(self, public: object, issuer: x509.Name | None) -> x509.CertificateBuilder:
        """The certificate, but for its signature."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)] if self.name else [])
        now = self.context.env.now
        if abs(self.days) > _MOST_DAYS:
            raise FunctionError(f"error creating certificate: more than {_MOST_DAYS} days")
        if not isinstance(public, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)):
            raise FunctionError("error creating certificate: x509: only RSA, ECDSA and Ed25519 keys supported")
        builder = x509.CertificateBuilder(
            issuer_name=issuer or subject,
            subject_name=subject,
            public_key=public,
            serial_number=1 + below(self.context, (1 << 128) - 1),
            not_valid_before=now.replace(tzinfo=None) - (now.utcoffset() or timedelta()),
            not_valid_after=now.replace(tzinfo=None)
            - (now.utcoffset() or timedelta())
            + timedelta(days=max(self.days, 0)),
        )
        return self._extended(builder, public)

    def _extended(
        self,
        builder: x509.CertificateBuilder,
        public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey,
    ) -> x509.CertificateBuilder:
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=True,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=self.is_ca,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
        )
        purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = builder.add_extension(usage, critical=True).add_extension(purposes, critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=self.is_ca, path_length=None), critical=True)
        if self.is_ca:
            builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        if self.names:
            builder = builder.add_extension(x509.SubjectAlternativeName(self.names), critical=not self.name)
        return builder


def _made(request: _Request, key: _Signer, issuer: tuple[x509.Certificate, _Signer] | None) -> Certificate:
    signer = issuer[1] if issuer else key
    try:
        builder = request.builder(key.public_key(), issuer[0].subject if issuer else None)
        if issuer is not None:
            builder = _with_authority(builder, issuer[0])
        certificate = builder.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    except (ValueError, TypeError, OverflowError) as error:
        raise FunctionError(f"error creating certificate: {error}") from None
    raw = x509text.Certificate(_der(certificate))
    return Certificate(encoded([raw]), keys.pem(key))


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _with_authority(builder: x509.CertificateBuilder, issuer: x509.Certificate) -> x509.CertificateBuilder:
    try:
        known = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except (x509.ExtensionNotFound, ValueError):
        return builder
    return builder.add_extension(x509.AuthorityKeyIdentifier(known.digest, None, None), critical=False)


def _gen_ca(context: Context, name: bytes, days: int) -> Certificate:
    return _authority(context, name, days, _fresh_key(context))


def _gen_ca_with_key(context: Context, name: bytes, days: int, key: bytes) -> Certificate:
    return _authority(context, name, days, _given_key(context, key))


def _authority(context: Context, name: bytes, days: int, key: _Signer) -> Certificate:
    request = _Request(context, name, days)
    request.is_ca = True
    return _made(request, key, None)


def _gen_self_signed(context: Context, name: bytes, ips: list[object], dns: list[object], days: int) -> Certificate:
    request = _Request(context, name, days).with_names(ips, dns)
    return _made(request, _fresh_key(context), None)


def _gen_self_signed_with_key(
    context: Context, name: bytes, ips: list[object], dns: list[object], *rest: object
) -> Certificate:
    days, key = rest
    assert isinstance(days, int)
    assert isinstance(key, bytes)
    request = _Request(context, name, days).with_names(ips, dns)
    return _made(request, _given_key(context, key), None)


def _gen_signed(context: Context, name: bytes, ips: list[object], dns: list[object], *rest: object) -> Certificate:
    days, authority = rest
    assert isinstance(days, int)
    assert isinstance(authority, Certificate)
    request = _Request(context, name, days).with_names(ips, dns)
    return _made(request, _fresh_key(context), _issuer(context, authority))


def _gen_signed_with_key(
    context: Context, name: bytes, ips: list[object], dns: list[object], *rest: object
) -> Certificate:
    days, authority, key = rest
    assert isinstance(days, int)
    assert isinstance(authority, Certificate)
    assert isinstance(key, bytes)
    request = _Request(context, name, days).with_names(ips, dns)
    return _made(request, _given_key(context, key), _issuer(context, authority))


def _issuer(context: Context, authority: Certificate) -> tuple[x509.Certificate, _Signer]:
    fields = authority.fields()
    cert, key = fields["Cert"], fields["Key"]
    assert isinstance(cert, bytes)
    assert isinstance(key, bytes)
    block = pemtext.first(cert, context.budget)
    if block is None:
        raise FunctionError("unable to decode certificate")
    try:
        parsed = x509.load_der_x509_certificate(block.data)
    except ValueError:
        raise FunctionError("error parsing certificate: decodedSignerCert.Bytes: x509: malformed certificate") from None
    try:
        return parsed, _signer(keys.from_pem(context, key))
    except FunctionError as error:
        raise FunctionError(f"error parsing private key: {error}") from None


def _build_custom(context: Context, cert: bytes, key: bytes) -> Certificate:
    plain = _decoded(cert, "certificate")
    secret = _decoded(key, "private key")
    block = pemtext.first(plain, context.budget)
    if block is None:
        raise FunctionError("unable to decode certificate")
    try:
        x509text.parse(block.data)
    except FunctionError as error:
        raise FunctionError(f"error parsing certificate: decodedCert.Bytes: {error}") from None
    try:
        keys.from_pem(context, secret)
    except FunctionError as error:
        raise FunctionError(f"error parsing private key: {error}") from None
    return Certificate(plain, secret)


def _decoded(text: bytes, what: str) -> bytes:
    try:
        return decode_base64(text)
    except FunctionError:
        raise FunctionError(f"unable to decode base64 {what}") from None


CERTIFICATES: Final[dict[str, Function]] = {
    "genPrivateKey": function(_gen_private_key, "string", "string", context=True, heavy=True),
    "genCA": function(_gen_ca, "string, int", _TYPE, context=True, heavy=True),
    "genCAWithKey": function(_gen_ca_with_key, "string, int, string", _TYPE, context=True, heavy=True),
    "genSelfSignedCert": function(_gen_self_signed, f"string, {LIST}, {LIST}, int", _TYPE, context=True, heavy=True),
    "genSelfSignedCertWithKey": function(
        _gen_self_signed_with_key, f"string, {LIST}, {LIST}, int, string", _TYPE, context=True, heavy=True
    ),
    "genSignedCert": function(_gen_signed, f"string, {LIST}, {LIST}, int, {_TYPE}", _TYPE, context=True, heavy=True),
    "genSignedCertWithKey": function(
        _gen_signed_with_key, f"string, {LIST}, {LIST}, int, {_TYPE}, string", _TYPE, context=True, heavy=True
    ),
    "buildCustomCert": function(_build_custom, "string, string", _TYPE, context=True),
}
