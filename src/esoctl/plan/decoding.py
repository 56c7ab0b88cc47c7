"""Decoding strategies: what is done to a fetched value before it is stored.

Base64 is Go's: padding is needed, ``\\r`` and ``\\n`` are skipped wherever they stand, bits left over in the last
character are ignored. Errors have Go's text, which tells a position and never a value.

Source: the reference's ``decoding.Decode`` and ``DecodeMap`` (external-secrets 2.9.0), Go's ``encoding/base64``.
"""

import base64
import re
from collections.abc import Mapping

BASE64 = "Base64"
BASE64_URL = "Base64URL"
AUTO = "Auto"
NONE = "None"

_LINE_ENDS = b"\r\n"
_STANDARD = re.compile(rb"[A-Za-z0-9+/\r\n]*")
_URL = re.compile(rb"[A-Za-z0-9_\-\r\n]*")
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")


def decode(strategy: str, value: bytes) -> bytes:
    """The decoded value; ValueError with the reference's text when it does not decode or the strategy is unknown."""
    match strategy:
        case "None" | "":
            return value
        case "Base64":
            return _base64(value, _STANDARD)
        case "Base64URL":
            return _base64(value, _URL)
        case "Auto":
            return _guess(value)
        case _:
            raise ValueError(f"decoding strategy {strategy} is not supported")


def decode_map(strategy: str, values: Mapping[str, bytes]) -> dict[str, bytes]:
    """Every value decoded; the error names the first key, in sorted order, that fails."""
    decoded = {}
    for key in sorted(values):
        try:
            decoded[key] = decode(strategy, values[key])
        except ValueError as error:
            raise ValueError(f"failure decoding key {key}: {error}") from None
    return decoded


def _guess(value: bytes) -> bytes:
    """Base64 in either alphabet if it is that, else the value itself."""
    for alphabet in (_STANDARD, _URL):
        try:
            return _base64(value, alphabet)
        except ValueError:
            continue
    return value


def _base64(value: bytes, alphabet: re.Pattern[bytes]) -> bytes:
    position = _fault(value, alphabet)
    if position is not None:
        raise ValueError(f"illegal base64 data at input byte {position}")
    return base64.b64decode(value.translate(_TO_STANDARD, _LINE_ENDS))


def _fault(value: bytes, alphabet: re.Pattern[bytes]) -> int | None:
    """Where Go's decoder stops, or None."""
    span = alphabet.match(value)
    assert span is not None  # the pattern may be empty
    body = span.end()
    digits = len(value[:body].translate(None, _LINE_ENDS)) % 4
    if body == len(value):
        # Go counts back over the characters of the unfinished group as if no line end stood between them.
        return body - digits if digits else None
    if value[body] != ord("=") or digits < 2:
        return body
    return _padding_fault(value, body, digits)


def _padding_fault(value: bytes, first: int, digits: int) -> int | None:
    """Check what follows the first ``=``: a second one after two digits, then line ends only."""
    position = _skip_line_ends(value, first + 1)
    if digits == 2:
        if position == len(value):
            return position
        if value[position] != ord("="):
            return position - 1
        position = _skip_line_ends(value, position + 1)
    return position if position < len(value) else None


def _skip_line_ends(value: bytes, position: int) -> int:
    while position < len(value) and value[position] in _LINE_ENDS:
        position += 1
    return position
