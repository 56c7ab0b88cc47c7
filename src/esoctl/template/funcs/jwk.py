"""jwkPublicKeyPem and jwkPrivateKeyPem.

Source: the reference's functions over lestrrat-go/jwx; error texts are that library's.
"""

from __future__ import annotations

import binascii
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from esoctl.template.funcs import jsontext, keys, pemtext
from esoctl.template.funcs.jsontext import JsonError
from esoctl.template.functions import Context, Function, function
from esoctl.template.govalues import FunctionError, valid_text

_CURVES: Final = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
_EDWARDS: Final = frozenset({"Ed25519", "X25519"})
_NOT_ON_CURVE: Final = {"P-256": "P256", "P-384": "P384", "P-521": "P521"}
_HINT: Final = "failed to unmarshal JSON into key hint: "
_HINT_TYPE: Final = 'struct { Kty string "json:\\"kty\\""; D json.RawMessage "json:\\"d\\"" }'
_Members = dict[bytes, object]


def _members(context: Context, text: bytes) -> _Members:
    """The members of the key; null counts as an empty one."""
    if not text.strip(b" \t\r\n"):
        raise FunctionError(_HINT + "EOF")
    try:
        value, _ = jsontext.loads(text, context)
    except JsonError as error:
        raise FunctionError(_HINT + str(error)) from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FunctionError(f"{_HINT}json: cannot unmarshal {_json_kind(value)} into Go value of type {_HINT_TYPE}")
    kind = value.get(b"kty", b"")
    if kind is not None and not isinstance(kind, bytes):
        raise FunctionError(
            f"{_HINT}json: cannot unmarshal {_json_kind(kind)} into Go struct field .kty of type string"
        )
    return value


def _json_kind(value: object) -> str:
    kinds: dict[type, str] = {bool: "bool", float: "number", bytes: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "null")


class _Key:
    """The members of a key, read under the name the library has for its kind."""

    def __init__(self, members: _Members, kind: str, *, private: bool) -> None:
        self.members = members
        self.name = f"*jwk.{kind}{'Private' if private else 'Public'}Key"

    def text(self, name: str) -> str:
        """A member that is text."""
        value = self._required(name)
        if not isinstance(value, bytes):
            raise self._failed(f"failed to decode value for key {name}: json: cannot unmarshal {_json_kind(value)}")
        return valid_text(value)

    def octets(self, name: str) -> bytes:
        """A member that is bytes in base64."""
        value = self._required(name)
        decoded = _base64(value) if isinstance(value, bytes) else None
        if decoded is None:
            raise self._failed(
                f"failed to decode value for key {name}: expected base64 encoded []byte ({_go_kind(value)})"
            )
        return decoded

    def number(self, name: str) -> int:
        """A member that is a whole number in base64."""
        return int.from_bytes(self.octets(name), "big")

    def _required(self, name: str) -> object:
        value = self.members.get(name.encode())
        if value is None:
            raise self._failed(f"required field {name} is missing")
        return value

    def _failed(self, problem: str) -> FunctionError:
        return FunctionError(f"failed to unmarshal JSON into key ({self.name}): {problem}")


def _go_kind(value: object) -> str:
    return "string" if isinstance(value, bytes) else _json_kind(value)


def _base64(value: bytes) -> bytes | None:
    plain = value.translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return binascii.a2b_base64(plain + b"=" * (-len(plain) % 4), strict_mode=True)
    except binascii.Error:
        return None


_Parsed = (
    keys.PrivateKey
    | rsa.RSAPublicKey
    | ec.EllipticCurvePublicKey
    | ed25519.Ed25519PublicKey
    | x25519.X25519PublicKey
    | bytes
)


def _parsed(context: Context, text: bytes) -> _Parsed:
    members = _members(context, text)
    kind = members.get(b"kty") or b""
    assert isinstance(kind, bytes)
    private = members.get(b"d") is not None
    if kind == b"RSA":
        return _rsa(_Key(members, "rsa", private=private), private=private)
    if kind == b"EC":
        return _elliptic(_Key(members, "ecdsa", private=private), private=private)
    if kind == b"OKP":
        return _edwards(_Key(members, "okp", private=private), private=private)
    if kind == b"oct":
        return _Key(members, "symmetric", private=False).octets("k")
    raise FunctionError(f"invalid key type from JSON ({valid_text(kind)})")


def _rsa(key: _Key, *, private: bool) -> rsa.RSAPublicKey | rsa.RSAPrivateKey:
    numbers = rsa.RSAPublicNumbers(key.number("e"), key.number("n"))
    try:
        if not private:
            return numbers.public_key()
        first, second = _primes(key, numbers)
        secret = key.number("d")
        parts = rsa.RSAPrivateNumbers(
            first,
            second,
            secret,
            secret % (first - 1),
            secret % (second - 1),
            pow(second, -1, first),
            numbers,
        )
        return parts.private_key(unsafe_skip_rsa_key_validation=True)
    except ValueError:
        raise FunctionError("the RSA key is not a valid one") from None


def _primes(key: _Key, numbers: rsa.RSAPublicNumbers) -> tuple[int, int]:
    if any(key.members.get(name.encode()) is None for name in ("p", "q")):
        raise FunctionError("modulus must be > 1")
    first, second = key.number("p"), key.number("q")
    if first < 3 or second < 3 or first * second != numbers.n:
        raise FunctionError("the RSA key is not a valid one")
    return first, second


def _elliptic(key: _Key, *, private: bool) -> ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey:
    secret = key.number("d") if private else 0
    name, across, upward = key.text("crv"), key.number("x"), key.number("y")
    curve = _CURVES.get(name)
    if curve is None:
        raise FunctionError(f"failed to build public key: invalid curve algorithm {name}")
    numbers = ec.EllipticCurvePublicNumbers(across, upward, curve)
    try:
        public = numbers.public_key()
    except ValueError:
        if private:
            raise FunctionError("the EC key is not a valid one") from None
        raise _NotOnCurve(name) from None
    if not private:
        return public
    try:
        return ec.EllipticCurvePrivateNumbers(secret, numbers).private_key()
    except ValueError:
        raise FunctionError("the EC key is not a valid one") from None


class _NotOnCurve(FunctionError):
    """A point that is not on its curve; what is said depends on what was asked for."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{_NOT_ON_CURVE[name]} point not on curve")


def _edwards(key: _Key, *, private: bool) -> _Parsed:
    name = key.text("crv")
    if name not in _EDWARDS:
        key.octets("x")
        raise FunctionError(f"failed to build public key: invalid curve algorithm {name}")
    point = key.octets("x")
    try:
        if not private:
            cls = ed25519.Ed25519PublicKey if name == "Ed25519" else x25519.X25519PublicKey
            return cls.from_public_bytes(point)
        secret = key.octets("d")
        if name == "Ed25519":
            return ed25519.Ed25519PrivateKey.from_private_bytes(secret)
        return x25519.X25519PrivateKey.from_private_bytes(secret)
    except ValueError:
        raise FunctionError("failed to build public key: wrong size of key") from None


_PUBLIC_NAMES: Final = (
    (rsa.RSAPublicKey, "*rsa.PublicKey"),
    (ec.EllipticCurvePublicKey, "*ecdsa.PublicKey"),
    (ed25519.Ed25519PublicKey, "ed25519.PublicKey"),
    (x25519.X25519PublicKey, "x25519.PublicKey"),
)
_PRIVATE_NAMES: Final = (
    (rsa.RSAPrivateKey, "*rsa.PrivateKey"),
    (ec.EllipticCurvePrivateKey, "*ecdsa.PrivateKey"),
    (ed25519.Ed25519PrivateKey, "ed25519.PrivateKey"),
    (x25519.X25519PrivateKey, "x25519.PrivateKey"),
)


def _go_type(key: object) -> str:
    return next((name for cls, name in (*_PUBLIC_NAMES, *_PRIVATE_NAMES) if isinstance(key, cls)), "[]uint8")


def _public_pem(context: Context, text: bytes) -> bytes:
    key = _parsed(context, text)
    if isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)):
        return pemtext.encode(b"PUBLIC KEY", key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    raise FunctionError(f"x509: unsupported public key type: {_go_type(key)}")


def _private_pem(context: Context, text: bytes) -> bytes:
    unknown = "x509: unknown key type while marshaling PKCS#8: "
    try:
        key = _parsed(context, text)
    except _NotOnCurve:
        raise FunctionError(unknown + "*ecdsa.PublicKey") from None
    if isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)):
        return pemtext.encode(b"PRIVATE KEY", keys.pkcs8(key))
    raise FunctionError(unknown + _go_type(key))


JWK: Final[dict[str, Function]] = {
    "jwkPublicKeyPem": function(_public_pem, "string", "string", context=True),
    "jwkPrivateKeyPem": function(_private_pem, "string", "string", context=True),
}
