"""Hashes of passwords and encrypted values, checked by the libraries that others read them with."""

import base64

import bcrypt
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from esoctl.errors import TemplateError
from esoctl.template import engine

ENV = engine.Env(entropy=lambda size: b"\x07" * size)
EDWARDS = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x01" * 32).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)


def render(source: str) -> bytes:
    return engine.render(source, {"key": EDWARDS}, ENV)


def test_a_line_of_htpasswd_holds_a_hash_of_the_password() -> None:
    name, _, hashed = render('{{ htpasswd "ivy" "secret" "bcrypt" }}').partition(b":")

    assert name == b"ivy"
    assert bcrypt.checkpw(b"secret", hashed)
    assert not bcrypt.checkpw(b"other", hashed)


def test_a_line_of_htpasswd_may_hold_a_plain_digest() -> None:
    # The digest of "secret" as ``openssl dgst -sha1 -binary | base64`` writes it.
    assert render('{{ htpasswd "ivy" "secret" "sha" }}') == b"ivy:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="


def test_no_name_with_a_colon_is_in_htpasswd() -> None:
    assert render('{{ htpasswd "i:vy" "secret" "sha" }}') == b"invalid username: i:vy"


def test_nothing_is_encrypted_to_nothing() -> None:
    assert render('{{ encryptAES "k" "" }}{{ decryptAES "k" "" }}') == b""


def test_what_was_encrypted_is_decrypted_again() -> None:
    locked = render('{{ encryptAES "key" "sixteen letters. and more" }}')

    assert len(base64.b64decode(locked)) == 48
    assert render(f'{{{{ decryptAES "key" "{locked.decode()}" }}}}') == b"sixteen letters. and more"


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        pytest.param('"RSA-OAEP" "SHA256" "x" "no key"', "failed to decode PEM block", id="no block"),
        pytest.param('"RSA-OAEP" "SHA256" "x" .key', "could not parse RSA private key", id="another kind of key"),
        pytest.param('"odd" "SHA256" "x" .key', "decryption scheme odd is not supported", id="an odd scheme"),
        pytest.param(
            '"RSA-OAEP" "SHA256" "x" "-----BEGIN X-----\\nYWJj\\n-----END X-----\\n"',
            "could not parse private key: unable to parse private key type",
            id="no key in the block",
        ),
    ],
)
def test_what_cannot_be_decrypted_says_why(call: str, problem: str) -> None:
    with pytest.raises(TemplateError, match=problem):
        render(f"{{{{ rsaDecrypt {call} }}}}")
