"""Certificates made by templates, read again with cryptography; and the requests that make none."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from esoctl.errors import TemplateError
from esoctl.template import engine
from esoctl.template.funcs import certificates, der, pemtext
from esoctl.template.funcs.keys import PrivateKey
from esoctl.template.functions import Context
from esoctl.template.govalues import FunctionError
from esoctl.template.limits import Budget

ENV = engine.Env(now=datetime(2024, 2, 29, tzinfo=UTC), entropy=lambda size: bytes(range(1, size + 1)))


def pem(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


KEYS = {
    "ec": pem(ec.derive_private_key(5, ec.SECP256R1())),
    "ed": pem(ed25519.Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)),
    "agree": pem(x25519.X25519PrivateKey.from_private_bytes(b"\x01" * 32)),
}


def render(source: str, **more: bytes) -> bytes:
    return engine.render(source, KEYS | more, ENV)


def made(source: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(render(source))


def test_a_certificate_is_signed_by_its_authority() -> None:
    pair = render(
        '{{ $ca := genCAWithKey "ca" 30 .ec }}'
        '{{ $ca.Cert }}{{ (genSignedCertWithKey "db" (list "10.0.0.1") (list "db.example") 10 $ca .ed).Cert }}'
    )
    authority, leaf = x509.load_pem_x509_certificates(pair)

    leaf.verify_directly_issued_by(authority)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["db.example"]
    assert list(map(str, names.get_values_for_type(x509.IPAddress))) == ["10.0.0.1"]
    known = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert known == authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days == 10


def test_an_authority_without_a_key_identifier_is_named_by_its_subject_alone() -> None:
    leaf = made(
        '{{ $ca := genSelfSignedCertWithKey "ca" nil nil 30 .ec }}'
        '{{ (genSignedCertWithKey "db" nil nil 10 $ca .ed).Cert }}'
    )

    assert leaf.issuer.rfc4514_string() == "CN=ca"
    with pytest.raises(x509.ExtensionNotFound):
        leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)


@pytest.mark.parametrize(
    ("kind", "cls"), [("ecdsa", ec.EllipticCurvePrivateKey), ("ed25519", ed25519.Ed25519PrivateKey)]
)
def test_a_key_is_of_the_kind_asked_for(kind: str, cls: type) -> None:
    assert isinstance(load_pem_private_key(render(f'{{{{ genPrivateKey "{kind}" }}}}'), None), cls)


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        pytest.param(
            'genCAWithKey "ca" 1 .agree', "only RSA, ECDSA and Ed25519 keys supported", id="a key that agrees"
        ),
        pytest.param('genCAWithKey "ca" 9999999 .ec', "more than 1825000 days", id="too many days"),
        pytest.param(
            f'genCAWithKey "{"x" * 65}" 1 .ec', "error creating certificate: ", id="a name longer than X.520 has"
        ),
        pytest.param(
            'genSignedCertWithKey "db" nil nil 1 (buildCustomCert (b64enc (genCAWithKey "ca" 1 .ec).Cert)'
            " (b64enc .agree)) .ec",
            "error parsing private key: .*only RSA, ECDSA and Ed25519",
            id="an authority whose key only agrees",
        ),
    ],
)
def test_a_request_that_makes_no_certificate_says_why(call: str, problem: str) -> None:
    with pytest.raises(TemplateError, match=problem):
        render(f"{{{{ ({call}).Cert }}}}")


def test_no_certificate_is_made_for_a_dsa_key() -> None:
    key = pem(dsa.generate_private_key(1024))

    with pytest.raises(TemplateError, match="only RSA, ECDSA and Ed25519 keys supported"):
        render('{{ (genCAWithKey "ca" 1 .dsa).Cert }}', dsa=key)


@pytest.mark.parametrize(
    ("cert", "problem"),
    [
        pytest.param(b"no block", "unable to decode certificate", id="no block"),
        pytest.param(
            pemtext.encode(b"CERTIFICATE", der.null()),
            "error parsing certificate: .*x509: malformed certificate",
            id="no certificate in the block",
        ),
    ],
)
def test_an_authority_that_is_none_signs_nothing(cert: bytes, problem: str) -> None:
    authority = certificates.Certificate(cert, KEYS["ec"])
    call = certificates.CERTIFICATES["genSignedCertWithKey"].call

    with pytest.raises(FunctionError, match=problem):
        call(Context(ENV, Budget(ENV)), b"db", [], [], 1, authority, KEYS["ec"])


@pytest.mark.parametrize(
    ("verb", "want"),
    [
        ("%v", "{{{cert} {key}}}"),
        ("%+v", "{{Cert:{cert} Key:{key}}}"),
        ("%#v", 'sprig.certificate{{Cert:"{cert}", Key:"{key}"}}'),
    ],
)
def test_a_certificate_prints_like_a_struct_of_go(verb: str, want: str) -> None:
    source = f'{{{{ genCAWithKey "ca" 1 .ec | printf "{verb}" }}}}'
    cert = render('{{ (genCAWithKey "ca" 1 .ec).Cert }}').decode()
    key = render('{{ (genCAWithKey "ca" 1 .ec).Key }}').decode()
    if verb == "%#v":
        cert, key = cert.replace("\n", "\\n"), key.replace("\n", "\\n")

    shown = render(source).decode()

    assert shown.endswith(want.format(cert=cert, key=key)[-len(key) - 3 :])
    assert shown.startswith(want.split("{cert}", maxsplit=1)[0].replace("{{", "{") + "-----BEGIN CERTIFICATE-----")
