"""Private keys: read from PEM or DER, written as PEM.

Keys are handled by cryptography; no key is ever part of an error text.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from esoctl.template.funcs import pemtext
from esoctl.template.functions import Context
from esoctl.template.govalues import FunctionError

PrivateKey: TypeAlias = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | dsa.DSAPrivateKey
    | x25519.X25519PrivateKey
)
_KINDS: Final = (
    rsa.RSAPrivateKey,
    ec.EllipticCurvePrivateKey,
    ed25519.Ed25519PrivateKey,
    dsa.DSAPrivateKey,
    x25519.X25519PrivateKey,
)
_SUFFIX: Final = " PRIVATE KEY"


def from_der(data: bytes) -> PrivateKey | None:
    """The key of PKCS#8, PKCS#1 or SEC 1 bytes; None when it is none, or locked."""
    try:
        key = serialization.load_der_private_key(data, None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, _KINDS) else None


def parse_any(data: bytes) -> PrivateKey:
    """The key of DER bytes of any of the formats."""
    key = from_der(data)
    if key is None:
        raise FunctionError("unable to parse private key type")
    return key


def pkcs8(key: PrivateKey) -> bytes:
    """The key as PKCS#8 DER."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def pem(key: PrivateKey) -> bytes:
    """The key in the PEM block its kind has by custom."""
    if isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, dsa.DSAPrivateKey)):
        return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pemtext.encode(b"PRIVATE KEY", pkcs8(key))


def from_pem(context: Context, text: bytes) -> PrivateKey:
    """The key of the first PEM block; errors are worded as the reference's."""
    block = pemtext.first(text, context.budget)
    if block is None:
        raise FunctionError("no PEM data in input")
    kind = block.kind.decode("utf-8", "replace")
    if kind != "PRIVATE KEY" and not kind.endswith(_SUFFIX):
        raise FunctionError(f"no private key data in PEM block of type {kind}")
    form = kind.removesuffix(_SUFFIX) if kind != "PRIVATE KEY" else "PKCS8"
    if form not in {"PKCS8", "RSA", "EC", "DSA"}:
        raise FunctionError(f"invalid private key type {kind}")
    key = from_der(block.data)
    if key is None:
        said = "decoding PEM as PKCS#8" if form == "PKCS8" else f"parsing {form} private key from PEM"
        raise FunctionError(f"{said}: asn1: structure error")
    return key
