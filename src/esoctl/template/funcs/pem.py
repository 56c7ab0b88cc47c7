"""filterPEM, filterCertChain and certSANs.

A chain is put in order by key identifiers alone. Source: the reference's own template functions.
"""

from __future__ import annotations

from typing import Final

from esoctl.template.funcs import pemtext, x509text
from esoctl.template.funcs.x509text import Certificate
from esoctl.template.functions import Context, Function, function
from esoctl.template.govalues import FunctionError, Strings

CERTIFICATE: Final = b"CERTIFICATE"


def ordered_chain(context: Context, certificates: list[Certificate]) -> list[Certificate]:
    """The certificates from the leaf to the root, each followed by the one whose key its issuer's is."""
    context.budget.step(len(certificates) * len(certificates))
    parents: dict[int, int] = {}
    for index, certificate in enumerate(certificates):
        for other, candidate in enumerate(certificates):
            if index != other and certificate.authority_key == candidate.subject_key:
                parents[index] = other
                break
    leaves = [index for index in range(len(certificates)) if index not in set(parents.values())]
    if len(leaves) > 1:
        raise FunctionError("found multiple leaf or disjunct certificates")
    if not leaves:
        raise FunctionError("no leaf certificate found")
    chain: list[Certificate] = []
    current: int | None = leaves[0]
    while current is not None:
        if len(chain) >= len(certificates):
            raise FunctionError("constructing chain resulted in cycle")
        chain.append(certificates[current])
        current = parents.get(current)
    return chain


def certificates_of(context: Context, text: bytes) -> list[Certificate]:
    """The certificates of all blocks; a block of another kind is an error."""
    context.budget.step(len(text) // 64)
    return [x509text.parse(block.data) for block in pemtext.blocks(text, context.budget)[0]]


def encoded(certificates: list[Certificate]) -> bytes:
    """The certificates as PEM blocks."""
    return b"".join([pemtext.encode(CERTIFICATE, certificate.raw) for certificate in certificates])


def _filter_pem(context: Context, kind: bytes, text: bytes) -> bytes:
    context.budget.step(len(text) // 64)
    found, rest = pemtext.blocks(text, context.budget)
    wanted = [block for block in found if block.kind.lower() == kind.lower()]
    if not wanted and rest:
        raise FunctionError("error filtering pem: found junk")
    return b"".join([pemtext.encode(block.kind, block.data, block.headers) for block in wanted])


def _filter_cert_chain(context: Context, kind: bytes, text: bytes) -> bytes:
    chain = ordered_chain(context, certificates_of(context, text))
    if kind == b"leaf":
        return encoded(chain[:1]) if not chain[0].is_root else b""
    if kind == b"root":
        return encoded(chain[-1:]) if chain[-1].is_root else b""
    if kind != b"intermediate":
        return b""
    middle: list[Certificate] = []
    for certificate in chain[1:]:
        if certificate.is_root:
            break
        middle.append(certificate)
    return encoded(middle)


def _cert_sans(context: Context, text: bytes) -> Strings:
    block = pemtext.first(text, context.budget)
    if block is None:
        raise FunctionError("failed to decode PEM block")
    try:
        certificate = x509text.parse(block.data)
    except FunctionError as error:
        raise FunctionError(f"failed to parse certificate: {error}") from None
    names = [*certificate.dns, *certificate.ips, *certificate.emails, *certificate.uris]
    return Strings(name.encode() for name in names)


PEM: Final[dict[str, Function]] = {
    "filterPEM": function(_filter_pem, "string, string", "string", context=True),
    "filterCertChain": function(_filter_cert_chain, "string, string", "string", context=True),
    "certSANs": function(_cert_sans, "string", "[]string", context=True),
}
