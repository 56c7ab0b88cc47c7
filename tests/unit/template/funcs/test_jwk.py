"""Keys in JSON that are none."""

import json

import pytest

from esoctl.errors import TemplateError
from esoctl.template import engine

ONE = {"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"}
# The base point of P-256 (FIPS 186-4, D.1.2.3), which is the public key of the private key 1.
BASE = {
    "kty": "EC",
    "crv": "P-256",
    "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
    "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
}


def render(name: str, key: dict[str, object]) -> str:
    return engine.render(f"{{{{ {name} .key }}}}", {"key": json.dumps(key).encode()}, engine.Env()).decode()


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        pytest.param(
            ONE | {"crv": 1}, "failed to decode value for key crv: json: cannot unmarshal number", id="crv a number"
        ),
        pytest.param(ONE | {"x": 1}, "failed to decode value for key x: expected base64", id="x a number"),
        pytest.param(ONE | {"x": "!"}, r"expected base64 encoded \[\]byte \(string\)", id="x no base64"),
        pytest.param(ONE, "P256 point not on curve", id="a point beside the curve"),
        pytest.param({"kty": "RSA", "e": "AA", "n": "AA"}, "the RSA key is not a valid one", id="RSA of zeros"),
        pytest.param(
            {"kty": "OKP", "crv": "Ed25519", "x": "AQ"},
            "failed to build public key: wrong size of key",
            id="a short point",
        ),
        pytest.param(
            {"kty": "OKP", "crv": "X25519", "x": "A" * 43},
            "unsupported public key type: x25519.PublicKey",
            id="a key that only agrees",
        ),
    ],
)
def test_a_public_key_that_is_none_is_refused(key: dict[str, object], problem: str) -> None:
    with pytest.raises(TemplateError, match=problem):
        render("jwkPublicKeyPem", key)


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        pytest.param(ONE, r"unknown key type while marshaling PKCS#8: \*ecdsa.PublicKey", id="a public key"),
        pytest.param(ONE | {"d": "AQ"}, "the EC key is not a valid one", id="a point beside the curve"),
        pytest.param(BASE | {"d": "AA"}, "the EC key is not a valid one", id="the private key zero"),
        pytest.param(
            {"kty": "RSA", "e": "AQAB", "n": "Dw", "d": "AQ", "p": "Aw", "q": "Bw"},
            "the RSA key is not a valid one",
            id="primes of another modulus",
        ),
        pytest.param({"kty": "RSA", "e": "AQAB", "n": "Dw", "d": "AQ"}, "modulus must be > 1", id="no primes"),
    ],
)
def test_a_private_key_that_is_none_is_refused(key: dict[str, object], problem: str) -> None:
    with pytest.raises(TemplateError, match=problem):
        render("jwkPrivateKeyPem", key)


def test_a_private_key_on_a_curve_is_written_as_pkcs_8() -> None:
    assert render("jwkPrivateKeyPem", BASE | {"d": "AQ"}).startswith("-----BEGIN PRIVATE KEY-----\n")
