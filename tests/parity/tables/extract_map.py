"""``dataFrom.extract``: a payload, perhaps a property of it, to a map of values.

The payload of Secrets Manager is its string or its bytes; without a property the string wins, with one the bytes do.
"""

from esoctl.plan import extract
from parity.lost_members import restored
from parity.rows import Row, outcome, value, want_map


def run(row: Row, table: Row) -> tuple[object, object]:
    want, got = want_map(row), outcome(lambda: _extract(row))
    return (got, got) if restored(str(row.get("property", "")), want, got) else (want, got)


def _extract(row: Row) -> dict[str, bytes]:
    key = str(row.get("key", "app/key"))
    document = payload(row, key)
    if row.get("property"):
        document = property_of(document, str(row["property"]), key)
    try:
        return extract.as_map(document)
    except ValueError as error:
        raise ValueError(f"unable to unmarshal secret {key}: {error}") from None


def payload(row: Row, key: str) -> bytes:
    text, binary = value(row, "json"), value(row, "binary")
    found = (binary, text) if row.get("property") or row.get("path") else (text, binary)
    document = found[1] if found[0] is None else found[0]
    if document is None:
        raise ValueError(f"invalid secret received. no secret string nor binary for key: {key}")
    return document


def property_of(document: bytes, name: str, key: str) -> bytes:
    found = extract.property(document, name)
    if found is None:
        raise ValueError(f"key {name} does not exist in secret {key}")
    return found
