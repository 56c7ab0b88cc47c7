"""Takes fetched values out of a template's error.

Functions' errors quote what they were given: ``fail`` says its argument, ``mustToDate`` the text that is no date, and a
condition is no place for either. Hidden are whole values and single lines of them wherever they stand, and, in what a
called function says, every run of four characters or more that occurs in a value, whatever the case, or in what a
value decodes to as base64. Words that only the functions' own sentences are made of stay, so that the message still
says what is wrong.

DIFFERS: the reference shows the values in the condition.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Final

from esoctl.template import quoting

HIDDEN: Final = b"<value>"
SHORTEST: Final = 4
"""Shorter runs are parts of words; as a whole value they are left, too."""
_LONGEST: Final = 2048
"""Bytes of a function's sentence that are kept."""
_CALL: Final = re.compile(rb"error calling [^:]*: ")
_WORD: Final = re.compile(rb"[a-z]{3,}")
_PUNCTUATION: Final = re.compile(rb"[a-z\s:;,.()'\"<>\[\]/-]*")
_OWN_WORDS: Final = frozenset(
    b"""after argument asn base64 beginning block bytes cannot certificate character closing convert data decode does
    encoded encoding end error expected field first for found from function have index input integer into invalid json
    key length line list literal looking malformed map missing more must name not number object one only out parse
    parsing pem private public range required string syntax than the time top type unable unexpected unmarshal value
    values wants with without wrong yaml""".split()
)


def masked(problem: str, values: Iterable[bytes]) -> str:
    """The problem without the values in it."""
    known = [value for value in values if len(value) >= SHORTEST]
    text = _without_whole(problem.encode("utf-8", "surrogateescape"), known)
    call = _CALL.search(text)
    if call:
        said = text[call.end() :]
        shown = said if len(said) <= _LONGEST else said[:_LONGEST] + b" (cut)"
        text = text[: call.end()] + _without_runs(shown, _haystack(known))
    return text.decode("utf-8", "replace")


def _without_whole(text: bytes, values: Iterable[bytes]) -> bytes:
    pieces = {piece for value in values for piece in (value, *value.splitlines()) if len(piece) >= SHORTEST}
    for piece in sorted(pieces, key=len, reverse=True):
        for form in (piece, quoting.quote(piece)[1:-1]):
            text = text.replace(form, HIDDEN)
    return text


def _haystack(values: Iterable[bytes]) -> bytes:
    return b"\0".join(form.lower() for value in values for form in (value, _decoded(value)))


def _decoded(value: bytes) -> bytes:
    try:
        return base64.b64decode(value.translate(None, b"\r\n"), validate=True)
    except binascii.Error:
        return b""


def _without_runs(text: bytes, haystack: bytes) -> bytes:
    lowered, kept, at = text.lower(), bytearray(), 0
    while at < len(text):
        end = _end_of_run(lowered, at, haystack)
        if end == at:
            end += 1
            kept += text[at:end]
        else:
            kept += text[at:end] if _is_ours(lowered, at, end) else _hidden(text[at:end])
        at = end
    return bytes(kept).replace(HIDDEN + HIDDEN, HIDDEN)


def _hidden(run: bytes) -> bytes:
    inner = run.lstrip()
    return run[: len(run) - len(inner)] + HIDDEN + inner[len(inner.rstrip()) :]


def _end_of_run(lowered: bytes, at: int, haystack: bytes) -> int:
    """Where the longest run that begins here and occurs in a value ends; the start itself when there is none."""
    end = at + SHORTEST
    if end > len(lowered) or lowered.startswith(HIDDEN, at) or lowered[at:end] not in haystack:
        return at
    while end < len(lowered) and lowered[at : end + 1] in haystack:
        end += 1
    return end


def _is_ours(lowered: bytes, start: int, end: int) -> bool:
    """Whether the run, with the rest of the words it begins and ends in, is nothing but words of our own."""
    while start > 0 and lowered[start - 1 : start].isalpha():
        start -= 1
    while end < len(lowered) and lowered[end : end + 1].isalpha():
        end += 1
    words = lowered[start:end]
    return _PUNCTUATION.fullmatch(words) is not None and all(word in _OWN_WORDS for word in _WORD.findall(words))
