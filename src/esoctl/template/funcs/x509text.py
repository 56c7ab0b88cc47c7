"""Reads certificates, as far as templates look into them: key identifiers, names, alternative names.

No signature is checked and nothing is trusted. Errors are those of Go's crypto/x509 (parser.go), in its order.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from esoctl.template.funcs import der
from esoctl.template.funcs.der import DerError, Reader
from esoctl.template.govalues import FunctionError

_SUBJECT_KEY: Final = "2.5.29.14"
_AUTHORITY_KEY: Final = "2.5.29.35"
_ALTERNATIVE_NAMES: Final = "2.5.29.17"
_EMAIL, _DNS, _URI, _IP = 0x81, 0x82, 0x86, 0x87
_ATTRIBUTES: Final = {
    "2.5.4.6": "C", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.3": "CN", "2.5.4.5": "SERIALNUMBER", "2.5.4.7": "L",
    "2.5.4.8": "ST", "2.5.4.9": "STREET", "2.5.4.17": "POSTALCODE",
}  # fmt: skip
_TEXT_TAGS: Final = {0x0C: "utf-8", 0x13: "latin-1", 0x14: "latin-1", 0x16: "latin-1", 0x1E: "utf-16-be"}
_NAME_ORDER: Final = ("SERIALNUMBER", "CN", "POSTALCODE", "STREET", "L", "ST", "OU", "O", "C")


@dataclass
class Certificate:
    """What templates want to know of a certificate."""

    raw: bytes
    subject: list[tuple[str, str]] = field(default_factory=list)
    """Attribute names and values in the order written."""
    subject_der: bytes = b""
    subject_key: bytes = b""
    authority_key: bytes = b""
    dns: list[str] = field(default_factory=list)
    ips: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    uris: list[str] = field(default_factory=list)

    @property
    def is_root(self) -> bool:
        """Whether it names no other as its issuer's key."""
        return not self.authority_key or self.authority_key == self.subject_key


def _step(problem: str, read: Callable[[], object]) -> object:
    try:
        return read()
    except DerError:
        raise FunctionError(f"x509: {problem}") from None


def _bytes(problem: str, read: Callable[[], bytes]) -> bytes:
    value = _step(problem, read)
    assert isinstance(value, bytes)
    return value


def parse(data: bytes) -> Certificate:
    """The certificate of these bytes; a FunctionError in Go's words when it is none."""
    outer = Reader(data)
    raw = _bytes("malformed certificate", lambda: outer.element(der.SEQUENCE))
    whole = Reader(raw).inner(der.SEQUENCE)
    body = Reader(_bytes("malformed tbs certificate", lambda: whole.take(der.SEQUENCE)))
    number = _step("malformed version", lambda: _version(body))
    assert isinstance(number, int)
    if not 0 <= number <= 2:
        raise FunctionError(f"x509: {'malformed' if number < 0 else 'invalid'} version")
    serial = _step("malformed serial number", body.integer)
    assert isinstance(serial, int)
    if serial < 0:
        raise FunctionError("x509: negative serial number")
    algorithm = _bytes("malformed signature algorithm identifier", lambda: body.take(der.SEQUENCE))
    if algorithm != _bytes("malformed algorithm identifier", lambda: whole.take(der.SEQUENCE)):
        raise FunctionError("x509: inner and outer signature algorithm identifiers don't match")
    certificate = Certificate(raw)
    _bytes("malformed issuer", lambda: body.element(der.SEQUENCE))
    _bytes("malformed validity", lambda: body.take(der.SEQUENCE))
    certificate.subject_der = _bytes("malformed issuer", lambda: body.element(der.SEQUENCE))
    certificate.subject = _name(certificate.subject_der)
    _bytes("malformed spki", lambda: body.take(der.SEQUENCE))
    if number == 2:
        _extensions(certificate, body)
    _bytes("malformed signature", lambda: whole.take(der.BIT_STRING))
    if len(raw) != len(data):
        raise FunctionError("x509: trailing data")
    return certificate


def _version(body: Reader) -> int:
    """The version as written, counted from 0, which is also the default."""
    written = body.optional(der.context(0))
    if written is None:
        return 0
    reader = Reader(written)
    number = reader.integer()
    reader.end()
    return number


def _name(data: bytes) -> list[tuple[str, str]]:
    names: list[tuple[str, str]] = []
    try:
        sequence = Reader(data).inner(der.SEQUENCE)
        while sequence.peek() >= 0:
            group = sequence.inner(der.SET)
            while group.peek() >= 0:
                attribute = group.inner(der.SEQUENCE)
                kind = attribute.oid()
                tag, value = attribute.any()
                encoding = _TEXT_TAGS.get(tag, "latin-1")
                names.append((_ATTRIBUTES.get(kind, kind), value.decode(encoding, "replace")))
    except DerError:
        raise FunctionError("x509: invalid RDNSequence") from None
    return names


def _extensions(certificate: Certificate, body: Reader) -> None:
    try:
        body.optional(der.context(1, constructed=False))
        body.optional(der.context(2, constructed=False))
        wrapped = body.optional(der.context(3))
        if wrapped is None:
            return
        sequence = Reader(wrapped).inner(der.SEQUENCE)
    except DerError:
        raise FunctionError("x509: malformed extensions") from None
    while sequence.peek() >= 0:
        try:
            extension = sequence.inner(der.SEQUENCE)
            kind = extension.oid()
            extension.optional(0x01)
            value = extension.take(der.OCTET_STRING)
        except DerError:
            raise FunctionError("x509: malformed extension") from None
        _extension(certificate, kind, value)


def _extension(certificate: Certificate, kind: str, value: bytes) -> None:
    if kind == _SUBJECT_KEY:
        certificate.subject_key = _bytes("invalid subject key identifier", lambda: Reader(value).take(der.OCTET_STRING))
    elif kind == _AUTHORITY_KEY:
        key = _step(
            "invalid authority key identifier",
            lambda: Reader(value).inner(der.SEQUENCE).optional(der.context(0, constructed=False)),
        )
        certificate.authority_key = key if isinstance(key, bytes) else b""
    elif kind == _ALTERNATIVE_NAMES:
        try:
            names = Reader(value).inner(der.SEQUENCE)
            while names.peek() >= 0:
                _alternative(certificate, *names.any())
        except DerError:
            raise FunctionError("x509: invalid subject alternative names") from None


def _alternative(certificate: Certificate, tag: int, value: bytes) -> None:
    if tag == _IP:
        if len(value) not in {4, 16}:
            raise FunctionError(f"x509: cannot parse IP address of length {len(value)}")
        certificate.ips.append(ip_text(value))
        return
    kinds = {
        _EMAIL: ("rfc822Name", certificate.emails),
        _DNS: ("dNSName", certificate.dns),
        _URI: ("uniformResourceIdentifier", certificate.uris),
    }
    if tag in kinds:
        name, names = kinds[tag]
        if not value.isascii():
            raise FunctionError(f"x509: SAN {name} is malformed")
        names.append(value.decode())


def ip_text(packed: bytes) -> str:
    """An address as Go writes it: one of IPv4 within IPv6 as IPv4."""
    if packed[:12] == b"\0" * 10 + b"\xff\xff" and len(packed) == 16:
        packed = packed[12:]
    return str(ipaddress.ip_address(packed))


def name_text(subject: list[tuple[str, str]]) -> str:
    """A subject as Go writes it: CN=a,OU=b,O=c,C=d."""
    known = {kind: [value for name, value in subject if name == kind] for kind in _NAME_ORDER}
    groups = ["+".join(f"{kind}={_escaped(value)}" for value in values) for kind, values in known.items() if values]
    others = [f"{kind}={_escaped(value)}" for kind, value in subject if kind not in known]
    return ",".join([*reversed(others), *groups])


def _escaped(value: str) -> str:
    parts: list[str] = []
    for index, char in enumerate(value):
        at_edge = (index == 0 and char in " #") or (index == len(value) - 1 and char == " ")
        parts.append("\\" + char if char in ',+"\\<>;' or at_edge else char)
    return "".join(parts)
