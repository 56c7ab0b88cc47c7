"""Encodings: base64, base32, hexadecimal and JSON.

DIFFERS: the reference puts the error text of a failed decoding where the value should be; here the template fails.
Source: the reference's functions (Masterminds/sprig and its own hexdec).
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from esoctl.template import quoting
from esoctl.template.funcs import jsontext
from esoctl.template.funcs.jsontext import JsonError
from esoctl.template.functions import ANY, Context, Function, function
from esoctl.template.govalues import FunctionError

_BASE64: Final = re.compile(rb"(?:[A-Za-z0-9+/]{4})*")
_BASE32: Final = re.compile(rb"[A-Z2-7]*")
_ALPHABET64: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_FILLED32: Final = frozenset({2, 4, 5, 7})


def decode_base64(value: bytes) -> bytes:
    """The bytes behind standard base64; line ends are skipped. A FunctionError names the first bad byte."""
    kept = value.translate(None, b"\r\n")
    if len(kept) % 4 == 0:
        body = kept[: max(len(kept) - 4, 0)]
        tail = kept[len(body) :]
        if _BASE64.fullmatch(body) and re.fullmatch(rb"[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==|", tail):
            return binascii.a2b_base64(kept)
    raise FunctionError(f"illegal base64 data at input byte {_bad_base64(value)}")


def _bad_base64(value: bytes) -> int:
    """Where Go's decoder stops: the byte that does not belong, or the start of a group that is cut short."""
    group: list[int] = []
    for position, octet in enumerate(value):
        if octet in b"\r\n":
            continue
        if octet in _ALPHABET64:
            group = [*group, position] if len(group) < 4 else [position]
            continue
        filled = len(group) % 4
        if octet != ord("=") or filled < 2:
            return position
        return _bad_padding(value, position, filled)
    filled = len(group) % 4
    return len(value) - filled if filled else len(value)


def _bad_padding(value: bytes, position: int, filled: int) -> int:
    following = position + 1
    while following < len(value) and value[following] in b"\r\n":
        following += 1
    if filled == 2:
        if following >= len(value):
            return len(value)
        if value[following] != ord("="):
            return following - 1
        following += 1
    while following < len(value) and value[following] in b"\r\n":
        following += 1
    return following


def _decode_base32(value: bytes) -> bytes:
    kept = value.translate(None, b"\r\n")
    end = _base32_end(kept)
    return base64.b32decode(kept[:end] + b"=" * (-end % 8))


def _base32_end(value: bytes) -> int:
    """Where the digits end. As in Go, up to seven bytes behind the first = may hold more than padding."""
    digits = _BASE32.match(value)
    end = digits.end() if digits else 0
    filled, behind = end % 8, len(value) - end - 1
    if behind < 0:
        if filled:
            raise _illegal_base32(end - filled)
        return end
    if value[end] != ord("=") or filled < 2 or behind >= 8:
        raise _illegal_base32(end)
    if behind + filled < 7:
        raise _illegal_base32(len(value))
    padding = value[end + 1 : end + 8 - filled]
    extra = len(padding) - len(padding.lstrip(b"="))
    if extra < len(padding):
        raise _illegal_base32(end + extra)
    if filled not in _FILLED32:
        raise _illegal_base32(end)
    return end


def _illegal_base32(position: int) -> FunctionError:
    return FunctionError(f"illegal base32 data at input byte {position}")


def _decode_hex(value: bytes) -> bytes:
    for index in range(0, len(value) - 1, 2):
        for octet in value[index : index + 2]:
            _check_hex(octet)
    if len(value) % 2:
        _check_hex(value[-1])
        raise FunctionError("encoding/hex: odd length hex string")
    return bytes.fromhex(value.decode())


def _check_hex(octet: int) -> None:
    if octet not in b"0123456789abcdefABCDEF":
        char = chr(octet)
        shown = f" '{char}'" if quoting.is_print(char) else ""
        raise FunctionError(f"encoding/hex: invalid byte: U+{octet:04X}{shown}")


def _from_json(context: Context, text: bytes) -> object:
    try:
        return jsontext.loads(text, context)[0]
    except JsonError:
        return None


def _must_from_json(context: Context, text: bytes) -> object:
    try:
        value, problem = jsontext.loads(text, context)
    except JsonError as error:
        raise jsontext.failed(error) from None
    if problem is not None:
        raise FunctionError(problem)
    return value


def _to_json(context: Context, value: object) -> bytes:
    try:
        return jsontext.dumps(value, context)
    except JsonError:
        return b""


def _must_to_json(context: Context, value: object) -> bytes:
    try:
        return jsontext.dumps(value, context)
    except JsonError as error:
        raise jsontext.failed(error) from None


def _to_raw_json(context: Context, value: object) -> bytes:
    try:
        return jsontext.dumps(value, context, html=False)
    except JsonError as error:
        raise jsontext.failed(error) from None


def _pretty(context: Context, text: bytes) -> bytes:
    context.budget.step(len(text) // 4)
    pretty = jsontext.indented(text)
    context.budget.hold(len(pretty))
    return pretty


def _to_pretty_json(context: Context, value: object) -> bytes:
    return _pretty(context, _to_json(context, value))


def _must_to_pretty_json(context: Context, value: object) -> bytes:
    return _pretty(context, _must_to_json(context, value))


ENCODING: Final[dict[str, Function]] = {
    "b64enc": function(base64.b64encode, "string", "string"),
    "b64dec": function(decode_base64, "string", "string"),
    "b32enc": function(base64.b32encode, "string", "string", slow=True),
    "b32dec": function(_decode_base32, "string", "string", slow=True),
    "hexdec": function(_decode_hex, "string", "string", slow=True),
    "fromJson": function(_from_json, "string", ANY, context=True),
    "mustFromJson": function(_must_from_json, "string", ANY, context=True),
    "toJson": function(_to_json, ANY, "string", context=True),
    "mustToJson": function(_must_to_json, ANY, "string", context=True),
    "toPrettyJson": function(_to_pretty_json, ANY, "string", context=True),
    "mustToPrettyJson": function(_must_to_pretty_json, ANY, "string", context=True),
    "toRawJson": function(_to_raw_json, ANY, "string", context=True),
    "mustToRawJson": function(_to_raw_json, ANY, "string", context=True),
}
