"""JSON written anew as Go writes it: no blanks, keys sorted, the last of duplicates, numbers in their shortest form.

DIFFERS: integers keep their digits. The reference sends every number through floating point, which changes those
beyond 2 to the 53rd.

Source: Go's ``encoding/json`` after decoding into ``map[string]any``.
"""

import re

from esoctl.plan import floats, strictjson
from esoctl.plan.strictjson import Mark

_INTEGER = re.compile(rb"-?[0-9]+")
_PLAIN = re.compile('[\x00-\x1f"\\\\\u2028\u2029]')
_FOR_HTML = re.compile('[\x00-\x1f"\\\\\u2028\u2029<>&]')
_SHORT = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def compact(document: bytes, *, for_html: bool) -> str:
    """A well-formed document written anew; ``for_html`` escapes ``<``, ``>`` and ``&`` too."""
    special = _FOR_HTML if for_html else _PLAIN
    open_containers: list[tuple[list[str], list[str]]] = [([], [])]
    for mark, start, end in strictjson.tokens(document):
        keys, texts = open_containers[-1]
        match mark:
            case Mark.KEY:
                keys.append(strictjson.text(document[start:end]))
            case Mark.OPEN:
                open_containers.append(([], []))
            case Mark.CLOSE:
                open_containers.pop()
                open_containers[-1][1].append(_container(document[start:end], keys, texts, special))
            case Mark.STRING:
                texts.append(_quote(strictjson.text(document[start:end]), special))
            case Mark.NUMBER:
                texts.append(_number(document[start:end]))
            case Mark.LITERAL:
                texts.append(document[start:end].decode())
    return open_containers[0][1][0]


def join(members: dict[str, str], *, for_html: bool) -> str:
    """An object of members that are written already."""
    return _container(b"}", list(members), list(members.values()), _FOR_HTML if for_html else _PLAIN)


def number(raw: bytes) -> str:
    """A number as a value of its own: without exponent."""
    return raw.decode() if _INTEGER.fullmatch(raw) else floats.decimal(_float(raw))


def _number(raw: bytes) -> str:
    return raw.decode() if _INTEGER.fullmatch(raw) else floats.json(_float(raw))


def _float(raw: bytes) -> float:
    value = float(raw)
    if value in {float("inf"), float("-inf")}:
        # Go's text goes on with the number, which may be the secret.
        raise ValueError("json: cannot unmarshal number into Go value of type float64")
    return value


def _container(closing: bytes, keys: list[str], texts: list[str], special: re.Pattern[str]) -> str:
    if closing == b"]":
        return f"[{','.join(texts)}]"
    members = dict(zip(keys, texts, strict=True))
    return f"{{{','.join(f'{_quote(key, special)}:{members[key]}' for key in sorted(members))}}}"


def _quote(text: str, special: re.Pattern[str]) -> str:
    return '"' + special.sub(lambda found: _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}", text) + '"'
