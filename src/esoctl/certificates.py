"""A server's certificate from a folder with ``tls.crt`` and ``tls.key``, as a volume of a Secret has them.

* What is renewed in the folder is used by the connections that come after, without a restart.
* What cannot be loaded when it is renewed is told once and not used: the certificate before it goes on.

Source: Kubernetes documentation, "TLS Secrets"; Python documentation, ``ssl.SSLContext.sni_callback``.
"""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from esoctl.errors import EsoctlError

log = structlog.get_logger("esoctl.certificates")


class CertificateUnusable(EsoctlError):
    """There is no certificate with its key in the folder."""

    def __init__(self, folder: str, problem: str) -> None:
        super().__init__(f"no usable certificate in {folder}: {problem}; it must hold tls.crt and its tls.key, in PEM")


@dataclass(slots=True)
class Certificate:
    """What ``folder`` holds now."""

    folder: str
    _seen: tuple[int, ...] = ()
    """When the files were written that were looked at last; empty when they were not there."""
    _fresh: ssl.SSLContext = field(init=False, repr=False)

    def context(self) -> ssl.SSLContext:
        """For a server; raises CertificateUnusable."""
        self._seen = self._written()
        first = self._fresh = self._loaded()
        first.sni_callback = self._greet
        return first

    def _greet(self, connection: ssl.SSLObject, _name: str | None, _first: ssl.SSLContext) -> None:
        """At each handshake: use what is there now."""
        written = self._written()
        if written != self._seen:
            self._seen = written
            self._renew()
        connection.context = self._fresh

    def _renew(self) -> None:
        try:
            self._fresh = self._loaded()
            log.info("certificate renewed", folder=self.folder)
        except CertificateUnusable as error:
            log.warning("certificate not renewed", problem=str(error))

    def _written(self) -> tuple[int, ...]:
        try:
            return tuple(path.stat().st_mtime_ns for path in self._files())
        except OSError:
            return ()

    def _files(self) -> tuple[Path, Path]:
        return Path(self.folder, "tls.crt"), Path(self.folder, "tls.key")

    def _loaded(self) -> ssl.SSLContext:
        found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        found.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            found.load_cert_chain(*self._files())
        except ssl.SSLError as error:
            raise CertificateUnusable(self.folder, error.reason or "it does not parse") from None
        except OSError as error:
            raise CertificateUnusable(self.folder, error.strerror or type(error).__name__) from None
        return found
