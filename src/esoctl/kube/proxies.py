"""Which HTTP proxy a URL is reached by, from the environment. Pure.

The rules are those of Go's net/http, which every other Kubernetes client follows: HTTPS_PROXY or HTTP_PROXY by scheme,
in capitals or not; NO_PROXY lists hosts, domains with all below them, addresses and networks, each with or without a
port; the machine itself is never reached by a proxy. Source: golang.org/x/net/http/httpproxy.
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """The proxy's URL, None to go directly."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    proxy = _variable(environ, f"{parts.scheme}_proxy")
    if not proxy or _local(host):
        return None
    port = parts.port or _PORTS.get(parts.scheme, 0)
    for entry in _variable(environ, "no_proxy").split(","):
        if _excepts(entry.strip().lower(), host, port):
            return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name.upper(), "") or environ.get(name, "")


def _local(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _excepts(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    address = _address(host)
    if address is not None and "/" in entry:
        return _within(address, entry)
    name, _, wanted = entry.rpartition(":") if _has_port(entry) else (entry, "", "")
    if not name or (wanted and wanted != str(port)):
        return False
    if address is not None:
        return _address(name.strip("[]")) == address
    domain = name.removeprefix("*").removeprefix(".")
    return host.endswith(f".{domain}") or (host == domain and not name.startswith((".", "*")))


def _has_port(entry: str) -> bool:
    return entry.rpartition(":")[2].isdecimal() and (entry.count(":") == 1 or "]:" in entry)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _within(address: ipaddress.IPv4Address | ipaddress.IPv6Address, network: str) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
