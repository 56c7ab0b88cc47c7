"""Keys of a Secret: conversion of foreign characters, its reverse for pushing, and validation.

A fetched key may hold Unicode letters and numbers, ``-``, ``.`` and ``_``, since a template may still replace it. What
goes into a Secret is held to the API server's own rule before anything is written. Maps are visited in the order of
their keys, so that of several bad keys always the same one is named; the reference's choice is random.

Source: the reference's ``esutils.ConvertKeys``, ``ReverseKeys`` and ``ValidateKeys`` (external-secrets 2.9.0).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping

from esoctl.errors import KeyCollision, KeyInvalid

DEFAULT = "Default"
UNICODE = "Unicode"
REVERSE_UNICODE = "ReverseUnicode"
MAX_LENGTH = 253
"""In bytes of UTF-8."""

_LEGAL = re.compile(r"(?!\.\.)(?!\.\Z)[-._A-Za-z0-9]{1,253}")
_ASCII_ALLOWED = re.compile(r"[-._A-Za-z0-9]*")
_ESCAPED = re.compile(r"_U([0-9a-fA-F]{4,5})_")
_SURROGATES = range(0xD800, 0xE000)


def convert(strategy: str, values: Mapping[str, bytes]) -> dict[str, bytes]:
    """The values under converted keys.

    ``Default`` (or empty) puts ``_`` for every foreign character, ``Unicode`` its code point as ``_U002f_``; anything
    else leaves the keys alone. KeyCollision when two keys become one.
    """
    match strategy:
        case "Default" | "":
            return _rename(values, lambda key: _replace(key, lambda _: "_"))
        case "Unicode":
            return _rename(values, lambda key: _replace(key, lambda character: f"_U{ord(character):04x}_"))
        case _:
            return dict(values)


def reverse(strategy: str, values: Mapping[str, bytes]) -> dict[str, bytes]:
    """The values under keys where ``_U002f_`` is a character again, if the strategy is ``ReverseUnicode``."""
    if strategy != REVERSE_UNICODE:
        return dict(values)
    return _rename(values, lambda key: _ESCAPED.sub(_character, key))


def validate(values: Mapping[str, bytes]) -> dict[str, bytes]:
    """The values without the empty key; KeyInvalid for a key that is too long or has a foreign character."""
    for key in sorted(values):
        _check(key)
    return {key: value for key, value in values.items() if key}


def require_legal(keys: Iterable[str], tellable: Callable[[str], bool] = bool) -> None:
    """Raise KeyInvalid for a key that no Secret can have; the API server's rule, asked before any write.

    A key that is not ``tellable`` may be a value that a template made a key of; the error does not show it.
    DIFFERS: the reference leaves it to the API server, whose refusal names neither the place nor the remedy.
    """
    for key in sorted(keys):
        if not _LEGAL.fullmatch(key):
            shown = repr(key[:MAX_LENGTH]) if tellable(key) or not key else "that a template makes of a value"
            raise KeyInvalid(
                "",
                f"a Secret cannot have the key {shown}: keys are 1 to {MAX_LENGTH} of a-z, A-Z, 0-9, '-', "
                "'_' and '.', and do not begin with '..'; use rewrite, conversionStrategy or a template to change it",
            )


def _rename(values: Mapping[str, bytes], rule: Callable[[str], str]) -> dict[str, bytes]:
    renamed: dict[str, bytes] = {}
    for key in sorted(values):
        name = rule(key)
        if name in renamed:
            raise KeyCollision("", f"secret name collision during conversion: {name}")
        renamed[name] = values[key]
    return renamed


def _replace(key: str, rule: Callable[[str], str]) -> str:
    if _ASCII_ALLOWED.fullmatch(key):
        return key
    return "".join(character if _allowed(character) else rule(character) for character in key)


def _allowed(character: str) -> bool:
    return character in "-._" or unicodedata.category(character)[0] in "LN"


def _character(found: re.Match[str]) -> str:
    """The escaped character; surrogates are none, so they become the replacement character as in Go."""
    code = int(found[1], 16)
    return "\ufffd" if code in _SURROGATES else chr(code)


def _check(key: str) -> None:
    if _ASCII_ALLOWED.fullmatch(key) and len(key) <= MAX_LENGTH:
        return
    size = len(key.encode())
    if size > MAX_LENGTH:
        shown = key.encode()[:MAX_LENGTH].decode(errors="replace")
        raise KeyInvalid("", f"key has length {size} but max is {MAX_LENGTH}: (following is truncated): {shown}")
    for character in key:
        if not _allowed(character):
            raise KeyInvalid(
                "",
                f"key has invalid character {character}, only alphanumeric, '-', '.' and '_' are allowed: {key}",
            )
