"""Certificates of a control plane's own: an authority, and what it signs for API servers, as files.

Every authority made here has the same name, as it is when a cluster's own is replaced.
"""

import ipaddress
import pathlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from support.faults import apart
from support.faults.authority import building, named

PEM = serialization.Encoding.PEM
ADDRESSES = ("127.0.0.1", *apart.OUTSIDE.values())


@dataclass(frozen=True)
class Signer:
    """Signs server certificates; ``pem`` is what clients trust."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(PEM).decode()

    def issue(self, folder: pathlib.Path, addresses: Sequence[str] = ADDRESSES) -> None:
        """Write ``server.crt`` and ``server.key``, each at once, so that no one reads half of one."""
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(each)) for each in addresses]
        alternatives = x509.SubjectAlternativeName([x509.DNSName("localhost"), *names])
        builder = building(named("kube-apiserver"), self.certificate.subject, key.public_key(), self.key)
        signed = builder.add_extension(alternatives, critical=False).sign(self.key, hashes.SHA256())
        plain = serialization.NoEncryption()
        put(folder / "server.key", key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, plain))
        put(folder / "server.crt", signed.public_bytes(PEM))


def new_signer() -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = building(named("kubernetes"), named("kubernetes"), key.public_key(), key)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return Signer(key, builder.sign(key, hashes.SHA256()))


def put(path: pathlib.Path, content: bytes) -> None:
    """Replace a file by one rename."""
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(content)
    new.replace(path)
