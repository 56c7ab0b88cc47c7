"""The string formats a CRD schema may ask for.

Not checked, as nothing of ours uses them: bsonobjectid, creditcard, isbn, isbn10, isbn13, rgbcolor, ssn. Unknown
formats mean nothing, as with the API server.

From: k8s.io/kube-openapi, ``validation/strfmt``, and the list in k8s.io/apiextensions-apiserver,
``pkg/apiserver/validation/formats.go``.
"""

import datetime as dt
import ipaddress
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

import re2


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re2.compile(pattern)
    return lambda text: compiled.search(text) is not None


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return check


_TIME = _matches(r"^([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$")
_DATE = _parses(dt.date.fromisoformat)
_LONG_DATE = _matches(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")


def _date(text: str) -> bool:
    return _LONG_DATE(text) and _DATE(text)


def _date_time(text: str) -> bool:
    day, found, time = text.lower().partition("t")
    if not found or not _date(day) or not _TIME(time):
        return False
    hours, minutes, seconds = time[:2], time[3:5], time[6:8]
    return hours <= "23" and minutes <= "59" and seconds <= "59"


def _uri(text: str) -> bool:
    if any(char.isspace() for char in text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return text.startswith("/") or bool(parts.scheme)


def _cidr(text: str) -> bool:
    return "/" in text and _parses(lambda found: ipaddress.ip_network(found, strict=False))(text)


def _host(text: str) -> bool:
    """One name, in which a dash may only come second (so the server has it), or labels before a top-level domain."""
    *labels, last = text.split(".")
    if len(text) > 255 or any(len(part) > 63 for part in (*labels, last)):
        return False
    if not labels:
        return bool(text) and all(map(_is_name, text[:1] + text[1:].removeprefix("-")))
    whole = all(part and _is_name(part[0]) and _is_name(part[-1]) for part in labels)
    known = all(char == "-" or _is_name(char) for part in labels for char in part)
    return whole and known and len(last) >= 2 and all(map(_is_letter, last))


def _is_name(char: str) -> bool:
    return _is_letter(char) or (char.isascii() and char.isdigit()) or unicodedata.category(char)[0] == "S"


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] == "L"


_HEX = "[0-9a-f]"
_GO_DURATION = r"[+-]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)"
_LONG_DURATION = (
    r"([0-9]+\s*(ns|nanos?|us|µs|micros?|ms|millis?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)"
    r"\s*)+"
)
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"


def _short(limit: int, check: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda text: len(text) <= limit and check(text)


def _uuid(version: str, variant: str) -> Callable[[str], bool]:
    return _matches(rf"(?i)^{_HEX}{{8}}-?{_HEX}{{4}}-?{version}-?{variant}-?{_HEX}{{12}}$")


_ANY = f"{_HEX}{{4}}"
_VARIANT = f"[89ab]{_HEX}{{3}}"

CHECKS: dict[str, Callable[[str], bool]] = {
    "byte": _matches(r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$"),
    "cidr": _cidr,
    "date": _date,
    "datetime": _date_time,
    "duration": _matches(f"^({_GO_DURATION}|{_LONG_DURATION})$"),
    "email": _matches(r"^[^@\s]+@[^@\s]+$"),
    "hexcolor": _matches(r"^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"),
    "hostname": _host,
    "ipv4": _parses(ipaddress.IPv4Address),
    "ipv6": _parses(ipaddress.IPv6Address),
    "k8slongname": _short(253, _matches(rf"^{_LABEL}(\.{_LABEL})*$")),
    "k8sshortname": _short(63, _matches(rf"^{_LABEL}$")),
    "mac": _matches(rf"(?i)^{_HEX}{{2}}([:-]{_HEX}{{2}}){{5}}$"),
    "password": lambda _text: True,
    "uri": _uri,
    "uuid": _uuid(_ANY, _ANY),
    "uuid3": _uuid(f"3{_HEX}{{3}}", _ANY),
    "uuid4": _uuid(f"4{_HEX}{{3}}", _VARIANT),
    "uuid5": _uuid(f"5{_HEX}{{3}}", _VARIANT),
}


def known(name: str) -> bool:
    """Whether texts are checked for this format; dashes in its name do not count."""
    return name.replace("-", "") in CHECKS


@lru_cache(maxsize=4096)
def fits(text: str, name: str) -> bool:
    """Whether a text has a known format."""
    return CHECKS[name.replace("-", "")](text)
