"""urlParse and urlJoin. Nothing is fetched.

Source: the Go package net/url by way of the reference's functions (Masterminds/sprig).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from esoctl.template import govalues, quoting
from esoctl.template.functions import DICT, Function, function
from esoctl.template.govalues import FunctionError

_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
_KEPT: Final = {
    "path": _UNRESERVED | frozenset(b"$&+,/:;=@"),
    "user": _UNRESERVED | frozenset(b"$&+,;="),
    "fragment": _UNRESERVED | frozenset(b"$&+,/:;=?@!()*"),
    "host": _UNRESERVED | frozenset(b"!$&'()*+,;=:[]<>\""),
    "zone": _UNRESERVED | frozenset(b"!$&'()*+,;=:[]<>\""),
}
_ESCAPED: Final = {
    mode: [bytes((octet,)) if octet in kept else b"%%%02X" % octet for octet in range(256)]
    for mode, kept in _KEPT.items()
}
_SCHEME: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:")
_PORT: Final = re.compile(rb"(?::[0-9]*)?")
_ESCAPE: Final = re.compile(rb"%(?P<code>[0-9A-Fa-f]{2})?")
_USERINFO: Final = re.compile(rb"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_CONTROL: Final = re.compile(rb"[\x00-\x1f\x7f]")


class UrlError(Exception):
    """What is wrong with a URL, in Go's words."""


@dataclass
class Url:
    """The parts of a URL, unescaped where Go unescapes them."""

    scheme: bytes = b""
    opaque: bytes = b""
    user: bytes | None = None
    """Escaped again: name, or name:password."""
    host: bytes = b""
    path: bytes = b""
    query: bytes = b""
    fragment: bytes = b""
    force_query: bool = False


def _quoted(text: bytes) -> str:
    return govalues.valid_text(quoting.quote(text))


def escape(text: bytes, mode: str) -> bytes:
    """The text with every byte escaped that has a meaning in that part of a URL."""
    return b"".join(map(_ESCAPED[mode].__getitem__, text))


def _unescape(text: bytes, mode: str) -> bytes:
    for found in _ESCAPE.finditer(text):
        if not found["code"]:
            raise UrlError(f"invalid URL escape {_quoted(text[found.start() : found.start() + 3])}")
        _check_escape(found.group(), int(found["code"], 16), mode)
    if mode in {"host", "zone"}:
        for octet in text:
            if octet < 0x80 and octet != ord("%") and octet not in _KEPT["host"]:
                raise UrlError(f"invalid character {_quoted(bytes((octet,)))} in host name")
    return _ESCAPE.sub(lambda found: bytes.fromhex(found["code"].decode()), text)


def _check_escape(written: bytes, octet: int, mode: str) -> None:
    if mode == "host" and octet < 0x80 and written != b"%25":
        raise UrlError(f"invalid URL escape {_quoted(written)}")
    if mode == "zone" and written != b"%25" and octet != 32 and octet not in _KEPT["host"]:
        raise UrlError(f"invalid URL escape {_quoted(written)}")


def parse(text: bytes) -> Url:
    """The parts of a URL."""
    head, _, fragment = text.partition(b"#")
    try:
        url = _parse(head)
    except UrlError as error:
        raise UrlError(f"parse {_quoted(head)}: {error}") from None
    try:
        url.fragment = _unescape(fragment, "fragment")
    except UrlError as error:
        raise UrlError(f"parse {_quoted(text)}: {error}") from None
    return url


def _parse(text: bytes) -> Url:
    if _CONTROL.search(text):
        raise UrlError("net/url: invalid control character in URL")
    url = Url()
    if text == b"*":
        url.path = text
        return url
    rest = _scheme(url, text)
    if rest.endswith(b"?") and rest.count(b"?") == 1:
        url.force_query, rest = True, rest[:-1]
    else:
        rest, _, url.query = rest.partition(b"?")
    if not rest.startswith(b"/"):
        if url.scheme:
            url.opaque = rest
            return url
        if b":" in rest.partition(b"/")[0]:
            raise UrlError("first path segment in URL cannot contain colon")
    if (url.scheme or not rest.startswith(b"///")) and rest.startswith(b"//"):
        authority, slash, path = rest[2:].partition(b"/")
        _authority(url, authority)
        rest = slash + path
    url.path = _unescape(rest, "path")
    return url


def _scheme(url: Url, text: bytes) -> bytes:
    if text.startswith(b":"):
        raise UrlError("missing protocol scheme")
    found = _SCHEME.match(text)
    if found is None:
        return text
    url.scheme = found.group()[:-1].lower()
    return text[found.end() :]


def _authority(url: Url, authority: bytes) -> None:
    userinfo, at, host = authority.rpartition(b"@")
    url.host = _host(host)
    if not at:
        return
    if _USERINFO.fullmatch(userinfo) is None:
        raise UrlError("net/url: invalid userinfo")
    name, colon, password = userinfo.partition(b":")
    url.user = escape(_unescape(name, "user"), "user")
    if colon:
        url.user += b":" + escape(_unescape(password, "user"), "user")


def _host(host: bytes) -> bytes:
    if host.startswith(b"["):
        end = host.rfind(b"]")
        if end < 0:
            raise UrlError("missing ']' in host")
        _check_port(host[end + 1 :])
        zone = host.find(b"%25", 0, end)
        if zone >= 0:
            inner = _unescape(host[:zone], "host") + _unescape(host[zone:end], "zone")
            return inner + _unescape(host[end:], "host")
    elif b":" in host:
        _check_port(host[host.rfind(b":") :])
    return _unescape(host, "host")


def _check_port(port: bytes) -> None:
    if _PORT.fullmatch(port) is None:
        raise UrlError(f"invalid port {_quoted(port)} after host")


def _hostname(host: bytes) -> bytes:
    head, colon, port = host.rpartition(b":")
    if colon and _PORT.fullmatch(colon + port):
        host = head
    return host[1:-1] if host.startswith(b"[") and host.endswith(b"]") else host


def join(url: Url) -> bytes:
    """The URL of these parts."""
    parts = [url.scheme + b":"] if url.scheme else []
    if url.opaque:
        parts.append(url.opaque)
    else:
        parts += _hierarchy(url, begun=bool(parts))
    if url.force_query or url.query:
        parts.append(b"?" + url.query)
    if url.fragment:
        parts.append(b"#" + escape(url.fragment, "fragment"))
    return b"".join(parts)


def _hierarchy(url: Url, *, begun: bool) -> list[bytes]:
    parts: list[bytes] = []
    if (url.scheme or url.host or url.user is not None) and (url.host or url.path or url.user is not None):
        parts.append(b"//")
        if url.user is not None:
            parts.append(url.user + b"@")
        parts.append(escape(url.host, "host"))
    path = b"*" if url.path == b"*" else escape(url.path, "path")
    if path and not path.startswith(b"/") and url.host:
        parts.append(b"/")
    if not begun and not parts and b":" in path.partition(b"/")[0]:
        parts.append(b"./")
    return [*parts, path]


def _url_parse(text: bytes) -> dict[bytes, object]:
    try:
        url = parse(text)
    except UrlError as error:
        raise FunctionError(f"unable to parse url: {error}") from None
    return {
        b"scheme": url.scheme,
        b"host": url.host,
        b"hostname": _hostname(url.host),
        b"path": url.path,
        b"query": url.query,
        b"opaque": url.opaque,
        b"fragment": url.fragment,
        b"userinfo": url.user or b"",
    }


def _url_join(parts: dict[bytes, object]) -> bytes:
    url = Url(
        scheme=_part(parts, "scheme"),
        host=_part(parts, "host"),
        path=_part(parts, "path"),
        query=_part(parts, "query"),
        opaque=_part(parts, "opaque"),
        fragment=_part(parts, "fragment"),
    )
    userinfo = _part(parts, "userinfo")
    if userinfo:
        try:
            url.user = parse(b"proto://" + userinfo + b"@host").user
        except UrlError as error:
            raise FunctionError(f"unable to parse userinfo in dict: {error}") from None
    return join(url)


def _part(parts: dict[bytes, object], name: str) -> bytes:
    value = parts.get(name.encode(), b"")
    if isinstance(value, bytes):
        return value
    if value is None:
        raise FunctionError("runtime error: invalid memory address or nil pointer dereference")
    kind = govalues.kind_of(value)
    raise FunctionError(f"unable to parse {name} key, must be of type string, but {kind} found")


URLS: Final[dict[str, Function]] = {
    "urlParse": function(_url_parse, "string", DICT, slow=True),
    "urlJoin": function(_url_join, DICT, "string"),
}
