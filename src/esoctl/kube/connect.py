"""Finds the API server and our credentials for it; the only module that knows kubernetes_asyncio.

* The order: a file that is named, ``KUBECONFIG`` (a list of files), the pod's service account, ``~/.kube/config``.
* The package is loaded without its generated client, which is nine tenths of it: that costs 66 MiB for good, and none
  of it is used. Its ``__init__`` modules are replaced by empty ones for the time of the import.
* Certificates that a kubeconfig holds inline pass through files in the package; those are removed at once, and not at
  the end of the process.
* Tokens are stripped: a line end in a token file would make every request invalid.
* The strict mode of X.509 that Python 3.13 turned on is off: authorities of many clusters lack an extension that it
  wants, and no other Kubernetes client asks for it.
"""

import importlib
import importlib.util
import os
import ssl
import sys
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol  # noqa: TID251  the package's objects have no useful types; Any ends here

import anyio
import yaml

from esoctl.clock import Clock, SystemClock
from esoctl.errors import ClusterError
from esoctl.kube.endpoint import Endpoint
from esoctl.kube.identity import Certificates, Identity, Loaded
from esoctl.kube.proxies import proxy_for

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
FILE_SECONDS = 60.0
PLUGIN_SECONDS = 30.0
"""How long a credential plugin may take."""
SKEW_SECONDS = 300.0
"""A plugin's token is replaced this long before it expires."""

_LOADING = threading.Lock()
_SHELLS = ("kubernetes_asyncio", "kubernetes_asyncio.client")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the process is given from outside; tests pass their own."""

    environ: Mapping[str, str]
    account: Path = ACCOUNT
    clock: Clock = field(default_factory=SystemClock)

    @property
    def in_pod(self) -> bool:
        return bool(self.environ.get("KUBERNETES_SERVICE_HOST"))


async def connect(kubeconfig: str | None, context: str | None, surroundings: Surroundings | None = None) -> Endpoint:
    """The endpoint of the named file and context, or of where we run; raises ClusterError when there is none."""
    around = surroundings or Surroundings(os.environ)
    package = _load_package()
    files = kubeconfig or around.environ.get("KUBECONFIG") or ""
    if not files and around.in_pod:
        load = partial(_from_pod, package, around)
    else:
        home = around.environ.get("HOME", "~")
        load = partial(_from_files, package, around, files or f"{home}/.kube/config", context)
    return await _endpoint(load, around)


def pod_namespace(account: Path = ACCOUNT) -> str:
    """The namespace of the pod we run in; raises ClusterError when we run in none."""
    try:
        return (account / "namespace").read_text(encoding="utf-8").strip()
    except OSError:
        problem = "not in a pod, so the namespace of the lease is not known: set --leader-election-namespace"
        raise ClusterError(0, "NoNamespace", problem) from None


class _Loading(Protocol):
    async def __call__(self) -> Loaded: ...


async def _endpoint(load: _Loading, around: Surroundings) -> Endpoint:
    loaded = await load()
    tls = None
    if loaded.url.startswith("https:"):
        authority = loaded.certificates.authority.decode("ascii", "ignore")
        tls = ssl.create_default_context(cadata=authority or None)
        _install(tls, loaded.certificates)
    identity = Identity(load, loaded, tls, _install)
    return Endpoint(
        loaded.url,
        tls,
        loaded.namespace,
        identity.headers,
        identity.forget,
        loaded.server_name,
        loaded.proxy or proxy_for(loaded.url, around.environ),
    )


async def _from_pod(package: "_Package", around: Surroundings) -> Loaded:
    configuration = package.new_configuration()
    with package.explained("the service account of the pod"):
        package.load_incluster_config(
            client_configuration=configuration,
            token_filename=str(around.account / "token"),
            cert_filename=str(around.account / "ca.crt"),
            environ=around.environ,
        )
        namespace = _read(around.account / "namespace").decode().strip() or "default"
        return _loaded(configuration, namespace, FILE_SECONDS)


async def _from_files(package: "_Package", around: Surroundings, files: str, context: str | None) -> Loaded:
    configuration = package.new_configuration()
    with package.explained(f"kubeconfig {files}"), anyio.fail_after(PLUGIN_SECONDS):
        try:
            loader = await package.load_kube_config(
                config_file=files, context=context, client_configuration=configuration, persist_config=False
            )
            namespace = (loader.current_context or {}).get("context", {}).get("namespace") or "default"
            loaded = _loaded(configuration, namespace, _refresh_seconds(loader, around.clock))
            if not loaded.authorization and "tokenFile" in (getattr(loader, "_user", None) or {}):
                raise ValueError("its token file is empty")
            return loaded
        finally:
            package.remove_temporary_files()


def _loaded(configuration: Any, namespace: str, refresh_seconds: float | None) -> Loaded:
    client = [_read(path) for path in (configuration.cert_file, configuration.key_file) if path]
    authority = _read(configuration.ssl_ca_cert) if configuration.ssl_ca_cert else b""
    return Loaded(
        url=str(configuration.host).rstrip("/"),
        authorization=" ".join(configuration.api_key.get("BearerToken", "").split()),
        certificates=Certificates(authority, b"\n".join(client), verify=bool(configuration.verify_ssl)),
        namespace=namespace,
        server_name=configuration.tls_server_name,
        proxy=configuration.proxy,
        refresh_seconds=refresh_seconds,
    )


def _refresh_seconds(loader: Any, clock: Clock) -> float | None:
    """When a kubeconfig is worth loading again without a refusal."""
    user = getattr(loader, "_user", None)
    if user is None or loader.provider:
        return None
    if "exec" in user:
        expiry = getattr(loader, "exec_plugin_expiry", None)
        return None if expiry is None else max((expiry - clock.now()).total_seconds() - SKEW_SECONDS, FILE_SECONDS)
    return FILE_SECONDS if "tokenFile" in user or "client-certificate" in user else None


def _install(tls: ssl.SSLContext, certificates: Certificates) -> None:
    """Put certificates into a context; those that were in it before stay as good as they were."""
    tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not certificates.verify:
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    if certificates.authority:
        tls.load_verify_locations(cadata=certificates.authority.decode("ascii", "ignore"))
    if certificates.client:
        # The ssl module reads client certificates from files only.
        with tempfile.NamedTemporaryFile() as file:
            file.write(certificates.client)
            file.flush()
            tls.load_cert_chain(file.name)


def _read(path: str | Path) -> bytes:
    return Path(path).read_bytes()


@dataclass(frozen=True, slots=True)
class _Package:
    """What is used of kubernetes_asyncio."""

    new_configuration: Callable[[], Any]
    load_incluster_config: Callable[..., None]
    load_kube_config: Callable[..., Awaitable[Any]]
    remove_temporary_files: Callable[[], None]
    refusal: type[Exception]

    @contextmanager
    def explained(self, what: str) -> Iterator[None]:
        """Say which configuration it was that failed."""
        try:
            yield
        except TimeoutError:
            raise ClusterError(0, "Configuration", f"{what}: the credential plugin took too long") from None
        except yaml.YAMLError as error:
            # Its text may quote the file, and the file holds credentials.
            mark = getattr(error, "problem_mark", None)
            line = f" at line {mark.line + 1}" if mark else ""
            raise ClusterError(0, "Configuration", f"{what} cannot be used: it is not YAML{line}") from None
        except (self.refusal, OSError, ValueError, TypeError, KeyError, AssertionError) as error:
            raise ClusterError(0, "Configuration", f"{what} cannot be used: {error}") from None


def _load_package() -> _Package:
    """The parts of the package that load configuration, without the rest of it.

    The election connects in a thread of its own, and who replaces modules must be alone, so it is done once.
    """
    with _LOADING:
        return _load_once()


@cache
def _load_once() -> _Package:
    with _shells():
        from kubernetes_asyncio.client.configuration import Configuration  # noqa: PLC0415  only inside the shells
        from kubernetes_asyncio.config import ConfigException, incluster_config, kube_config  # noqa: PLC0415  likewise

    return _Package(
        Configuration,
        incluster_config.load_incluster_config,
        kube_config.load_kube_config,
        kube_config._cleanup_temp_files,  # noqa: SLF001  the package removes them at exit only
        ConfigException,
    )


@contextmanager
def _shells() -> Iterator[None]:
    """Let the package be imported in parts: its ``__init__`` modules, which import everything, stay empty.

    Afterwards no module of it is registered, so that another import finds the package as it is.
    """
    # Another thread may import something meanwhile: only a copy can be gone through.
    before = {name: module for name, module in list(sys.modules.items()) if name.startswith(_SHELLS[0])}
    for name in before:
        del sys.modules[name]
    try:
        for name in _SHELLS:
            spec = importlib.util.find_spec(name)
            assert spec is not None
            sys.modules[name] = importlib.util.module_from_spec(spec)
        client = sys.modules[_SHELLS[1]]
        client.__dict__["ApiClient"] = object
        client.__dict__["Configuration"] = importlib.import_module(f"{_SHELLS[1]}.configuration").Configuration
        yield
    finally:
        for name in [name for name in list(sys.modules) if name.startswith(_SHELLS[0])]:
            del sys.modules[name]
        sys.modules.update(before)
