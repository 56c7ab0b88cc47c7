"""What is wrong with a JSON document, in the words of Go's ``encoding/json``.

Users know these texts from the reference. They quote the one character that does not fit, and nothing else of a
document that may be a secret.

Source: Go's ``encoding/json`` (scanner, quoteChar). The scanner feeds itself a space at the end of the document, so a
document that ends inside of a literal complains about a space.
"""

_DIGITS = b"0123456789"
_HEX = b"0123456789abcdefABCDEF"
_ESCAPES = b'"\\/bfnrt'
_WORDS = {b"t": b"true", b"f": b"false", b"n": b"null"}
_CONTROLS = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r"}
_END = "unexpected end of JSON input"


def kind(document: bytes) -> str:
    """How Go calls the type of a well-formed document that begins like this and is not null."""
    match document[:1]:
        case b"{":
            return "object"
        case b"[":
            return "array"
        case b'"':
            return "string"
        case b"t" | b"f":
            return "bool"
        case _:
            return "number"


def unexpected(document: bytes, position: int, context: str) -> ValueError:
    """The character at the position does not fit, or the document ends there."""
    if position >= len(document):
        return ValueError(_END)
    return _bad(document[position], context)


def key(document: bytes, position: int) -> ValueError:
    """What stands at the position is no complete string."""
    if document[position : position + 1] == b'"':
        return _string(document, position)
    return unexpected(document, position, "looking for beginning of object key string")


def value(document: bytes, position: int) -> ValueError:
    """What stands at the position is no complete value."""
    first = document[position : position + 1]
    if first == b'"':
        return _string(document, position)
    if first in _WORDS:
        return _word(document, position, _WORDS[first])
    if first and first in b"-0123456789":
        return _number(document, position)
    return unexpected(document, position, "looking for beginning of value")


def _bad(byte: int, context: str) -> ValueError:
    return ValueError(f"invalid character '{_quote(byte)}' {context}")


def _quote(byte: int) -> str:
    character = chr(byte)
    if character in "'\\":
        return f"\\{character}"
    if byte in _CONTROLS:
        return f"\\{_CONTROLS[byte]}"
    if character.isprintable():
        return character
    return f"\\x{byte:02x}" if byte < 0x80 else f"\\u{byte:04x}"


def _at(document: bytes, position: int) -> int:
    return document[position] if position < len(document) else ord(" ")


def _word(document: bytes, position: int, word: bytes) -> ValueError:
    """The literal differs from the word somewhere behind its first letter."""
    offset = next(i for i in range(1, len(word)) if _at(document, position + i) != word[i])
    return _bad(_at(document, position + offset), f"in literal {word.decode()} (expecting '{chr(word[offset])}')")


def _number(document: bytes, position: int) -> ValueError:
    """The number stops where a digit has to follow: after the sign, the point or the exponent."""
    context = "in numeric literal"
    if document[position] == ord("-"):
        position += 1
    if _at(document, position) in _DIGITS:
        position = _digits(document, position)
        context = "after decimal point in numeric literal"
        if document[position] == ord("."):
            position += 1
            after = _digits(document, position)
            if after == position:
                return _bad(_at(document, position), context)
            position = after
        context = "in exponent of numeric literal"
        position += 2 if _at(document, position + 1) in b"+-" else 1
    return _bad(_at(document, position), context)


def _digits(document: bytes, position: int) -> int:
    while _at(document, position) in _DIGITS:
        position += 1
    return position


def _string(document: bytes, position: int) -> ValueError:
    """The string holds a control character or a bad escape, or it does not end."""
    position += 1
    while position < len(document):
        byte = document[position]
        if byte == ord("\\"):
            error = _escape(document, position + 1)
            if error:
                return error
            position += 1
        elif byte < ord(" "):
            return _bad(byte, "in string literal")
        position += 1
    return ValueError(_END)


def _escape(document: bytes, position: int) -> ValueError | None:
    """What is wrong with the escape whose letter stands at the position."""
    letter = _at(document, position)
    if letter == ord("u"):
        for offset in range(1, 5):
            digit = _at(document, position + offset)
            if digit not in _HEX:
                return _bad(digit, "in \\u hexadecimal character escape")
        return None
    return None if letter in _ESCAPES else _bad(letter, "in string escape code")
