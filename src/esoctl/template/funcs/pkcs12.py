"""PKCS#12 files: taken apart to PEM, and made from PEM.

Files are read whether old or new; they are written with AES-256, PBKDF2 and HMAC-SHA-256. DIFFERS: a blank line behind
the last certificate is no trouble. Source: the reference's functions over go-pkcs12.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final, NamedTuple

from esoctl.template.funcs import der, keys, pbe, pem, pemtext, x509text
from esoctl.template.funcs.der import DerError, Reader
from esoctl.template.funcs.x509text import Certificate
from esoctl.template.functions import Context, Function, function
from esoctl.template.govalues import FunctionError

_DATA: Final = "1.2.840.113549.1.7.1"
_ENCRYPTED: Final = "1.2.840.113549.1.7.6"
_KEY_BAG: Final = "1.2.840.113549.1.12.10.1.1"
_SHROUDED_BAG: Final = "1.2.840.113549.1.12.10.1.2"
_CERT_BAG: Final = "1.2.840.113549.1.12.10.1.3"
_X509: Final = "1.2.840.113549.1.9.22.1"
_FRIENDLY_NAME: Final = "1.2.840.113549.1.9.20"
_LOCAL_KEY: Final = "1.2.840.113549.1.9.21"
_JAVA_TRUST: Final = "2.16.840.1.113894.746875.1.1"
_ANY_USAGE: Final = "2.5.29.37.0"
_SHA256: Final = "2.16.840.1.101.3.4.2.1"
_PBMAC1: Final = "1.2.840.113549.1.5.14"
_DIGESTS: Final = {"1.3.14.3.2.26": "sha1", _SHA256: "sha256", "2.16.840.1.101.3.4.2.3": "sha512"}
_EMPTY: Final = b"\0\0"


class Contents(NamedTuple):
    """What a file holds: the key, its certificate, and the others in their order."""

    key: keys.PrivateKey
    certificate: Certificate
    others: list[Certificate]


def decode(context: Context, data: bytes, password: bytes) -> Contents:
    """The contents of a file that has a key and its certificate."""
    encoded = pbe.bmp(password)
    context.budget.hold(len(data) * 4)
    try:
        bags, encoded = _bags(context, data, encoded)
        return _sorted(context, bags, encoded)
    except DerError as error:
        raise FunctionError(f"asn1: structure error: {error}") from None


def _sorted(context: Context, bags: list[tuple[str, bytes]], password: bytes) -> Contents:
    found: list[Certificate] = []
    key: keys.PrivateKey | None = None
    for kind, value in bags:
        if kind == _CERT_BAG:
            found.append(x509text.parse(_certificate_of(value)))
        elif kind in {_KEY_BAG, _SHROUDED_BAG}:
            if key is not None:
                raise FunctionError("pkcs12: expected exactly one key bag")
            key = _key_of(context, kind, value, password)
    if not found:
        raise FunctionError("pkcs12: certificate missing")
    if key is None:
        raise FunctionError("pkcs12: private key missing")
    return Contents(key, found[0], found[1:])


def _certificate_of(value: bytes) -> bytes:
    bag = Reader(value).inner(der.SEQUENCE)
    if bag.oid() != _X509:
        raise FunctionError("pkcs12: only X509 certificates are supported in cert bags")
    return bag.inner(der.context(0)).take(der.OCTET_STRING)


def _key_of(context: Context, kind: str, value: bytes, password: bytes) -> keys.PrivateKey:
    if kind == _SHROUDED_BAG:
        locked = Reader(value).inner(der.SEQUENCE)
        chosen, data = pbe.algorithm(locked), locked.take(der.OCTET_STRING)
        try:
            value = pbe.decrypt(context, chosen, data, password)
        except FunctionError as error:
            raise FunctionError(f"pkcs12: error decrypting PKCS#8 shrouded key bag: {error}") from None
    key = keys.from_der(value)
    if key is None:
        raise FunctionError("pkcs12: error parsing PKCS#8 private key: asn1: structure error")
    return key


def _bags(context: Context, data: bytes, password: bytes) -> tuple[list[tuple[str, bytes]], bytes]:
    """The bags of a file, and the password as it turned out to be written."""
    try:
        whole = Reader(data)
        pfx = whole.inner(der.SEQUENCE)
    except DerError as error:
        raise FunctionError(f"pkcs12: error reading P12 data: asn1: structure error: {error}") from None
    if whole.rest:
        raise FunctionError("pkcs12: error reading P12 data: pkcs12: trailing data found")
    if pfx.integer() != 3:
        raise FunctionError("pkcs12: can only decode v3 PFX PDU's")
    safe = pfx.inner(der.SEQUENCE)
    if safe.oid() != _DATA:
        raise FunctionError("pkcs12: only password-protected PFX is implemented")
    content = safe.inner(der.context(0)).take(der.OCTET_STRING)
    password = _checked(context, pfx, content, password)
    return _all_bags(context, content, password), password


def _checked(context: Context, pfx: Reader, content: bytes, password: bytes) -> bytes:
    if pfx.peek() < 0:
        if password != _EMPTY:
            raise FunctionError("pkcs12: no MAC in data")
        return password
    mac = pfx.take(der.SEQUENCE)
    for candidate in [password, b""] if password == _EMPTY else [password]:
        if _mac_fits(context, Reader(mac), content, candidate):
            return candidate
    raise FunctionError("pkcs12: decryption password incorrect")


def _mac_fits(context: Context, mac: Reader, content: bytes, password: bytes) -> bool:
    info = mac.inner(der.SEQUENCE)
    chosen, wanted = pbe.algorithm(info), info.take(der.OCTET_STRING)
    if chosen.oid == _PBMAC1:
        made = _pbmac1(context, chosen.parameters, content, password)
        return hmac.compare_digest(made, wanted)
    if chosen.oid not in _DIGESTS:
        raise FunctionError(f"pkcs12: MAC digest algorithm not supported: {chosen.oid}")
    salt = mac.take(der.OCTET_STRING)
    rounds = mac.integer() if mac.peek() == der.INTEGER else 1
    pbe.pay(context, rounds)
    digest = _DIGESTS[chosen.oid]
    key = pbe.derive(digest, salt, password, rounds, (3, hashlib.new(digest).digest_size))
    return hmac.compare_digest(hmac.digest(key, content, digest), wanted)


def _pbmac1(context: Context, parameters: bytes, content: bytes, password: bytes) -> bytes:
    inner = Reader(parameters).inner(der.SEQUENCE)
    derivation, function_ = pbe.algorithm(inner), pbe.algorithm(inner)
    if derivation.oid != pbe.PBKDF2:
        raise FunctionError(f"pkcs12: PBMAC1 KDF algorithm {derivation.oid} is not supported")
    if function_.oid not in pbe.HMACS:
        raise FunctionError(f"pkcs12: PBMAC1 MAC algorithm {function_.oid} is not supported")
    key = pbe.pbkdf2(context, derivation.parameters, pbe.utf8(password), None)
    if not 20 <= len(key) <= 64:
        raise FunctionError("pkcs12: PBMAC1 requires explicit KeyLength parameter in PBKDF2 parameters")
    return hmac.digest(key, content, pbe.HMACS[function_.oid])


def _all_bags(context: Context, content: bytes, password: bytes) -> list[tuple[str, bytes]]:
    safes = Reader(content).inner(der.SEQUENCE)
    parts: list[tuple[str, bytes]] = []
    while safes.peek() >= 0:
        safe = safes.inner(der.SEQUENCE)
        parts.append((safe.oid(), safe.take(der.context(0))))
    if not 1 <= len(parts) <= 2:
        problem = f"expected between 1 and 2 items in the authenticated safe, but this file has {len(parts)}"
        raise FunctionError(f"pkcs12: {problem}")
    bags: list[tuple[str, bytes]] = []
    for kind, part in parts:
        contents = Reader(_opened(context, kind, part, password)).inner(der.SEQUENCE)
        while contents.peek() >= 0:
            bag = contents.inner(der.SEQUENCE)
            bags.append((bag.oid(), bag.take(der.context(0))))
    return bags


def _opened(context: Context, kind: str, part: bytes, password: bytes) -> bytes:
    if kind == _DATA:
        return Reader(part).take(der.OCTET_STRING)
    if kind != _ENCRYPTED:
        problem = "only data and encryptedData content types are supported in authenticated safe"
        raise FunctionError(f"pkcs12: {problem}")
    encrypted = Reader(part).inner(der.SEQUENCE)
    if encrypted.integer() != 0:
        raise FunctionError("pkcs12: only version 0 of EncryptedData is supported")
    info = encrypted.inner(der.SEQUENCE)
    info.oid()
    chosen = pbe.algorithm(info)
    return pbe.decrypt(context, chosen, info.take(der.context(0, constructed=False)), password)


def encode(context: Context, key: keys.PrivateKey, certificates: list[Certificate], password: bytes) -> bytes:
    """A file with a key, its certificate (the first) and others."""
    encoded = pbe.bmp(password)
    fingerprint = hashlib.sha1(certificates[0].raw, usedforsecurity=False).digest()
    mark = _attribute(_LOCAL_KEY, der.octets(fingerprint))
    bags = [_cert_bag(certificates[0], mark), *map(_cert_bag, certificates[1:])]
    identifier, locked = pbe.encrypt(context, keys.pkcs8(key), encoded)
    shrouded = der.sequence(identifier, der.octets(locked))
    key_bag = der.sequence(der.oid(_SHROUDED_BAG), der.element(der.context(0), shrouded), der.element(der.SET, mark))
    safes = der.sequence(_locked_safe(context, bags, encoded), _plain_safe([key_bag]))
    return _file(context, safes, encoded)


def encode_trust_store(context: Context, certificates: list[Certificate], password: bytes) -> bytes:
    """A file with certificates to trust, marked so for Java."""
    encoded = pbe.bmp(password)
    trust = _attribute(_JAVA_TRUST, der.oid(_ANY_USAGE))
    bags: list[bytes] = []
    for certificate in certificates:
        name = pbe.bmp(x509text.name_text(certificate.subject).encode("utf-8", "replace")).removesuffix(b"\0\0")
        bags.append(_cert_bag(certificate, trust, _attribute(_FRIENDLY_NAME, der.element(0x1E, name))))
    return _file(context, der.sequence(_locked_safe(context, bags, encoded)), encoded)


def _attribute(oid: str, value: bytes) -> bytes:
    return der.sequence(der.oid(oid), der.element(der.SET, value))


def _cert_bag(certificate: Certificate, *attributes: bytes) -> bytes:
    value = der.sequence(der.oid(_X509), der.element(der.context(0), der.octets(certificate.raw)))
    marks = [der.element(der.SET, *sorted(attributes))] if attributes else []
    return der.sequence(der.oid(_CERT_BAG), der.element(der.context(0), value), *marks)


def _plain_safe(bags: list[bytes]) -> bytes:
    return der.sequence(der.oid(_DATA), der.element(der.context(0), der.octets(der.sequence(*bags))))


def _locked_safe(context: Context, bags: list[bytes], password: bytes) -> bytes:
    identifier, locked = pbe.encrypt(context, der.sequence(*bags), password)
    info = der.sequence(der.oid(_DATA), identifier, der.element(der.context(0, constructed=False), locked))
    return der.sequence(der.oid(_ENCRYPTED), der.element(der.context(0), der.sequence(der.integer(0), info)))


def _file(context: Context, safes: bytes, password: bytes) -> bytes:
    salt = context.env.entropy(pbe.SALT)
    pbe.pay(context, pbe.ROUNDS)
    key = pbe.derive("sha256", salt, password, pbe.ROUNDS, (3, 32))
    digest = hmac.digest(key, safes, "sha256")
    info = der.sequence(der.sequence(der.oid(_SHA256)), der.octets(digest))
    mac = der.sequence(info, der.octets(salt), der.integer(pbe.ROUNDS))
    safe = der.sequence(der.oid(_DATA), der.element(der.context(0), der.octets(safes)))
    return der.sequence(der.integer(3), safe, mac)


def _key_pass(context: Context, password: bytes, data: bytes) -> bytes:
    try:
        return pemtext.encode(b"PRIVATE KEY", keys.pkcs8(decode(context, data, password).key))
    except FunctionError as error:
        raise FunctionError(f"unable to decode pkcs12 with password: {error}") from None


def _cert_pass(context: Context, password: bytes, data: bytes) -> bytes:
    try:
        contents = decode(context, data, password)
    except FunctionError as error:
        raise FunctionError(f"unable to decode pkcs12 certificate with password: {error}") from None
    found = [contents.certificate, *contents.others]
    try:
        return pem.encoded(pem.ordered_chain(context, found))
    except FunctionError:
        return pem.encoded(found)


def _key(context: Context, data: bytes) -> bytes:
    return _key_pass(context, b"", data)


def _cert(context: Context, data: bytes) -> bytes:
    return _cert_pass(context, b"", data)


def _parsed(context: Context, text: bytes) -> list[Certificate]:
    found = [x509text.parse(block.data) for block in pemtext.blocks(text, context.budget)[0]]
    if not found:
        raise FunctionError("no certificate found: it must be a PEM block")
    return found


def _made(context: Context, certificates: list[Certificate], key: bytes, password: bytes) -> bytes:
    block = pemtext.first(key, context.budget)
    if block is None:
        raise FunctionError("no private key found: it must be a PEM block")
    return base64.b64encode(encode(context, keys.parse_any(block.data), certificates, password))


def _from_pem_pass(context: Context, cert: bytes, key: bytes, password: bytes) -> bytes:
    block = pemtext.first(cert, context.budget)
    return _made(context, _parsed(context, pemtext.encode(block.kind, block.data) if block else b""), key, password)


def _from_full_pem_pass(context: Context, cert: bytes, key: bytes, password: bytes) -> bytes:
    return _made(context, _parsed(context, cert), key, password)


def _trust_store_pass(context: Context, certs: bytes, password: bytes) -> bytes:
    found, rest = pemtext.blocks(certs, context.budget)
    if rest.strip():
        raise FunctionError("what follows the last certificate is no PEM block")
    certificates = [x509text.parse(block.data) for block in found]
    return base64.b64encode(encode_trust_store(context, certificates, password))


def _from_pem(context: Context, cert: bytes, key: bytes) -> bytes:
    return _from_pem_pass(context, cert, key, b"")


def _from_full_pem(context: Context, cert: bytes, key: bytes) -> bytes:
    return _from_full_pem_pass(context, cert, key, b"")


def _trust_store(context: Context, certs: bytes) -> bytes:
    return _trust_store_pass(context, certs, b"")


PKCS12: Final[dict[str, Function]] = {
    "pkcs12key": function(_key, "string", "string", context=True),
    "pkcs12keyPass": function(_key_pass, "string, string", "string", context=True),
    "pkcs12cert": function(_cert, "string", "string", context=True),
    "pkcs12certPass": function(_cert_pass, "string, string", "string", context=True),
    "pemToPkcs12": function(_from_pem, "string, string", "string", context=True),
    "pemToPkcs12Pass": function(_from_pem_pass, "string, string, string", "string", context=True),
    "fullPemToPkcs12": function(_from_full_pem, "string, string", "string", context=True),
    "fullPemToPkcs12Pass": function(_from_full_pem_pass, "string, string, string", "string", context=True),
    "pemTruststoreToPKCS12": function(_trust_store, "string", "string", context=True),
    "pemTruststoreToPKCS12Pass": function(_trust_store_pass, "string, string", "string", context=True),
}
