"""Random texts and numbers, drawn from the entropy of the environment; every choice is equally likely.

Source: the reference's functions (Masterminds/sprig, Masterminds/goutils).
"""

from __future__ import annotations

import base64
from typing import Final

from esoctl.template import govalues
from esoctl.template.functions import Context, Function, function
from esoctl.template.govalues import FunctionError

_DIGITS: Final = b"0123456789"
_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ASCII: Final = bytes(range(32, 127))


def below(context: Context, limit: int) -> int:
    """A random whole number below the limit."""
    size = (limit.bit_length() + 7) // 8
    mask = (1 << (limit - 1).bit_length()) - 1
    while True:
        context.budget.step()
        number = int.from_bytes(context.env.entropy(size), "big") & mask
        if number < limit:
            return number


def _text(context: Context, count: int, alphabet: bytes) -> bytes:
    if count <= 0:
        return b""
    context.budget.hold(count * 2)
    context.budget.step(count)
    most = 256 - 256 % len(alphabet)
    made = bytearray()
    while len(made) < count:
        context.budget.step()
        drawn = context.env.entropy(min(count - len(made) + 16, 4096))
        made += bytes(alphabet[octet % len(alphabet)] for octet in drawn if octet < most)
    return bytes(made[:count])


def _alphanumeric(context: Context, count: int) -> bytes:
    return _text(context, count, _DIGITS + _LETTERS)


def _alphabetic(context: Context, count: int) -> bytes:
    return _text(context, count, _LETTERS)


def _numeric(context: Context, count: int) -> bytes:
    return _text(context, count, _DIGITS)


def _printable(context: Context, count: int) -> bytes:
    return _text(context, count, _ASCII)


def _octets(context: Context, count: int) -> bytes:
    if count < 0:
        raise FunctionError("runtime error: makeslice: len out of range")
    context.budget.hold(count * 3)
    return base64.b64encode(context.env.entropy(count))


def _integer(context: Context, least: int, most: int) -> int:
    if most <= least:
        raise FunctionError("invalid argument to Intn")
    return least + below(context, most - least)


def _shuffle(context: Context, value: bytes) -> bytes:
    runes = list(govalues.text(value))
    context.budget.elements(len(runes))
    for index in range(len(runes) - 1, 0, -1):
        other = below(context, index + 1)
        runes[index], runes[other] = runes[other], runes[index]
    return govalues.encode("".join(runes))


def _uuid(context: Context) -> bytes:
    drawn = bytearray(context.env.entropy(16))
    drawn[6] = drawn[6] & 0x0F | 0x40
    drawn[8] = drawn[8] & 0x3F | 0x80
    digits = drawn.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])).encode()


RANDOMNESS: Final[dict[str, Function]] = {
    "randAlphaNum": function(_alphanumeric, "int", "string", context=True),
    "randAlpha": function(_alphabetic, "int", "string", context=True),
    "randNumeric": function(_numeric, "int", "string", context=True),
    "randAscii": function(_printable, "int", "string", context=True),
    "randBytes": function(_octets, "int", "string", context=True),
    "randInt": function(_integer, "int, int", "int", context=True),
    "shuffle": function(_shuffle, "string", "string", context=True),
    "uuidv4": function(_uuid, "", "string", context=True),
}
