"""The functions: which there are, that they are pure, and what random and dated ones do with the environment."""

import ast
import base64
import hashlib
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

import esoctl.template
from esoctl.errors import TemplateError
from esoctl.template import engine
from esoctl.template.funcs.table import FUNCTIONS

FOLDER = Path(esoctl.template.__file__).parent
IMPURE = {
    "os",
    "sys",
    "io",
    "time",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "pathlib",
    "asyncio",
    "anyio",
    "logging",
    "tempfile",
}
NAMES = """
    abbrev abbrevboth add add1 add1f addf adler32sum ago all and any append atoi b32dec b32enc b64dec b64enc
    base bcrypt biggest buildCustomCert call camelcase cat ceil certSANs chunk clean coalesce compact concat
    contains date date_in_zone date_modify dateInZone dateModify decryptAES deepCopy deepEqual default
    derivePassword dict dig dir div divf duration durationRound empty encryptAES eq ext fail filterCertChain
    filterPEM first float64 floor fromJson fromYaml fullPemToPkcs12 fullPemToPkcs12Pass ge genCA genCAWithKey
    genPrivateKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey get gt has
    hasKey hasPrefix hasSuffix hello hexdec html htmlDate htmlDateInZone htpasswd indent index initial initials
    int int64 isAbs join js jwkPrivateKeyPem jwkPublicKeyPem kebabcase keys kindIs kindOf last le len list lower
    lt max maxf merge mergeOverwrite min minf mod mul mulf must_date_modify mustAppend mustChunk mustCompact
    mustDateModify mustDeepCopy mustFirst mustFromJson mustHas mustInitial mustLast mustMerge mustMergeOverwrite
    mustPrepend mustPush mustRegexFind mustRegexFindAll mustRegexMatch mustRegexReplaceAll
    mustRegexReplaceAllLiteral mustRegexSplit mustRest mustReverse mustSlice mustToDate mustToJson
    mustToPrettyJson mustToRawJson mustUniq mustWithout ne nindent nospace not now omit or osBase osClean osDir
    osExt osIsAbs pemToPkcs12 pemToPkcs12Pass pemTruststoreToPKCS12 pemTruststoreToPKCS12Pass pick pkcs12cert
    pkcs12certPass pkcs12key pkcs12keyPass pluck plural prepend print printf println push quote randAlpha
    randAlphaNum randAscii randBytes randInt randNumeric regexFind regexFindAll regexMatch regexQuoteMeta
    regexReplaceAll regexReplaceAllLiteral regexSplit repeat replace rest reverse round rsaDecrypt semver
    semverCompare seq set sha1sum sha256sum sha512sum shuffle slice snakecase sortAlpha split splitList splitn
    squote sub subf substr swapcase ternary title toDate toDecimal toJson toPrettyJson toRawJson toString
    toStrings toYaml trim trimAll trimall trimPrefix trimSuffix trunc tuple typeIs typeIsLike typeOf uniq
    unixEpoch unset until untilStep untitle upper urlJoin urlParse urlquery uuidv4 values without wrap wrapWith
"""
NOW = datetime(2024, 2, 29, 12, 30, 5, tzinfo=UTC)


def entropy() -> object:
    counter = iter(range(1 << 30))
    return lambda size: hashlib.shake_128(str(next(counter)).encode()).digest(size)


def render(source: str, **data: bytes) -> str:
    return engine.render(source, data, engine.Env(now=NOW, entropy=entropy())).decode()


def test_the_list_of_functions_is_frozen() -> None:
    assert sorted(FUNCTIONS) == sorted(NAMES.split())


@pytest.mark.parametrize(
    "name", ["env", "expandenv", "getHostByName", "include", "tpl", "lookup", "required", "readFile"]
)
def test_what_could_reach_outside_does_not_exist(name: str) -> None:
    with pytest.raises(TemplateError, match="not defined"):
        render(f'{{{{ {name} "x" }}}}')


def test_the_package_imports_nothing_that_reaches_outside() -> None:
    imported: set[str] = set()
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])

    assert not imported & IMPURE


def test_the_package_stands_on_errors_alone() -> None:
    foreign: set[str] = set()
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("esoctl."):
                foreign.add(".".join((node.module or "").split(".")[:2]))

    assert foreign == {"esoctl.errors", "esoctl.template"}


@pytest.mark.parametrize(
    ("source", "want"),
    [
        pytest.param("{{ now | date `2006-01-02 15:04:05` }}", "2024-02-29 12:30:05", id="now"),
        pytest.param("{{ now | dateModify `-24h` | unixEpoch }}", "1709123405", id="dateModify"),
        pytest.param("{{ dateInZone `15:04 MST` now `Asia/Kolkata` }}", "18:00 IST", id="zones"),
        pytest.param("{{ now.AddDate 1 0 0 | date `2006-01-02` }}", "2025-03-01", id="methods"),
        pytest.param("{{ toDate `2006-01-02` `2024-02-20` | ago }}", "228h30m5s", id="ago"),
    ],
)
def test_dates_come_from_the_environment(source: str, want: str) -> None:
    assert render(source) == want


def test_randomness_comes_from_the_environment() -> None:
    source = "{{ randAlphaNum 20 }} {{ uuidv4 }} {{ randInt 0 1000 }} {{ randBytes 4 }} {{ genPrivateKey `ed25519` }}"

    assert render(source) == render(source)
    assert render("{{ eq (randAlpha 20) (randAlpha 20) }}") == "false"


def test_without_entropy_a_random_function_says_so() -> None:
    with pytest.raises(TemplateError, match="no source of randomness"):
        engine.render("{{ uuidv4 }}", {}, engine.Env())


@pytest.mark.parametrize("call", ["mulf 0 -3", "divf 0 -3", "subf -0.0 0", "mulf -0.0"])
def test_a_product_or_quotient_is_never_negative_zero(call: str) -> None:
    assert render(f"{{{{ {call} }}}}") == "0"


@pytest.mark.parametrize("name", ["b64dec", "b32dec", "hexdec"])
def test_a_failed_decoding_fails_the_template_instead_of_becoming_the_value(name: str) -> None:
    with pytest.raises(TemplateError, match=f"error calling {name}: "):
        render(f'{{{{ {name} "!" }}}}')


def test_a_signed_certificate_verifies_against_its_authority() -> None:
    signed = "genSignedCertWithKey `x` (list `10.0.0.1`) (list `a.b`) 2 $ca .k"
    source = "{{ $ca := genCAWithKey `ca` 1 .k }}{{ $ca.Cert }}{{ (" + signed + ").Cert }}"
    key = render("{{ genPrivateKey `ecdsa` }}").encode()

    authority, leaf = x509.load_pem_x509_certificates(render(source, k=key).encode())

    leaf.verify_directly_issued_by(authority)
    assert leaf.not_valid_before_utc == NOW
    assert (leaf.not_valid_after_utc - NOW).days == 2
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.b"]


@pytest.mark.parametrize(
    "options", [[], ["-legacy"], ["-keypbe", "NONE", "-certpbe", "NONE"]], ids=["modern", "legacy", "plain"]
)
def test_a_pkcs12_file_of_openssl_is_taken_apart(options: list[str], tmp_path: Path) -> None:
    cert, key = _pair()
    (tmp_path / "c").write_text(cert)
    (tmp_path / "k").write_text(key)
    files = ["-in", str(tmp_path / "c"), "-inkey", str(tmp_path / "k"), "-out", str(tmp_path / "p12")]
    made = subprocess.run(
        ["openssl", "pkcs12", "-export", *files, "-passout", "pass:pw", *options], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"openssl cannot make such a file: {made.stderr.decode()[:100]}")
    data = (tmp_path / "p12").read_bytes()

    assert render("{{ pkcs12certPass `pw` .p }}", p=data) == cert
    assert _same_key(render("{{ pkcs12keyPass `pw` .p }}", p=data), key)


def test_openssl_reads_the_pkcs12_file_that_is_made(tmp_path: Path) -> None:
    cert, key = _pair()
    encoded = render("{{ pemToPkcs12Pass .c .k `pw` }}", c=cert.encode(), k=key.encode())
    path = tmp_path / "p12"
    path.write_bytes(base64.b64decode(encoded))

    shown = subprocess.run(
        ["openssl", "pkcs12", "-in", str(path), "-passin", "pass:pw", "-nodes"], capture_output=True, check=True
    )

    assert cert.encode() in shown.stdout


def _pair() -> tuple[str, str]:
    both = render("{{ $c := genCAWithKey `ca` 30 (genPrivateKey `ecdsa`) }}{{ $c.Cert }}|{{ $c.Key }}")
    cert, _, key = both.partition("|")
    return cert, key


def _same_key(one: str, other: str) -> bool:
    first, second = (load_pem_private_key(text.encode(), None) for text in (one, other))
    return first.private_numbers() == second.private_numbers()
