"""Encryption by password as PKCS#12 files use it, old kinds and new.

Keys come from a password by the PKCS#12 derivation or PBKDF2; ciphers are AES, triple DES and RC2. Work is bounded: a
file that asks for too many rounds is refused. Source: RFC 7292, RFC 8018, RFC 2268; what is supported and said is as in
go-pkcs12, which the reference uses.
"""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from esoctl.template.funcs import der
from esoctl.template.funcs.der import DerError, Reader
from esoctl.template.functions import Context
from esoctl.template.govalues import FunctionError

PBES2: Final = "1.2.840.113549.1.5.13"
PBKDF2: Final = "1.2.840.113549.1.5.12"
HMACS: Final = {
    "1.2.840.113549.2.7": "sha1",
    "1.2.840.113549.2.9": "sha256",
    "1.2.840.113549.2.11": "sha512",
}
_AES_SIZES: Final = {
    "2.16.840.1.101.3.4.1.2": 16,
    "2.16.840.1.101.3.4.1.22": 24,
    "2.16.840.1.101.3.4.1.42": 32,
}
_OLD: Final = {
    "1.2.840.113549.1.12.1.3": ("3DES", 24),
    "1.2.840.113549.1.12.1.5": ("RC2", 16),
    "1.2.840.113549.1.12.1.6": ("RC2", 5),
}
_AES256: Final = "2.16.840.1.101.3.4.1.42"
_MOST_ROUNDS: Final = 100_000
ROUNDS: Final = 2048
SALT: Final = 16


class Algorithm(NamedTuple):
    """An algorithm identifier: which, and its parameters as DER."""

    oid: str
    parameters: bytes


def algorithm(reader: Reader) -> Algorithm:
    """Read an algorithm identifier."""
    inner = reader.inner(der.SEQUENCE)
    return Algorithm(inner.oid(), inner.rest)


def pay(context: Context, rounds: int) -> None:
    """Charge the rounds of a derivation; too many are refused."""
    if rounds > _MOST_ROUNDS:
        raise FunctionError(f"pkcs12: more than {_MOST_ROUNDS} rounds of key derivation")
    context.budget.step(max(rounds, 1) // 2)


def bmp(password: bytes) -> bytes:
    """The password in UCS-2 with a zero at its end, as the old derivation takes it."""
    text = "".join(
        "\ufffd" if "\ud800" <= char <= "\udfff" else char for char in password.decode("utf-8", "surrogateescape")
    )
    if any(char > "\uffff" for char in text):
        raise FunctionError("pkcs12: string contains characters that cannot be encoded in UCS-2")
    return (text + "\0").encode("utf-16-be")


def derive(digest: str, salt: bytes, password: bytes, rounds: int, purpose: tuple[int, int]) -> bytes:
    """The PKCS#12 derivation; purpose is what the bytes are for (1 key, 2 vector, 3 mac) and how many."""
    which, size = purpose
    width = 128 if digest == "sha512" else 64
    salt, password = _filled(salt, width), _filled(password, width)
    mixed = bytearray(salt + password)
    made = b""
    while len(made) < size:
        block = hashlib.new(digest, bytes([which]) * width + mixed).digest()
        for _ in range(1, rounds):
            block = hashlib.new(digest, block).digest()
        made += block
        number = int.from_bytes(_filled(block, width)[:width], "big") + 1
        for start in range(0, len(mixed), width):
            total = int.from_bytes(mixed[start : start + width], "big") + number
            mixed[start : start + width] = (total % (1 << (8 * width))).to_bytes(width, "big")
    return made[:size]


def _filled(data: bytes, width: int) -> bytes:
    """The bytes over and over, up to a multiple of the width."""
    size = -(-len(data) // width) * width
    return (data * (size // len(data) + 1))[:size] if data else b""


def decrypt(context: Context, chosen: Algorithm, data: bytes, password: bytes) -> bytes:
    """The plain bytes; the password is in UCS-2, as from ``bmp``."""
    cipher, size = _cipher(context, chosen, password)
    if not data:
        raise FunctionError("pkcs12: empty encrypted data")
    if len(data) % size:
        raise FunctionError("pkcs12: input is not a multiple of the block size")
    plain = cipher.decrypt(context, data)
    padding = plain[-1]
    if not 1 <= padding <= size or plain[-padding:] != bytes([padding]) * padding:
        raise FunctionError("pkcs12: decryption error, incorrect padding")
    return plain[:-padding]


class _Cbc:
    """A block cipher of cryptography in CBC mode."""

    def __init__(self, block: AES | TripleDES, vector: bytes) -> None:
        self._cipher = Cipher(block, modes.CBC(vector))

    def decrypt(self, context: Context, data: bytes) -> bytes:
        """The plain blocks."""
        context.budget.step(len(data) // 256)
        decryptor = self._cipher.decryptor()
        return decryptor.update(data) + decryptor.finalize()


class _Rc2:
    """RC2 in CBC mode, decrypting only: old files are read, none are written."""

    def __init__(self, key: bytes, vector: bytes) -> None:
        self._key = _rc2_schedule(key)
        self._vector = vector

    def decrypt(self, context: Context, data: bytes) -> bytes:
        """The plain blocks."""
        context.budget.step(len(data) * 2)
        previous, parts = self._vector, []
        for start in range(0, len(data), 8):
            block = data[start : start + 8]
            plain = _rc2_block(self._key, block)
            parts.append(bytes(a ^ b for a, b in zip(plain, previous, strict=True)))
            previous = block
        return b"".join(parts)


def _cipher(context: Context, chosen: Algorithm, password: bytes) -> tuple[_Cbc | _Rc2, int]:
    try:
        if chosen.oid == PBES2:
            return _modern(context, chosen, password), 16
        if chosen.oid not in _OLD:
            raise FunctionError(f"pkcs12: pbe algorithm {chosen.oid} is not supported")
        parameters = Reader(chosen.parameters).inner(der.SEQUENCE)
        salt, rounds = parameters.take(der.OCTET_STRING), parameters.integer()
    except DerError as error:
        raise FunctionError(f"asn1: structure error: {error}") from None
    name, size = _OLD[chosen.oid]
    pay(context, rounds * 3)
    key = derive("sha1", salt, password, rounds, (1, size))
    vector = derive("sha1", salt, password, rounds, (2, 8))
    return (_Cbc(TripleDES(key), vector) if name == "3DES" else _Rc2(key, vector)), 8


def _modern(context: Context, chosen: Algorithm, password: bytes) -> _Cbc:
    parameters = Reader(chosen.parameters).inner(der.SEQUENCE)
    derivation, scheme = algorithm(parameters), algorithm(parameters)
    if derivation.oid != PBKDF2:
        raise FunctionError(f"pkcs12: pbes2 kdf algorithm {derivation.oid} is not supported")
    if scheme.oid not in _AES_SIZES:
        pbkdf2(context, derivation.parameters, b"", None)
        raise FunctionError(f"pkcs12: pbes2 algorithm {scheme.oid} is not supported")
    key = pbkdf2(context, derivation.parameters, utf8(password), _AES_SIZES[scheme.oid])
    vector = Reader(scheme.parameters).take(der.OCTET_STRING)
    if len(vector) != 16:
        problem = f"(IV length {len(vector)} does not match block size 16)"
        raise FunctionError(f"pkcs12: invalid IV length in PBES2 encryption scheme {problem}")
    return _Cbc(AES(key), vector)


def utf8(password: bytes) -> bytes:
    """A password from ``bmp`` as UTF-8, which the newer derivations take."""
    return password.removesuffix(b"\0\0").decode("utf-16-be", "replace").encode() if password else b""


def pbkdf2(context: Context, parameters: bytes, password: bytes, size: int | None) -> bytes:
    """The key by PBKDF2 with these parameters; the size None asks for the one they name, and only checks without it."""
    inner = Reader(parameters).inner(der.SEQUENCE)
    salt, rounds = inner.take(der.OCTET_STRING), inner.integer()
    named = inner.integer() if inner.peek() == der.INTEGER else 0
    function = algorithm(inner).oid if inner.peek() == der.SEQUENCE else "1.2.840.113549.2.7"
    if function not in HMACS:
        raise FunctionError(f"pkcs12: pbes2 prf {function} is not supported")
    size = size or named
    pay(context, rounds)
    return hashlib.pbkdf2_hmac(HMACS[function], password, salt, max(rounds, 1), size) if size else b""


def encrypt(context: Context, data: bytes, password: bytes) -> tuple[bytes, bytes]:
    """The algorithm identifier and the bytes encrypted by AES-256 with a key by PBKDF2."""
    salt, vector = context.env.entropy(SALT), context.env.entropy(16)
    pay(context, ROUNDS)
    key = hashlib.pbkdf2_hmac("sha256", utf8(password), salt, ROUNDS, 32)
    function = der.sequence(der.oid("1.2.840.113549.2.9"))
    derivation = der.sequence(der.oid(PBKDF2), der.sequence(der.octets(salt), der.integer(ROUNDS), function))
    scheme = der.sequence(der.oid(_AES256), der.octets(vector))
    identifier = der.sequence(der.oid(PBES2), der.sequence(derivation, scheme))
    padding = 16 - len(data) % 16
    encryptor = Cipher(AES(key), modes.CBC(vector)).encryptor()
    return identifier, encryptor.update(data + bytes([padding]) * padding) + encryptor.finalize()


_PI: Final = bytes.fromhex(
    "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0b"
    "f09521225c6b4e82"
    "54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb6266fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee7"
    "06c3d52fc8661ed7"
    "08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47a"
    "fc02365b25559731"
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a90d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c77"
    "0aa62068fe7fc1ad"
)


def _rc2_schedule(key: bytes) -> list[int]:
    table = bytearray(key) + bytearray(128 - len(key))
    for index in range(len(key), 128):
        table[index] = _PI[(table[index - 1] + table[index - len(key)]) & 0xFF]
    size = len(key)
    table[128 - size] = _PI[table[128 - size]]
    for index in range(127 - size, -1, -1):
        table[index] = _PI[table[index + 1] ^ table[index + size]]
    return [table[2 * index] | table[2 * index + 1] << 8 for index in range(64)]


def _rc2_block(key: list[int], block: bytes) -> bytes:
    words = [int.from_bytes(block[start : start + 2], "little") for start in range(0, 8, 2)]
    position = 63
    for stage in (5, 6, 5):
        for _ in range(stage):
            position = _rc2_mix(key, words, position)
        if position > 0:
            for index in (3, 2, 1, 0):
                words[index] = (words[index] - key[words[index - 1] & 63]) & 0xFFFF
    return b"".join(word.to_bytes(2, "little") for word in words)


def _rc2_mix(key: list[int], words: list[int], position: int) -> int:
    for index, turn in ((3, 5), (2, 3), (1, 2), (0, 1)):
        word = words[index]
        word = (word >> turn | word << (16 - turn)) & 0xFFFF
        before, second, third = words[index - 1], words[index - 2], words[index - 3]
        words[index] = (word - key[position] - (before & second) - (~before & third)) & 0xFFFF
        position -= 1
    return position
