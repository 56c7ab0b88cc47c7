"""The certificate of the metrics: loaded, renewed while connections come, and kept when what follows is broken."""

import datetime as dt
import os
import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import anyio
import pytest
from aiohttp import ClientConnectionError, ClientSession
from anyio.streams.tls import TLSAttribute
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from structlog.testing import capture_logs

from esoctl import probes
from esoctl.certificates import Certificate, CertificateUnusable


def issue(folder: Path, name: str, serial: int) -> None:
    """A self-signed certificate for ``localhost`` with its key, as the files of a TLS Secret."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    built = x509.CertificateBuilder(subject, subject, key.public_key(), serial)
    built = built.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(hours=1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    pem, pkcs8, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "tls.crt").write_bytes(built.sign(key, hashes.SHA256()).public_bytes(pem))
    (folder / "tls.key").write_bytes(key.private_bytes(pem, pkcs8, plain))
    # The clock of a file system may be coarser than a test is fast.
    for file in ("tls.crt", "tls.key"):
        os.utime(folder / file, ns=(serial, serial))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    issue(tmp_path, "first", 1)
    return tmp_path


def trusting() -> ssl.SSLContext:
    found = ssl.create_default_context()
    found.check_hostname, found.verify_mode = False, ssl.CERT_NONE
    return found


async def shown(address: str) -> int:
    """The serial number of the certificate that a new connection gets."""
    host, _, port = address.rpartition(":")
    async with await anyio.connect_tcp(
        host, int(port), ssl_context=trusting(), tls_standard_compatible=False
    ) as stream:
        found = stream.extra(TLSAttribute.peer_certificate_binary)
    assert found is not None
    return x509.load_der_x509_certificate(found).serial_number


def serving(folder: Path) -> AbstractAsyncContextManager[list[str]]:
    guard = probes.Guard(tls=Certificate(str(folder)).context())
    metrics = ("127.0.0.1:0", lambda: lambda: b"a_metric 1\n")
    return probes.serving(metrics, ("localhost:0", lambda: {"loop": ""}, dict), guard)


@pytest.mark.asyncio
@pytest.mark.wire
async def test_the_metrics_are_served_by_tls_only_and_the_probes_without(folder: Path) -> None:
    async with serving(folder) as (metrics, health), ClientSession() as session:
        assert await shown(metrics) == 1
        async with session.get(f"https://{metrics}/metrics", ssl=trusting()) as answer:
            assert (answer.status, await answer.text()) == (200, "a_metric 1\n")
        with pytest.raises(ClientConnectionError):
            await session.get(f"http://{metrics}/metrics")
        async with session.get(f"http://{health}/livez") as answer:
            assert answer.status == 200


@pytest.mark.asyncio
@pytest.mark.wire
async def test_a_renewed_certificate_is_shown_to_the_next_connection(folder: Path) -> None:
    async with serving(folder) as (metrics, _):
        assert await shown(metrics) == 1

        issue(folder, "second", 2)

        assert await shown(metrics) == 2
        assert await shown(metrics) == 2


def spoiled(folder: Path) -> None:
    (folder / "tls.key").write_text("no key")


def gone(folder: Path) -> None:
    (folder / "tls.key").unlink()


@pytest.mark.asyncio
@pytest.mark.wire
@pytest.mark.parametrize("broken", [spoiled, gone])
async def test_a_broken_renewal_is_told_once_and_the_certificate_before_goes_on(
    folder: Path, broken: Callable[[Path], None]
) -> None:
    async with serving(folder) as (metrics, _):
        with capture_logs() as logs:
            broken(folder)
            assert [await shown(metrics), await shown(metrics)] == [1, 1]

        told = [entry for entry in logs if entry["event"] == "certificate not renewed"]
        assert len(told) == 1
        assert "no key" not in str(told)

        issue(folder, "third", 3)
        assert await shown(metrics) == 3


def test_a_folder_without_files_is_told_with_what_it_must_hold(tmp_path: Path) -> None:
    with pytest.raises(CertificateUnusable) as caught:
        Certificate(str(tmp_path)).context()

    assert str(caught.value) == (
        f"no usable certificate in {tmp_path}: No such file or directory; it must hold tls.crt and its tls.key, in PEM"
    )


@pytest.mark.parametrize(
    ("file", "text"),
    [
        pytest.param("tls.crt", "nothing", id="no certificate"),
        pytest.param("tls.key", "nothing", id="no key"),
    ],
)
def test_files_that_do_not_parse_are_told_and_not_quoted(folder: Path, file: str, text: str) -> None:
    (folder / file).write_text(text)

    with pytest.raises(CertificateUnusable) as caught:
        Certificate(str(folder)).context()

    assert text not in str(caught.value)


def test_a_key_of_another_certificate_is_refused(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    issue(other, "other", 9)
    (folder / "tls.key").write_bytes((other / "tls.key").read_bytes())

    with pytest.raises(CertificateUnusable, match="KEY_VALUES_MISMATCH"):
        Certificate(str(folder)).context()
