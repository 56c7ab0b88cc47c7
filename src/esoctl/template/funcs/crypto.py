"""Hashes, password hashes, AES and RSA decryption.

Slow ones are marked heavy: few are allowed in a render, and a caller runs such a render in a thread. Source: the
reference's functions (its fork of Masterminds/sprig, and its own rsaDecrypt).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib
from typing import Final

import bcrypt as bcrypt_lib
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from esoctl.template.funcs import keys, pemtext
from esoctl.template.funcs.encoding import decode_base64
from esoctl.template.functions import Context, Function, function
from esoctl.template.govalues import FunctionError, valid_text

_BLOCK: Final = 16
_BCRYPT_ALPHABET: Final = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
)
_SEED: Final = b"com.lyndir.masterpassword"
_SHAPES: Final[dict[bytes, tuple[str, ...]]] = {
    b"maximum": ("anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"),
    b"long": (
        "CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv", "CvccCvcvCvcvno",
        "CvcvnoCvccCvcv", "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc", "CvcvCvcvnoCvcc", "CvcvCvcvCvccno",
        "CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno", "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno",
        "CvccnoCvcvCvcc", "CvccCvcvnoCvcc", "CvccCvcvCvccno",
    ),
    b"medium": ("CvcnoCvc", "CvcCvcno"),
    b"short": ("Cvcn",),
    b"basic": ("aaanaaan", "aannaaan", "aaannaaa"),
    b"pin": ("nnnn",),
}  # fmt: skip
_ALPHABETS: Final = {
    "V": "AEIOU",
    "C": "BCDFGHJKLMNPQRSTVWXYZ",
    "v": "aeiou",
    "c": "bcdfghjklmnpqrstvwxyz",
    "A": "AEIOUBCDFGHJKLMNPQRSTVWXYZ",
    "a": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
    "n": "0123456789",
    "o": "@&%?,=[]_:-+*$#!'^~;()/.",
    "x": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
}
_OAEP: Final[dict[bytes, hashes.HashAlgorithm]] = {
    b"SHA1": hashes.SHA1(),  # noqa: S303  what the data was encrypted with is not ours to choose
    b"SHA256": hashes.SHA256(),
    b"SHA512": hashes.SHA512(),
}


def _sha1(value: bytes) -> bytes:
    return hashlib.sha1(value, usedforsecurity=False).hexdigest().encode()


def _sha256(value: bytes) -> bytes:
    return hashlib.sha256(value).hexdigest().encode()


def _sha512(value: bytes) -> bytes:
    return hashlib.sha512(value).hexdigest().encode()


def _adler32(value: bytes) -> bytes:
    return str(zlib.adler32(value)).encode()


def _bcrypt(context: Context, password: bytes) -> bytes:
    if len(password) > 72:
        return b"failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"
    context.budget.heavy("bcrypt")
    salt = base64.b64encode(context.env.entropy(16)).rstrip(b"=").translate(_BCRYPT_ALPHABET)
    hashed: bytes = bcrypt_lib.hashpw(password, b"$2a$10$" + salt)
    return hashed


def _htpasswd(context: Context, user: bytes, password: bytes, algorithm: bytes) -> bytes:
    if b":" in user:
        return b"invalid username: " + user
    if algorithm == b"sha":
        digest = hashlib.sha1(password, usedforsecurity=False).digest()
        return user + b":{SHA}" + base64.b64encode(digest)
    return user + b":" + _bcrypt(context, password)


def _derive_password(context: Context, counter: int, kind: bytes, password: bytes, *who: bytes) -> bytes:
    user, site = who
    shapes = _SHAPES.get(kind)
    if shapes is None:
        return b"cannot find password template " + kind
    context.budget.heavy("derivePassword")
    salt = _SEED + len(user).to_bytes(4, "big") + user
    key = Scrypt(salt=salt, length=64, n=32768, r=8, p=2).derive(password)
    message = _SEED + len(site).to_bytes(4, "big") + site + counter.to_bytes(4, "big")
    seed = hmac.digest(key, message, "sha256")
    shape = shapes[seed[0] % len(shapes)]
    chosen = [_ALPHABETS[kind_][octet % len(_ALPHABETS[kind_])] for kind_, octet in zip(shape, seed[1:], strict=False)]
    return "".join(chosen).encode()


def _aes_key(password: bytes) -> AES:
    return AES(password[:32].ljust(32, b"\0"))


def _encrypt_aes(context: Context, password: bytes, plain: bytes) -> bytes:
    if not plain:
        return b""
    context.budget.hold(len(plain) * 3)
    vector = context.env.entropy(_BLOCK)
    fill = _BLOCK - len(plain) % _BLOCK
    encryptor = Cipher(_aes_key(password), modes.CBC(vector)).encryptor()
    return base64.b64encode(vector + encryptor.update(plain + bytes([fill]) * fill) + encryptor.finalize())


def _decrypt_aes(password: bytes, text: bytes) -> bytes:
    if not text:
        return b""
    locked = decode_base64(text)
    if len(locked) < _BLOCK:
        capacity = len(text) // 4 * 3
        raise FunctionError(f"runtime error: slice bounds out of range [:{_BLOCK}] with capacity {capacity}")
    vector, locked = locked[:_BLOCK], locked[_BLOCK:]
    if len(locked) % _BLOCK:
        raise FunctionError("crypto/cipher: input not full blocks")
    if not locked:
        raise FunctionError("runtime error: index out of range [-1]")
    decryptor = Cipher(_aes_key(password), modes.CBC(vector)).decryptor()
    plain = decryptor.update(locked) + decryptor.finalize()
    if plain[-1] > len(plain):
        raise FunctionError(f"runtime error: slice bounds out of range [:{len(plain) - plain[-1]}]")
    return plain[: len(plain) - plain[-1]]


def _rsa_decrypt(context: Context, scheme: bytes, digest: bytes, data: bytes, key: bytes) -> bytes:
    if scheme == b"None":
        return data
    if scheme != b"RSA-OAEP":
        raise FunctionError(f"decryption scheme {valid_text(scheme)} is not supported")
    block = pemtext.first(key, context.budget)
    if block is None:
        raise FunctionError("failed to decode PEM block")
    try:
        private = keys.parse_any(block.data)
    except FunctionError as error:
        raise FunctionError(f"could not parse private key: {error}") from None
    if not isinstance(private, rsa.RSAPrivateKey):
        raise FunctionError("could not parse RSA private key")
    context.budget.step(private.key_size)
    algorithm = _OAEP.get(digest, _OAEP[b"SHA256"])
    try:
        return private.decrypt(data, padding.OAEP(padding.MGF1(algorithm), algorithm, None))
    except ValueError:
        raise FunctionError("error decrypting data with RSA: crypto/rsa: decryption error") from None


CRYPTO: Final[dict[str, Function]] = {
    "sha1sum": function(_sha1, "string", "string"),
    "sha256sum": function(_sha256, "string", "string"),
    "sha512sum": function(_sha512, "string", "string"),
    "adler32sum": function(_adler32, "string", "string"),
    "bcrypt": function(_bcrypt, "string", "string", context=True, heavy=True),
    "htpasswd": function(_htpasswd, "string, string, sprig.HashAlgorithm", "string", context=True, heavy=True),
    "derivePassword": function(
        _derive_password, "uint32, string, string, string, string", "string", context=True, heavy=True
    ),
    "encryptAES": function(_encrypt_aes, "string, string", "string", context=True),
    "decryptAES": function(_decrypt_aes, "string, string", "string"),
    "rsaDecrypt": function(_rsa_decrypt, "string, string, string, string", "string", context=True),
}
