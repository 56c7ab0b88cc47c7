"""Text between quotes and numbers, as the path dialect reads and writes them: leniently.

Source: gjson 1.18 ``unescape``, ``AppendJSONString``; Go's ``strconv.ParseFloat``.
"""

import re

_PIECE = re.compile(rb"[^\\\x00-\x1f]+|\\(?:[\"\\/bfnrt]|u(.{4}))", re.DOTALL)
_HEX = re.compile(rb"[0-9a-fA-F]{4}")
_SIMPLE = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_REPLACEMENT = "\ufffd".encode()
_REPLACED = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")

_TO_ESCAPE = re.compile('[\x00-\x1f"\\\\<>&\u2028\u2029\ud800-\udfff]')
_SHORT = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}

_DIGITS = rb"[0-9]+(?:_[0-9]+)*"
_HEXES = rb"[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*"
_DECIMAL = re.compile(rb"[+-]?(?:%(d)s(?:\.(?:%(d)s)?)?|\.%(d)s)(?:[eE][+-]?%(d)s)?" % {b"d": _DIGITS})
_HEXADECIMAL = re.compile(
    rb"[+-]?0[xX](?:_?%(h)s(?:\.(?:%(h)s)?)?|\.%(h)s)[pP][+-]?%(d)s" % {b"h": _HEXES, b"d": _DIGITS}
)
_SPECIAL = re.compile(rb"[+-]?inf(?:inity)?|nan", re.IGNORECASE)


def unescape(inner: bytes) -> bytes:
    """The text of what stands between quotes; it ends where an escape is wrong or a control character stands."""
    pieces = []
    position = 0
    while piece := _PIECE.match(inner, position):
        position = piece.end()
        if piece[1] is not None:
            character, position = _character(inner, piece[1], position)
            pieces.append(character)
        elif piece[0][:1] == b"\\":
            pieces.append(_SIMPLE.get(piece[0][1:], piece[0][1:]))
        else:
            pieces.append(piece[0])
    return b"".join(pieces)


def _character(inner: bytes, digits: bytes, position: int) -> tuple[bytes, int]:
    """The character of a ``\\u`` escape that ends at the position; half of a pair takes the next escape with it."""
    code = _code(digits)
    if 0xD800 <= code < 0xE000:
        if inner[position : position + 2] == b"\\u" and len(inner) >= position + 6:
            low = _code(inner[position + 2 : position + 6])
            position += 6
            if code < 0xDC00 <= low < 0xE000:
                return chr(0x10000 + (code - 0xD800 << 10) + (low - 0xDC00)).encode(), position
        return _REPLACEMENT, position
    return chr(code).encode(), position


def _code(digits: bytes) -> int:
    return int(digits, 16) if _HEX.fullmatch(digits) else 0


def quote(text: bytes) -> bytes:
    """The text as a JSON string; ``<``, ``>`` and ``&`` are escaped, invalid bytes become the escaped replacement."""
    plain = text.decode("utf-8", "surrogateescape")
    return f'"{_TO_ESCAPE.sub(lambda found: _escape(found[0]), plain)}"'.encode()


def _escape(character: str) -> str:
    code = ord(character)
    if code in _REPLACED:
        return "\\ufffd"
    return _SHORT.get(character) or f"\\u{code:04x}"


def readable(text: bytes) -> str:
    """The characters of a text; each byte that is none becomes the replacement character."""
    return text.decode("utf-8", "surrogateescape").translate(_REPLACED)


def number(raw: bytes) -> float:
    """What Go reads: 0 for what is no number, an infinity beyond the range."""
    if _SPECIAL.fullmatch(raw):
        return float(raw)
    if _DECIMAL.fullmatch(raw):
        return float(raw.replace(b"_", b""))
    if _HEXADECIMAL.fullmatch(raw):
        try:
            return float.fromhex(raw.replace(b"_", b"").decode())
        except OverflowError:
            return float("-inf" if raw.startswith(b"-") else "inf")
    return 0.0
