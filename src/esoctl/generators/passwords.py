"""Passwords: so many digits, symbols and letters, drawn evenly and put in an even order, then encoded.

``check`` says what cannot be met without drawing anything, in the reference's words; ``esoctl check`` uses it too.

Source: the reference's password generator and the rules of the Go library it uses (external-secrets 2.9.0). DIFFERS:
* symbolCharacters counts whole characters, each once; the reference takes single bytes of them, and never ends when
  one that is given twice makes up for one that is missing.
* a negative number of digits or symbols, which makes the reference's password longer, is refused.
* more than 64 Ki characters at once are refused: that is a mistake, and no Secret would hold it.
"""

import base64
import string
from collections.abc import Callable
from typing import Final, NamedTuple

from esoctl.errors import GeneratorInvalid
from esoctl.model.generators import DEFAULT_LENGTH, SYMBOLS, Encoding, Password

PASSWORD: Final = "password"
LONGEST: Final = 65_536
"""Characters of all passwords of one generator."""

Entropy = Callable[[int], bytes]

_ENCODERS: Final[dict[Encoding, Callable[[bytes], bytes]]] = {
    Encoding.RAW: bytes,
    Encoding.BASE64: base64.b64encode,
    Encoding.BASE64_URL: base64.urlsafe_b64encode,
    Encoding.BASE32: base64.b32encode,
    Encoding.HEX: lambda text: text.hex().encode(),
}


class _Part(NamedTuple):
    """So many characters of one sort."""

    what: str
    amount: int
    alphabet: str


def make(spec: Password, entropy: Entropy) -> dict[str, bytes]:
    """One password under ``password``, or one of its own under each of the secretKeys; raises GeneratorInvalid."""
    check(spec)
    encode = _ENCODERS[spec.encoding]
    return {key: encode(_draw(spec, entropy).encode()) for key in spec.secret_keys or [PASSWORD]}


def check(spec: Password) -> None:
    """Raise GeneratorInvalid for what cannot be met."""
    keys = spec.secret_keys
    if "" in keys or len(set(keys)) < len(keys):
        raise GeneratorInvalid("secretKeys must be non-empty and unique")
    if min(spec.digits or 0, spec.symbols or 0) < 0:
        raise GeneratorInvalid("number of digits and symbols must not be negative")
    length = _length(spec)
    if length * max(len(keys), 1) > LONGEST:
        raise GeneratorInvalid(f"passwords must not have more than {LONGEST} characters together")
    parts = _parts(spec)
    if parts[0].amount < 0:
        raise GeneratorInvalid("number of digits and symbols must be less than total length")
    for part in () if spec.allow_repeat else parts:
        if part.amount > len(part.alphabet):
            raise GeneratorInvalid(f"number of {part.what} exceeds available {part.what} and repeats are not allowed")


def _length(spec: Password) -> int:
    return spec.length if spec.length > 0 else DEFAULT_LENGTH


def _parts(spec: Password) -> list[_Part]:
    """Letters first: they are what is left of the length."""
    length = _length(spec)
    digits = length // 4 if spec.digits is None else spec.digits
    symbols = length // 4 if spec.symbols is None else spec.symbols
    letters = string.ascii_lowercase if spec.no_upper else string.ascii_letters
    known = "".join(dict.fromkeys(spec.symbol_characters or SYMBOLS))
    return [
        _Part("letters", length - digits - symbols, letters),
        _Part("digits", digits, string.digits),
        _Part("symbols", symbols, known),
    ]


def _draw(spec: Password, entropy: Entropy) -> str:
    drawn: list[str] = []
    for part in _parts(spec):
        if spec.allow_repeat:
            drawn += [part.alphabet[_below(len(part.alphabet), entropy)] for _ in range(part.amount)]
        else:
            drawn += _shuffled(list(part.alphabet), entropy)[: part.amount]
    return "".join(_shuffled(drawn, entropy))


def _shuffled(things: list[str], entropy: Entropy) -> list[str]:
    """In an order of which every one is as likely as the others (Fisher and Yates)."""
    mixed = list(things)
    for last in range(len(mixed) - 1, 0, -1):
        other = _below(last + 1, entropy)
        mixed[last], mixed[other] = mixed[other], mixed[last]
    return mixed


def _below(limit: int, entropy: Entropy) -> int:
    """A number below the limit, each as likely as the others: a draw that would favour small ones is thrown away."""
    size = (limit.bit_length() + 15) // 8
    span = 256**size
    fair = span - span % limit
    while True:
        number = int.from_bytes(entropy(size))
        if number < fair:
            return number % limit
